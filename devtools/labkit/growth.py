# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Check EAL's memory that grows and shrinks under a device, as tests/lab/guest/grow.sh prints it."""

import json

from . import oracle
from .testing import expect, expect_equal, figure

# In the guest: each argument is those of one run of grow.sh.
RUNS = '''
. /usr/share/vfio-msi/facts.sh
for run; do
    number=$((number + 1))
    facts_of "grow_${number}_" /usr/share/vfio-msi/grow.sh $run || exit 1
done
'''
# EAL's options that change what it frees.
OPTIONS = ('', '--match-allocations')
HELD = 16 << 20     # of each lcore
SLACK = 8 << 20     # pages that a block shares with memory that was there before
LIMIT = 1 << 39     # of assigned IOVAs


def _check_point(said, point, assigned):
    """Everyone agrees about what is mapped: the process, the IOMMU, the kernel, the bus."""
    of_point, bytes_mapped = said.of(f'{point}_'), said[f'mapped_{point}']
    events = of_point['events']
    expect('lost' not in events and 'unmap' not in events, f'{point}: {events[-2000:]}')
    parts = {'reserved': said['reserved'], 'iomem': said['iomem'],
             'events': events, 'hugepages': of_point['hugepages']}
    if assigned:
        oracle.check_congruence(events, 2 << 20)
        oracle.check_assigned(parts, LIMIT, parts)
    else:
        oracle.check_mappings(parts)
    said.check('log', **{f'{point}_pinned': bytes_mapped})
    count = json.loads(said[f'telemetry_{point}'])['/vfio_msi/memory']
    expect_equal((count['iova'], count['eal_bytes'], count['refused']),
                 ('assigned' if assigned else 'va', bytes_mapped, 0), f'telemetry at {point}')
    return sorted(oracle.PAIR.findall(events))


def check(name, said, small, large, backend, lcores=2, assigned=False):
    """EAL's memory is mapped at each point, and after each part exactly as at the start.

    SMALL: the blocks of each lcore; LARGE: those of the main lcore. ASSIGNED: IOVAs are.
    """
    log = said['log']
    said.check('log', status=0, failed=0, lost=0, blocks=lcores * (small + 1) + large, left=0)
    oracle.check_backend(log, backend)
    expect("can't be unmapped" not in log and 'NOT mapped' not in log, log[-3000:])
    start = _check_point(said, 'start', assigned)
    for point in [f'part_{number}' for number in range(1, said['parts'] + 1)] + ['end']:
        expect_equal(_check_point(said, point, assigned), start, f'IOVAs and pages at {point}')
    _check_point(said, 'held', assigned)
    while_held = said.of('held_')
    pages = oracle.check_tables(while_held['tables'], oracle.mapped(while_held['events'])
                                if assigned else oracle.held(while_held))
    grown = said['mapped_held'] - said['mapped_start']
    expect(grown >= lcores * HELD - SLACK, f'memory grew by {grown} bytes\n{log[-2000:]}')
    unmaps = said['end_unmaps']
    expect(unmaps >= 2 * small, f'{unmaps} unmap events after {small} blocks of each lcore')
    figure(f'{name}: blocks, parts, unmap events', f'{said["blocks"]}, {said["parts"]}, {unmaps}',
           varies=True)
    figure(f'{name}: pages in the tables of the IOMMU while memory is held', pages, varies=True)
    figure(f'{name}: ms for each small block, for each large block',
           f'{said["small_ms"] / (lcores * small):.1f}, {said["large_ms"] / large:.0f}', varies=True)
