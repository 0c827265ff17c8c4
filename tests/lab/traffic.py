# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Packets, payloads, mappings and interrupts of two NICs on the bus.

The oracle is the kernel: what the IOMMU was told to map (trace events), which
hugepages the process holds (/proc/PID/maps), which interrupts came
(/proc/interrupts).  Counters alone prove no DMA, so every packet's header is
read back as well.
"""

import re

from labkit import guest, oracle
from labkit.platforms import PLATFORMS
from labkit.testing import expect, expect_equal, test

BUDGET = 180

SW_MSI = (0x8000000, 0x80fffff)
PACKET = re.compile(r'src=([0-9A-F:]{17}) .* type=0x0800 - length=64 .*L3_IPV4 *L4_UDP', re.I)
STEERED = re.compile(r'memory is steered to 0x([0-9a-f]+)-0x([0-9a-f]+)')


def _mapped(lines):
    """Ranges the IOMMU maps after these events, first and last, sorted."""
    ranges = set()
    for kind, first, end in oracle.EVENT.findall(lines):
        piece = (int(first, 16), int(end, 16) - 1)
        if kind == 'map':
            expect(piece not in ranges, f'{piece[0]:#x} is mapped twice')
            ranges.add(piece)
        else:
            ranges -= {old for old in ranges if old[0] >= piece[0] and old[1] <= piece[1]}
    return sorted(ranges)


def _merged(ranges):
    """Touching ranges as one; overlaps fail the test."""
    merged = []
    for first, last in sorted(ranges):
        if merged and merged[-1][1] + 1 == first:
            merged[-1] = (merged[-1][0], last)
            continue
        expect(not merged or first > merged[-1][1], f'{first:#x} is covered twice')
        merged.append((first, last))
    return merged


def _check_mappings(sections):
    """Each hugepage is covered once, nothing else is, and none lies in a hole."""
    mapped = [piece for piece in _mapped(sections['events'])
              if not (piece[0] >= SW_MSI[0] and piece[1] <= SW_MSI[1])]
    held = [tuple(int(word, 16) - i for i, word in enumerate(line.split('-')))
            for line in sections['hugepages'].splitlines()]
    expect(held, 'the process holds no hugepage')
    expect_equal([f'{a:#x}-{b:#x}' for a, b in _merged(mapped)],
                 [f'{a:#x}-{b:#x}' for a, b in _merged(held)], 'what the IOMMU maps')
    for first, last in mapped:
        for hole in oracle.holes(sections):
            expect(last < hole[0] or first > hole[1],
                   f'{first:#x}-{last:#x} lies in the hole {hole[0]:#x}-{hole[1]:#x}')


def _check_payloads(log):
    """512 packets whose headers came across, half of them from each port."""
    macs = re.findall(r'^Port \d+: ([0-9A-F:]{17})', log, re.MULTILINE)[:2]
    senders = PACKET.findall(log)
    expect_equal(sorted((mac, senders.count(mac)) for mac in set(senders)),
                 sorted((mac, 256) for mac in macs), 'packets read back, by sender')


def _check_interrupts(text, kind):
    """Every NIC's first vector is of this kind and came at least once."""
    counts = {}
    for line in text.splitlines():
        found = re.search(r':((?: +\d+)+) .*' + kind + r'(?:\[0\])?\((\S+)\)', line)
        if found:
            counts[found[2]] = sum(map(int, found[1].split()))
    expect(len(counts) == 2 and all(counts.values()), f'{kind} did not come: {counts}\n{text}')


def _run(platform, *eal, **options):
    nics = PLATFORMS[platform].nics
    result = guest.run(platform, ['/usr/share/vfio-msi/traffic.sh', *nics, *eal],
                       seconds=150, **options)
    sections = oracle.sections(result.stdout)
    log = sections.get('testpmd', result.stdout + result.stderr + result.error)
    expect_equal(result.status, 0, f'exit status, after\n{log[-2000:]}\n')
    expect('RX-packets: 512 ' in log and 'TX-packets: 512 ' in log,
           f'not 512 packets sent and received\n{log[-1500:]}')
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
    return sections, log


@test('512 packets, payloads, mappings, interrupts')
def burst(platform):
    sections, log = _run(platform)
    _check_mappings(sections)
    _check_payloads(log)
    _check_interrupts(sections['interrupts'],
                      'vfio-intx' if platform == 'arm-reserved' else 'vfio-msix')
    expect_equal(log.count('link state change event') >= 2, True, 'link interrupts')


@test('memory is steered out of holes at its default address', ['x86-vtd', 'arm-reserved'])
def steered(platform):
    sections, log = _run(platform, '-m', '64')
    window = STEERED.search(log)
    expect(window, f'memory was not steered\n{log[:2000]}')
    first, last = (int(word, 16) for word in window.groups())
    _check_mappings(sections)
    for piece in _mapped(sections['events']):
        expect(first <= piece[0] and piece[1] <= last, f'{piece[0]:#x} is not in the window')


@test('IOVA is PA, by the user', ['arm-smmuv3'])
def physical(platform):
    sections, log = _run(platform, '--iova-mode=pa', '-m', '64')
    expect('IOVA mode is PA, by --iova-mode=pa' in log, log[:2000])
    _check_payloads(log)
    for first, last in _mapped(sections['events']):
        for hole in oracle.holes(sections):
            expect(last < hole[0] or first > hole[1] or hole == SW_MSI,
                   f'{first:#x}-{last:#x} lies in the hole {hole[0]:#x}-{hole[1]:#x}')
