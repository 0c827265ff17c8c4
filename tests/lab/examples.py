# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""The examples, built against the installed project: own memory, a driver, the bus linked in.

The oracle for an address is the kernel: reserved regions, windows of host
bridges, and trace events of the IOMMU (map and unmap).
"""

import errno
import re

from labkit import facts, guest, oracle
from labkit.platforms import PLATFORMS
from labkit.testing import each_backend, expect, expect_equal, part, test

SIZE, ALIGN = 4 << 20, 2 << 20
FRAMES = 2048
FORWARDED = 32
# A device that drives 28 address bits.
EDU, WITH_EDU, EDU_LAST = '0000:00:09.0', ('-device', 'edu,addr=9'), (1 << 28) - 1
EDU_STEPS = 13 + 2 * 8  # factorials, and copies to and fro
# The forwarder joins two wires: the wire of the platform's e1000e needs a second NIC.
FOURTH_NIC = ('-netdev', 'hubport,id=net9,hubid=1', '-device', 'e1000e,netdev=net9,addr=9,romfile=')
CHOSEN = re.compile(r'^own_memory: VA (\S+), IOVA 0x([0-9a-f]+)-0x([0-9a-f]+)$', re.MULTILINE)

# The user forbids everything below a hole of the kernel, so the library must skip that hole.
FORBIDDEN = {'arm-smmuv3': 0x7ffffff, 'x86-vtd': 0xbfffffff, 'arm-reserved': 0xdfffffff}


def _lowest(holes):
    """The lowest aligned address where SIZE bytes overlap no hole."""
    first = 0
    while True:
        ends = [hole[1] for hole in holes if first <= hole[1] and first + SIZE > hole[0]]
        if not ends:
            return first
        first = (max(ends) // ALIGN + 1) * ALIGN


def _covered(kind, first, lines):
    """Bytes of the memory at FIRST in events of this kind; no byte may occur twice."""
    pieces = {(max(int(start, 16), first), min(int(end, 16), first + SIZE))
              for what, start, end in oracle.EVENT.findall(lines) if what == kind}
    pieces = sorted(piece for piece in pieces if piece[0] < piece[1])
    for one, after in zip(pieces, pieces[1:]):
        expect(one[1] <= after[0], f'{kind} events overlap at {after[0]:#x}')
    return sum(end - start for start, end in pieces)


def _check_edu(platform, backend, result, said, limit=EDU_LAST):
    """The device did all of its steps, in memory up to the limit, by interrupts only."""
    text = said['edu'] + '\n'
    said.check('edu', edu_status=0)
    oracle.check_backend(text, backend)
    for line in ('13 of 13 factorials right', '8 of 8 copies right',
                 f'{EDU_STEPS} interrupts', 'removed'):
        expect(f'edu: {line}\n' in text, f'"{line}" is not in\n{text[-3000:]}')
    found = re.search(rf'^edu: {EDU} drives up to 0x(\w+), its memory is at IOVA 0x(\w+), '
                      r"EAL's from 0x(\w+)$", text, re.MULTILINE)
    expect(found, text[-3000:])
    last, iova, eal = (int(word, 16) for word in found.groups())
    expect_equal(last, limit, 'highest address of the device')
    expect(iova + 0xffff <= last < eal, f'{iova:#x} is not low, or {eal:#x} is not high')
    for hole in oracle.holes(said):
        expect(iova + 0xffff < hole[0] or iova > hole[1],
               f'{iova:#x} lies in {hole[0]:#x}-{hole[1]:#x}')
    expect(f' map: IOMMU: iova=0x{iova:016x} - ' in said['events'], f'not mapped\n{said["events"]}')
    # Kernel and driver have counted the same, on the processor that the example chose.
    kind = 'vfio-intx' if PLATFORMS[platform].interrupts[backend] == 'vfio-intx' else r'vfio-msi\[0\]'
    counts = re.search(rf'^ *\d+: +(\d+) +(\d+) .*{kind}\({EDU}\)', text, re.MULTILINE)
    expect(counts, f'no {kind} in\n{text[-3000:]}')
    expect_equal(sum(map(int, counts.groups())), EDU_STEPS, 'interrupts that the kernel counted')
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')


@test('a device of 28 address bits copies data beside a NIC, and interrupts a driver of this bus',
      [('x86-vtd', 'type1'), ('arm-virtio-iommu', 'iommufd')],
      tail=each_backend('arm-smmuv3', 'x86-vtd'))
def edu(platform, backend):
    result = guest.run(platform, ['/usr/share/vfio-msi/edu.sh', EDU, PLATFORMS[platform].nics[0], ',dma_bits=27'],
                       seconds=100, examples=True, qemu_args=WITH_EDU, backend=backend)
    _check_edu(platform, backend, result, facts.read(result), limit=(1 << 27) - 1)


@test('frames are sent from own memory, mapped at the lowest free address',
      [('arm-smmuv3', 'type1'), ('x86-vtd', 'iommufd'), ('arm-reserved', 'iommufd')],
      tail=each_backend(*FORBIDDEN))
def own_memory(platform, backend):
    forbidden = (0, FORBIDDEN[platform])
    # QEMU's edu needs an MSI controller.
    has_edu = platform != 'arm-reserved'
    result = guest.run(platform, ['/usr/share/vfio-msi/own-memory.sh', *PLATFORMS[platform].nics,
                                  f',hole=0x0-{forbidden[1]:#x}', *[EDU] * has_edu],
                       seconds=200, examples=True, qemu_args=WITH_EDU if has_edu else (),
                       backend=backend)
    said = facts.read(result)
    text = said['example'] + '\n'
    said.check('example', example_status=0, one_status=1)
    for line in (f'{FRAMES} of {FRAMES} frames arrived, all bytes right',
                 f'{FRAMES} buffers given back',
                 'unmapped; at its IOVA: No such file or directory', 'no device is left'):
        expect(f'own_memory: {line}\n' in text, f'"{line}" is not in\n{text[-3000:]}')
    expect('two ports are needed' in said['one'], f'a port of the pci bus is used\n{said["one"]}')
    oracle.check_backend(text, backend)
    expect('EAL_IOMMU' not in text, f'the library logs an error\n{text[-3000:]}')
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')

    first, last = (int(word, 16) for word in CHOSEN.search(text).groups()[1:])
    holes = oracle.holes(said)
    expect(any(hole[0] == forbidden[1] + 1 for hole in holes), f'no hole to skip: {holes}')
    expect_equal((hex(first), last - first + 1), (hex(_lowest(holes + [forbidden])), SIZE),
                 'address and size')
    expect(re.search(rf'^used +0x0*{first:x}-0x0*{last:x}\b', text, re.MULTILINE),
           f'the layout does not show the mapping\n{text}')
    for kind in ('map', 'unmap'):
        expect_equal(_covered(kind, first, said['events']), SIZE, f'bytes of {kind} events')
    expect(f'own_memory: mapping {first:#x}-{last:#x} owner 3\n' in text, f'no such mapping\n{text}')
    expect_equal(re.findall(r'^own_memory: hole 0x(\w+)-0x(\w+) .*, (hard|soft)$', text, re.MULTILINE),
                 [(one.lstrip('0') or '0', end.lstrip('0'), kind) for one, end, kind in re.findall(
                     r'^hole +0x(\w+)-0x(\w+)  .*, (hard|soft)\b', text, re.MULTILINE)],
                 'holes of the walk and of the text')
    if has_edu:
        with part('a device of 28 address bits copies data beside a NIC'):
            _check_edu(platform, backend, result, said.of('edu_'))


@test("own memory is not mapped where EAL's memory may grow", [('arm-smmuv3', 'iommufd')],
      tail=each_backend('arm-smmuv3'))
def room_to_grow(platform, backend):
    # If the user forbids everything below 4 GiB, the lowest free address is in EAL's lists.
    result = guest.run(platform, ['/usr/share/vfio-msi/own-memory.sh', *PLATFORMS[platform].nics,
                                  ',hole=0x0-0xffffffff'], seconds=150, examples=True,
                       backend=backend)
    said = facts.read(result)
    said.check('example', example_status=0)
    text = said['example']
    kept = [(int(first, 16), int(last, 16)) for first, last in re.findall(
        r'^hole +0x([0-9a-f]+)-0x([0-9a-f]+)  EAL memory', text, re.MULTILINE)]
    expect(kept, f'nothing is reserved for EAL\n{text[:3000]}')
    first, last = (int(word, 16) for word in CHOSEN.search(text).groups()[1:])
    for hole in kept:
        expect(last < hole[0] or first > hole[1],
               f'{first:#x}-{last:#x} is placed in {hole[0]:#x}-{hole[1]:#x} of EAL')
    expect(first > min(hole[0] for hole in kept), f'{first:#x} did not have to skip EAL memory')
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')


@test('a bus that is linked in registers once and forwards, without -d',
      [('arm-smmuv3', 'type1'), ('x86-vtd', 'iommufd')],
      tail=each_backend('arm-smmuv3', 'x86-vtd'))
def forwarder(platform, backend):
    first, second = PLATFORMS[platform].nics
    result = guest.run(platform, ['/usr/share/vfio-msi/forwarder.sh', '0000:00:09.0',
                                  '0000:00:07.0', second, first],
                       seconds=150, examples=True, qemu_args=FOURTH_NIC, backend=backend)
    said = facts.read(result)
    expect(f'sent {FORWARDED}, received {FORWARDED}, wake-ups {FORWARDED}, bytes wrong 0'
           in said['rxintr'], said['rxintr'])
    said.check('rxintr', rxintr_status=0)
    expect(re.search(rf'^forwarder: {FORWARDED} frames$', said['forwarder'], re.MULTILINE),
           said['forwarder'])
    said.check('forwarder', forwarder_status=0)
    oracle.check_backend(said['forwarder'], backend)
    # EAL also opens the file in the plugin folder: the loader must load the library once.
    loader = said['loader']
    expect('/dpdk/pmds-' in loader and 'dynamically loaded by' in loader,
           f'EAL did not look into the plugin folder\n{loader}')
    expect_equal(loader.count('calling init: '), 1, f'times the plugin was initialized\n{loader}\n')
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')


@test('an application may have functions of the names in the engine', ['arm-smmuv3'])
def names(platform):
    nic = PLATFORMS[platform].nics[0]
    result = guest.run(platform, ['sh', '-c', 'vfio-bind "$0" && exec timeout -k 5 60 vfio-msi-names '
                                  '-a "vfio_msi:$0" -l 0 -n 1 -m 64 --huge-unlink 2>&1', nic], seconds=90)
    expect_equal(result.status, 0, f'exit status ({result.error}), after\n{result.stdout[-3000:]}\n')
    expect('\nmapped and unmapped\n' in result.stdout, f'not mapped\n{result.stdout[-3000:]}')


@test('memory of an application outlives the last device', [('arm-smmuv3', 'type1')],
      tail=each_backend('arm-smmuv3'))
def restored(platform, backend):
    nic = PLATFORMS[platform].nics[0]
    result = guest.run(platform, ['sh', '-c', 'vfio-bind "$0" && exec /usr/share/vfio-msi/restore.sh "$@"',
                                  nic, nic, '-m', '64', '--huge-unlink'], seconds=90, backend=backend)
    steps = oracle.check_restored(facts.read(result))
    expect_equal([(step['step'], step['error']) for step in steps],
                 [('mapped', 0), ('down', errno.ENODEV), ('removed', errno.ENODEV), ('up', 0),
                  ('probed', 0)], 'steps and errors')
    expect_equal(len({step['iova'] for step in steps}), 1, f'IOVAs in {steps}')
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
