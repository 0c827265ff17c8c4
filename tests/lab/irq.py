# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""dpdk-test-msi irq counts vectors that arrive and reports where an interrupt is lost."""

from labkit import facts, guest
from labkit.platforms import PLATFORMS
from labkit.testing import each_backend, expect, expect_equal, test

# Additional devices: QEMU's edu, and a device without a trigger for interrupts in the tool.
EDU, UNKNOWN = '0000:00:09.0', '0000:00:0b.0'
MORE = ('-device', 'edu,addr=9', '-device', 'virtio-rng-pci,addr=0xb,disable-legacy=on')

# Expected lines of each device, in order: type, vectors, name of the device's code in the tool.
IGB = (('MSI-X', 10, 'igb'), ('MSI', 1, 'igb'), ('INTx', 1, 'igb'))
E1000E = (('MSI-X', 5, 'e1000e'), ('MSI', 1, 'e1000e'), ('INTx', 1, 'e1000e'))
ROUNDS = 4


def _line(kind, vectors, raiser):
    """The line of a type if every vector arrived. The loopback has one more round."""
    loopback = (ROUNDS + 1) * 2 * vectors
    plural = 's' if vectors > 1 else ''
    line = f'{kind:<5}  {vectors} vector{plural}, loopback {loopback} of {loopback}, device '
    if raiser:
        line += f'({raiser}) {ROUNDS * vectors} of {ROUNDS * vectors}'
    return line


def _run(platform, script, *devices, seconds, **options):
    result = guest.run(platform, [f'/usr/share/vfio-msi/{script}', *devices], seconds=seconds,
                       **options)
    return result, facts.read(result)


def _arrived(said, device, kinds):
    text = said[device]
    for kind in kinds:
        expect(_line(*kind) in text, f'no "{_line(*kind)}" in\n{text}')
    said.check(device, **{f'{device}_status': 0})
    expect('dpdk-test-msi:' not in text, f'a fault is reported\n{text}')


@test('every vector arrives, raised by the kernel and by the device', [
    ('arm-smmuv3', 'iommufd'), ('x86-vtd', 'iommufd'), ('x86-amdvi', 'type1')],
      tail=each_backend('arm-smmuv3', 'x86-vtd'))
def arrives(platform, backend):
    igb, spare = PLATFORMS[platform].nics[0], '0000:00:07.0'
    result, said = _run(platform, 'irq.sh', igb, spare, EDU, UNKNOWN, seconds=200,
                        qemu_args=MORE, backend=backend)
    for device in (igb, spare, EDU, UNKNOWN):
        expect(f', backend {backend}\n' in said[device], said[device])
    _arrived(said, igb, IGB)
    _arrived(said, spare, E1000E)
    _arrived(said, EDU, (('MSI', 1, 'edu'), ('INTx', 1, 'edu')))
    _arrived(said, UNKNOWN, (('MSI-X', 2, None),))
    expect("device not tried: this tool can't trigger interrupts of 1af4:1044" in said[UNKNOWN],
           said[UNKNOWN])
    said.check(left='')
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')


@test('without an MSI controller INTx is used, msi=require fails', [('arm-reserved', 'type1')],
      tail=each_backend('arm-reserved'))
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


@test('a message says that type1 cannot set up MSI', ['arm-virtio-iommu'])
def type1_refused(platform):
    nic = PLATFORMS[platform].nics[0]
    device = f'{nic},backend=type1'
    _, said = _run(platform, 'irq.sh', device, seconds=100)
    text = said[device]
    for kind in ('MSI-X', 'MSI'):
        expect(f"vfio_msi:{nic}: {kind}: set-up failed: the kernel can't allocate a vector: "
               in text, text)
    expect('use backend=iommufd if the kernel has it' in text, text)
    expect(_line('INTx', 1, 'igb') in text, text)
    said.check(device, **{f'{device}_status': 1})


@test('a message says where an interrupt is lost', each_backend('arm-smmuv3'))
def losses(platform, backend):
    nic = PLATFORMS[platform].nics[0]
    result, said = _run(platform, 'irq-faults.sh', nic, seconds=280,
                        kernel_args=('iomem=relaxed',), backend=backend)
    lost = f'vfio_msi:{nic}: MSI-X: lost between device and kernel: vector '
    for name, words, status in (
            ('master', (lost, 'bus mastering is off in its command register'), 4),
            ('masked', (lost, 'it is masked in the device'), 4),
            ('address', (lost, 'it writes to 0x12340000, which is in no MSI window, this '
                               "machine's is SW_MSI 0x8000000-0x80fffff"), 4),
            ('eventfd', (f'vfio_msi:{nic}: MSI-X: lost between kernel and program',), 3),
            ('held', (f'vfio_msi:{nic}: set-up failed: ', 'is held by process'), 1)):
        for word in words:
            expect(word in said[name], f'no "{word}" in\n{said[name]}')
        said.check(name, **{f'{name}_status': status})
    faults = guest.iommu_faults(result)
    expect(faults, 'the IOMMU did not block the write to a wrong address')
