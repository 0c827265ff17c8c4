# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""The bus together with the pci bus, with an administrator, and without a device."""

import re

from labkit import guest, oracle
from labkit.testing import each_backend, expect, expect_equal, test

SCRIPT = '/usr/share/vfio-msi/neighbours.sh'


def _run(platform, what, backend, times=1):
    result = guest.run(platform, [SCRIPT, what, str(times)], seconds=150 + 10 * times,
                       backend=backend)
    expect_equal(result.status, 0,
                 f'exit status ({result.error}), after\n{result.stdout[-1500:]}\n')
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
    return result.stdout


@test('does nothing without an argument', ['arm-smmuv3'])
def quiet(platform):
    output = _run(platform, 'quiet', 'type1')
    for line in ('with: status 0', 'without: status 0',
                 'said: same', 'opened: same', 'reserved: same'):
        expect(line in output, f'no "{line}" in\n{output}')


@test('the pci bus keeps working on other devices', [('arm-smmuv3', 'type1'), ('x86-vtd', 'iommufd')],
      tail=each_backend('arm-smmuv3', 'x86-vtd'))
def beside_pci(platform, backend):
    output = _run(platform, 'pci', backend)
    oracle.check_backend(output, backend)
    for name in ('0000:00:07.0 net_e1000_em', 'vfio_msi:0000:00:03.0 net_e1000_igb',
                 'vfio_msi:0000:00:05.0 net_e1000_igb'):
        expect(re.search(r' ' + re.escape(name).replace(r'\ ', ' +'), output),
               f'no port "{name}" in\n{output[-3000:]}')
    expect('RX-packets: 512 ' in output, f'not 512 packets received\n{output[-1500:]}')


@test('a message names the device that forces IOVA as PA', ['arm-smmuv3'])
def uio(platform):
    output = _run(platform, 'uio', 'type1')
    expect('IOVA mode is PA, forced by bus pci, device 0000:00:07.0' in output, output[-2000:])
    expect('open VFIO nodes: 0' in output, output[:300])


@test('the application releases a device that is unbound under traffic', each_backend('arm-smmuv3'))
def unbind(platform, backend):
    output = _run(platform, 'unbind', backend)
    oracle.check_backend(output, backend)
    expect('unbound in time' in output, output[-2000:])
    expect('open devices: 1' in output, output[:300])
    expect('vfio_msi:0000:00:05.0: the kernel wants the device back' in output, output[-3000:])


def _hotplug(platform, backend, times):
    output = _run(platform, 'hotplug', backend, times)
    oracle.check_backend(output, backend, times + 1)
    expect(f'rounds: {times}\n' in output, output[-2000:])
    oracle.check_came_and_went(output, times)


@test('devices are attached and detached', [('arm-smmuv3', 'iommufd')],
      tail=each_backend('arm-smmuv3'))
def hotplug(platform, backend):
    _hotplug(platform, backend, 3)


@test('devices are attached and detached, 100 times', each_backend('arm-smmuv3'), soak=True)
def hotplug_often(platform, backend):
    _hotplug(platform, backend, 100)
