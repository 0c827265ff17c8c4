# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""The emulated machines: QEMU options, kernel arguments and devices of each."""

import dataclasses
import json

# For each backend the kernel on which the bus chooses it by default.
KERNEL_OF = {'type1': 'debian', 'iommufd': 'lab', 'spapr': 'debian-testing'}

# The type of interrupt that each backend provides.
MSIX = {'type1': 'vfio-msix', 'iommufd': 'vfio-msix'}
INTX = {'type1': 'vfio-intx', 'iommufd': 'vfio-intx'}
# type1 cannot map the doorbell of this platform, iommufd can.
INTX_BY_TYPE1 = dict(MSIX, type1='vfio-intx')

# The lab's own disk and ports are not PCI devices where the machine has virtio-mmio,
# and never behind the IOMMU.
MMIO = {'disk': 'virtio-blk-device', 'ports': 'virtio-serial-device'}
PCI = {'disk': 'virtio-blk-pci,addr=0x1d', 'ports': 'virtio-serial-pci,addr=0x1c'}


@dataclasses.dataclass(frozen=True)
class Platform:
    """One type of emulated machine."""

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
    # The release of DPDK; '': the default.
    dpdk: str = ''
    # The default kernel.
    kernel: str = 'debian'
    # The type of a NIC's first interrupt, for each backend that works here.
    interrupts: dict = dataclasses.field(default_factory=MSIX.copy)
    # The backends with which tests of all platforms run; "lab soak" runs the others.
    tested: tuple = ('type1', 'iommufd')
    # Two NICs on one wire; an e1000e for other uses (one of the two where there is no third).
    nics: tuple = ()
    spare: str = ''
    # Whether tests that name no platform run on it.
    common: bool = True
    # Without one, devices have no group before they are bound, and no DMA faults.
    iommu: bool = True
    # Whether the kernel or the emulator reports DMA that the IOMMU blocks.
    reports_faults: bool = True

    @property
    def emulator(self):
        """The QEMU program that emulates this machine."""
        return {'arm64': 'qemu-system-aarch64', 'amd64': 'qemu-system-x86_64',
                'ppc64el': 'qemu-system-ppc64'}[self.arch]


def _nic(model, slot, wire):
    """A NIC and its end of a wire; NICs with the same wire number are connected."""
    return ['-netdev', f'hubport,id=net{slot},hubid={wire}',
            '-device', f'{model},id=nic{slot},netdev=net{slot},addr={slot},romfile=']


# Two igb in adjacent slots conflict: their virtual functions need the same slot.
IGB_PAIR = [*_nic('igb', 3, 0), *_nic('igb', 5, 0), *_nic('e1000e', 7, 1)]
# Four NUMA nodes; the second host bridge is on node 1, with the second of two processors. Node 0
# has a free GiB above 4 GiB for a hugepage.
NODES = [word for i in range(4) for word in (
    '-object', f'memory-backend-ram,id=mem{i},size={4 if i == 0 else 2}G',
    '-numa', f'node,nodeid={i},memdev=mem{i}' + {0: ',cpus=0', 1: ',cpus=1'}.get(i, ''))]
BEHIND_PXB = ['-device', 'pxb-pcie,id=pxb,bus_nr=0x40,addr=5,numa_node=1',
              '-device', 'pcie-root-port,id=rp40,bus=pxb,chassis=40',
              '-netdev', 'hubport,id=net40,hubid=0',
              '-device', 'igb,id=nic40,bus=rp40,netdev=net40,romfile=']
# On a node that has no processor.
BEHIND_PXB += ['-device', 'pxb-pcie,id=far,bus=pcie.0,bus_nr=0x60,addr=6,numa_node=2',
               '-device', 'pcie-root-port,id=rp60,bus=far,chassis=60',
               '-netdev', 'hubport,id=net60,hubid=1',
               '-device', 'e1000e,id=nic60,bus=rp60,netdev=net60,romfile=']
E1000E_PAIR = [*_nic('e1000e', 3, 0), *_nic('e1000e', 4, 0)]

# On a busy host the timer tick is too late for the check of an x86 kernel.
TIMER = 'no_timer_check'

# The emulated AMD-Vi blocks a stray access but reports nothing to its guest.  This trace
# point reports each translation, see guest.IOMMU_FAULT.
AMDVI_TRACE = 'amdvi_translation_result'

SMMU = ['-machine', 'virt,gic-version=3,iommu=smmuv3', '-cpu', 'cortex-a57']
VTD = 'intel-iommu,intremap=on,caching-mode=on,device-iotlb=on'
# With these features Linux and glibc clear memory by single bytes, for which QEMU takes ten times
# as long: 512 MiB of hugepages take 4.4 s instead of 0.4 s.
CPU = 'max,erms=off,fsrm=off'
# Hardly any real machine has the 5 levels of page tables of "max".
LEVELS4 = ['-cpu', f'{CPU},la57=off']
Q35_VTD = ['-machine', 'q35,kernel-irqchip=split', *LEVELS4, '-device']
INTEL = f'intel_iommu=on iommu.passthrough=0 {TIMER}'
RESERVED = {
    'driver': 'virtio-iommu-pci', 'addr': '5',
    # FIRST:LAST:TYPE, type 1 is the MSI window, type 0 is reserved
    'reserved-regions': ['0xe0000000:0xe00fffff:1', '0x100000000:0x13fffffff:0'],
}
# The aperture of a Raspberry Pi 5's IOMMU: 4 GiB at 40 GiB.
WINDOW40 = {**RESERVED, 'reserved-regions': [
    '0x1000:0xdfffffff:0', '0xe0000000:0xe00fffff:1', '0xe0100000:0x9ffffffff:0',
    '0xb00000000:0xffffffffffff:0']}
