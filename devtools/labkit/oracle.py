# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Check the kernel's own view of a test, which guest scripts print.

The scripts source tests/lab/guest/oracle.sh.  The oracle shares no code with the
project under test.
"""

import json
import re

from . import tables
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
# The same, and the queue.
QUEUED = re.compile(PACKET.pattern + r'.*Receive queue=0x(\d)', re.I)
# The size of the memory that vfio-msi-restore maps.
RESTORED = 2 << 20
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


def merged(ranges):
    """Merge adjacent ranges; an overlap fails the test."""
    found = []
    for first, last in sorted(ranges):
        if found and found[-1][1] + 1 == first:
            found[-1] = (found[-1][0], last)
            continue
        expect(not found or first > found[-1][1], f'{first:#x} is in two ranges')
        found.append((first, last))
    return found


def in_sw_msi(piece):
    """Whether a range that begins with (first, last) is of MSI doorbells."""
    return SW_MSI[0] <= piece[0] and piece[1] <= SW_MSI[1]


def held(parts):
    """(first, last) of each range of hugepages that the process holds."""
    found = [tuple(int(word, 16) - i for i, word in enumerate(line.split('-')))
             for line in parts['hugepages'].splitlines()]
    expect(found, 'the process holds no hugepage')
    return found


def size(ranges):
    """How many bytes these ranges have."""
    return sum(last + 1 - first for first, last in ranges)


def events_in(events, ranges):
    """The map events whose first IOVA is in one of RANGES."""
    return '\n'.join(line for line in events.splitlines()
                     if any(first <= int(at, 16) <= last for at, _ in PAIR.findall(line)
                            for first, last in ranges))


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
    ranges = [piece for piece in mapped(parts['events']) if not in_sw_msi(piece)]
    expect_equal([f'{a:#x}-{b:#x}' for a, b in merged(ranges)],
                 [f'{a:#x}-{b:#x}' for a, b in merged(held(parts))], 'what the IOMMU maps')
    for first, last in ranges:
        for hole in holes(parts):
            expect(last < hole[0] or first > hole[1],
                   f'{first:#x}-{last:#x} lies in the hole {hole[0]:#x}-{hole[1]:#x}')


def check_tables(printed, ranges, page=2 << 20):
    """The IOMMU's page tables map these ranges by pages of PAGE bytes or larger, and no others.

    PRINTED: what "qemu-monitor tables" prints in the guest.  Doorbells are left out.
    Returns how many pages of each size there are.
    """
    runs = [run for run in tables.read(printed) if not in_sw_msi(run)]
    expect_equal([f'{first:#x}-{last:#x}' for first, last in merged(run[:2] for run in runs)],
                 [f'{first:#x}-{last:#x}' for first, last in
                  merged(piece for piece in ranges if not in_sw_msi(piece))],
                 'what the page tables map')
    expect(runs, 'the page tables are empty')
    for first, last, physical, entry in runs:
        expect(entry >= page and (first - physical) % page == 0 and physical % entry == 0,
               f'the page tables map {first:#x}-{last:#x} to {physical:#x} by pages of {entry:#x} '
               f'bytes, the hugepages have {page:#x}')
    return ', '.join(f'{count} of {entry >> 10} KiB' for entry, count in
                     sorted(tables.pages(runs).items()))


def check_assigned(parts, limit, machine):
    """As many bytes are mapped as the process has, below LIMIT, outside of holes, none at a VA.

    MACHINE: the facts of oracle_start.
    """
    ranges = [piece for piece in mapped(parts['events']) if not in_sw_msi(piece)]
    addresses = held(parts)
    expect_equal(size(ranges), size(addresses), 'bytes that the IOMMU maps')
    for first, last in merged(ranges):
        expect(last < limit, f'{first:#x}-{last:#x} is above {limit:#x}')
        expect(all(last < low or first > high for low, high in addresses), f'{first:#x} is a VA')
        for hole in holes(machine):
            expect(last < hole[0] or first > hole[1],
                   f'{first:#x}-{last:#x} lies in the hole {hole[0]:#x}-{hole[1]:#x}')


def check_backend(log, backend, times=1):
    """The log has TIMES lines (level info) in which the bus chooses this backend; None: at least one."""
    found = re.findall(r': chooses backend ([\w-]+) for all devices: ', log)
    wanted = [backend] * (max(len(found), 1) if times is None else times)
    expect_equal(found, wanted, f'the chosen backend in\n{log[:1500]}\n')


def check_restored(said):
    """The memory of vfio-msi-restore was mapped where it says, at first and again for the new device."""
    said.check('restore', restore_status=0)
    steps = [json.loads(line) for line in re.findall(r'^{"step".*}$', said['restore'], re.MULTILINE)]
    expect(steps, f'no steps in\n{said["restore"][-3000:]}')
    first = steps[0]['iova']
    pieces = (min(int(end, 16), first + RESTORED) - max(int(start, 16), first)
              for kind, start, end in EVENT.findall(said['events']) if kind == 'map')
    size = sum(piece for piece in pieces if piece > 0)
    expect(size >= 2 * RESTORED, f'{size} bytes were mapped at {first:#x}, not {RESTORED} twice')
    return steps


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


def check_shared_burst(said, name):
    """512 packets, half of them from each port; each process reads its own queue."""
    logs = [said[f'first_{name}'], said[f'second_{name}']]
    macs = re.findall(r'^Port \d+: ([0-9A-F:]{17})', logs[1], re.MULTILINE)[:2]
    read = [QUEUED.findall(log) for log in logs]
    for number, packets in enumerate(read):
        expect_equal({queue for _, queue in packets}, {str(number)},
                     f'queues that process {number} read')
    senders = [sender for packets in read for sender, _ in packets]
    expect_equal(sorted((mac, senders.count(mac)) for mac in set(senders)),
                 sorted((mac, 256) for mac in macs), 'packets read back, by sender')


def check_bars(said, name, number):
    """Both processes have NUMBER BARs at the same addresses."""
    bars = said[f'first_{name}']
    expect_equal(len(re.findall(r'^[0-9a-f]+-[0-9a-f]+ [0-9a-f]+$', bars, re.MULTILINE)), number,
                 f'BARs mapped\n{bars}\n')
    said.check(**{f'second_{name}': bars})
