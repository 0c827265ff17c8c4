# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""The backend iommufd with character devices only; drivers.py also has it with groups."""

import re

from labkit import guest, oracle
from labkit.platforms import PLATFORMS
from labkit.testing import expect, expect_equal, figure, test

RXINTR = 'sent 20, received 20, wake-ups 20, bytes wrong 0'
SMALL_PAGE = 4096


def _held(sections):
    """Bytes of hugepages that the process has mapped."""
    ends = [line.split('-') for line in sections['hugepages'].split()]
    return sum(int(last, 16) - int(first, 16) for first, last in ends)


@test('packets, pinned pages, interrupts, hotplug and SIGKILL without VFIO groups',
      ['arm-smmuv3', 'arm-virtio-iommu', 'x86-vtd'])
def alone(platform):
    result = guest.run(platform, ['/usr/share/vfio-msi/iommufd.sh', *PLATFORMS[platform].nics],
                       kernel='lab', seconds=300)
    sections = oracle.sections(result.stdout)
    log = sections.get('testpmd', result.stdout + result.stderr + result.error)
    expect_equal(result.status, 0, f'exit status, after\n{log[-2500:]}\n{result.stdout[-1500:]}')
    expect('chooses backend iommufd for all devices: kernel and device support it' in log,
           f'the backend is not iommufd\n{log[:1500]}')
    expect('RX-packets: 512 ' in log, f'not 512 packets\n{log[-1500:]}')
    oracle.check_mappings(sections)
    oracle.check_payloads(log)
    oracle.check_interrupts(sections['interrupts'], 'vfio-msix')
    pinned, left = map(int, re.findall(r'\d+', sections['pages']))
    # The kernel pins each page once, and does not pin doorbells.
    expect_equal(pinned * SMALL_PAGE, _held(sections), 'bytes pinned, bytes of hugepages')
    expect_equal(left, 0, 'pages pinned after the end')
    figure('pinned', f'{pinned * SMALL_PAGE >> 20} MiB')
    expect('is held by process' in sections['second'], sections['second'])
    expect(RXINTR in sections['rxintr'] and sections['rxintr'].endswith('status 0\n'),
           sections['rxintr'])
    _check_coming_and_going(sections)
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')


def _check_coming_and_going(sections):
    text = sections['hotplug']
    expect_equal(re.findall(r'Now total ports is (\d)', text), ['1', '2', '1', '0'] * 3,
                 f'ports attached and detached\n{text}')
    expect_equal(len(set(re.findall(r'descriptors: (\d+)', text))), 1, f'descriptors\n{text}')
    expect('0 pinned' in text.splitlines(), text)
    text = sections['killed']
    expect('killed: status 137\n0 pinned\n' in text, text)
    expect('RX-packets: 512 ' in text, f'no traffic after the kill\n{text}')


def _counted(text, nic, vector):
    """The kernel's counter of this vector; None without such a vector."""
    found = re.search(rf':((?: +\d+)+) .*vfio-msix\[{vector}\]\({re.escape(nic)}\)', text)
    return sum(map(int, found[1].split())) if found else None


@test('iommufd has MSI-X where stock DPDK and type1 have none', ['arm-virtio-iommu'])
def only_here(platform):
    first, second = PLATFORMS[platform].nics
    result = guest.run(platform, ['/usr/share/vfio-msi/only-iommufd.sh', first, second],
                       kernel='lab', seconds=300)
    expect_equal(result.status, 0, f'exit status ({result.error}) {result.stdout[-1500:]}\n')
    sections = oracle.sections(result.stdout)
    for name, status, *wanted in (
            ('stock', 0, 'EAL: Error enabling MSI-X interrupts'),
            ('stock_rxintr', 1, 'queue 0: no interrupts at all', 'wake-ups 0,'),
            ('rxintr', 0, RXINTR),
            ('irq', 0, ', backend iommufd\n',
             'MSI-X  10 vectors, loopback 340 of 340, device (igb) 160 of 160'),
            ('type1', 1, ', backend type1\n', 'MSI-X  refused',
             "MSI-X: set-up failed: the kernel can't allocate a vector: ",
             'use backend=iommufd if the kernel has it')):
        said = sections[name]
        for words in wanted:
            expect(words in said, f'no "{words}" in {name}:\n{said}')
        expect(said.endswith(f'status {status}\n'), f'not status {status} of {name}:\n{said}')
    oracle.check_backend(sections['rxintr'], 'iommufd')
    expect('Error' not in sections['rxintr'], sections['rxintr'])
    counts = {name: _counted(sections[name], second, 1) for name in ('stock_rxintr', 'rxintr')}
    expect_equal(counts, {'stock_rxintr': None, 'rxintr': 20}, 'interrupts of the queue')
    figure('wake-ups by 20 packets', 'stock 0, iommufd 20')
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
