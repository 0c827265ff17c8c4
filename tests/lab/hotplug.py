# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Devices pulled out and plugged in again, under traffic."""

import re

from labkit import guest
from labkit.testing import expect, expect_equal, test

BUDGET = 240

SCRIPT = '/usr/share/vfio-msi/hotplug.sh'

# A slot that devices can be pulled out of, on the wire of the platform's first NIC.
SLOT = ('-device', 'pcie-root-port,id=rp9,chassis=9,addr=9',
        '-netdev', 'hubport,id=net9,hubid=0',
        '-device', 'igb,id=nic9,bus=rp9,netdev=net9,romfile=')


def _pull(platform, *arguments):
    result = guest.run(platform, [SCRIPT, *arguments], seconds=200, qemu_args=SLOT)
    output = result.stdout
    expect_equal(result.status, 0, f'exit status ({result.error}), after\n{output[-1500:]}\n')
    expect('alive\n' in output, f'testpmd died\n{output[-4000:]}')
    expect('DEVICE_DELETED' in result.monitor, result.monitor)
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
    return output


@test('pulled under traffic, an application that listens removes the port', ['arm-smmuv3', 'x86-vtd'])
def listens(platform):
    output = _pull(platform, '--hot-plug')
    expect('the kernel wants the device back' in output, output[-4000:])
    expect('taken away' not in output, 'it is taken from an application that listens')
    for line in ('gone', 'detached', 'back', 'attached', 'status 0'):
        expect(f'{line}\n' in output, f'not {line}\n{output[-4000:]}')
    before, after = re.search(r'descriptors: (\d+), then (\d+)', output).groups()
    expect_equal(after, before, 'open descriptors')
    burst = output.rsplit('clear port stats all', 1)[1]
    expect('RX-packets: 512 ' in burst, f'not 512 packets after the return\n{burst[-2000:]}')


@test('pulled under traffic, one that does not listen loses it and lives', ['arm-smmuv3'])
def deaf(platform):
    output = _pull(platform)
    for words in ('the kernel wants the device back', 'the kernel still waits for the device',
                  'taken away from the application, which did not let go of it',
                  'gone\nalive\nanswers\nopen devices: 1\n', 'stopped\n'):
        expect(words in output, f'no "{words}" in\n{output[-4000:]}')
    with_bars = int(re.search(r'mapped BARs: (\d+)', output)[1])
    expect(with_bars > 0, 'the other device lost its BARs')
