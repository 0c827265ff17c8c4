# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Devices without a reset of their own: the bus resets the whole PCI bus, or warns."""

from labkit import facts, guest
from labkit.testing import expect, expect_equal, test

SCRIPT = '/usr/share/vfio-msi/reset.sh'

# Two functions of one slot, on one wire.
TWINS = ('-device', 'pcie-root-port,id=rp9,chassis=9,addr=9',
         *(argument for f in (0, 1) for argument in (
             '-netdev', f'hubport,id=twin{f},hubid=9', '-device',
             f'e1000,bus=rp9,addr=0.{f},multifunction=on,romfile=,netdev=twin{f}')))

NOT_RESET = 'is not reset and starts in the state that its last user left, with DMA off'
# The mark in a register of the sibling.
MARK = '0x12345670'
RESET = 'reset together with its bus, 2 functions'


def _twins(platform, kernel, refusal):
    result = guest.run(platform, [SCRIPT], kernel=kernel, seconds=200, qemu_args=TWINS)
    said = facts.read(result)
    said.check('unbound_log', unbound_mark_before=MARK, unbound_mark_after=MARK)
    text = said['unbound_log']
    expect(f'.0: {NOT_RESET}: it has no reset of its own, and {refusal}' in text, text)
    said.check('bound_log', bound_mark_before=MARK, bound_mark_after='0x00000000')
    text = said['bound_log']
    expect(RESET in text and NOT_RESET not in text, text)
    start, back = said['both_log'], said['back_log']
    expect_equal((start.count(RESET), start.count(NOT_RESET)), (1, 0), f'resets\n{start}')
    expect_equal((back.count(RESET), back.count(NOT_RESET)), (0, 1), f'resets\n{back}')
    expect('shares its bus with 0000:' in back and ', which is in use' in back, back)
    # The kernel's log: the function that stayed in use was not reset.
    kernel = said['kernel']
    expect('00.1: resetting' in kernel, f'no reset of the second\n{kernel}')
    meanwhile = kernel.split('reset.sh: back')[1].split('reset.sh: end')[0]
    expect('00.0: resetting' not in meanwhile, f'reset while it runs\n{meanwhile}')
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')


@test('two functions that can only be reset together', ['arm-smmuv3'])
def twins(platform):
    _twins(platform, '', 'the kernel refuses to reset its bus: Invalid argument')


@test('two functions that can only be reset together, by character devices', ['arm-smmuv3'])
def twins_of_cdevs(platform):
    # Owning one device does not include a function that is not bound to vfio-pci.
    _twins(platform, 'lab', 'shares its bus with 0000:01:00.1, which this process does not have')
