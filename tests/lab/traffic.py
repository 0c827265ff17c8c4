# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Packets, payloads, mappings and interrupts of two NICs on the bus.

The oracle is the kernel: what the IOMMU was told to map (trace events), which
hugepages the process holds (/proc/PID/maps), which interrupts came
(/proc/interrupts).  Counters alone prove no DMA, so every packet's header is
read back as well.
"""

from labkit import guest, oracle
from labkit.platforms import PLATFORMS
from labkit.testing import each_backend, expect, expect_equal, test

BUDGET = 600


def _run(platform, backend, *eal, keys='', command='exec /usr/share/vfio-msi/traffic.sh "$0" "$@"',
         **options):
    nics = [nic + keys for nic in PLATFORMS[platform].nics]
    result = guest.run(platform, ['sh', '-c', command, *nics, *eal], seconds=150,
                       backend=backend, **options)
    sections = oracle.sections(result.stdout)
    log = sections.get('testpmd', result.stdout + result.stderr + result.error)
    expect_equal(result.status, 0, f'exit status, after\n{log[-2000:]}\n')
    expect('RX-packets: 512 ' in log and 'TX-packets: 512 ' in log,
           f'not 512 packets sent and received\n{log[-1500:]}')
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
    oracle.check_backend(log, backend)
    return sections, log


@test('512 packets, payloads, mappings, interrupts', each_backend())
def burst(platform, backend):
    sections, log = _run(platform, backend)
    oracle.check_mappings(sections)
    oracle.check_payloads(log)
    oracle.check_interrupts(sections['interrupts'], PLATFORMS[platform].interrupts[backend])
    expect_equal(log.count('link state change event') >= 2, True, 'link interrupts')


@test('type1 by backend=, on a kernel with both', ['arm-smmuv3', 'x86-vtd'])
def forced(platform):
    sections, log = _run(platform, 'type1', keys=',backend=type1', kernel='lab')
    expect('for all devices: backend=type1' in log, log[:1500])
    oracle.check_mappings(sections)
    oracle.check_payloads(log)
    oracle.check_interrupts(sections['interrupts'], PLATFORMS[platform].interrupts['type1'])


BITS39 = 0x7fffffffff
BEYOND = ['--base-virtaddr', hex(BITS39 + 1), '-m', '64']
BESIDE_STOCK = '''
first=$0 second=$1
/usr/share/vfio-msi/traffic.sh "$0" "$@"
status=$?
shift
echo '@@ stock'
/usr/share/vfio-msi/burst.sh -a $first -a $second -l 0,1 -n 1 "$@"
echo "status $?"
exit $status
'''


@test('39 bits of address hold, whatever base address the user gives', each_backend('x86-vtd39'))
def narrow(platform, backend):
    # Stock DPDK beside it: it refuses, and there is no port.
    sections, log = _run(platform, backend, *BEYOND, command=BESIDE_STOCK)
    oracle.check_mappings(sections)
    oracle.check_payloads(log)
    pieces = oracle.mapped(sections['events'])
    expect(pieces, 'nothing was mapped')
    expect(all(last <= BITS39 for _, last in pieces), f'mapped up to {pieces[-1][1]:#x}')
    stock = sections['stock']
    expect('DMA remapping failed, error 22' in stock and 'burst: 0 sent, 0 received' in stock,
           f'stock DPDK came up\n{stock[-1500:]}')


@test('IOVA is PA, by the user', each_backend('arm-smmuv3'))
def physical(platform, backend):
    sections, log = _run(platform, backend, '--iova-mode=pa', '-m', '64')
    expect('IOVA mode is PA, by --iova-mode=pa' in log, log[:2000])
    oracle.check_payloads(log)
    for first, last in oracle.mapped(sections['events']):
        for hole in oracle.holes(sections):
            expect(last < hole[0] or first > hole[1] or hole == oracle.SW_MSI,
                   f'{first:#x}-{last:#x} lies in the hole {hole[0]:#x}-{hole[1]:#x}')
