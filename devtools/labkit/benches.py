# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Checks of the objects that "dpdk-test-msi bench map" and "bench startup" print.

BACKEND is the one whose kernel the guest has.
"""

from . import schema
from .testing import expect, expect_equal, figure

PAGE_BYTES = {'2M': 2 << 20, '1G': 1 << 30}
# Who maps by what backend, in one file or not: calls that map by file with pages of 2 MiB.
SIDES = {'type1': {('one call', 'type1', False): 0, ('vfio_msi', 'type1', False): 0},
         'iommufd': {('one call', 'iommufd', False): 0, ('one call', 'iommufd', True): 1,
                     ('vfio_msi', 'iommufd', False): 0, ('vfio_msi', 'iommufd', True): 1}}
# A kernel with iommufd also has type1, so one boot gives all rows.
BACKENDS = {'type1': ('type1',), 'iommufd': ('iommufd', 'type1')}


def _sides(backend, page, megabytes):
    """The rows of this project: (calls that map, calls that map by file) of each."""
    rows = {}
    for name in BACKENDS[backend]:
        for side, by_file in SIDES[name].items():
            if page == '2M':
                rows[side] = (1, by_file)
            elif side == ('vfio_msi', 'iommufd', False):
                # Each page is a file.
                rows[side] = (megabytes // 1024,) * 2
            elif side[0] == 'one call' or not side[2]:
                rows[side] = (1, by_file)
    return rows


def check_map(said, status, backend, megabytes, page):
    """The object of "bench map": the calls are exact, the times are figures."""
    expect_equal(status, 0, f'exit status, after\n{said}\n')
    found = schema.load(said, 'bench')
    rows = {(row['by'], row['backend'], row['one_file']): row for row in found['results']
            if row['result'] == 'measured'}
    expect_equal({row['page_bytes'] for row in rows.values()}, {PAGE_BYTES[page]}, 'page sizes')
    for row in rows.values():
        expect_equal(row['map']['bytes'], megabytes << 20, f'bytes that {row} maps')
        expect(row['map']['nanoseconds'] > 0 and row['exit_nanoseconds'] > 0, f'{row}')
    stock = rows.pop(('pci bus of DPDK', None, False))
    expect_equal(stock['map']['calls'], (megabytes << 20) // PAGE_BYTES[page],
                 'calls of the pci bus')
    wanted = _sides(backend, page, megabytes)
    expect_equal({side: (row['map']['calls'], row['map_by_file']) for side, row in rows.items()},
                 wanted, 'calls that map, those by file')
    for (by, name, _), row in rows.items():
        expect_equal(row['close']['calls'], 0 if (by, name) == ('one call', 'type1') else 1,
                     f'closed devices of {row}')
        expect_equal(row['unmap']['calls'], row['map']['calls'], f'calls of {row} to unmap')
        expect(0 < row['unmap']['nanoseconds'] <= row['exit_calls_nanoseconds'] <=
               row['exit_nanoseconds'], f'{row}')
    _check_comparisons(found, wanted, stock['map']['calls'] + stock['unmap']['calls'] >= 1000)


def check_open(said, status, text):
    """"bench map" where iommufd is the container: its ratio has the time to open the device, which pins.

    One round. TEXT: what the command prints beside the object.
    """
    expect_equal(status, 0, f'exit status, after\n{text}\n')
    found = schema.load(said, 'bench')
    expect(found['type1_over_iommufd'], 'type1 is not over iommufd')
    expect_equal(text.count(' to open the device, which resets it and pins the memory\n'), 1,
                 f'lines about the pci bus in\n{text}\n')
    rows = {(row['by'], row['backend'], row['one_file']): row for row in found['results']
            if row['result'] == 'measured'}
    stock = rows[('pci bus of DPDK', None, False)]
    expect(stock['open']['nanoseconds'] > 0, f'{stock}')
    pinned = {side: row['map']['nanoseconds'] + row['open']['nanoseconds'] for side, row in rows.items()}
    wanted = {_name(side): took / pinned[('pci bus of DPDK', None, False)]
              for side, took in pinned.items() if side[0] == 'vfio_msi'}
    ratios = {item['who']: item['ratio'] for item in found['comparisons'] if item['what'] == 'time to map'}
    expect(wanted and ratios.keys() == wanted.keys(), f'{ratios.keys()} are compared, not {wanted.keys()}')
    for who, ratio in ratios.items():
        expect(abs(ratio - wanted[who]) <= wanted[who] / 1000,
               f'{who}: the ratio is {ratio}, {wanted[who]} with the time to open the device')
        figure(f'time to map and open, {who}, iommufd as container: ratio to the pci bus of DPDK',
               f'{ratio:.3g}', varies=True)


def _name(side):
    return f'{side[0]}, {side[1]}' + ', one file' * side[2]


def _check_comparisons(found, sides, many):
    """The ratios of the calls meet the aim; times are figures."""
    names = {side: _name(side) for side in sides}
    compared = {(item['what'], item['who']): item for item in found['comparisons']}
    expect_equal(set(compared), {
        (what, name) for side, name in names.items() if side[0] == 'vfio_msi' for what in (
            'calls to map and unmap', 'all calls to VFIO and iommufd', 'time to map',
            'time at exit', 'time in calls at exit')}, 'comparisons')
    for (what, who), item in compared.items():
        alone = f', one call alone {item["one_call"]:.3g}' if item['one_call'] else ''
        aim = '' if item['aim'] is None else f', aim {item["aim"]:.3g}'
        figure(f'{what}, {who}, {item["page"]}: ratio to the pci bus of DPDK',
               f'{item["ratio"]:.3g}{alone}{aim}', varies=True)
        expect_equal(item['one_call'] is not None, what.startswith('time'), f'a bound in {item}')
        if what == 'calls to map and unmap':
            expect_equal((item['aim'], item['met']), (0.002, True) if many else (None, None),
                         f'{item}')
    shares = {item['who']: item['share'] for item in found['pinning']}
    expect_equal(set(shares), {name for side, name in names.items()
                               if side[0] == 'one call' and not side[2]
                               and any(other[2] for other in sides)}, 'who pins base pages')
    for who, share in shares.items():
        figure(f'{who}: share of the time to map that pins base pages', f'{share:.2f}', varies=True)


def check_startup(said, status, backend, rounds):
    """The object of "bench startup": each phase took time in each round."""
    expect_equal(status, 0, f'exit status, after\n{said}\n')
    found = schema.load(said, 'bench')
    ours = [f'vfio_msi, {name}' for name in BACKENDS[backend]]
    expect_equal([row['by'] for row in found['results']], ['pci bus of DPDK', *ours], 'rows')
    for row in found['results']:
        expect_equal(len(row['phases']), 5, 'phases')
        for phase in row['phases']:
            expect(len(phase['nanoseconds']) == rounds and min(phase['nanoseconds']) > 0, f'{row}')
    for item in found['comparisons']:
        figure(f'{item["what"]}, {item["who"]}: ratio to the pci bus of DPDK',
               f'{item["ratio"]:.3g}', varies=True)
    expect_equal([(item['what'], item['who'], item['aim']) for item in found['comparisons']],
                 [(what, who, aim) for who in ours for what, aim in (
                     ('rte_eal_init()', 1), ('until the first packet', None))], 'comparisons')
