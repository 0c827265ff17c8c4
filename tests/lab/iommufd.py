# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""The backend iommufd with character devices only; drivers.py also tests groups."""

import re

from labkit import facts, guest, oracle
from labkit.platforms import PLATFORMS
from labkit.testing import expect, expect_equal, figure, test

RXINTR = 'sent 20, received 20, wake-ups 20, bytes wrong 0'
SMALL_PAGE = 4096


def _held(said):
    """The size of the hugepages that the process has mapped, in bytes."""
    ends = [line.split('-') for line in said['hugepages'].split()]
    return sum(int(last, 16) - int(first, 16) for first, last in ends)


@test('packets, pinned pages, interrupts, hotplug and SIGKILL without VFIO groups',
      ['arm-smmuv3', 'arm-virtio-iommu', 'x86-vtd'])
def alone(platform):
    result = guest.run(platform, ['/usr/share/vfio-msi/iommufd.sh', *PLATFORMS[platform].nics],
                       kernel='lab', seconds=300)
    said = facts.read(result)
    expect('chooses backend iommufd for all devices: kernel and device support it' in said['log'],
           f'the backend is not iommufd\n{said["log"][:1500]}')
    oracle.check_burst(said, 'iommufd')
    oracle.check_mappings(said)
    oracle.check_interrupts(said['interrupts'], 'vfio-msix')
    # The kernel pins each page once, and does not pin doorbells.
    expect_equal(said['pinned'] * SMALL_PAGE, _held(said), 'bytes pinned, bytes of hugepages')
    said.check('log', left=0)
    figure('pinned', f'{said["pinned"] * SMALL_PAGE >> 20} MiB')
    expect('is held by process' in said['second'], said['second'])
    said.check('rxintr', rxintr_status=0)
    expect(RXINTR in said['rxintr'], said['rxintr'])
    _check_coming_and_going(said)
    said.check('next_log', sends=True, killed_status=137, killed_left=0, next_burst=True, next_status=0)
    expect('RX-packets: 512 ' in said['next_log'],
           f'no traffic after the kill\n{said["next_log"][-1500:]}')
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')


def _check_coming_and_going(said):
    log = said['hotplug_log']
    expect_equal(re.findall(r'Now total ports is (\d)', log), ['1', '2', '1', '0'] * 3,
                 f'ports attached and detached\n{log[-2000:]}')
    said.check('hotplug_log', descriptors_3=said['descriptors_2'],
               descriptors_4=said['descriptors_2'], hotplug_status=0, hotplug_left=0)


def _counted(text, nic, vector):
    """The kernel's counter of this vector, or None without this vector."""
    found = re.search(rf':((?: +\d+)+) .*vfio-msix\[{vector}\]\({re.escape(nic)}\)', text)
    return sum(map(int, found[1].split())) if found else None


@test('iommufd has MSI-X where stock DPDK and type1 have none', ['arm-virtio-iommu'])
def only_here(platform):
    first, second = PLATFORMS[platform].nics
    result = guest.run(platform, ['/usr/share/vfio-msi/only-iommufd.sh', first, second],
                       kernel='lab', seconds=300)
    said = facts.read(result)
    for name, status, *wanted in (
            ('stock', 0, 'EAL: Error enabling MSI-X interrupts'),
            ('stock_rxintr', 1, 'queue 0: no interrupts at all', 'wake-ups 0,'),
            ('rxintr', 0, RXINTR),
            ('irq', 0, ', backend iommufd\n',
             'MSI-X  10 vectors, loopback 340 of 340, device (igb) 160 of 160, frames 160 of 160\n'
             '       in step: loopback 1000 of 1000, device 1000 of 1000\n'
             '       storm: loopback ',
             'left at the end: vectors 0, descriptors 0, IOMMU page tables 0 bytes'),
            ('type1', 1, ', backend type1\n', 'MSI-X  refused',
             "MSI-X: set-up failed: the kernel can't allocate a vector: ",
             'use backend=iommufd if the kernel has it')):
        for words in wanted:
            expect(words in said[name], f'no "{words}" in {name}:\n{said[name]}')
        said.check(name, **{f'{name}_status': status})
    oracle.check_backend(said['rxintr'], 'iommufd')
    expect('Error' not in said['rxintr'], said['rxintr'])
    counts = {name: _counted(said[name], second, 1) for name in ('stock_rxintr', 'rxintr')}
    expect_equal(counts, {'stock_rxintr': None, 'rxintr': 20}, 'interrupts of the queue')
    figure('wake-ups by 20 packets', 'stock 0, iommufd 20')
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
