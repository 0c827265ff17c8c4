# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""How many calls map EAL's memory and how much is locked, compared to stock DPDK."""

import errno
import re

from labkit import facts, guest, oracle
from labkit.platforms import PLATFORMS
from labkit.testing import each_backend, expect, expect_equal, figure, part, test

LINE = re.compile(r'^(\w+): (map \d+, .*)$', re.MULTILINE)
MEGABYTES, PAGES = 4096, 2048
# The counter of locked memory that each backend uses.
ACCOUNT = {'stock': 'VmLck', 'type1': 'VmLck', 'iommufd': 'VmPin'}


@test('one call maps 4 GiB of preallocated pages, which are pinned once', [('arm-smmuv3', 'iommufd')],
      tail=each_backend('arm-smmuv3'))
def coalesced(platform, backend):
    # A kernel with iommufd has type1 as well: one boot measures both.
    ways = ['stock', 'type1'] + (['iommufd'] if backend == 'iommufd' else [])
    result = guest.run(platform, ['/usr/share/vfio-msi/memory.sh', str(MEGABYTES), *ways],
                       seconds=400, memory='6G', hugepages=2200, backend=backend)
    found = {who: {name: int(number) for name, number in re.findall(r'(\w+) (\d+)', words)}
             for who, words in LINE.findall(result.stdout)}
    expect_equal(list(found), ways, f'measured ({result.error}){result.stdout}')
    for who, one in found.items():
        calls = PAGES if who == 'stock' else 1
        # All pages are in one list of 16 GiB, so they are one run.
        expect_equal(one['map'], calls, f'calls of {who} in\n{result.stdout}\n')
        if who != 'stock':
            expect_equal(one['unmap'], 1, f'calls of {who} to unmap in\n{result.stdout}\n')
        locked = {name: MEGABYTES << 20 if name in ('pinned', ACCOUNT[who]) else 0
                  for name in ('VmLck', 'VmPin', 'pinned')}
        expect_equal({name: one[name] for name in locked}, locked,
                     f'bytes locked for {who} in\n{result.stdout}\n')
        expect_equal((one['bytes'], one['left'], one['status']), (MEGABYTES << 20, 0, 0),
                     f'bytes mapped, pages pinned after the end and status of {who}')
        figure(f'{who}: calls to map', one['map'])
        figure(f'{who}: VmLck, VmPin, pinned by the kernel, MiB',
               ', '.join(str(one[name] >> 20) for name in locked))
    expect_equal(re.findall(r'chooses backend (\w+) for all', result.stdout), ways[1:],
                 f'backends of\n{result.stdout}\n')
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')


@test("EAL's memory grows and shrinks while testpmd runs",
      [('arm-smmuv3', 'iommufd'), ('x86-vtd', 'type1')],
      tail=each_backend('arm-smmuv3', 'x86-vtd'))
def breathe(platform, backend):
    result = guest.run(platform, ['/usr/share/vfio-msi/breathe.sh', *PLATFORMS[platform].nics],
                       seconds=150, backend=backend)
    parts = oracle.sections(result.stdout)
    log = parts.get('testpmd', result.stdout + result.stderr + result.error)
    expect_equal(result.status, 0, f'exit status, after\n{parts.get("pages")}{log[-3000:]}\n')
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
    oracle.check_backend(log, backend)
    first, *rounds = parts['pages'].splitlines()
    rounds = [tuple(map(int, line.split())) for line in rounds]
    expect_equal(rounds[1::2], [(int(first), 0)] * 3, f'pages after each stop\n{parts["pages"]}\n')
    for pages, pinned in rounds[::2]:
        expect(pages >= int(first) + 24, f'memory did not grow\n{parts["pages"]}')
        expect_equal(pinned, (pages - int(first)) * 2 << 20, 'additional bytes pinned')
    oracle.check_mappings(parts)
    oracle.check_payloads(log)
    # The hole of a device that is added later limits the growth.
    late = parts['latecomer']
    end = re.search(r'end: (\w+)', late)[1]
    expect(re.search(rf"can't grow beyond {end}, which meets {end}-\w+ \(user, from "
                     rf'{PLATFORMS[platform].nics[1]}\)', late)
           and "can't grow by " in late,
           f'memory grew into the hole\n{late[-3000:]}')


