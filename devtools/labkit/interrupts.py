# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Check what "dpdk-test-msi irq --json" reports of a NIC."""

from . import schema
from .testing import expect, expect_equal

ENDURANCE = 1000


def commands(nic):
    """The shell commands whose output check() needs."""
    return (f'dpdk-test-msi irq --json --all -n 4 --self-test --endurance {ENDURANCE} {nic} '
            '2>/dev/null', f'dpdk-test-msi irq --json {nic},msi=require 2>/dev/null')


def check(messages, every, required):
    """Every kind of interrupt arrives, or is refused with the reason; nothing is left.

    MESSAGES: "set_up" of MSI-X and MSI on this platform.  EVERY, REQUIRED: the output of the
    commands.
    """
    found = schema.load(every, 'irq', int(messages == 'refused'))
    expect_equal([(kind['kind'], kind['set_up']) for kind in found['kinds']],
                 [('MSI-X', messages), ('MSI', messages), ('INTx', 'done')], 'kinds')
    for kind in found['kinds']:
        if kind['set_up'] == 'done':
            _check_counts(kind)
    expect_equal(found['left'], {'vectors': 0, 'descriptors': 0, 'iommu_page_tables': 0}, 'left')
    _check_faults(messages, [fault['text'] for fault in found['faults']])
    found = schema.load(required, 'irq', int(messages != 'done'))
    expect_equal([kind['set_up'] for kind in found['kinds']],
                 ['done'] if messages == 'done' else [messages] * 2, 'kinds with msi=require')
    if messages == 'not supported':
        expect_equal([fault['text'] for fault in found['faults']], [
            'set-up failed: the device or the platform has no interrupt that msi= allows'],
            'faults with msi=require')


def _check_faults(messages, texts):
    expect_equal(len(texts), 2 if messages == 'refused' else 0, f'faults: {texts}')
    for kind, text in zip(('MSI-X', 'MSI'), texts):
        for words in (f"{kind}: set-up failed: the kernel can't allocate a vector: ",
                      'use backend=iommufd if the kernel has it'):
            expect(words in text, f'no "{words}" in {text}')


def _check_counts(kind):
    """Nothing was lost, in step and in a storm."""
    counts = kind['endurance']
    for count in (kind['loopback'], kind['device'], kind['frames']['interrupts'],
                  counts['loopback'], counts['device'], counts['loopback_storm']):
        expect(count['raised'] == count['arrived'] > 0, f'{kind}')
    # The kernel masks INTx at each interrupt, so there is no storm of the device.
    storm = counts['device_storm']
    expect_equal((storm['raised'] > 0, storm['arrived']), (kind['kind'] != 'INTx', storm['raised']),
                 f'a storm in {kind}')
    expect_equal(kind['frames']['received'], kind['frames']['sent'], 'frames')
    expect(counts['loopback']['raised'] >= ENDURANCE and counts['alarms'] > 0, f'{kind}')
