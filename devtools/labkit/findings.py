# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""What doctor must find on each platform, and for users, units and captures (doctor.sh)."""

import json
import re

from . import schema
from .testing import expect, expect_equal

# With two NICs on vfio-pci; the boots that ask have no plugin.
ALWAYS = {'plugin-missing', 'limits-assumed'}
# x86 has a window of the host bridge where EAL's memory begins.
OF = {
    'arm-smmuv3': set(),
    'arm-smmuv3-acpi': set(),
    'arm-gicv2m': {'unsafe-interrupts'},
    'arm-virtio-iommu': {'unsafe-interrupts'},
    'arm-reserved': {'unsafe-interrupts', 'eal-memory-moved'},
    'arm-window40': {'unsafe-interrupts', 'eal-memory-short'},
    'x86-vtd': {'eal-memory-moved'},
    'x86-vtd39': {'eal-memory-moved', 'iommu-narrow'},
    # Its windows are above that.
    'x86-two-bridges': set(),
    'x86-amdvi': {'eal-memory-moved'},
    'x86-virtio-iommu': {'unsafe-interrupts', 'eal-memory-moved'},
    # No file shows what its IOMMU translates.
    'x86-aperture33': {'unsafe-interrupts'},
    'x86-aperture32': {'unsafe-interrupts'},
}
# What a capture does not have, and what only the kernel's answers in it show.
NOT_CAPTURED = {'plugin-missing', 'limits-assumed', 'eal-memory-moved'}
CAPTURED = {'arm-reserved': {'msi-lost'}}
# On a PC, who may not read addresses in /proc/iomem can't know windows of the host bridge: doctor
# itself, or a user or unit that it is asked about.
BLIND = ('self', 'other')
ASKED_FOR = ('denied', 'member', 'left', 'unit_good', 'unit_small', 'unit_later', 'both')
# Findings of each question of doctor.sh that the platform does not have, and those it lacks.
ASKED = {
    'asked': ({'unit-unknown'}, set()),
    'denied': ({'node-denied', 'hugepages-denied'}, set()),
    'member': (set(), set()),
    'left': ({'hugepages-left'}, set()),
    'unit_good': (set(), set()),
    'unit_small': ({'unit-devices', 'memlock-small', 'node-denied', 'hugepages-denied', 'runtime-denied'}, set()),
    # A group that systemd may create when it starts the unit.
    'unit_later': ({'node-untested'}, set()),
    'unit_broken': ({'unit-unknown'}, set()),
    'unit_gone': ({'unit-unknown'}, set()),
    'both': ({'unit-devices', 'memlock-small'}, set()),
    'self': ({'memlock-small', 'node-denied', 'hugepages-denied', 'runtime-denied'}, set()),
    'other': ({'node-untested'}, set()),
}
WORDS = {
    'asked': "systemd can't be asked about the unit no.service",
    'denied': "alice can't open /dev/vfio/",
    'left': '/dev/hugepages has files rtemap_N of another user',
    'unit_small': 'the unit small.service may lock 64 KiB of memory only',
    'unit_later': 'whether alice can open /dev/vfio/',
    'unit_gone': 'systemd has no unit gone.service',
    'self': "this user can't open /dev/vfio/",
    'other': 'whether bob can open /dev/vfio/',
}


def of(platform):
    """The findings that are right for a platform with its NICs on vfio-pci."""
    return ALWAYS | OF[platform]


def _ids(found):
    return {finding['id'] for finding in found['findings']}


def check(platform, text):
    """doctor has the findings of the machine, each with a reason."""
    found = schema.load(text, 'doctor', 1)
    expect_equal(_ids(found), of(platform), f'findings {found["findings"]}')
    expect_equal((found['worst'], found['iommu']), ('fault', True), 'worst and IOMMU')
    expect(all(finding['why'] for finding in found['findings']), text)


def check_without_iommu(text, nics):
    """In no-IOMMU mode the bus skips the devices, and doctor says why; the plugin is installed."""
    found = schema.load(text, 'doctor', 1)
    expect_equal(_ids(found), {'iommu-off', 'noiommu-mode', 'device-unusable'}, f'{found["findings"]}')
    expect_equal([finding['device'] for finding in found['findings'] if finding['id'] == 'device-unusable'],
                 list(nics), 'devices')


def check_without_iommu_given(text, nics):
    """With backend=noiommu, which works here, nothing but a note of each device is found."""
    found = schema.load(text, 'doctor', 0)
    expect_equal([(finding['id'], finding['device']) for finding in found['findings']],
                 [('device-noiommu', nic) for nic in nics], f'{found["findings"]}')


