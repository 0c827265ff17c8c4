# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""The emulated machines, as data: what each is like and what is plugged into it."""

import dataclasses
import json

# The kernel on which each backend of VFIO is what the bus chooses by itself.
KERNEL_OF = {'type1': 'debian', 'iommufd': 'lab'}

# The backends, and what each brings where all is well.
MSIX = {'type1': 'vfio-msix', 'iommufd': 'vfio-msix'}
INTX = {'type1': 'vfio-intx', 'iommufd': 'vfio-intx'}
# type1 finds no way to map this platform's doorbell, iommufd does.
INTX_BY_TYPE1 = dict(MSIX, type1='vfio-intx')

# The lab's own disk and ports stay away from PCI where the machine allows it,
# and away from the IOMMU everywhere.
MMIO = {'disk': 'virtio-blk-device', 'ports': 'virtio-serial-device'}
PCI = {'disk': 'virtio-blk-pci,addr=0x1d', 'ports': 'virtio-serial-pci,addr=0x1c'}


@dataclasses.dataclass(frozen=True)
class Platform:
    """One kind of emulated machine."""

    name: str
    about: str
    arch: str
    machine: list
    devices: list
    lab_devices: dict
    console: str
    threads: str = 'multi'
    kernel_args: str = ''
    modules: tuple = ()
    memory: str = '2G'
    # The kernel it boots unless told otherwise.
    kernel: str = 'debian'
    # What the first interrupt of a NIC is, by each backend of VFIO that works here.
    interrupts: dict = dataclasses.field(default_factory=MSIX.copy)
    # By which of them tests of every platform run; "lab soak" runs them by the others too.
    tested: tuple = ('type1', 'iommufd')
    # The two that hear each other; an e1000e to misuse, one of them where no other is.
    nics: tuple = ()
    spare: str = ''
    # Whether tests that name no platform run on it: an odd one has its own.
    common: bool = True

    @property
    def emulator(self):
        """The program that is this machine."""
        return {'arm64': 'qemu-system-aarch64', 'amd64': 'qemu-system-x86_64'}[self.arch]


def _nic(model, slot, wire):
    """A NIC and its end of a wire; NICs with the same wire number hear each other."""
    return ['-netdev', f'hubport,id=net{slot},hubid={wire}',
            '-device', f'{model},id=nic{slot},netdev=net{slot},addr={slot},romfile=']


# Two igb in neighbouring slots clash: their virtual functions want the same slot.
IGB_PAIR = [*_nic('igb', 3, 0), *_nic('igb', 5, 0), *_nic('e1000e', 7, 1)]
BEHIND_PXB = ['-device', 'pxb-pcie,id=pxb,bus_nr=0x40,addr=5',
              '-device', 'pcie-root-port,id=rp40,bus=pxb,chassis=40',
              '-netdev', 'hubport,id=net40,hubid=0',
              '-device', 'igb,id=nic40,bus=rp40,netdev=net40,romfile=']
E1000E_PAIR = [*_nic('e1000e', 3, 0), *_nic('e1000e', 4, 0)]

# On a busy host a tick comes too late for the check, and an x86 kernel gives up.
TIMER = 'no_timer_check'

# The emulated AMD-Vi stops a stray access without a word to its guest: the emulator tells
# how it translated each, see guest.IOMMU_FAULT.
AMDVI_TRACE = 'amdvi_translation_result'

SMMU = ['-machine', 'virt,gic-version=3,iommu=smmuv3', '-cpu', 'cortex-a57']
VTD = 'intel-iommu,intremap=on,caching-mode=on,device-iotlb=on'
# Next to no real machine has the 5 levels of page tables that "max" has.
LEVELS4 = ['-cpu', 'max,la57=off']
Q35_VTD = ['-machine', 'q35,kernel-irqchip=split', *LEVELS4, '-device']
INTEL = f'intel_iommu=on iommu.passthrough=0 {TIMER}'
RESERVED = {
    'driver': 'virtio-iommu-pci', 'addr': '5',
    # FIRST:LAST:TYPE, type 1 is the MSI window, type 0 is reserved
    'reserved-regions': ['0xe0000000:0xe00fffff:1', '0x100000000:0x13fffffff:0'],
}
# What a Raspberry Pi 5 with its IOMMU has: 4 GiB at 40 GiB.
WINDOW40 = {**RESERVED, 'reserved-regions': [
    '0x1000:0xdfffffff:0', '0xe0000000:0xe00fffff:1', '0xe0100000:0x9ffffffff:0',
    '0xb00000000:0xffffffffffff:0']}
# In a slot whose INTx is no NIC's.
VIRTIO_IOMMU = ['-device', 'virtio-iommu-pci,addr=0xa']

# Where nothing keeps a device from writing to the doorbells of others, VFIO wants
# the administrator's word; each backend has a parameter of its own.
UNSAFE = ('vfio_iommu_type1.allow_unsafe_interrupts=1 '
          'iommufd.allow_unsafe_interrupts=1')

IGBS = {'devices': IGB_PAIR, 'nics': ('0000:00:03.0', '0000:00:05.0'), 'spare': '0000:00:07.0'}
ARM = {'arch': 'arm64', 'lab_devices': MMIO, 'console': 'ttyAMA0'}
# With a thread per processor QEMU 10.0 dies now and then when a device's BARs
# move: "iotlb_to_section: Assertion `section_index < ...' failed".
X86 = {'arch': 'amd64', 'lab_devices': PCI, 'console': 'ttyS0', 'threads': 'single'}