# One file for all 2 MiB pages; one file per 1 GiB page; one file per 2 MiB page.
FILES = {
    'one': '--single-file-segments -m 640',
    'large': '--huge-dir /mnt -m 2048',
    'small': '-m 640',
}
IN_FILES = '''
. /usr/share/vfio-msi/facts.sh
mkdir -p /mnt && mount -t hugetlbfs -o pagesize=1G none /mnt || exit 2
export TESTPMD_UNDER='strace --seccomp-bpf -f -D -e trace=ioctl -o /tmp/strace'
first=$0 second=$1
shift
for eal; do
    number=$((number + 1))
    facts_of "${number}_" /usr/share/vfio-msi/traffic.sh $first $second $eal || exit 1
    fact "${number}_by_address" "$(grep -cE ' IOMMU_IOAS_MAP,.* = 0' /tmp/strace)"
    fact "${number}_by_file" "$(grep -cE '(IOMMU_IOAS_MAP_FILE|0x3b, 0x8f, 0).* = 0' /tmp/strace)"
    rm -f /mnt/* /dev/hugepages/*
done
'''


@test('memory that is mapped by file: packets, no IOMMU fault', [('x86-vtd', 'iommufd')],
      tail=[('arm-smmuv3', 'iommufd')])
def in_files(platform, backend):
    result = guest.run(platform, ['sh', '-c', IN_FILES, *PLATFORMS[platform].nics,
                                  *FILES.values()], seconds=300, memory='6G', hugepages=400,
                       kernel_args=('hugepagesz=1G', 'hugepages=2'), backend=backend)
    said = facts.read(result)
    for number, how in enumerate(FILES, 1):
        with part(f'the bus maps by file if there is one file or each is large: {how}'):
            _check_in_files(how, said.of(f'{number}_'), backend)
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')


def _check_in_files(how, said, backend):
    log = said['log']
    oracle.check_burst(said, backend)
    oracle.check_mappings(said)
    # Memory that is added later, one page at a time, is mapped by file.
    by_address, by_file = said['by_address'], said['by_file']
    at_once = int(re.search(r'mapped \d+ MiB, \d+ pages, by (\d+) calls', log)[1])
    wanted = {'one': (1, 0), 'large': (2, 0), 'small': (1, 1)}[how]
    expect_equal((at_once, by_address), wanted,
                 f'calls at start, of these by address\n{log[:2000]}\n')
    expect(by_file >= at_once - by_address, f'{by_file} calls by file')
    figure(f'{how}: calls at start, of these by address', f'{at_once}, {by_address}')