def check_asked(platform, said, nics):
    """Each user, unit and process has its findings, on each device."""
    for name, (more, less) in ASKED.items():
        found = schema.load(said[name], 'doctor', 1)
        if name in BLIND and platform.startswith('x86'):
            more, less = more | {'windows-unread'}, less | {'eal-memory-moved'}
        if name in ASKED_FOR and platform.startswith('x86'):
            more = more | {'windows-unread'}
            expect(',hole=0x' in said[name], f'{name}: no range in {said[name]}')
        expect_equal(_ids(found), (of(platform) | more) - less, f'{name}: {found["findings"]}')
        about = [finding['device'] for finding in found['findings']
                 if finding['id'] in ('node-denied', 'node-untested')]
        expect_equal(about, [nic for nic in nics if about], f'devices of {name}')
        expect(WORDS.get(name, '') in said[name], f'no "{WORDS.get(name)}" in {said[name]}')
    for name, words in (('nobody', 'no-such-user: there is no such user'),
                        ('name', '../x y: is no name of a systemd unit'),
                        ('captured_user', 'users and units of another machine are not known here')):
        said.check(f'{name}_said', **{f'{name}_status': 2})
        expect(words in said[f'{name}_said'], said[f'{name}_said'])


def check_captured(platform, said, nics):
    """A capture has the findings of its files, and the kernel's answers."""
    found = schema.load(said['captured'], 'doctor', said['captured_status'])
    status = {'note': 0, 'warning': 3, 'fault': 1}[found['worst']]
    expect_equal(said['captured_status'], status, 'exit status of a capture')
    expect_equal(_ids(found), (of(platform) - NOT_CAPTURED) | CAPTURED.get(platform, set()), f'findings of a capture: {found["findings"]}')
    expect_equal(found['devices'], [{'bdf': nic, 'used': True} for nic in nics], 'devices')


# Where try.sh runs: the kind of interrupt that arrives, and whether a better one is refused.
TRIED = {('arm-smmuv3', 'type1'): ('MSI-X', False), ('x86-vtd', 'iommufd'): ('MSI-X', False),
         ('arm-reserved', 'type1'): ('INTx', False), ('arm-virtio-iommu', 'type1'): ('INTx', True)}


def _of_device(found, nic):
    return {finding['id']: finding['what'] for finding in found['findings'] if finding['device'] == nic}


def check_tried(said, nics, kind, fewer):
    """--try finds what arrives, and leaves nothing; a device in use is left alone."""
    predicted, tried, held = (schema.load(said[name], 'doctor', json.loads(said[name])['status'])
                              for name in ('predicted', 'tried', 'held'))
    expect(not any(name.startswith('try-') for name in _ids(predicted)), f'{predicted["findings"]}')
    good = f'{kind}: interrupts that the device raised arrived'
    for nic in nics:
        of = _of_device(tried, nic)
        expect_equal((of.get('try-good'), 'try-fewer' in of), (good, fewer),
                     f'{nic}: {tried["findings"]}\n{said["tried_said"]}')
    # The layout of all devices is the kernel's then.
    for found, checked in ((predicted, False), (tried, True), (held, False)):
        expect_equal(('limits-assumed' in _ids(found), found['layout_checked']), (not checked, checked),
                     f'{found["findings"]}')
    expect_equal(_ids(tried) - _ids(predicted), {'try-good'} | ({'try-fewer'} if fewer else set()),
                 f'more findings than without --try: {tried["findings"]}')
    first = rf'(?m)^dpdk-test-msi: doctor: {re.escape(nics[0])}, interrupts \(step 1 of {len(nics)}, \d+ s\)$'
    expect(re.search(first, said['tried_said']) and '\033' not in said['tried_said'],
           f'progress: {said["tried_said"]!r}')
    of = _of_device(held, nics[0])
    expect(re.match(r'its interrupts were not tried: /dev/vfio/\S+ is held by process \d+ ',
                    of.get('try-skipped', '')), f'{held["findings"]}')
    expect_equal(_of_device(held, nics[1]).get('try-good'), good, f'{held["findings"]}')
    for name in ('after', 'left_INT', 'left_TERM', 'left_KILL'):
        expect_equal(said[name], said['before'], f'interrupts, processes and command register ({name})')
    said.check(caught_INT=True, caught_TERM=True, caught_KILL=True)
