# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Vectors: dpdk-test-msi irq counts those that arrive, and a driver of this bus uses them.

That driver is tests/lab/guest/native.c, which lets an igb send MSI-X and counts callbacks. Its
oracle are the kernel's counters in /proc/interrupts.
"""

import json
import re
from xml.etree import ElementTree

from labkit import facts, guest, oracle, schema
from labkit.platforms import PLATFORMS
from labkit.testing import each_backend, expect, expect_equal, figure, part, test

# Additional devices: QEMU's edu, and a device without a trigger for interrupts in the tool.
EDU, UNKNOWN = '0000:00:09.0', '0000:00:0b.0'
MORE = ('-device', 'edu,addr=9', '-device', 'virtio-rng-pci,addr=0xb,disable-legacy=on')

# Expected lines of each device, in order: type, vectors, name of the device's code in the tool.
IGB = (('MSI-X', 10, 'igb'), ('MSI', 1, 'igb'), ('INTx', 1, 'igb'))
E1000E = (('MSI-X', 5, 'e1000e'), ('MSI', 1, 'e1000e'), ('INTx', 1, 'e1000e'))
ROUNDS, ENDURANCE = 4, 1000
STORM = re.compile(r'^       storm: loopback (\d+) of (\d+) in (\d+) callbacks'
                   r'(?:, device (\d+) of (\d+) that the kernel counted)?\n'
                   r'       an alarm of 10 ms meanwhile: (\d+) times, ', re.MULTILINE)
LEFT = 'left at the end: vectors 0, descriptors 0, IOMMU page tables {} bytes'
RECEIVERS = ('busy read', 'epoll', 'EAL, vfio_msi', 'EAL, pci bus')

# In native.c: vectors of an igb, interrupts of each source in a step, the source that a thread
# raises all the time, and the one whose vector is on processor 1 and which goes and comes.
HAS, RAISED, BUSY, MOVED = 10, 20, 1, 2

# GICv2m has so many vectors for all devices. An NVMe device has more, and one run leaves few.
GICV2M, NVME_HAS, HELD, NVME = 64, 101, 59, '0000:00:09.0'
WITH_NVME = ('-drive', 'if=none,id=nvme,driver=null-co', '-device',
             'nvme,serial=lab,drive=nvme,addr=9,max_ioqpairs=100,msix_qsize=101')


def _line(kind, vectors, raiser):
    """A pattern: the lines of a type if every interrupt arrived.

    The loopback has one more round. A device may raise interrupts that the tool did not request.
    """
    loopback = (ROUNDS + 1) * 2 * vectors
    device = ROUNDS * vectors
    plural = 's' if vectors > 1 else ''
    line = f'{kind:<5}  {vectors} vector{plural}, loopback {loopback} of {loopback}, device '
    if not raiser:
        return line
    line += fr'\({raiser}\) {device} of {device}(?: and \d+ unexpected)?, '
    if raiser != 'edu':
        line += f'frames {device} of {device}\n'
        line += f'       in step: loopback {ENDURANCE} of {ENDURANCE}, device {ENDURANCE} of {ENDURANCE}\n'
    return line


def _run(platform, script, *words, seconds, faults=False, **options):
    """Run a script of the guest. Without FAULTS the IOMMU must report none."""
    result = guest.run(platform, [f'/usr/share/vfio-msi/{script}', *words], seconds=seconds,
                       **options)
    if not faults:
        expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
    return result, facts.read(result)


def _arrived(said, device, kinds, tables='0'):
    text = said[device]
    for kind in kinds:
        expect(re.search(_line(*kind), text), f'no "{_line(*kind)}" in\n{text}')
    said.check(device, **{f'{device}_status': 0})
    expect('dpdk-test-msi:' not in text, f'a fault is reported\n{text}')
    storms = STORM.findall(text)
    expect_equal(len(storms), len(kinds), f'storms in\n{text}')
    for arrived, raised, calls, counted, signalled, alarms in storms:
        expect(arrived == raised and counted == signalled and int(raised) >= ENDURANCE,
               f'lost in a storm\n{text}')
        expect(0 < int(calls) <= int(arrived) and int(alarms) > 0, f'no callbacks, no alarm\n{text}')
    expect(re.search(LEFT.format(tables), text), f'something is left\n{text}')


def _check_bench(said, nic):
    """A row, a line of the picture and an object for each receiver and each trigger."""
    said.check('bench', bench_status=0)
    rows = re.findall(r'^(loopback|device) +(\w.*?)  +([\d.]+) +([\d.]+) +([\d.]+) +([\d.]+) +'
                      r'([\d.]+)-([\d.]+) +([\d.]+)$', said['bench'], re.MULTILINE)
    wanted = [(trigger, name) for trigger in ('loopback', 'device') for name in RECEIVERS]
    expect_equal([row[:2] for row in rows], wanted, f'rows of\n{said["bench"]}\n')
    for row in rows:
        p50, p99, p999, most, low, high, _ = map(float, row[2:])
        expect(0 < p50 <= p99 <= p999 <= most and low <= p50 <= high, f'{row}')
        figure(f'{row[0]}, {row[1]}: times the busy read', row[8], varies=True)
    expect('On an emulated machine only ratios mean something' in said['bench'], said['bench'])
    tree = ElementTree.fromstring(said['picture'])
    lines = tree.findall('{http://www.w3.org/2000/svg}polyline')
    expect_equal(len(lines), 3 * len(RECEIVERS), 'lines of both plots and the legend')
    found = schema.load(said['json'], 'irq')
    expect_equal(found['device']['bdf'], nic, 'device')
    found = found['bench']['latencies']
    expect_equal([(row['trigger'], row['receiver']) for row in found], wanted, 'objects')
    for row in found:
        expect_equal(sum(item['samples'] for item in row['histogram']), row['samples'], f'{row}')


def _steps(text):
    """{name: step} of the lines of native.c."""
    steps = [json.loads(line) for line in text.splitlines() if line.startswith('{')]
    return {step['step']: step for step in steps}


def _check_three(step, dynamic):
    expect_equal((step['type'], step['has'], step['granted'], step['dynamic']),
                 (2, HAS, 3, dynamic), 'type, vectors, granted and dynamic')
    for name in ('count', 'calls', 'kernel'):
        expect_equal(step[name], [RAISED] * 3, f'{name} of three sources')
    expect_equal(step['second'][MOVED], RAISED, 'interrupts of the moved vector on processor 1')


def _check_later(steps, dynamic):
    """No interrupt is lost while vectors are added, and while another goes and comes."""
    ten, cycled, shared = steps['ten'], steps['cycled'], steps['shared']
    expect_equal([step['granted'] for step in (ten, cycled, shared)], [HAS] * 3, 'granted')
    expect_equal(shared['vector'], [*range(HAS), 1, 2, 3], 'vectors of the sources')
    for name, step in steps.items():
        expect_equal(step['lost'], 0, f'lost interrupts until {name}')
    if dynamic:
        for name in ('three', 'grown', 'ten'):
            expect_equal(steps[name]['count'], steps[name]['kernel'],
                         f'counts and those of the kernel, {name}')
        expect_equal(shared['irq'][:3], steps['three']['irq'], 'Linux interrupts')
    # Where all are requested at once, the kernel counts from 0 after each request.
    for source in set(range(HAS)) - {MOVED}:
        expect_equal(cycled['count'][source] - ten['count'][source],
                     cycled['kernel'][source] - ten['kernel'][source],
                     f'interrupts of source {source} during the cycles')
    expect(cycled['count'][BUSY] > ten['count'][BUSY], 'nothing was raised during the cycles')
    expect_equal(ten['second'][MOVED], ten['kernel'][MOVED], 'interrupts on processor 1')
    for source in range(HAS, len(shared['count'])):
        expect_equal(shared['count'][source], 2 * RAISED, f'interrupts of shared source {source}')


def _check_native(platform, backend, said):
    said.check('log', log_status=0)
    text = said['log']
    oracle.check_backend(text, backend)
    steps = _steps(text)
    dynamic = PLATFORMS[platform].arch == 'amd64'
    _check_three(steps['three'], dynamic)
    _check_later(steps, dynamic)
    figure('interrupts while vectors were added', steps['grown']['calls'][BUSY], varies=True)
    expect_equal(set(re.findall(r'source (\d+) are not moved to processor (\d+)', text)),
                 {('0', '4000')}, f'vectors that are not moved in\n{text[-2000:]}\n')


def _check_declined(nic, said):
    """EAL's memory lies where the PMD of the device must not let it read."""
    said.check('declined', declined_status=0)
    text = said['declined']
    expect(f'vfio_msi:{nic}: probe by test_native' in text and 'probe by net_e1000_igb' not in text,
           text[-2000:])
    expect(f"vfio_msi:{nic}: driver net_e1000_igb can't use the device: its key dma_bits= allows "
           'IOVAs up to 0xffffffff, but' in text, text[-2000:])


