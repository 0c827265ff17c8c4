# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""The bus with each LTS release of DPDK; a plugin for another release does not register.

Each guest is the Debian release with this DPDK, for which the project is built.
"""

import re

from labkit import facts, guest, oracle, rootfs, schema
from labkit.platforms import PLATFORMS
from labkit.testing import expect, expect_equal, test

WAKES = 'sent 20, received 20, wake-ups 20, bytes wrong 0, link interrupts '


def _check_tools(said, nics):
    """dpdk-test-msi and an example work."""
    said.check('layout', layout_status=0)
    plan = schema.load(said['layout'], 'layout')
    expect_equal([(item['bdf'], item['used']) for item in plan['devices']],
                 [(nic, True) for nic in nics], 'devices in the layout')
    expect(plan['free'] and plan['holes'], said['layout'])
    said.check('rxintr', rxintr_status=0)
    expect(WAKES in said['rxintr'], f'rxintr said\n{said["rxintr"][-2000:]}')
    said.check('example', example_status=0)
    expect('2048 of 2048 frames arrived, all bytes right' in said['example'],
           f'own_memory said\n{said["example"][-2000:]}')


def _check_testpmd(said, dpdk):
    """Packets, mappings, interrupts, and packets after the devices were attached again."""
    before, after = said['before'], said['after']
    said.check('before', burst=True, detached=True)
    said.check('after', attached=True, status=0)
    expect(re.search(rf"RTE Version: 'DPDK {re.escape(dpdk)}\.", before),
           f'not a guest with DPDK {dpdk}\n{before[:1000]}')
    oracle.check_payloads(before)
    oracle.check_mappings(said)
    mapped = [piece for piece in oracle.mapped(said['events']) if piece[0] >= 1 << 32]
    expect(len(mapped) > 1, 'memory did not grow')
    # Steering relies on how EAL reserves memory, which is not a documented interface.
    memory = schema.load(said['layout'], 'layout')['eal_memory']
    expect_equal((memory['lists'][0]['first'], hex(mapped[0][0])), ('0x200000000',) * 2,
                 'where memory begins, predicted and seen')
    oracle.check_interrupts(said['interrupts'], 'vfio-msix')
    expect(before.count('link state change event') >= 2, 'no link interrupts')
    # Both devices again, then one to the pci bus.
    expect_equal(after.count('is attached. Now total ports is'), 3, f'attached in\n{after[-3000:]}')
    oracle.check_payloads(after)


def _register(dpdk):
    @test(f'the bus with DPDK {dpdk}', ['arm-smmuv3'])
    def release(platform):
        nics = PLATFORMS[platform].nics
        result = guest.run(platform, ['/usr/share/vfio-msi/lts.sh', *nics], seconds=300,
                           dpdk=dpdk, examples=True)
        said = facts.read(result)
        _check_tools(said, nics)
        _check_testpmd(said, dpdk)
        expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')


for series in rootfs.RELEASES:
    _register(series)


def _not_registered(built, running):
    return f'vfio_msi: this plugin is built for DPDK {built}, but the application runs DPDK {running}'


def _refuses(platform, dpdk, other):
    """Load the plugin for OTHER into DPDK, in each possible way."""
    result = guest.run(platform, ['/usr/share/vfio-msi/other-release.sh',
                                  PLATFORMS[platform].nics[0], other],
                       seconds=240, dpdk=dpdk, others=(other,))
    said = facts.read(result)
    for name in ('soname', 'alone', 'none'):
        expect(said[f'{name}_status'] != 0, f'{name}: the exit status is 0, after\n{said[name]}')
    expect(_not_registered(dpdk, '99.07.0: the bus is not registered') in said['soname'],
           f'under the same SONAME:\n{said["soname"]}')
    # EAL may fail afterwards because of trace points of the other EAL.
    log = said['beside']
    expect_equal(log.count(_not_registered(other, dpdk)), 1,
                 f'messages of the other plugin\n{log}\n')
    expect(said['beside_status'] == 0 or 'Cannot init trace' in log, log)
    # The loader and EAL print these messages. doc/howto/upgrade.rst lists them.
    expect(re.search(r'EAL: librte_\w+\.so\.\d+: cannot open shared object file', said['alone']),
           f'without its DPDK:\n{said["alone"]}')
    expect('failed to parse device "vfio_msi:' in said['none'],
           f'without a plugin:\n{said["none"]}')


@test('a plugin for 24.11 does not register in 25.11', ['arm-smmuv3'])
def older_plugin(platform):
    _refuses(platform, '25.11', '24.11')


@test('a plugin for 22.11 does not register in 24.11', ['arm-smmuv3'])
def oldest_plugin(platform):
    _refuses(platform, '24.11', '22.11')