# In a slot that shares no INTx with a NIC.
VIRTIO_IOMMU = ['-device', 'virtio-iommu-pci,addr=0xa']

# Without isolated interrupts a device can write to the doorbells of others.  VFIO then
# needs the administrator's consent; each backend has a parameter of its own.
UNSAFE = ('vfio_iommu_type1.allow_unsafe_interrupts=1 '
          'iommufd.allow_unsafe_interrupts=1')

IGBS = {'devices': IGB_PAIR, 'nics': ('0000:00:03.0', '0000:00:05.0'), 'spare': '0000:00:07.0'}
ARM = {'arch': 'arm64', 'lab_devices': MMIO, 'console': 'ttyAMA0'}
# With one thread per processor QEMU 10.0 sometimes crashes when a device's BARs
# move: "iotlb_to_section: Assertion `section_index < ...' failed".
X86 = {'arch': 'amd64', 'lab_devices': PCI, 'console': 'ttyS0', 'threads': 'single'}

# Each PCI host bridge is one IOMMU group.
POWER = ['-machine', 'pseries,cap-cfpc=broken,cap-sbbc=broken,cap-ibs=broken', '-cpu', 'power9']
POWER_NICS = [word for i in (1, 2, 3) for word in (
    '-device', f'spapr-pci-host-bridge,index={i},id=phb{i}',
    '-netdev', f'hubport,id=net{i},hubid={i // 3}',
    '-device', f'e1000e,id=nic{i},bus=phb{i}.0,netdev=net{i},addr=1,romfile=')]


def _regions(iommu):
    """An Arm machine with this virtio-iommu, which has reserved regions, and no MSI controller."""
    return {'machine': ['-machine', 'virt,gic-version=3,its=off', '-cpu', 'cortex-a57',
                        '-device', json.dumps(iommu)],
            'devices': E1000E_PAIR, 'nics': ('0000:00:03.0', '0000:00:04.0'),
            'spare': '0000:00:03.0', 'interrupts': INTX, 'kernel_args': UNSAFE,
            'modules': ('virtio-iommu',), **ARM}


PLATFORMS = {platform.name: platform for platform in (
    Platform(
        name='arm-smmuv3',
        about='Arm server: SMMUv3, GICv3 ITS; two igb on one wire, one more e1000e',
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
        machine=['-machine', 'q35', '-cpu', f'{CPU},x2apic=on,la57=off',
                 '-device', 'amd-iommu,intremap=on,xtsup=on', '-trace', AMDVI_TRACE],
        kernel_args=f'iommu.passthrough=0 {TIMER}',
        **X86, **IGBS,
    ),
    Platform(
        name='arm-reserved',
        about='Arm with virtio-iommu and no MSI controller: moved MSI window, a reserved '
              'region at 4 GiB; two e1000e on one wire, INTx',
        tested=('type1',),
        **_regions(RESERVED),
    ),
    Platform(
        name='arm-window40',
        about='arm-reserved with nothing but 4 GiB at 40 GiB for I/O, as a Raspberry Pi 5',
        common=False,
        **_regions(WINDOW40),
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
        about='Arm with SMMUv3 and GICv2m, which does not isolate interrupts; igb as above',
        tested=('iommufd',),
        machine=['-machine', 'virt,gic-version=2,iommu=smmuv3', '-cpu', 'cortex-a57'],
        kernel_args=UNSAFE,
        **ARM, **IGBS,
    ),
    Platform(
        name='arm-virtio-iommu',
        about='Arm with virtio-iommu and GICv3 ITS: type1 cannot set up MSI; igb as above',
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
        about='PC with virtio-iommu, no interrupt remapping, 5 levels of page tables; '
              'igb as above',
        tested=('iommufd',),
        machine=['-machine', 'q35', '-cpu', CPU, *VIRTIO_IOMMU],
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
    *(Platform(
        name=name,
        about=f'{about} without an IOMMU, VFIO in no-IOMMU mode; igb as above',
        machine=machine,
        kernel='lab',
        kernel_args=f'vfio.enable_unsafe_noiommu_mode=1 {args}',
        interrupts={},
        common=False,
        iommu=False,
        reports_faults=False,
        **kind, **IGBS,
    ) for name, about, machine, args, kind in (
        ('arm-noiommu', 'Arm server with GICv3 ITS',
         ['-machine', 'virt,gic-version=3', '-cpu', 'cortex-a57'], '', ARM),
        ('x86-noiommu', 'PC', ['-machine', 'q35', *LEVELS4], TIMER, X86))),
    Platform(
        name='x86-two-bridges',
        about='x86-vtd with more host bridges on other NUMA nodes; one igb below each of two, '
              'on one wire, an e1000e below the third',
        machine=[*Q35_VTD, VTD, *NODES],
        memory='10G',
        devices=[*_nic('igb', 3, 0), *_nic('e1000e', 7, 1), *BEHIND_PXB],
        nics=('0000:00:03.0', '0000:41:00.0'),
        spare='0000:00:07.0',
        kernel_args=INTEL,
        common=False,
        **X86,
    ),
    Platform(
        name='ppc-spapr',
        about='POWER9 in a logical partition: sPAPR windows; an e1000e below each of three '
              'host bridges, the first two on one wire',
        arch='ppc64el',
        machine=POWER,
        devices=POWER_NICS,
        nics=('0001:00:01.0', '0002:00:01.0'),
        spare='0003:00:01.0',
        lab_devices=PCI,
        console='hvc0',
        kernel='debian-testing',
        dpdk='25.11',
        interrupts={'spapr': 'vfio-msix'},
        tested=('spapr',),
        common=False,
        # The emulator drops the DMA, and the kernel gets no EEH error for an emulated device.
        reports_faults=False,
    ),
)}