@test('every vector arrives, raised by the kernel and by the device', [
    ('arm-smmuv3', 'iommufd'), ('x86-vtd', 'iommufd'), ('x86-amdvi', 'type1')],
      tail=each_backend('arm-smmuv3', 'x86-vtd'))
def arrives(platform, backend):
    igb, spare = PLATFORMS[platform].nics[0], '0000:00:07.0'
    bench = ('--bench',) if platform == 'arm-smmuv3' else ()
    _, said = _run(platform, 'native.sh', *bench, igb, spare, EDU, UNKNOWN, seconds=360,
                   qemu_args=MORE, backend=backend)
    for device in (igb, spare, EDU, UNKNOWN):
        expect(f', backend {backend}\n' in said[device], said[device])
    # AMD-Vi keeps empty page tables until the domain goes.
    tables = '(0|8192)' if platform == 'x86-amdvi' else '0'
    _arrived(said, igb, IGB, tables)
    _arrived(said, spare, E1000E, tables)
    _arrived(said, EDU, (('MSI', 1, 'edu'), ('INTx', 1, 'edu')), tables)
    _arrived(said, UNKNOWN, (('MSI-X', 2, None), ('INTx', 1, None)), tables)
    expect("device not tried: this tool can't trigger interrupts of 1af4:1044" in said[UNKNOWN],
           said[UNKNOWN])
    said.check(left='')
    with part('a driver of this bus gets vectors, more of them without a loss, and shares them'):
        _check_native(platform, backend, said.of('native_'))
    with part('without the limit of dma_bits=, no driver but one with own memory gets the device'):
        _check_declined(igb, said.of('native_'))
    if bench:
        with part('latencies of four receivers'):
            _check_bench(said, igb)


