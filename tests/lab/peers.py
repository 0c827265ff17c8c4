# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""DPDK's own tests give the same results with devices on the bus as without it."""

from labkit import facts, guest
from labkit.testing import expect, expect_equal, test

QUICK = ('devargs', 'interrupt', 'malloc', 'memory', 'memzone', 'mempool', 'external_mem',
         'eal_flags_main_opt', 'eal_flags_n_opt', 'eal_flags_hpet', 'eal_flags_no_huge',
         'eal_flags_vdev_opt', 'eal_flags_r_opt')
LONG = ('eal_flags_a_opt', 'eal_flags_b_opt', 'eal_flags_c_opt', 'eal_flags_mem',
        'eal_flags_file_prefix', 'eal_flags_misc')

# Fails also without the bus: a child gets -a here, and EAL rejects -b together with it.
FAIL_IN_BOTH = {'eal_flags_b_opt'}

SKIPPED = 77


def _word(status):
    return {0: 'passed', SKIPPED: 'skipped'}.get(status, f'failed ({status})')


def _same(platform, names, seconds):
    result = guest.run(platform, ['/usr/share/vfio-msi/peers.sh',
                                  *(f'{name}_autotest' for name in names)], seconds=seconds)
    said = facts.read(result)
    for name in names:
        print(f'     {name}: {_word(said[f"{name}_without_status"])}, '
              f'with the bus {_word(said[f"{name}_with_status"])}', flush=True)
    for name in names:
        without = said[f'{name}_without_status']
        said.check(f'{name}_with', **{f'{name}_with_status': without})
        expect_equal(without not in (0, SKIPPED), name in FAIL_IN_BOTH,
                     f'that {name} fails without the bus, after\n{said[f"{name}_without"]}\n')
        said.check(f'{name}_without', **{f'{name}_without_devices': 0})
        devices = said[f'{name}_with_devices']
        expect(devices >= 2, f'{name} has {devices} devices of the bus\n{said[f"{name}_with"]}')
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')


@test('tests of memory, interrupts and arguments', ['arm-smmuv3'])
def quick(platform):
    _same(platform, QUICK, 600)


@test('the long tests', ['arm-smmuv3'], soak=True)
def long(platform):
    _same(platform, LONG, 1200)
