# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Replies of the bus's telemetry, compared with the view of the kernel that oracle.sh prints."""

import json
import re

from . import oracle
from .testing import expect, expect_equal

PREFIX = '/vfio_msi/'
LISTS = ('devices', 'requests', 'irqs', 'maps', 'freed', 'layout', 'nodes', 'errors')
PAGE = 32
# A line of /proc/interrupts: the kernel's number, counts, vector and device.
INTERRUPT = re.compile(r'^ *(\d+):((?: +\d+)+) .*vfio-(msix|msi|intx)(?:\[(\d+)\])?\(([\d:a-f.]+)\)',
                       re.MULTILINE)
KIND = {'msix': 'MSI-X', 'msi': 'MSI', 'intx': 'INTx'}
# The fields of an entry of each list, and those that only some have.
FIELDS = {
    'devices': 'name driver numa_node iommu_group backend attached interrupts vectors msi',
    'requests': 'name requests pcie_errors revoked gone',
    'irqs': 'device kind vector irq count cpus effective_cpus',
    'maps': 'iova va len owner read_only',
    'freed': 'iova len owner seconds',
    'layout': 'kind first last',
    'nodes': 'node page bytes',
    'errors': 'message times',
}
OPTIONAL = {'layout': {'hard', 'device', 'what'}}


def commands(pages):
    """What to ask, as arguments of testpmd_ask; PAGES of maps and layout."""
    words = ['memory', *LISTS]
    words += [f'{name},{PAGE * page}' for name in ('maps', 'layout') for page in range(1, pages)]
    return ' '.join(PREFIX + word for word in words)


def read(text):
    """{command: reply} of the replies to commands(); pages of a list are joined."""
    found = {}
    for line in text.splitlines():
        reply = json.loads(line)
        (name, value), = reply.items()
        name = name.removeprefix(PREFIX)
        if name != 'memory':
            expect(isinstance(value, list) and len(value) <= PAGE, f'{name}: {value}')
            value = found.get(name, []) + value
            wanted = set(FIELDS[name].split())
            for entry in value:
                expect(wanted <= set(entry) <= wanted | OPTIONAL.get(name, set()),
                       f'fields of {name}: {entry}')
        found[name] = value
    return found


def check_irqs(said, irqs):
    """The same interrupts, counts and processors as in /proc."""
    cpus = dict(re.findall(r'^(\d+)/smp_affinity_list:(\S+)$', said['affinity'], re.MULTILINE))
    wanted = [(bdf, KIND[kind], int(vector or 0), int(irq), sum(map(int, counts.split())), cpus[irq])
              for irq, counts, kind, vector, bdf in INTERRUPT.findall(said['interrupts'])]
    names = ('device', 'kind', 'vector', 'irq', 'count', 'cpus')
    expect_equal([tuple(entry[name] for name in names) for entry in irqs], sorted(wanted),
                 'interrupts')


def check_maps(said, maps):
    """The same mappings as in the trace events, each at its VA."""
    pieces = sorted((int(entry['iova'], 16), int(entry['iova'], 16) + entry['len'] - 1)
                    for entry in maps)
    traced = [piece for piece in oracle.mapped(said['events']) if not oracle.in_sw_msi(piece)]
    expect_equal(oracle.merged(pieces), oracle.merged(traced), 'mappings')
    expect(all(entry['va'] == entry['iova'] and entry['owner'] == 'eal' and not entry['read_only']
               for entry in maps), f'mappings: {maps}')


def check_layout(said, layout, maps):
    """The kernel's holes are holes, mappings are used, and free ranges meet neither."""
    of = {kind: [(int(entry['first'], 16), int(entry['last'], 16)) for entry in layout
                 if entry['kind'] == kind] for kind in ('allowed', 'hole', 'used', 'free')}
    expect_equal(len(layout), sum(map(len, of.values())), 'kinds of ranges')
    for first, last in oracle.holes(said):
        expect(any(low <= first and last <= high for low, high in of['hole']),
               f'{first:#x}-{last:#x} is no hole: {of["hole"]}')
    expect_equal(of['used'], [(int(entry['iova'], 16), int(entry['iova'], 16) + entry['len'] - 1)
                              for entry in maps], 'used ranges')
    for first, last in of['free']:
        expect(any(low <= first and last <= high for low, high in of['allowed']) and
               all(last < low or first > high for low, high in of['used'] + of['hole']),
               f'{first:#x}-{last:#x} is not free')


def check(said, nics, backend, driver, kind, errors):
    """Every reply against the facts of traffic.sh. ERRORS: {message: times}."""
    found = read(said['telemetry'])
    expect_equal(sorted(found), sorted([*LISTS, 'memory']), 'replies')
    groups = dict(re.findall(r'([\d:a-f.]+)/iommu_group -> \S*/(\d+)$', said['groups'], re.MULTILINE))
    expect_equal([(entry['name'], entry['driver'], entry['iommu_group'], entry['backend'],
                   entry['attached'], entry['interrupts']) for entry in found['devices']],
                 [(nic, driver, int(groups[nic]), backend, 1, kind) for nic in nics], 'devices')
    expect_equal(found['requests'], [{'name': nic, 'requests': 0, 'pcie_errors': 0, 'revoked': 0,
                                      'gone': 0} for nic in nics], 'requests')
    check_irqs(said, found['irqs'])
    check_maps(said, found['maps'])
    check_layout(said, found['layout'], found['maps'])
    sizes = sum(entry['len'] for entry in found['maps'])
    expect_equal([found['memory'][name] for name in ('mappings', 'bytes', 'eal_bytes')],
                 [len(found['maps']), sizes, sizes], 'memory')
    expect_equal(sum(entry['bytes'] for entry in found['nodes']), sizes, 'memory of all nodes')
    expect_equal({entry['message']: entry['times'] for entry in found['errors']}, errors, 'errors')