@test('a million interrupts arrive in each way, and nothing is left',
      [*each_backend('arm-smmuv3', 'x86-vtd'), ('arm-virtio-iommu', 'iommufd')], soak=True)
def endures(platform, backend):
    nic, million = PLATFORMS[platform].nics[0], 1000000
    result = guest.run(platform, ['sh', '-c', 'vfio-bind $0 && exec dpdk-test-msi irq --json '
                                  f'--self-test --endurance {million} vfio_msi:$0', nic],
                       seconds=1800, backend=backend)
    found = schema.load(result.stdout, 'irq')
    endurance = found['kinds'][0]['endurance']
    expect_equal(found['device']['backend'], backend, 'backend')
    for way in ('loopback', 'device', 'loopback_storm', 'device_storm'):
        counts = endurance[way]
        expect_equal(counts['arrived'], counts['raised'], way)
        expect(counts['raised'] >= million or way == 'device_storm' and counts['raised'] > 0, f'{way}: {counts}')
        figure(way, f'{counts["arrived"]} of {counts["raised"]}', varies=way == 'device_storm')
    figure('an alarm was late by ms, with and without a storm', '{:.1f}, {:.1f}'.format(
        *(endurance[key] / 1000 for key in ('alarm_late_us', 'alarm_late_idle_us'))), varies=True)
    expect_equal(found['left'], {'vectors': 0, 'descriptors': 0, 'iommu_page_tables': 0}, 'left')
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')


@test('latencies of 100,000 interrupts', [('arm-smmuv3', 'iommufd'), ('x86-vtd', 'iommufd')], soak=True)
def latencies(platform, backend):
    nic = PLATFORMS[platform].nics[0]
    result = guest.run(platform, ['sh', '-c', 'vfio-bind $0 && exec dpdk-test-msi irq --json --bench $0',
                                  nic], seconds=1800, backend=backend)
    rows = schema.load(result.stdout, 'irq')['bench']['latencies']
    busy = {row['trigger']: row['p50_ns'] for row in rows if row['receiver'] == 'busy read'}
    for row in rows:
        expect_equal(row['samples'], 100000, 'samples')
        figure(f'{row["trigger"]}, {row["receiver"]}: p50, p99, p99.9, max, times the busy read\'s p50',
               ', '.join(f'{row[key] / busy[row["trigger"]]:.2f}' for key in
                         ('p50_ns', 'p99_ns', 'p999_ns', 'max_ns')), varies=True)
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')