PLATFORMS = {platform.name: platform for platform in (
    Platform(
        name='arm-smmuv3',
        about='Arm server: SMMUv3, GICv3 ITS; two igb on one wire, a spare e1000e',
        machine=SMMU,
        **ARM, **IGBS,
    ),
    Platform(
        name='x86-vtd',
        about='PC: VT-d with interrupt remapping; the same NICs',
        machine=[*Q35_VTD, VTD],
        kernel_args=INTEL,
        **X86, **IGBS,
    ),
    Platform(
        name='x86-amdvi',
        about='PC: AMD-Vi with interrupt remapping; the same NICs',
        machine=['-machine', 'q35', '-cpu', 'max,x2apic=on,la57=off',
                 '-device', 'amd-iommu,intremap=on,xtsup=on', '-trace', AMDVI_TRACE],
        kernel_args=f'iommu.passthrough=0 {TIMER}',
        **X86, **IGBS,
    ),
    Platform(
        name='arm-reserved',
        about='Arm with virtio-iommu and no MSI controller: moved MSI window, a reserved '
              'region at 4 GiB; two e1000e on one wire, INTx',
        tested=('type1',),
        machine=['-machine', 'virt,gic-version=3,its=off', '-cpu', 'cortex-a57',
                 '-device', json.dumps(RESERVED)],
        devices=E1000E_PAIR,
        nics=('0000:00:03.0', '0000:00:04.0'),
        spare='0000:00:03.0',
        interrupts=INTX,
        kernel_args=UNSAFE,
        modules=('virtio-iommu',),
        **ARM,
    ),
    Platform(
        name='arm-window40',
        about='arm-reserved with nothing but 4 GiB at 40 GiB for I/O, as a Raspberry Pi 5',
        machine=['-machine', 'virt,gic-version=3,its=off', '-cpu', 'cortex-a57',
                 '-device', json.dumps(WINDOW40)],
        devices=E1000E_PAIR,
        nics=('0000:00:03.0', '0000:00:04.0'),
        spare='0000:00:03.0',
        interrupts=INTX,
        kernel_args=UNSAFE,
        modules=('virtio-iommu',),
        common=False,
        **ARM,
    ),
    Platform(
        name='arm-smmuv3-acpi',
        about='arm-smmuv3 booted by UEFI with ACPI, without a device tree',
        tested=('iommufd',),
        machine=[*SMMU, '-bios', 'QEMU_EFI.fd'],
        **ARM, **IGBS,
    ),
    Platform(
        name='arm-gicv2m',
        about='Arm with SMMUv3 and GICv2m, which does not tell devices apart; igb as above',
        tested=('iommufd',),
        machine=['-machine', 'virt,gic-version=2,iommu=smmuv3', '-cpu', 'cortex-a57'],
        kernel_args=UNSAFE,
        **ARM, **IGBS,
    ),
    Platform(
        name='arm-virtio-iommu',
        about='Arm with virtio-iommu and GICv3 ITS: type1 can set up no MSI; igb as above',
        machine=['-machine', 'virt,gic-version=3', '-cpu', 'cortex-a57', *VIRTIO_IOMMU],
        interrupts=INTX_BY_TYPE1,
        kernel_args=UNSAFE,
        modules=('virtio-iommu',),
        **ARM, **IGBS,
    ),
    Platform(
        name='x86-vtd39',
        about='x86-vtd with I/O addresses of 39 bits, as client PCs have',
        tested=('type1',),
        machine=[*Q35_VTD, f'{VTD},aw-bits=39'],
        kernel_args=INTEL,
        **X86, **IGBS,
    ),
    Platform(
        name='x86-virtio-iommu',
        about='PC with virtio-iommu, which remaps no interrupts, and 5 levels of page tables; '
              'igb as above',
        tested=('iommufd',),
        machine=['-machine', 'q35', '-cpu', 'max', *VIRTIO_IOMMU],
        kernel_args=f'{UNSAFE} {TIMER}',
        modules=('virtio-iommu',),
        **X86, **IGBS,
    ),
    *(Platform(
        name=f'x86-aperture{bits}',
        about=f'PC whose IOMMU has {bits} address bits and whose bridge has no window above '
              '4 GiB; igb as above',
        machine=['-machine', 'q35', *LEVELS4, '-global', 'q35-pcihost.pci-hole64-size=0',
                 '-device', f'virtio-iommu-pci,addr=0xa,aw-bits={bits}'],
        kernel_args=f'{UNSAFE} {TIMER}',
        modules=('virtio-iommu',),
        common=False,
        **X86, **IGBS,
    ) for bits in (33, 32)),
    Platform(
        name='x86-two-bridges',
        about='x86-vtd with a second host bridge; an igb at each, on one wire',
        machine=[*Q35_VTD, VTD],
        devices=[*_nic('igb', 3, 0), *_nic('e1000e', 7, 1), *BEHIND_PXB],
        nics=('0000:00:03.0', '0000:41:00.0'),
        spare='0000:00:07.0',
        kernel_args=INTEL,
        common=False,
        **X86,
    ),
)}