OWN = '''
vfio-bind 0000:00:03.0 0000:00:05.0
for bus in vfio_msi: ''; do
    [ -n "$bus" ] && echo '@@ ours' || echo '@@ stock'
    timeout -k 5 180 vfio-msi-dma -l 0 -n 1 -m 64 --log-level=bus.vfio_msi:info \\
        -a ${bus}0000:00:03.0 -a ${bus}0000:00:05.0 2>&1 || exit 1
done
'''
# The steps of vfio-msi-dma: name, 0 or errno, KiB of the application's memory pinned after it.
STEPS = [
    ('register', 0, 0),
    ('first', 0, 12),                       # by one port
    ('second', 0, 12),                      # by the other port: the same memory, pinned once
    ('unmap-first', 0, 12),                 # the other port still uses it
    ('unmap-second', 0, 0),
    ('unmap-third', errno.ENOENT, 0),
    ('page', 0, 4),
    ('pages', 0, 12),
    ('unmap-all', 0, 0),                    # both in one call
    ('window', errno.ERANGE, 0),            # in the MSI window
    ('again', 0, 12),
    ('elsewhere', errno.EEXIST, 12),        # another page has this IOVA
    ('unmap-part', errno.EBUSY, 12),
    ('heap-create', 0, 12),
    ('heap-add', 0, 24),                    # the bus maps it on EAL's memory event
    ('heap-map', 0, 24),                    # it is mapped already
    ('heap-unmap', 0, 24),                  # it remains mapped
    ('heap-remove', 0, 12),
    ('remove-first', 0, 12),
    ('remove-second', 0, 0),                # without a device nothing is mapped
    ('probe', 0, 12),                       # the bus maps it again
    ('unmap-last', 0, 0),
    ('unregister', 0, 0),
]
# The expected error messages.
SAID = [r'DMA unmap of IOVA \S+ failed: rte_dev_dma_map\(\) mapped nothing there',
        r'DMA map of IOVA 0x8000000-0x8002fff failed: meets 0x8000000-0x80fffff '
        r'\(SW_MSI, from 0000:00:03.0\); use rte_eal_iommu_map\(\)',
        r'DMA map of IOVA (\S+) failed: overlaps 0x\w+-0x\w+, which is mapped already; use rte_eal_iommu_',
        r'DMA unmap of IOVA \S+ failed: the range ends inside a mapping']


@test('an application maps its own memory for each port', [('arm-smmuv3', 'type1')],
      tail=each_backend('arm-smmuv3'))
def own(platform, backend):
    result = guest.run(platform, ['sh', '-c', OWN], seconds=120, backend=backend)
    parts = oracle.sections(result.stdout)
    expect_equal(result.status, 0, f'exit status ({result.error}), after\n{result.stdout[-3000:]}\n')
    said = parts['ours']
    found = [(name, int(error), int(pinned)) for name, error, pinned
             in re.findall(r'^([a-z-]+) (\d+) (\d+)$', said, re.MULTILINE)]
    expect_equal(found, STEPS, f'steps of\n{said}\n')
    failures = re.findall(r'VFIO_MSI: vfio_msi:0000:00:03.0: (DMA .*)', said)
    expect(len(failures) == len(SAID) and all(map(re.match, SAID, failures)),
           f'the messages are\n{failures}')
    oracle.check_backend(said, backend, said.count(': chooses backend '))
    # The first steps are what every application does; they work on the pci bus as well.
    stock = dict((name, (int(error), int(pinned))) for name, error, pinned
                 in re.findall(r'^([a-z-]+) (\d+) (\d+)$', parts['stock'], re.MULTILINE))
    expect_equal((stock['first'], stock['second']), ((0, 12), (0, 12)), 'mappings of stock DPDK')
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')


@test('packets with each --mp-alloc of testpmd except anon', [('arm-smmuv3', 'iommufd')],
      tail=each_backend('arm-smmuv3'))
def kinds(platform, backend):
    result = guest.run(platform, ['/usr/share/vfio-msi/kinds.sh', *PLATFORMS[platform].nics],
                       seconds=200, backend=backend)
    expect_equal(result.status, 0, f'exit status ({result.error}), after\n{result.stdout[-3000:]}\n')
    parts = oracle.sections(result.stdout)
    for kind in ('native', 'xmem', 'xmemhuge', 'xbuf'):
        log = parts[kind]
        expect(f'MP allocation mode: {kind}\n' in log, f'the mode is not {kind}\n{log[-2000:]}')
        oracle.check_backend(log, backend)
        oracle.check_payloads(log)
        expect('VFIO_MSI: vfio_msi:0000' in log and ' failed' not in log, f'{kind}\n{log[-2000:]}')
        calls, left = map(int, re.search(r'^calls (\d+)\nleft (\d+)$', log, re.MULTILINE).groups())
        expect_equal(left, 0, f'pages pinned at the end of {kind}')
        # A few pages of EAL and the application's memory: not one call per page.
        expect(0 < calls < 20, f'{calls} calls to map {kind}')
        figure(f'{kind}: calls to map', calls, varies=True)
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
