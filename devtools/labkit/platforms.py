# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""The emulated machines, as data: what each is like and what is plugged into it."""

import dataclasses
import json

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
    # The kernel it boots unless told otherwise, and host packages that it alone needs.
    kernel: str = 'debian'
    packages: tuple = ()
    nics: tuple = ()

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
E1000E_PAIR = [*_nic('e1000e', 3, 0), *_nic('e1000e', 4, 0)]

RESERVED = {
    'driver': 'virtio-iommu-pci', 'addr': '5',
    # FIRST:LAST:TYPE, type 1 is the MSI window, type 0 is reserved
    'reserved-regions': ['0xe0000000:0xe00fffff:1', '0x100000000:0x13fffffff:0'],
}

PLATFORMS = {platform.name: platform for platform in (
    Platform(
        name='arm-smmuv3',
        about='Arm server: SMMUv3, GICv3 ITS; two igb on one wire, a spare e1000e',
        arch='arm64',
        machine=['-machine', 'virt,gic-version=3,iommu=smmuv3', '-cpu', 'cortex-a57'],
        devices=IGB_PAIR,
        nics=('0000:00:03.0', '0000:00:05.0'),
        lab_devices=MMIO,
        console='ttyAMA0',
    ),
    Platform(
        name='x86-vtd',
        about='PC: VT-d with interrupt remapping; two igb on one wire, a spare e1000e',
        arch='amd64',
        machine=['-machine', 'q35,kernel-irqchip=split', '-cpu', 'max', '-device',
                 'intel-iommu,intremap=on,caching-mode=on,device-iotlb=on'],
        devices=IGB_PAIR,
        nics=('0000:00:03.0', '0000:00:05.0'),
        lab_devices=PCI,
        console='ttyS0',
        # With a thread per processor QEMU 10.0 dies now and then when a device's
        # BARs move: "iotlb_to_section: Assertion `section_index < ...' failed".
        threads='single',
        # On a busy host a tick comes too late for the check, and the kernel gives up.
        kernel_args='intel_iommu=on iommu.passthrough=0 no_timer_check',
    ),
    Platform(
        name='arm-reserved',
        about='Arm with virtio-iommu and no MSI controller: moved MSI window, a reserved '
              'region at 4 GiB; two e1000e on one wire, INTx',
        arch='arm64',
        machine=['-machine', 'virt,gic-version=3,its=off', '-cpu', 'cortex-a57',
                 '-device', json.dumps(RESERVED)],
        devices=E1000E_PAIR,
        nics=('0000:00:03.0', '0000:00:04.0'),
        lab_devices=MMIO,
        console='ttyAMA0',
        kernel_args='vfio_iommu_type1.allow_unsafe_interrupts=1',
        modules=('virtio-iommu',),
    ),
)}
