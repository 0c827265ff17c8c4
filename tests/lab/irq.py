# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""dpdk-test-msi irq counts vectors that arrive and reports where an interrupt is lost."""

import re

from labkit import guest, oracle
from labkit.platforms import PLATFORMS
from labkit.testing import each_backend, expect, expect_equal, test

# Additional devices: QEMU's edu, and one that the tool can't make raise an interrupt.
EDU, UNKNOWN = '0000:00:09.0', '0000:00:0b.0'
MORE = ('-device', 'edu,addr=9', '-device', 'virtio-rng-pci,addr=0xb,disable-legacy=on')

# Expected lines of each device, in order: type, vectors, name of the device's code in the tool.
IGB = (('MSI-X', 10, 'igb'), ('MSI', 1, 'igb'), ('INTx', 1, 'igb'))
E1000E = (('MSI-X', 5, 'e1000e'), ('MSI', 1, 'e1000e'), ('INTx', 1, 'e1000e'))
ROUNDS = 4


def _line(kind, vectors, raiser):
    """The line of a type if every vector arrived; the loopback has one more round."""
    loopback = (ROUNDS + 1) * 2 * vectors
    plural = 's' if vectors > 1 else ''
    line = f'{kind:<5}  {vectors} vector{plural}, loopback {loopback} of {loopback}, device '
    if raiser:
        line += f'({raiser}) {ROUNDS * vectors} of {ROUNDS * vectors}'
    return line


def _run(platform, script, *devices, seconds, **options):
    result = guest.run(platform, [f'/usr/share/vfio-msi/{script}', *devices], seconds=seconds,
                       **options)
    expect_equal(result.status, 0, f'exit status, after\n{result.stdout}{result.error}\n')
    return result, oracle.sections(result.stdout)


def _section(sections, device):
    return sections[re.sub('[^a-z0-9]', '_', device)]


def _arrived(said, kinds):
    for kind in kinds:
        expect(_line(*kind) in said, f'no "{_line(*kind)}" in\n{said}')
    expect(said.endswith('status 0\n'), said)
    expect('dpdk-test-msi:' not in said, f'a fault is reported\n{said}')


@test('every vector arrives, raised by the kernel and by the device', [
    ('arm-smmuv3', 'iommufd'), ('x86-vtd', 'iommufd'), ('x86-amdvi', 'type1')],
      tail=each_backend('arm-smmuv3', 'x86-vtd'))
def arrives(platform, backend):
    igb, spare = PLATFORMS[platform].nics[0], '0000:00:07.0'
    result, sections = _run(platform, 'irq.sh', igb, spare, EDU, UNKNOWN, seconds=200,
                            qemu_args=MORE, backend=backend)
    for device in (igb, spare, EDU, UNKNOWN):
        expect(f', backend {backend}\n' in _section(sections, device), sections)
    _arrived(_section(sections, igb), IGB)
    _arrived(_section(sections, spare), E1000E)
    _arrived(_section(sections, EDU), (('MSI', 1, 'edu'), ('INTx', 1, 'edu')))
    said = _section(sections, UNKNOWN)
    _arrived(said, (('MSI-X', 2, None),))
    expect("device not tried: this tool can't trigger interrupts of 1af4:1044" in said, said)
    expect_equal(sections['left'], '', 'vectors that are left')
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')


@test('without an MSI controller INTx is used, msi=require fails', [('arm-reserved', 'type1')],
      tail=each_backend('arm-reserved'))
def no_msi(platform, backend):
    nic = PLATFORMS[platform].nics[0]
    _, sections = _run(platform, 'irq.sh', nic, f'{nic},msi=require', seconds=100,
                       backend=backend)
    said = _section(sections, nic)
    expect(f', backend {backend}\n' in said, said)
    _arrived(said, (('INTx', 1, 'e1000e'),))
    for kind in ('MSI-X', 'MSI  '):
        expect(f'{kind}  not supported by the device or the platform\n' in said, said)
    said = _section(sections, f'{nic},msi=require')
    expect(f'vfio_msi:{nic}: set-up failed: the device or the platform has no interrupt that '
           'msi= allows' in said and said.endswith('status 1\n'), said)


@test('a message says that type1 cannot set up MSI', ['arm-virtio-iommu'])
def type1_refused(platform):
    nic = PLATFORMS[platform].nics[0]
    _, sections = _run(platform, 'irq.sh', f'{nic},backend=type1', seconds=100)
    said = _section(sections, f'{nic},backend=type1')
    for kind in ('MSI-X', 'MSI'):
        expect(f"vfio_msi:{nic}: {kind}: set-up failed: the kernel can't allocate a vector: "
               in said, said)
    expect('use backend=iommufd if the kernel has it' in said, said)
    expect(_line('INTx', 1, 'igb') in said and said.endswith('status 1\n'), said)


@test('a message says where an interrupt is lost', each_backend('arm-smmuv3'))
def losses(platform, backend):
    nic = PLATFORMS[platform].nics[0]
    result, sections = _run(platform, 'irq-faults.sh', nic, seconds=280,
                            kernel_args=('iomem=relaxed',), backend=backend)
    lost = f'vfio_msi:{nic}: MSI-X: lost between device and kernel: vector '
    for name, words, status in (
            ('master', (lost, 'bus mastering is off in its command register'), 4),
            ('masked', (lost, 'it is masked in the device'), 4),
            ('address', (lost, 'it writes to 0x12340000, which is in no MSI window, this '
                               "machine's is SW_MSI 0x8000000-0x80fffff"), 4),
            ('eventfd', (f'vfio_msi:{nic}: MSI-X: lost between kernel and program',), 3),
            ('held', (f'vfio_msi:{nic}: set-up failed: ', 'is held by process'), 1)):
        said = sections[name]
        for word in words:
            expect(word in said, f'no "{word}" in\n{said}')
        expect(said.endswith(f'status {status}\n'), said)
    faults = guest.iommu_faults(result)
    expect(faults, 'the IOMMU did not block the write to a wrong address')
