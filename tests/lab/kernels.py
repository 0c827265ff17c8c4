# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""The kernels of Debian 12 and Debian 13: packets, interrupts, bridges, hotplug."""

import re

from labkit import facts, guest, oracle
from labkit.platforms import PLATFORMS
from labkit.testing import expect, expect_equal, part, test

# A hotplug slot with a NIC, and two conventional PCI NICs behind one bridge.
DEVICES = ('-device', 'pcie-root-port,id=rp9,chassis=9,addr=9',
           '-netdev', 'hubport,id=net9,hubid=0',
           '-device', 'igb,id=nic9,bus=rp9,netdev=net9,romfile=',
           '-device', 'pcie-root-port,id=rpb,chassis=11,addr=0xb',
           '-device', 'pcie-pci-bridge,id=pb,bus=rpb',
           '-device', 'e1000,bus=pb,addr=1,romfile=', '-device', 'e1000,bus=pb,addr=2,romfile=')
BRIDGE, FIRST, SECOND = '0000:02:00.0', '0000:03:01.0', '0000:03:02.0'
KERNELS = {'debian-6.1': '6.1.', 'debian-6.12': '6.12.'}
ARRIVED = re.compile(r'^(MSI-X|MSI|INTx) +\d+ vectors?, loopback (\d+) of (\d+), '
                     r'device \(igb\) (\d+) of (\d+), frames (\d+) of (\d+)\n'
                     r' +in step: loopback (\d+) of (\d+), device (\d+) of (\d+)\n'
                     r' +storm: loopback (\d+) of (\d+) in .*$', re.MULTILINE)
LEFT = 'left at the end: vectors 0, descriptors 0, IOMMU page tables '
PORT = re.compile(r'^Port \d+: [0-9A-F:]{17}', re.MULTILINE)


def _check_list(said, nics):
    """list prints the bind command for each unbound NIC, with or without a group."""
    for nic in nics:
        row = said.split(nic, 1)[1].split('\n0000:', 1)[0]
        expect(f'dpdk-devbind.py -b vfio-pci {nic}' in row and 'intel_iommu' not in row,
               f'no bind command for {nic} in\n{said}')


def _check_burst(said, platform):
    oracle.check_burst(said, 'type1')
    oracle.check_mappings(said)
    oracle.check_interrupts(said['interrupts'], PLATFORMS[platform].interrupts['type1'])


def _check_irq(said):
    found = ARRIVED.findall(said['irq'])
    expect_equal([kind for kind, *_ in found], ['MSI-X', 'MSI', 'INTx'], f'kinds\n{said["irq"]}\n')
    for kind, *counts in found:
        expect(counts[::2] == counts[1::2] and '0' not in counts, f'{kind}: {counts} arrived')
    expect(LEFT in said['irq'], said['irq'])
    said.check('irq', irq_status=0, irq_left='')


def _check_bridge(said, platform):
    """VT-d puts both NICs into one group. With this SMMU, the second NIC has no group."""
    log = said['behind']
    ports = len(PORT.findall(log))
    said.check('behind', behind_status=0)
    if platform == 'x86-vtd':
        expect_equal(ports, 2, f'ports\n{log[:3000]}\n')
        return
    listed = said['bridge']
    alone = f'is in no IOMMU group, as it shares a conventional PCI bus with {FIRST} of IOMMU'
    expect(alone in listed.split(SECOND, 1)[1], f'no reason why {SECOND} has no group\n{listed}')
    blocked = f'its bridge {BRIDGE} is bound to shpchp'
    expect(blocked in listed.split(FIRST, 1)[1].split(SECOND, 1)[0],
           f'no device that blocks {FIRST}\n{listed}')
    # The bus says the same, and there is no port for another reason.
    for nic, why in ((FIRST, blocked), (SECOND, alone)):
        expect(re.search(rf'vfio_msi:{nic}: not used: .*{re.escape(why)}', log),
               f'{nic}: no "{why}" in\n{log[:3000]}')
    expect_equal(ports, 0, f'ports\n{log[:3000]}\n')


def _check_hotplug(said, by_hand, monitor, platform):
    if by_hand and platform == 'arm-smmuv3':
        oracle.check_came_and_went(said, 3)
        return
    expect(not by_hand, 'the NIC shares the IOMMU group of its port')
    expect('DEVICE_DELETED' in monitor, monitor)
    said.check('log', gone=True, alive=True, **oracle.RETURNED,
               descriptors_after=said['descriptors_before'])


@test('boots, and list prints how to bind each NIC',
      [(platform, kernel) for kernel in KERNELS for platform in ('arm-smmuv3', 'x86-vtd')])
def first_steps(platform, kernel):
    result = guest.run(platform, ['/usr/share/vfio-msi/kernels.sh', *PLATFORMS[platform].nics],
                       seconds=300, kernel=kernel, qemu_args=DEVICES)
    said = facts.read(result)
    expect(said['kernel'].startswith(KERNELS[kernel]), said['kernel'])
    said.check('list', list_status=0)
    _check_list(said['list'], [*PLATFORMS[platform].nics, PLATFORMS[platform].spare])
    with part('512 packets, payloads, mappings, interrupts'):
        _check_burst(said.of('burst_'), platform)
    with part('every vector arrives, raised by the kernel, by the device and by its DMA'):
        _check_irq(said)
    with part('NICs behind a PCIe-to-PCI bridge'):
        _check_bridge(said, platform)
    with part('devices go under traffic or by hand, and come back'):
        _check_hotplug(said.of('hotplug_'), said['by_hand'], result.monitor, platform)
    with part('no IOMMU fault in all this'):
        expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
