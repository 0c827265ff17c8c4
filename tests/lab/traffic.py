# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Packets, payloads, mappings and interrupts of two NICs on the bus.

The oracle is the kernel: its mappings (trace events), the hugepages of the process
(/proc/PID/maps), the interrupts that arrived (/proc/interrupts). Counters do not prove DMA,
so testpmd also reads the header of every packet.
"""

import re

from labkit import facts, guest, oracle, schema, telemetry
from labkit.platforms import PLATFORMS
from labkit.testing import each_backend, expect, expect_equal, other_pairs, part, test

# The suites steer and kernels send packets there.
ELSEWHERE = [('x86-vtd', 'type1'), ('x86-amdvi', 'type1'), ('x86-amdvi', 'iommufd')]
PAIRS = [pair for pair in each_backend() if pair not in ELSEWHERE]
SCRIPTS = '/usr/share/vfio-msi'
# Telemetry is asked there. More holes than fit into one reply, at IOVAs that nothing uses, and
# a device that does not exist.
ASKED = ('arm-smmuv3', 'x86-vtd')
MANY = [0x7e0000000000 + (i << 20) for i in range(25)]
HOLES = ''.join(f',hole={first:#x}-{first + 0xfff:#x}' for first in MANY)
ABSENT, PAGES = '0000:00:1e.0', 14
# Runs each argument as a shell command; its number comes before the names of its facts.
EACH = f'''
. {SCRIPTS}/facts.sh
for line; do
    number=$((number + 1))
    facts_of "${{number}}_" eval "$line" || exit 1
done
'''


def _traffic(platform, *eal, keys=''):
    """The shell command for a burst between the NICs of PLATFORM."""
    nics = ' '.join(nic + keys for nic in PLATFORMS[platform].nics)
    return f'{SCRIPTS}/traffic.sh {nics} {" ".join(eal)}'


def _boot(platform, backend, *lines, **options):
    """Run all lines in one guest; returns the facts of each."""
    result = guest.run(platform, ['sh', '-c', EACH, 'sh', *lines],
                       seconds=100 + 50 * len(lines), backend=backend, **options)
    said = facts.read(result)
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
    return [said.of(f'{number}_') for number in range(1, len(lines) + 1)]


def _burst(platform, backend):
    more = _more(platform, backend)
    line = _traffic(platform)
    if platform in ASKED:
        line = (f'TELEMETRY="{telemetry.commands(PAGES)}" '
                + _traffic(platform, f'-a vfio_msi:{ABSENT}', keys=HOLES))
    # Hugepages of each node for all buffers, and one of 1 GiB where there is a processor.
    options = {'hugepages': 1024, 'kernel_args': ('hugepagesz=1G', 'hugepages=0:1,1:1')} \
        if platform == 'x86-two-bridges' else {}
    first, *others = _boot(platform, backend, line, *(line for line, *_ in more),
                           **options)
    oracle.check_burst(first, backend)
    oracle.check_mappings(first)
    oracle.check_interrupts(first['interrupts'], PLATFORMS[platform].interrupts[backend])
    if platform == 'x86-two-bridges':
        expect('by NUMA node: node 0: ' in first['log'] and
               ': is on NUMA node' not in first['log'], first['log'][:3000])
    expect(first['log'].count('link state change event') >= 2,
           f'no link interrupts\n{first["log"][-2000:]}')
    if platform in ASKED:
        with part('telemetry is what the kernel says'):
            _check_telemetry(platform, first, backend)
    for said, (_, name, check) in zip(others, more):
        with part(name):
            check(platform, said, backend)


def _check_telemetry(platform, said, backend):
    telemetry.check(said, PLATFORMS[platform].nics, backend, 'net_e1000_igb', 'MSI-X',
                    errors={'%s: not used: %s': 1})
    layout = telemetry.read(said['telemetry'])['layout']
    found = [(int(entry['first'], 16), entry['what'], entry['device']) for entry in layout
             if entry['kind'] == 'hole' and entry['what'] == 'user']
    expect_equal(found, [(hole, 'user', PLATFORMS[platform].nics[0]) for hole in MANY],
                 'holes of the user')


@test('512 packets, payloads, mappings, interrupts', [*PAIRS, ('x86-two-bridges', 'type1')])
def burst(platform, backend):
    _burst(platform, backend)


@test('512 packets with the other backend', other_pairs() + ELSEWHERE, soak=True)
def burst_of_others(platform, backend):
    _burst(platform, backend)


def _forced(platform, said, _):
    oracle.check_burst(said, 'type1')
    expect('for all devices: backend=type1' in said['log'], said['log'][:1500])
    oracle.check_mappings(said)
    oracle.check_interrupts(said['interrupts'], PLATFORMS[platform].interrupts['type1'])


BITS39 = 0x7fffffffff
BEYOND = ('--base-virtaddr', hex(BITS39 + 1), '-m', '64')


def _narrow(_, said, backend):
    oracle.check_burst(said, backend)
    oracle.check_mappings(said)
    pieces = oracle.mapped(said['events'])
    expect(pieces, 'nothing was mapped')
    expect(all(last <= BITS39 for _, last in pieces), f'mapped up to {pieces[-1][1]:#x}')


def _stock_refuses(_, said, __):
    said.check('log', sent=0, received=0)
    expect('DMA remapping failed, error 22' in said['log'],
           f'stock DPDK came up\n{said["log"][-1500:]}')


def _physical(_, said, backend):
    oracle.check_burst(said, backend)
    expect('IOVA mode is PA because of --iova-mode=pa' in said['log'], said['log'][:2000])
    for first, last in oracle.mapped(said['events']):
        for hole in oracle.holes(said):
            expect(last < hole[0] or first > hole[1] or hole == oracle.SW_MSI,
                   f'{first:#x}-{last:#x} lies in the hole {hole[0]:#x}-{hole[1]:#x}')


# A page of 1 GiB and 32 of 2 MiB on each node that has a processor.
SIZES = '''
. /usr/share/vfio-msi/facts.sh
mkdir -p /mnt && mount -t hugetlbfs -o pagesize=1G none /mnt || exit 1
rm -f /dev/hugepages/*
dpdk-test-msi layout --json -a vfio_msi:all >/tmp/json
fact_text layout </tmp/json
export TELEMETRY=/vfio_msi/nodes
export TRAFFIC_DURING='grep " huge " /proc/$testpmd_pid/numa_maps | fact_text numa'
{burst}
rm -f /mnt/* /dev/hugepages/*
umount /mnt
'''
# A line of numa_maps of a file of hugepages: address, node, number of its pages, page size.
PLACED = re.compile(r'^([0-9a-f]+) .* huge .*\bN(\d+)=(\d+) .*kernelpagesize_kB=(\d+)', re.MULTILINE)


def _two_sizes(_, said, backend):
    oracle.check_burst(said, backend)
    oracle.check_mappings(said)
    lists = [(int(one['first'], 16), int(one['last'], 16), int(one['page'], 16), one['node'])
             for one in schema.load(said['layout'], 'layout')['eal_memory']['lists']]
    placed = {}
    for at, node, pages, kib in PLACED.findall(said['numa']):
        here = [(page, of) for first, last, page, of in lists if first <= int(at, 16) <= last]
        expect_equal(here, [(int(kib) << 10, int(node))], f'lists at {at}: page size, node')
        placed[here[0]] = placed.get(here[0], 0) + int(pages)
    nodes = telemetry.read(said['telemetry'])['nodes']
    expect_equal({(one['page'], one['node']): one['bytes'] // one['page'] for one in nodes}, placed,
                 'pages of each size on each node, by telemetry')
    for node in (0, 1):
        expect_equal((placed.get((1 << 30, node)), placed.get((2 << 20, node), 0) >= 32), (1, True),
                     f'a page of 1 GiB and enough of 2 MiB on node {node}: {placed}')
        expect(re.search(rf'by NUMA node: .*node {node}: \d+ MiB, 1024 in pages of 1048576 KiB, '
                         r'\d+ in pages of 2048 KiB', said['log']), said['log'][:3000])
    large = [(first, last) for first, last, page, _ in lists if page == 1 << 30]
    oracle.check_congruence(oracle.events_in(said['events'], large), 1 << 30)


# The second NIC is on node 1, where there are free hugepages.
ONE_NODE = f'''. {SCRIPTS}/facts.sh
for option in '' --legacy-mem; do
    rm -f /dev/hugepages/*
    fact_status run$option timeout -k 5 180 dpdk-testpmd -l 0,1 -n 1 -a vfio_msi:0000:41:00.0 \\
        --socket-mem 256,0 $option -- --total-num-mbufs=4096 </dev/null
done'''


def _one_node(_, said, __):
    for option, words in (('', 'where no memory was preallocated. '),
                          ('--legacy-mem', 'where EAL has no memory and gets none later, because of '
                                           '--legacy-mem. ')):
        log = said[f'run{option}']
        expect_equal(log.count(f"41:00.0: is on NUMA node 1, {words}EAL's memory is on node 0: "), 1,
                     f'messages in\n{log[:3000]}\n')


# The second NIC is on node 1.
NUMA = f'''. {SCRIPTS}/facts.sh
dpdk-test-msi layout --json -a vfio_msi:all >/tmp/json
fact_text before </tmp/json
vfio-bind 0000:61:00.0 || exit 1
rm -f /dev/hugepages/*
for file in /sys/devices/system/node/node1/hugepages/*/nr_hugepages; do
    echo 0 >$file
done
dpdk-test-msi layout -a vfio_msi:all >/tmp/text
fact_text after </tmp/text
fact_status run timeout -k 5 180 dpdk-testpmd -l 0,1 -n 1 -a vfio_msi:all \\
    -- --total-num-mbufs=4096 </dev/null'''
NO_MEMORY = ['41:00.0: is on NUMA node 1, where EAL has no memory: it has no free hugepages. ',
             '61:00.0: is on NUMA node 2, where EAL has no memory: no processor is there, so EAL '
             'does not use its memory. ']


def _empty_node(_, said, __):
    found = schema.load(said['before'], 'layout')
    nodes = found['memory_nodes']
    expect_equal([node['node'] for node in nodes], [0, 1, 2, 3], 'nodes')
    expect(all(node['unused'] <= node['hugepages'] for node in nodes), f'hugepages: {nodes}')
    expect_equal([[(pool['page'], pool['hugepages']) for pool in node['pools']] for node in nodes],
                 [[(1 << 30, 1 << 30)] * (node < 2) + [(2 << 20, 256 * 2 << 20)]
                  for node in range(4)], 'pools of hugepages')
    expect_equal([device['numa_node'] for device in found['devices']], [None, 1], 'nodes of devices')
    expect('NUMA node 1, IOMMU group' in said['after'] and
           '0000:41:00.0 is on node 1, which has no hugepages' in said['after'], said['after'])
    log = said['run']
    expect_equal([log.count(f'{words}EAL\'s memory is on node 0: ') for words in NO_MEMORY], [1, 1],
                 f'warnings in\n{log[:3000]}\n')
    expect('0000:00:03.0: is on NUMA node' not in log, log[:3000])


def _assigned(_, said, backend):
    oracle.check_burst(said, backend)
    oracle.check_assigned(said, 1 << 32, said)


def _more(platform, backend):
    """More runs in the same guest: shell command, name, function that checks it."""
    more = []
    if platform in ('arm-smmuv3', 'x86-vtd') and backend == 'iommufd':
        more.append((_traffic(platform, '-m', '64', keys=',backend=type1'),
                     'backend=type1 on a kernel with both backends', _forced))
    if platform == 'x86-vtd39':
        nics = ' '.join(f'-a {nic}' for nic in PLATFORMS[platform].nics)
        more += [(_traffic(platform, *BEYOND),
                  'memory stays below 39 bits with a --base-virtaddr above', _narrow),
                 (f'{SCRIPTS}/burst.sh {nics} -l 0,1 -n 1 {" ".join(BEYOND)}',
                  'stock DPDK fails with such a --base-virtaddr', _stock_refuses)]
    if platform == 'x86-two-bridges':
        more += [(SIZES.format(burst=_traffic(platform, '--socket-mem 1088,1088')),
                  'memory of two page sizes on two nodes', _two_sizes),
                 (_traffic(platform, keys=',iova=assigned'),
                  'assigned IOVAs with memory of four NUMA nodes', _assigned),
                 (ONE_NODE, 'a message names a NUMA node without preallocated memory', _one_node),
                 (NUMA, 'layout and a warning name a NUMA node without hugepages', _empty_node)]
    if platform == 'arm-smmuv3':
        more.append((_traffic(platform, '--iova-mode=pa', '-m', '64'),
                     '--iova-mode=pa', _physical))
    return more
