# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Names of devices and ports, compared with the pci bus."""

import errno

from labkit import facts, guest, oracle
from labkit.platforms import PLATFORMS
from labkit.testing import each_backend, expect, expect_equal, part, test

FRAMES = 64
RUNS = ('full', 'short')


def _wanted(first, other):
    """What each step gives, on any bus."""
    both, second = f'{first} {other} ', f'{other} '
    return {
        'start_ports': both, 'started': 1, 'forwards': FRAMES,
        'stop': 0,
        'remove': 0, 'removed_ports': second, 'removed_devices': second,
        'remove_again': -errno.EINVAL,
        'add': 0, 'restarted': 1, 'forwards_at_end': FRAMES, 'cleanup': 0, 'status': 0,
    }


# Steps that the pci bus does not have, and what each gives.
EACH_NAME = {f'{what}_by_{number}': 0 for what in ('add', 'remove') for number in range(3)}


def _check(said, run, wanted):
    said.check(f'{run}_log', **{f'{run}_{step}': value for step, value in wanted.items()})


@test('devices and ports have the names of the pci bus, and are found by the prefixed ones',
      [('x86-vtd', 'iommufd')], tail=each_backend('arm-smmuv3', 'x86-vtd'))
def again(platform, backend):
    first, other = PLATFORMS[platform].nics
    result = guest.run(platform, ['/usr/share/vfio-msi/again.sh', first, other], seconds=300,
                       backend=backend)
    said = facts.read(result)
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
    with part('the pci bus'):
        _check(said, 'pci', _wanted(first, other))
    for run in RUNS:
        with part(f'this bus, {run} names'):
            _check(said, run, {**_wanted(first, other), **EACH_NAME, 'each_name_ports': f'{other} '})
            log = said.text(f'{run}_log')
            oracle.check_backend(log, backend, log.count(': chooses backend '))
            # At start both; then FIRST once by each name and once more.
            for nic, times in ((first, 5), (other, 1)):
                expect_equal(log.count(f'vfio_msi:{nic}: claimed: '), times, f'claims of {nic} in\n{log}')
                expect_equal(log.count(f'vfio_msi:{nic}: probe by '), times, f'probes of {nic} in\n{log}')
