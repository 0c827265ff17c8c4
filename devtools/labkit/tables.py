# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""The page tables of an emulated IOMMU, read from the machine's memory by QEMU's monitor.

A trace event says what was mapped, the tables say with pages of which size.  The functions
are pure: a walk is a generator, which yields (address, number of words, bytes of a word), is
sent these words, and returns the leaves of a device's tables: (IOVA, physical address, bytes),
sorted.
"""

import re

from .progress import LabError

ADDRESS = 0x0000fffffffff000
SHIFT, BITS, ENTRIES = 12, 9, 512
BDF = re.compile(r'([0-9a-f]{4}):([0-9a-f]{2}):([0-9a-f]{2})\.([0-7])')
MEMORY = re.compile(r'([0-9a-f]+):((?: 0x[0-9a-f]+)+)\s*')
# A run of leaves, as the guest gets it: IOVA range, physical address, bytes of each page.
LINE = re.compile(r'0x([0-9a-f]+)-0x([0-9a-f]+) 0x([0-9a-f]+) (\d+)')

# VT-d, as its specification and QEMU's q35 have it: registers, and bits of the entries.
VTD_REGISTERS = 0xfed90000
VTD_ROOT, VTD_ROOT_MODE = 0x20, 0xc00
VTD_PRESENT, VTD_TYPE, VTD_PASS_THROUGH = 1, 0xc, 8
VTD_READ_WRITE, VTD_LARGE = 3, 0x80

# SMMUv3, as its specification and QEMU's virt have it.
SMMU_REGISTERS = 0x9050000
SMMU_STREAMS, SMMU_STREAMS_CONFIG = 0x80, 0x88
SMMU_ADDRESS = 0x000fffffffffffc0
SMMU_STAGE1, SMMU_ONE_CONTEXT = 5, 0
ARM_VALID, ARM_TABLE = 1, 2


def parse_bdf(text):
    """(bus, device and function) of an address of domain 0."""
    match = BDF.fullmatch(text)
    if not match or int(match[1], 16) or int(match[3], 16) > 31:
        raise LabError(f'"{text}" is no address of a PCI device, as 0000:00:03.0')
    return int(match[2], 16), int(match[3], 16) << 3 | int(match[4])


def command(address, count, size):
    """The command of QEMU's monitor that prints COUNT words of SIZE bytes of physical memory."""
    return f'xp /{count}{ {4: "w", 8: "g"}[size]}x {address:#x}'


def words(printed, address, count, size):
    """The words that QEMU's monitor printed for command(address, count, size)."""
    found = []
    for line in printed.splitlines():
        match, at = MEMORY.fullmatch(line), address + size * len(found)
        if not match or int(match[1], 16) != at:
            raise LabError(f'"{line}" is not the memory at {at:#x}')
        found += [int(word, 16) for word in match[2].split()]
    if len(found) != count:
        raise LabError(f'{len(found)} words at {address:#x}, not {count}')
    return found


def _leaves(table, level, present, is_leaf):
    """The leaves below a table of 4 KiB; the tables of level 1 have pages of 4 KiB."""
    rest, leaves = [(table, level, 0)], []
    while rest:
        table, level, first = rest.pop()
        size = 1 << SHIFT + BITS * (level - 1)
        for number, entry in enumerate((yield table, ENTRIES, 8)):
            if not entry & present:
                continue
            iova = first + number * size
            if level == 1 or is_leaf(entry):
                # The low bits of a large page's address are 0, which the caller can check.
                leaves.append((iova, entry & ADDRESS, size))
            else:
                rest.append((entry & ADDRESS, level - 1, iova))
    return sorted(leaves)


def vtd(bdf):
    """Walk VT-d's tables of a device, in legacy mode: root, context, second-level tables."""
    bus, function = parse_bdf(bdf)
    root, = yield VTD_REGISTERS + VTD_ROOT, 1, 8
    if root & VTD_ROOT_MODE:
        raise LabError(f'the root table {root:#x} is not of the legacy mode')
    context, _ = yield (root & ADDRESS) + 16 * bus, 2, 8
    if not context & VTD_PRESENT:
        raise LabError(f'{bdf}: bus {bus:#x} has no context table')
    tables, width = yield (context & ADDRESS) + 16 * function, 2, 8
    if not tables & VTD_PRESENT or tables & VTD_TYPE == VTD_PASS_THROUGH:
        raise LabError(f'{bdf}: the context entry {tables:#x} has no tables')
    return (yield from _leaves(tables & ADDRESS, (width & 7) + 2, VTD_READ_WRITE,
                               lambda entry: entry & VTD_LARGE))


def smmuv3(bdf):
    """Walk an SMMUv3's tables of a device: streams of two levels, context, tables of stage 1."""
    bus, function = parse_bdf(bdf)
    stream = bus << 8 | function
    base, = yield SMMU_REGISTERS + SMMU_STREAMS, 1, 8
    config, = yield SMMU_REGISTERS + SMMU_STREAMS_CONFIG, 1, 4
    split, levels = config >> 6 & 0x1f, config >> 16 & 3
    if levels != 1:
        raise LabError(f'the stream table has not two levels: {config:#x}')
    second, = yield (base & SMMU_ADDRESS) + 8 * (stream >> split), 1, 8
    number = stream & (1 << split) - 1
    if not second & 0x1f or number >= 1 << (second & 0x1f) - 1:
        raise LabError(f'{bdf}: stream {stream:#x} is not in the table')
    entry, = yield (second & SMMU_ADDRESS) + 64 * number, 1, 8
    if entry & 0xf != SMMU_STAGE1 << 1 | ARM_VALID or entry >> 59 != SMMU_ONE_CONTEXT:
        raise LabError(f'{bdf}: the stream entry {entry:#x} has no tables of stage 1')
    context, table = yield entry & SMMU_ADDRESS, 2, 8
    if not context >> 31 & 1 or context >> 6 & 3:
        raise LabError(f'{bdf}: the context {context:#x} has no tables of 4 KiB')
    bits = 64 - (context & 0x3f) - SHIFT
    return (yield from _leaves(table & ADDRESS, -(-bits // BITS), ARM_VALID,
                               lambda entry: not entry & ARM_TABLE))


WALKS = {'vtd': vtd, 'smmuv3': smmuv3}


def text(leaves):
    """A line for each run of leaves of one size that is contiguous on both sides."""
    runs = []
    for iova, physical, size in leaves:
        if runs and (runs[-1][1], runs[-1][2] + runs[-1][1] - runs[-1][0], runs[-1][3]) \
                == (iova, physical, size):
            runs[-1][1] += size
        else:
            runs.append([iova, iova + size, physical, size])
    return ''.join(f'{first:#x}-{end - 1:#x} {physical:#x} {size}\n'
                   for first, end, physical, size in runs)


def read(printed):
    """The runs of text(): (first IOVA, last IOVA, physical address, bytes of each page)."""
    matches = [LINE.fullmatch(line) for line in printed.splitlines()]
    if not all(matches):
        raise LabError(f'these are no page tables: {printed[:500]}')
    return [(int(match[1], 16), int(match[2], 16), int(match[3], 16), int(match[4]))
            for match in matches]


def pages(runs):
    """How many pages of each size these runs have: {bytes: number}."""
    found = {}
    for first, last, _, size in runs:
        found[size] = found.get(size, 0) + (last + 1 - first) // size
    return found
