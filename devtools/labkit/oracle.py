# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Check the kernel's own view of a test, which guest scripts print.

The scripts source tests/lab/guest/oracle.sh.  The oracle shares no code with the
project under test.
"""

import re

from .testing import expect, expect_equal

# A trace event of the IOMMU: map or unmap, first address, address after the last.
EVENT = re.compile(r' (map|unmap): IOMMU: iova=0x([0-9a-f]+) - 0x([0-9a-f]+)')

# The same, for map events with their physical address.
PAIR = re.compile(r' map: IOMMU: iova=0x([0-9a-f]+) - 0x[0-9a-f]+ paddr=0x([0-9a-f]+)')

# A command that prints the windows of a guest's host bridges.
IOMEM = "grep -E '^[0-9a-f].*(pcie@|PCI Bus )' /proc/iomem"

# Where the kernel maps MSI doorbells on Arm.
SW_MSI = (0x8000000, 0x80fffff)
# testpmd's line for a received packet of its own burst.
PACKET = re.compile(r'src=([0-9A-F:]{17}) .* type=0x0800 - length=64 .*L3_IPV4 *L4_UDP', re.I)
# What comes of a NIC that is pulled from an application that listens, and comes back.
RETURNED = {'revoked': 0, 'detached': True, 'bound_again': True, 'attached': True, 'status': 0,
            'received_after': 512}


def holes(parts):
    """(first, last) of each region that the kernel reserves or a host bridge decodes."""
    found = [(int(first, 16), int(last, 16)) for first, last, word in
             (line.split() for line in parts['reserved'].splitlines())
             if word != 'direct-relaxable']
    found += [tuple(int(word, 16) for word in line.split(' : ')[0].strip().split('-'))
              for line in parts['iomem'].splitlines()]
    return found


def mapped(lines):
    """(first, last) of each range that is mapped after these events, sorted."""
    ranges = set()
    for kind, first, end in EVENT.findall(lines):
        piece = (int(first, 16), int(end, 16) - 1)
        if kind == 'map':
            expect(piece not in ranges, f'{piece[0]:#x} is mapped twice')
            ranges.add(piece)
        else:
            met = {old for old in ranges if old[0] <= piece[1] and piece[0] <= old[1]}
            rests = {rest for first, last in met
                     for rest in ((first, piece[0] - 1), (piece[1] + 1, last))}
            ranges = ranges - met | {(first, last) for first, last in rests if first <= last}
    return sorted(ranges)


def _merged(ranges):
    """Merge adjacent ranges; an overlap fails the test."""
    merged = []
    for first, last in sorted(ranges):
        if merged and merged[-1][1] + 1 == first:
            merged[-1] = (merged[-1][0], last)
            continue
        expect(not merged or first > merged[-1][1], f'{first:#x} is in two ranges')
        merged.append((first, last))
    return merged


def check_congruence(events, page):
    """Each IOVA and its physical address are equal modulo PAGE, so large IOMMU pages fit."""
    found = [tuple(int(word, 16) for word in piece) for piece in PAIR.findall(events)]
    expect(found, f'no map event has a physical address\n{events[:1000]}')
    for iova, physical in found:
        # Linux 6.1 maps a scratch page at IOVA 0 and unmaps it, to try large pages.
        expect(iova == 0 or SW_MSI[0] <= iova <= SW_MSI[1] or (iova - physical) % page == 0,
               f'IOVA {iova:#x} and physical address {physical:#x} differ modulo {page:#x}')


def check_mappings(parts, page=2 << 20):
    """Each hugepage is mapped once, nothing else is mapped, and no mapping is in a hole.

    PAGE is the size of the hugepages.
    """
    check_congruence(parts['events'], page)
    ranges = [piece for piece in mapped(parts['events'])
              if not (piece[0] >= SW_MSI[0] and piece[1] <= SW_MSI[1])]
    held = [tuple(int(word, 16) - i for i, word in enumerate(line.split('-')))
            for line in parts['hugepages'].splitlines()]
    expect(held, 'the process holds no hugepage')
    expect_equal([f'{a:#x}-{b:#x}' for a, b in _merged(ranges)],
                 [f'{a:#x}-{b:#x}' for a, b in _merged(held)], 'what the IOMMU maps')
    for first, last in ranges:
        for hole in holes(parts):
            expect(last < hole[0] or first > hole[1],
                   f'{first:#x}-{last:#x} lies in the hole {hole[0]:#x}-{hole[1]:#x}')


def check_assigned(parts, limit, machine):
    """As many bytes are mapped as the process has, below LIMIT, outside of holes, none at a VA.

    MACHINE: the facts of oracle_start.
    """
    ranges = [piece for piece in mapped(parts['events'])
              if not (piece[0] >= SW_MSI[0] and piece[1] <= SW_MSI[1])]
    held = [tuple(int(word, 16) for word in line.split('-'))
            for line in parts['hugepages'].splitlines()]
    expect(held, 'the process holds no hugepage')
    expect_equal(sum(last + 1 - first for first, last in ranges),
                 sum(end - first for first, end in held), 'bytes that the IOMMU maps')
    for first, last in _merged(ranges):
        expect(last < limit, f'{first:#x}-{last:#x} is above {limit:#x}')
        expect(all(last < low or first >= end for low, end in held), f'{first:#x} is a VA')
        for hole in holes(machine):
            expect(last < hole[0] or first > hole[1],
                   f'{first:#x}-{last:#x} lies in the hole {hole[0]:#x}-{hole[1]:#x}')


def check_backend(log, backend, times=1):
    """The log has TIMES lines (level info) in which the bus chooses this backend."""
    found = re.findall(r': chooses backend ([\w-]+) for all devices: ', log)
    expect_equal(found, [backend] * times, f'the chosen backend in\n{log[:1500]}\n')


def check_payloads(log, ports=2):
    """The headers of 256 packets from each port were received."""
    macs = re.findall(r'^Port \d+: ([0-9A-F:]{17})', log, re.MULTILINE)[:ports]
    senders = PACKET.findall(log)
    expect_equal(sorted((mac, senders.count(mac)) for mac in set(senders)),
                 sorted((mac, 256) for mac in macs), 'packets read back, by sender')


def check_burst(said, backend):
    """512 packets arrived, with their headers, as the script traffic.sh tells."""
    log = said['log']
    said.check('log', burst=True, status=0)
    expect('RX-packets: 512 ' in log and 'TX-packets: 512 ' in log,
           f'not 512 packets sent and received\n{log[-1500:]}')
    check_backend(log, backend)
    check_payloads(log)


def check_came_and_went(said, times):
    """Two devices were attached and detached, nothing stayed open, then 512 packets arrived."""
    said.check('log', rounds=times, descriptors_after=said['descriptors_before'], status=0,
               received=512)
    log = said['log']
    expect_equal(log.count('is attached. Now total ports is'), 2 * times + 2, 'attached')
    expect_equal(log.count('Now total ports is 0'), times, 'all detached')


def check_interrupts(text, kind):
    """The first vector of each NIC is of this kind and arrived at least once."""
    counts = {}
    for line in text.splitlines():
        found = re.search(r':((?: +\d+)+) .*' + kind + r'(?:\[0\])?\((\S+)\)', line)
        if found:
            counts[found[2]] = sum(map(int, found[1].split()))
    expect(len(counts) == 2 and all(counts.values()), f'{kind} did not arrive: {counts}\n{text}')
