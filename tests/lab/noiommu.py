# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Devices without an IOMMU, in VFIO's no-IOMMU mode.

No IOMMU shows mappings or faults, so testpmd reads the headers of all packets. A secondary
process uses one queue of both ports.
"""

import re

from labkit import facts, findings, guest, oracle, rules
from labkit.platforms import PLATFORMS
from labkit.testing import expect, expect_equal, part, test

ASK = 'all memory of this machine, give backend=noiommu, as root'
WARNING = 'no IOMMU restricts this device: it can read and write all memory of this machine'
MODE = '/sys/module/vfio/parameters/enable_unsafe_noiommu_mode'
RXINTR = 'sent 20, received 20, wake-ups 20, bytes wrong 0'
# Every vector of an igb arrives, in 16 rounds and one more of the loopback.
VECTORS = 'MSI-X  10 vectors, loopback 340 of 340, device (igb) 160 of 160'
# For each answer the exit status and words in it.
ANSWERS = {
    'off': (1, f'no-IOMMU mode is off; switch it on, then bind the device to vfio-pci again: '
               f'echo 1 > {MODE}'),
    'list': (0, '/dev/vfio/noiommu-', ASK),
    'auto': (1, 'is in a no-IOMMU group; ', ASK),
    'layout': (0, 'backend         noiommu, chosen for all: backend=noiommu',
               'no-IOMMU group', 'reaches all memory', 'IOVAs are physical addresses'),
    'left': (1, f'no-IOMMU mode is off; switch it on: echo 1 > {MODE}'),
    'rawio': (1, 'needs CAP_SYS_RAWIO'),
    'admin': (1, "needs EAL's IOVA mode PA, which EAL has for root (CAP_SYS_ADMIN, "
                 'CAP_SYS_RAWIO) with hugepages only'),
    'rxintr': (0, RXINTR),
    'irq': (0, ', backend noiommu\n', VECTORS),
    'map': (1, 'has no IOMMU, so nothing is mapped for it'),
    'bench_map': (1, 'has no IOMMU, so nothing is mapped for it'),
    'frames': (1, '--self-test needs an IOMMU, as its frames are not in hugepages; omit it for this device'),
}


@test('rules, rejections, packets of two processes, payloads, hotplug, interrupts',
      ['arm-noiommu', 'x86-noiommu'])
def noiommu(platform):
    nics = (*PLATFORMS[platform].nics, PLATFORMS[platform].spare)
    result = guest.run(platform, ['/usr/share/vfio-msi/noiommu.sh', *nics], seconds=220)
    said = facts.read(result)
    with part('fake and kernel keep the same rules'):
        rules.compare(said, 'rules', 'noiommu')
        rules.compare(said, 'denied', 'noiommu-denied')
    with part('each answer says what to do'):
        for name, (status, *wanted) in ANSWERS.items():
            for words in wanted:
                expect(words in said[name], f'no "{words}" in {name}:\n{said[name]}')
            if name != 'admin':
                said.check(name, **{f'{name}_status': status})
    with part('doctor has the findings of the machine'):
        findings.check_without_iommu(said['doctor'], nics)
        findings.check_without_iommu_given(said['doctor_given'], nics)
    with part('both processes send and receive'):
        oracle.check_bars(said, 'bars', 6)
        oracle.check_shared_burst(said, 'burst')
        oracle.check_interrupts(said['interrupts'], 'vfio-msix')
        log = said['first_burst']
        oracle.check_backend(log, 'noiommu')
        expect_equal(log.count(WARNING), 2, f'warnings in\n{log[:2000]}\n')
    with part('memory grows, devices come and go'):
        log = said['first_rest']
        said.check('first_rest', second_status=0, unbound_status=0, again=True, rejected=True,
                   first_status=0)
        expect(f'conflicts with vfio_msi:{nics[0]}, which has backend=noiommu' in log, log[-2000:])
        expect(said['pages_after'] > said['pages_before'], f'memory did not grow: {said["pages_after"]}')
        expect('EAL_IOMMU: ' not in said['first_grown'] + log, said['first_grown'][-2000:])
    expect_equal(re.findall(r'.*(?:BUG|Oops|Call trace|Call Trace).*', result.dmesg), [],
                 'faults of the kernel')


# A host bridge that bypasses the IOMMU, with a NIC.
BYPASS = ('-device', 'pxb-pcie,id=bypass,bus_nr=0x80,bypass_iommu=on',
          '-device', 'pcie-root-port,id=rp9,bus=bypass,chassis=9',
          '-device', 'e1000e,bus=rp9,romfile=')
LEAVES = f'''
. /usr/share/vfio-msi/testpmd.sh
. /usr/share/vfio-msi/facts.sh
modprobe vfio
echo Y >{MODE}
bypasses=$(basename "$(dirname "$(grep -l 0x10d3 /sys/bus/pci/devices/0000:8*/device)")")
vfio-bind "$bypasses" "$1" || exit 1
testpmd_start --no-pci -a "vfio_msi:$bypasses,backend=noiommu" -l 0,1 -n 1 -m 64 \\
    -- -i --total-num-mbufs=2048 || exit 1
testpmd_say 'port stop 0'
testpmd_say 'port detach 0'
fact_if left testpmd_await 'Now total ports is 0' 20
testpmd_say "port attach vfio_msi:$1"
fact_if attached testpmd_await 'Now total ports is 1' 20
testpmd_quit
fact_text log <$TESTPMD_LOG
'''


@test('a device that has an IOMMU comes after one that has none', [('x86-vtd', 'iommufd')])
def comes_after(platform, backend):
    result = guest.run(platform, ['sh', '-c', LEAVES, 'sh', PLATFORMS[platform].nics[0]],
                       seconds=120, qemu_args=BYPASS, backend=backend)
    said = facts.read(result)
    said.check('log', left=True, attached=True)
    expect(re.search('IOVA mode is PA since the start of this process, because of '
                     r'vfio_msi:0000:8\w:00\.0, which has no IOMMU', said['log']), said['log'][-3000:])
    expect('--iova-mode=pa' not in said['log'], said['log'][-3000:])