@test('too few vectors are reported with both numbers', [('arm-gicv2m', 'iommufd')])
def few(platform, backend):
    _, said = _run(platform, 'few-vectors.sh', str(NVME_HAS), str(HELD), NVME,
                   *PLATFORMS[platform].nics, seconds=200, qemu_args=WITH_NVME,
                   backend=backend)
    said.check('short', short_status=0)
    short = _steps(said['short'])['held']
    expect_equal((short['has'], short['granted']), (NVME_HAS, GICV2M), 'vectors of the NVMe device')
    expect_equal(short['vector'], [*range(GICV2M), *range(1, NVME_HAS - GICV2M + 1)],
                 'vectors of the sources')
    expect(f'the driver wants {NVME_HAS} interrupt vectors, but the kernel grants {GICV2M}:'
           in said['short'], said['short'][-2000:])
    cure = 'to free vectors, stop other devices, or configure fewer queues for them'
    for name, words in (('none', f'vector: No space left on device ({cure})'),
                        ('irq', f'vector: No space left on device; {cure}; ')):
        expect(f"MSI-X: {'set-up failed: ' * (name == 'irq')}the kernel can't allocate a {words}"
               in said[name], f'no "{words}" in\n{said[name][-2000:]}')
    said.check('held', held_status=0)
    expect_equal(_steps(said['held'])['held']['granted'], HELD, 'vectors of the second run')
    for queues in (3, 8):
        words = (f'the device has {HAS} MSI-X vectors, but the kernel has {GICV2M - HELD} for it now: '
                 f'EAL rejects receive interrupts for more than {GICV2M - HELD - 1} queues')
        expect(words in said[f'queues{queues}'], f'no "{words}" in\n{said[f"queues{queues}"]}')
    said.check('queues3', queues3_status=0)
    expect(re.search(r'^sent 15, received 15, wake-ups 15, bytes wrong 0', said['queues3'],
                     re.MULTILINE), said['queues3'][-2000:])
    said.check('queues8', queues8_status=1)


# testmsi has the next two in boots that it needs anyway.
@test('without an MSI controller INTx is used, msi=require fails', each_backend('arm-reserved'),
      soak=True)
def no_msi(platform, backend):
    nic = PLATFORMS[platform].nics[0]
    required = f'{nic},msi=require'
    _, said = _run(platform, 'irq.sh', nic, required, seconds=100, backend=backend)
    expect(f', backend {backend}\n' in said[nic], said[nic])
    _arrived(said, nic, (('INTx', 1, 'e1000e'),))
    for kind in ('MSI-X', 'MSI  '):
        expect(f'{kind}  not supported by the device or the platform\n' in said[nic], said[nic])
    expect(f'vfio_msi:{nic}: set-up failed: the device or the platform has no interrupt that '
           'msi= allows' in said[required], said[required])
    said.check(required, **{f'{required}_status': 1})


@test('a message says that type1 cannot set up MSI', ['arm-virtio-iommu'], soak=True)
def type1_refused(platform):
    nic = PLATFORMS[platform].nics[0]
    device = f'{nic},backend=type1'
    _, said = _run(platform, 'irq.sh', device, seconds=100)
    text = said[device]
    for kind in ('MSI-X', 'MSI'):
        expect(f"vfio_msi:{nic}: {kind}: set-up failed: the kernel can't allocate a vector: "
               in text, text)
    expect('use backend=iommufd if the kernel has it' in text, text)
    expect(re.search(_line('INTx', 1, 'igb'), text), text)
    said.check(device, **{f'{device}_status': 1})


@test('a message says where an interrupt is lost', each_backend('arm-smmuv3'))
def losses(platform, backend):
    nic = PLATFORMS[platform].nics[0]
    result, said = _run(platform, 'irq-faults.sh', nic, seconds=280, faults=True,
                        kernel_args=('iomem=relaxed',), backend=backend)
    lost = f'vfio_msi:{nic}: MSI-X: lost between device and kernel: vector '
    for name, words, status in (
            ('master', (lost, 'bus mastering is off in its command register'), 4),
            ('masked', (lost, 'it is masked in the device'), 4),
            ('address', (lost, 'it writes to 0x12340000, which is in no MSI window, this '
                               "machine's is SW_MSI 0x8000000-0x80fffff"), 4),
            ('eventfd', (f'vfio_msi:{nic}: MSI-X: lost between kernel and program',), 3),
            ('unmapped', (f'vfio_msi:{nic}: MSI-X: frame 0 that the device sends to itself: the '
                          'device did not read it from memory; its memory is at IOVA 0x',), 5),
            ('held', (f'vfio_msi:{nic}: set-up failed: ', 'is held by process'), 1)):
        for word in words:
            expect(word in said[name], f'no "{word}" in\n{said[name]}')
        said.check(name, **{f'{name}_status': status})
    faults = guest.iommu_faults(result)
    expect(any('0x12340000' in line for line in faults),
           f'the IOMMU did not block the write to a wrong address: {faults}')
