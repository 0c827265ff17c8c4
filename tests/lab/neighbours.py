# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""The bus together with the pci bus, with an administrator, and without a device."""

import re

from labkit import facts, guest, oracle
from labkit.testing import each_backend, expect, expect_equal, part, test

SCRIPT = '/usr/share/vfio-msi/neighbours.sh'


def _run(platform, what, backend, times=1):
    result = guest.run(platform, [SCRIPT, what, str(times)], seconds=150 + 10 * times,
                       backend=backend)
    said = facts.read(result)
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
    return said


@test('does nothing without an argument', ['arm-smmuv3'])
def quiet(platform):
    _run(platform, 'quiet', 'type1').check(
        with_status=0, without_status=0,
        difference_said='', difference_opened='', difference_reserved='')


@test('the pci bus keeps working on other devices', [('arm-smmuv3', 'type1'), ('x86-vtd', 'iommufd')],
      tail=each_backend('arm-smmuv3', 'x86-vtd'))
def beside_pci(platform, backend):
    said = _run(platform, 'pci', backend)
    output = said['log']
    oracle.check_backend(output, backend)
    for name in ('0000:00:07.0 net_e1000_em', '0000:00:03.0 net_e1000_igb',
                 '0000:00:05.0 net_e1000_igb'):
        expect(re.search(r' ' + re.escape(name).replace(r'\ ', ' +'), output),
               f'no port "{name}" in\n{output[-3000:]}')
    said.check('log', status=0, received=512)
    with part('net_bonding takes ports by their numbers, not by their addresses'):
        said.check('bond', bond_members=True, bond_primary=True, bond_status=0)
        expect('Invalid member port value (0000:00:03.0) specified' in said['bond_by_address'],
               said['bond_by_address'][-2000:])


@test('a message names the device that forces IOVA as PA', ['arm-smmuv3'])
def uio(platform):
    said = _run(platform, 'uio', 'type1')
    expect('IOVA mode is PA, forced by bus pci, device 0000:00:07.0' in said['log'],
           said['log'][-2000:])
    said.check('log', attached=True, detached=True, open_nodes=0, status=0)


@test('the application releases a device that is unbound under traffic', each_backend('arm-smmuv3'))
def unbind(platform, backend):
    said = _run(platform, 'unbind', backend)
    oracle.check_backend(said['log'], backend)
    said.check('log', unbound_in_time=True, detached=True, open_devices=1, status=0)
    expect('vfio_msi:0000:00:05.0: the kernel wants the device back' in said['log'],
           said['log'][-3000:])


def _hotplug(platform, backend, times):
    said = _run(platform, 'hotplug', backend, times)
    oracle.check_backend(said['log'], backend, times + 1)
    oracle.check_came_and_went(said, times)
    with part('the pci bus finds no device with --no-pci'):
        said.check('log', not_found=True)


@test('devices are attached and detached', [('arm-smmuv3', 'iommufd')],
      tail=each_backend('arm-smmuv3'))
def hotplug(platform, backend):
    _hotplug(platform, backend, 3)


@test('devices are attached and detached, 100 times', each_backend('arm-smmuv3'), soak=True)
def hotplug_often(platform, backend):
    _hotplug(platform, backend, 100)
