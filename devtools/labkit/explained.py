# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Faults that explain.sh makes under a running testpmd, and what explain must say of them."""

import dataclasses
import re
import shlex

from . import facts, guest, schema
from .platforms import PLATFORMS
from .testing import expect, expect_equal, part

MARK = 'lab: stray DMA'
# Debian's kernels forbid /dev/mem to reach registers of a device that a driver has.
KERNEL_ARGS = ('iomem=relaxed',)
# Where this runs, one machine for each type of IOMMU, with the backend.
BACKENDS = {'arm-smmuv3': 'iommufd', 'x86-vtd': 'type1', 'x86-amdvi': 'iommufd', 'arm-reserved': 'type1',
            'x86-virtio-iommu': 'iommufd'}
# Whose words the log has.
IOMMUS = {'arm-smmuv3': 'SMMUv3', 'x86-vtd': 'VT-d', 'x86-amdvi': 'AMD-Vi', 'arm-reserved': 'virtio-iommu',
          'x86-virtio-iommu': 'virtio-iommu'}
# virtio-iommu prints an ID, which is taken for the address of the device.
ASSUMED = ('arm-reserved', 'x86-virtio-iommu')
# The emulated AMD-Vi reports nothing to its guest: these are the words of its driver.
WORDS = {'x86-amdvi': 'vfio-pci %s: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x0010 address=0x%x flags=0x0000]'}
# An address in a hole, the answer, and what the hole is.
HOLES = {
    'arm-smmuv3': ('0x10001000', 'bridge-window', '0x10000000-0x3efeffff: host bridge 0000:00'),
    'arm-reserved': ('0x100001000', 'reserved', '0x100000000-0x13fffffff: reserved'),
    'x86': ('0xd0000000', 'bridge-window', 'host bridge 0000:00'),
}
NOT_BY_IT = 'is in no hole and is not mapped now by a process that has the device: it was freed, or never mapped'
NO_PROCESS = 'is in no hole; whether it is mapped now is not known, as no process that has the device answers'


def _hole(platform):
    return HOLES[platform if platform in HOLES else platform.partition('-')[0]]


def runs(platform, backend):
    """Whether the faults are made there."""
    return BACKENDS.get(platform) == backend


def command(platform):
    """The line for the guest."""
    spare = PLATFORMS[platform].spare
    other = [nic for nic in PLATFORMS[platform].nics if nic != spare][-1]
    return shlex.join(['/usr/share/vfio-msi/explain.sh', spare, other, _hole(platform)[0],
                       WORDS.get(platform, 'kernel')])


def faults_before(result, answer=''):
    """IOMMU faults except those of explain.sh: in dmesg after the mark, in the emulator at its addresses."""
    at = re.findall(r'"at_\w+", "value": "(0x[0-9a-f]+)"', answer)
    lines = guest.iommu_faults(dataclasses.replace(
        result, dmesg=result.dmesg.split(MARK)[0], console=''))
    # A descriptor is read in parts.
    return [line for line in lines
            if not any(re.search(rf'\b{address[:-1]}[0-9a-f]\b', line) for address in at)]


def _maps(text):
    return [(int(iova, 16), int(iova, 16) + int(size) - 1)
            for iova, size in (line.split() for line in text.splitlines())]


def _wanted(platform, said):
    """{fault: (answer, words of it)} with both processes."""
    assumed = platform in ASSUMED
    maps, others = _maps(said['maps']), _maps(said['other_maps'])
    inside = next(f'{first:#x}-{last:#x}' for first, last in maps
                  if first <= int(said['at_mapped'], 16) <= last)
    of_other = f'is mapped at {others[0][0]:#x}-{others[0][1]:#x} by process {said["other_pid"]} (eal), which does'
    behind = f'lies 0 bytes behind {maps[-1][0]:#x}-{maps[-1][1]:#x}, which process {said["pid"]} has mapped (eal)'
    return {
        'mapped': ('mapped', f'is mapped now, at {inside} by process {said["pid"]} (eal)'),
        'hole': _hole(platform)[1:],
        'never': ('unmapped', NOT_BY_IT if assumed else 'is in no hole, is not mapped now and was not unmapped '
                              'lately: it was never mapped, or unmapped long ago'),
        'behind': ('behind', behind if assumed else f'is not mapped now, and {behind}'),
        'other': ('other-process', of_other),
    }


def _alone(platform):
    """Without a process only the hole is known."""
    return {**dict.fromkeys(('mapped', 'never', 'behind', 'other'), ('unmapped', NO_PROCESS)),
            'hole': _hole(platform)[1:]}


def _check_answers(platform, said, name, wanted):
    found = schema.load(said[name], 'explain', 1)['explained']
    text = f'{name}: {found}, of\n{said["log"]}'
    answers = {fault['iova']: fault for fault in found}
    for which, (answer, words) in wanted.items():
        # Inside of the first descriptor.
        at = int(said[f'at_{which}'], 16)
        fault = next((answers[iova] for iova in answers if at <= int(iova, 16) < at + 16), None)
        expect(fault, f'no fault at {at:#x} ({which}) in {text}')
        expect_equal((fault['device'], fault['exists'], fault['assumed'], fault['iommu'], fault['id']),
                     (PLATFORMS[platform].spare, True, platform in ASSUMED, IOMMUS[platform], answer),
                     f'{which}: device, IOMMU and answer in {text}')
        expect(words in fault['what'], f'{which}: no "{words}" in {fault}')
        expect_equal((fault['candidates'], fault['what'].endswith('; the device is not certain')),
                     ([PLATFORMS[platform].spare], platform in ASSUMED), f'{which}: candidates and certainty')
    return found


def check(platform, answer, emulator):
    """Each fault has its answer, by telemetry, by a capture, and with neither."""
    said = facts.Facts(answer + '\n')
    if platform in WORDS:
        with part('the emulated IOMMU has blocked each access'):
            for name in said.names():
                if name.startswith('at_'):
                    expect(re.search(rf'\b{said[name]} hpa 0x0$', emulator, re.MULTILINE),
                           f'{said[name]} ({name}) is not blocked:\n{emulator[-2000:]}')
    with part('explain says what each address is, by telemetry of the processes'):
        wanted = _wanted(platform, said)
        found = _check_answers(platform, said, 'explained', wanted)
        places = [int(said[f'at_{which}'], 16) for which in wanted]
        expect(all(any(at <= int(fault['iova'], 16) < at + 16 for at in places) for fault in found),
               f'other faults in\n{said["log"]}')
        spare, at = PLATFORMS[platform].spare, said['at_hole'][:-1]
        expect(re.search(rf'^{spare}.* at {at}[0-9a-f], .*\n  {wanted["hole"][0]}: is in the hole ', said['text'],
                         re.MULTILINE), said['text'])
        asked = schema.load(said['address'], 'explain')['explained'][0]
        expect_equal((asked['device'], asked['id']), (spare, 'unmapped'), 'an address of the user')
        expect('is not mapped now and was not unmapped lately' in asked['what'], f'{asked}')
    with part('explain says what is known without a process, and by a capture'):
        for name in ('captured', 'alone'):
            _check_answers(platform, said, name, _alone(platform))
    with part('explain says who has freed the memory'):
        said.check('grow', grow_status=0)
        at = int(said['at_freed'], 16)
        _check_answers(platform, said, 'explained_freed', {'freed': ('freed', f'was mapped at {at:#x}-')})
