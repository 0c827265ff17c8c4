# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""POWER: windows of sPAPR, a container for each group.

The kernel traces no mappings there.  The payloads prove that DMA arrives, and the IOVAs of
the process that it used the window.
"""

import json
import re

from labkit import facts, guest, oracle
from labkit.platforms import PLATFORMS
from labkit.testing import expect, expect_equal, part, test

START = 1 << 59
SCRIPT = '''
. /usr/share/vfio-msi/facts.sh
vfio-bind $1 $2 || exit 1
dpdk-test-msi layout -a vfio_msi:$1 >/tmp/layout 2>&1
fact_text layout </tmp/layout
facts_of ours_ /usr/share/vfio-msi/traffic.sh $1 $2
dmesg >/tmp/dmesg
fact_text dmesg </tmp/dmesg
'''
# A NIC behind a host bridge that has the default window only, of 256 MiB.
NARROW = '0004:00:01.0'
NARROW_LAST = (1 << 28) - 1
NARROW_BRIDGE = ('-device', 'spapr-pci-host-bridge,index=4,id=phb4,ddw=off,dma_win_size=0x10000000',
                 '-device', 'e1000e,bus=phb4.0,addr=1,romfile=')
# For each answer the exit status and words in it.
ANSWERS = {
    'list': (0, '/dev/vfio/4  iommu-phb0004     -  yes'),
    'layout': (0, f'allowed  {START:#018x}-', 'backend         spapr'),
    'narrow': (0, f'allowed  {0:#018x}-{NARROW_LAST:#018x}'),
    'both': (1, 'no address remains that all devices can use'),
    'bits': (1, f'dma_bits=58 allows 0x0-{(1 << 58) - 1:#x}, but the IOMMU of the device translates '
                f'only addresses in {START:#x}-'),
    'map': (0, ),
    'doctor': (0, 'devices    2, usable: 2',
               f'note limits-assumed: the window of the IOMMU is assumed to begin at IOVA {START:#x}'),
    'frozen': (1, f'{NARROW}, vfio-pci: access, EEH frozen', 'the device is frozen',
               'on POWER the kernel does not log that it froze a device'),
    'stock': (None, 'unsupported start address', 'No probed ethernet devices'),
    'small': (None, "EAL's memory can't be mapped for DMA: ", ' failed: Invalid argument',
              'No probed ethernet devices'),
    'large': (None, 'too few free IOVAs for ', 'No probed ethernet devices'),
    'kernel': (0, 'good frames 128'),
}


def _check_dmesg(said):
    faults = [line for line in said['dmesg'].splitlines()
              if re.search('EEH: (Frozen|Recovering|Fenced|dead|PHB#.* failure)|WARNING:|BUG:|iommu_tce: ', line)]
    expect_equal(faults, [], 'faults in dmesg')


@test('windows, payloads, interrupts, two groups', ['ppc-spapr'], soak=True)
def windows(platform):
    result = guest.run(platform, ['sh', '-c', SCRIPT, 'sh', *PLATFORMS[platform].nics],
                       seconds=300)
    said = facts.read(result)
    expect(re.search(rf'^allowed  {START:#018x}-', said['layout'], re.MULTILINE) and
           'IOVAs are assigned' in said['layout'], said['layout'])
    ours = said.of('ours_')
    oracle.check_burst(ours, 'spapr')
    oracle.check_interrupts(ours['interrupts'], 'vfio-msix')
    _check_dmesg(said)


@test('answers of the tool, stock DPDK, hotplug, a window that is too small, the kernel\'s driver '
      'afterwards', ['ppc-spapr'], soak=True)
def comings(platform):
    first, second = PLATFORMS[platform].nics
    result = guest.run(platform, ['/usr/share/vfio-msi/power.sh', first, second, NARROW],
                       seconds=600, qemu_args=NARROW_BRIDGE)
    said = facts.read(result)
    with part('each answer says what to do'):
        for name, (status, *wanted) in ANSWERS.items():
            for words in wanted:
                expect(words in said[name], f'no "{words}" in {name}:\n{said[name]}')
            if status is not None:
                said.check(name, **{f'{name}_status': status})
    with part('map counts devices that it closes at exit, and no container'):
        rows = json.loads(said['map'])['measurements']
        closed = {row['by']: row['close']['calls'] for row in rows if row['result'] == 'measured'}
        expect_equal(closed, {'one call': 0, 'vfio_msi': 1}, 'devices closed at exit')
    with part('a device of another group comes; one whose window lacks the IOVAs is rejected'):
        log = said['log']
        said.check('log', attached=True, burst=True, status=0)
        oracle.check_payloads(log)
        found = re.search(rf'{NARROW}: not used: 0x([0-9a-f]+)-0x([0-9a-f]+) is in use but outside of '
                          rf"this device's IOMMU aperture, 0x0-{NARROW_LAST:#x}", log)
        expect(found and int(found[1], 16) >= START, f'no rejection with both ranges\n{log[:4000]}')
    _check_dmesg(said)
