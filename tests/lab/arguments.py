# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Wrong arguments and configurations: each error message names the cause."""

import json
import re

from labkit import build, facts, guest
from labkit.testing import each_backend, expect, expect_equal, part, test

NAME, OTHER_NAME = '0000:00:03.0', '0000:00:05.0'
ONE, OTHER = f'vfio_msi:{NAME}', f'vfio_msi:{OTHER_NAME}'
CASES = '/usr/share/vfio-msi/cases.sh'
PORT = re.compile(r'^Port \d+: [0-9A-F:]{17}', re.MULTILINE)

# EAL arguments; a part of the message or none; the number of ports, including those that
# the pci bus probes because no argument restricts it.
BOUND = [
    (f'-a {ONE},foo=1 -a {OTHER}', f'{ONE}: not used: unknown key "foo"', 1),
    (f'-a {ONE},msi=maybe -a {OTHER}', f'{ONE}: not used: invalid value "maybe" for key "msi"', 1),
    (f'-a {ONE},hole=0x2000-0x1000', 'invalid value "0x2000-0x1000" for key "hole"', 1),
    (f'-a {ONE}{",hole=0-0xfff" * 40} -a {OTHER}', f'{ONE}: not used: the argument has 40 keys, but '
     'DPDK reads at most 32; give fewer', 1),
    (f'-a {ONE},dma_bits=8', f'{ONE}: not used: invalid value "8" for key "dma_bits"', 1),
    (f'-a {ONE},backend=v1', 'invalid value "v1" for key "backend"', 1),
    ('-a vfio_msi:0000:00:09.0 -a ' + OTHER, '00:09.0: not used: there is no such PCI device', 2),
    (f'-a 0000:00:03.0 -a {ONE}', 'given to two buses, by "-a 0000:00:03.0" and by '
     f'"-a {ONE}"', 1),
    (f'-a {ONE},msi=off --log-level=bus.vfio_msi:info', f'{ONE}: interrupts are INTx', 2),
    (f'-a {ONE},msi=require --vfio-intr=legacy --log-level=bus.vfio_msi:info',
     f'{ONE}: interrupts are MSI-X', 2),
    (f'-a {ONE} --vfio-intr=legacy --log-level=bus.vfio_msi:info',
     f'{ONE}: interrupts are INTx', 2),
    (f'-a {ONE},hole=0x100000000-0x1ffffffff --log-level=bus.vfio_msi:info',
     'memory is steered to 0x2', 2),
    ('-a vfio_msi:all', '', 2),
    # "all" neither replaces the keys of a device that is named, nor uses it without them.
    (f'-a {ONE},msi=off -a vfio_msi:all --log-level=bus.vfio_msi:info',
     f'{ONE}: interrupts are INTx', 2),
    (f'-a {ONE},hloe=0-0xfff -a vfio_msi:all', f'{ONE}: not used: unknown key "hloe"', 1),
]


def _check(said, number, case):
    arguments, message, ports = case
    log = f'case_{number}'
    output = said[log]
    said.check(log, **{f'{log}_status': 0})
    expect(message in output, f'with {arguments}: no "{message}" in\n{output[:1500]}')
    expect_equal(len(PORT.findall(output)), ports, f'ports with {arguments}\n{output[:1500]}\n')


def _check_cases(platform, cases, *options, **limits):
    """Run all cases in one guest and check each."""
    command = [CASES, *options, *(case[0] for case in cases)]
    result = guest.run(platform, command, seconds=30 + 12 * len(cases), **limits)
    said = facts.read(result)
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
    for number, case in enumerate(cases):
        _check(said, number, case)


@test('each mistake has its message, the other devices work', [('arm-smmuv3', 'iommufd')],
      tail=each_backend('arm-smmuv3'))
def bound(platform, backend):
    _check_cases(platform, BOUND, '--bind', '0000:00:03.0 0000:00:05.0', backend=backend)


LOOK = '''
vfio-bind 0000:00:03.0 0000:00:05.0
timeout -k 5 180 vfio-msi-foreach -l 0 --no-pci -a vfio_msi:0000:00:03.0 -a vfio_msi:0000:00:05.0 \\
    -- "$@" || exit 1
. /usr/share/vfio-msi/facts.sh
for log in /tmp/foreach.*; do
    fact_text "log_${log##*.}" <$log
done
'''
# The iterator's argument; the devices found; rte_errno and its message.
EINVAL = 22
BAD_ADDR = 'invalid addr={}; give one addr=DDDD:BB:DD.F, or addr=all'
LOOKED_FOR = [
    ('bus=vfio_msi', [NAME, OTHER_NAME], 0, ''),
    ('bus=vfio_msi,addr=all', [NAME, OTHER_NAME], 0, ''),
    ('bus=vfio_msi,addr=0000:00:03.0', [NAME], 0, ''),
    ('bus=vfio_msi,addr=0000:00:05.0/class=eth', [OTHER_NAME], 0, ''),
    ('bus=vfio_msi,addr=0000:00:09.0', [], 0, ''),
    ('bus=vfio_msi,addr=0000:00:03', [], EINVAL, BAD_ADDR.format('0000:00:03')),
    ('bus=vfio_msi,addr=', [], EINVAL, BAD_ADDR.format('')),
    ('bus=vfio_msi,adr=0000:00:03.0', [], EINVAL,
     'can\'t parse "adr=0000:00:03.0"; name a device with addr=DDDD:BB:DD.F'),
    # A search on the pci bus finds a device by its address, and finds no other device.
    ('bus=pci,addr=0000:00:03.0', [NAME], 0, ''),
    ('bus=pci,addr=00:05.0', [OTHER_NAME], 0, ''),
    ('bus=pci,addr=0000:00:09.0', [], 0, ''),
    ('bus=pci', [], 0, ''),
]
# Strings from configurations of applications; the ports found. libethdev rejects the names
# of most buses, including this one.
PORTS_LOOKED_FOR = [
    (NAME, [NAME]),
    (NAME[5:], [NAME]),
    (f'pci:{OTHER_NAME}', [OTHER_NAME]),
    ('0000:00:09.0', []),
    ('class=eth,mac=52:54:00:12:34:57', [OTHER_NAME]),
    (ONE, []),
]


@test('an application finds devices by bus=vfio_msi,addr= and ports by a plain address', ['arm-smmuv3'])
def looked_for(platform):
    result = guest.run(platform, ['sh', '-c', LOOK, 'sh', *(item[0] for item in LOOKED_FOR),
                                  *(text for text, _ in PORTS_LOOKED_FOR)], seconds=90)
    said = facts.read(result)
    for number, (text, devices, error, words) in enumerate(LOOKED_FOR):
        log = said[f'log_{number}']
        expect_equal(said[f'devices_{number}'].split(), devices, f'{text} gives, after\n{log}\n')
        said.check(f'log_{number}', **{f'error_{number}': error})
        expect(words in log if words else 'VFIO_MSI' not in log, f'{text}: no "{words}" in\n{log}')
    for number, (text, ports) in enumerate(PORTS_LOOKED_FOR, len(LOOKED_FOR)):
        expect_equal(said[f'ports_{number}'].split(), ports,
                     f'{text} gives, after\n{said[f"log_{number}"]}\n')


INTX_ONLY = ('-device', 'e1000,addr=a,romfile=')
# The device stays on the bus, without a driver.
MOVE = '''
vfio-bind 0000:00:0a.0
. /usr/share/vfio-msi/facts.sh
timeout -k 5 180 vfio-msi-foreach -l 0 -m 64 -a vfio_msi:0000:00:0a.0,msi=require -- 0000:00:0a.0 \\
    +0000:00:0a.0 2>/tmp/log || exit 1
cat /tmp/log /tmp/foreach.* | fact_text log
'''


@test('a port of the pci bus is found if its device did not start on this bus', ['arm-smmuv3'])
def moved(platform):
    result = guest.run(platform, ['sh', '-c', MOVE], seconds=90, qemu_args=INTX_ONLY)
    said = facts.read(result)
    expect('no interrupt type allowed by msi=require works' in said['log'], said['log'])
    said.check('log', ports_0='', attached_1=0, ports_1='0000:00:0a.0 ')


@test('an unbound device is reported with the command that binds it', ['arm-smmuv3'])
def unbound(platform):
    case = (f'-a {ONE}', f'{ONE}: not used: is bound to no driver; bind it with: '
            'dpdk-devbind.py -b vfio-pci 0000:00:03.0', 0)
    _check_cases(platform, [case])


@test('without an MSI controller msi=require fails, msi=auto uses INTx', [('arm-reserved', 'type1')],
      tail=each_backend('arm-reserved'))
def no_msi(platform, backend):
    cases = [(f'-a {ONE},msi=require', f'{ONE}: no interrupt type allowed by msi=require works', 0),
             (f'-a {ONE}', f'{ONE}: interrupts are INTx: MSI-X: not supported by the device or the '
              'platform', 1)]
    _check_cases(platform, cases, '--bind', '0000:00:03.0', backend=backend)


@test('IOVA as PA: the message names the page in a hole', [('arm-reserved', 'iommufd')],
      tail=[('arm-reserved', 'type1')])
def page_in_hole(platform, backend):
    # RAM is at 1 GiB to 7 GiB: most hugepages are above 4 GiB. The lab's kernel is small
    # and also has hugepages in the MSI window.
    hole = {'type1': '0x100000000-0x13fffffff (reserved', 'iommufd': '0xe0000000-0xe00fffff (MSI'}
    case = (f'-a {ONE} --iova-mode=pa -m 3072', f'{hole[backend]}, from 0000:00:03.0)', 0)
    _check_cases(platform, [case], '--bind', '0000:00:03.0', memory='6G', hugepages=2200,
                 backend=backend)


# Two conventional PCI NICs behind one bridge are one group.
BRIDGE = ('-device', 'pcie-root-port,id=rp,chassis=1,addr=9',
          '-device', 'pcie-pci-bridge,id=pb,bus=rp',
          '-device', 'e1000,bus=pb,addr=1,romfile=', '-device', 'e1000,bus=pb,addr=2,romfile=')
SIBLING = '''
modprobe uio_pci_generic
first=$(basename /sys/bus/pci/devices/*:01.0) other=$(basename /sys/bus/pci/devices/*:02.0)
vfio-bind $first
echo uio_pci_generic >/sys/bus/pci/devices/$other/driver_override
echo $other >/sys/bus/pci/drivers_probe
/usr/share/vfio-msi/cases.sh "-a vfio_msi:$first"
vfio-bind $other
CASE=1 /usr/share/vfio-msi/cases.sh "-a vfio_msi:$first -a vfio_msi:$other"
. /usr/share/vfio-msi/testpmd.sh
. /usr/share/vfio-msi/facts.sh
testpmd_start -l 0,1 -n 1 -a vfio_msi:$first -- -i --total-num-mbufs=4096
testpmd_say "port attach vfio_msi:$other"
fact_if joined testpmd_await 'Port 1 is attached' 10
testpmd_quit
fact status $?
fact_text log <$TESTPMD_LOG
'''


@test('a message names the member that blocks a group; both devices work after it is bound',
      [('x86-vtd', 'type1')], tail=[('x86-vtd', 'iommufd')])
def sibling(platform, backend):
    result = guest.run(platform, ['sh', '-c', SIBLING], seconds=90, qemu_args=BRIDGE,
                       backend=backend)
    said = facts.read(result)
    expect(re.search(r':01\.0: not used: IOMMU group \d+ is not viable: its member \S+:02\.0 is '
                     r'bound to uio_pci_generic; bind it to vfio-pci too', said['case_0']),
           said['case_0'][:1500])
    _check(said, 1, ('both devices of the group', '', 2))
    said.check('log', joined=True, status=0)
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')


HOLD = '''
vfio-bind 0000:00:03.0 0000:00:05.0
sleep 1000 9<>/dev/vfio/1 &
exec /usr/share/vfio-msi/cases.sh "$@"
'''


@test('a message names the process that holds a device', [('arm-smmuv3', 'type1')],
      tail=each_backend('arm-smmuv3'))
def held(platform, backend):
    result = guest.run(platform, ['sh', '-c', HOLD, 'sh', f'-a {ONE} -a {OTHER}'], seconds=90,
                       backend=backend)
    said = facts.read(result)
    said.check('case_0', case_0_status=0)
    output = said['case_0']
    expect(re.search(r"/dev/vfio/1 is held by process \d+ \(sleep\); stop it if you don't need it",
                     output), output[:1500])
    expect_equal(len(PORT.findall(output)), 1, f'ports\n{output[:1500]}\n')
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')


USER = '''
vfio-bind 0000:00:03.0 0000:00:05.0
nodes=$(ls -d /dev/vfio/[0-9]* /dev/vfio/devices/* /dev/iommu 2>/dev/null)
chgrp 1000 $nodes /dev/hugepages
chmod g+rw $nodes
chmod 1775 /dev/hugepages
# A run of root with the default prefix leaves this.
: >/dev/hugepages/rtemap_0
chmod 600 /dev/hugepages/rtemap_0
mkdir -p /run/user/1000 /tmp/own
chown 1000:1000 /run/user/1000
for limit in 8388608 unlimited; do
    prlimit --memlock=$limit setpriv --reuid 1000 --regid 1000 --clear-groups \
        env XDG_RUNTIME_DIR=/run/user/1000 CASE=$((number += 1)) /usr/share/vfio-msi/cases.sh "$@"
done
rm -f /dev/hugepages/rtemap_0
. /usr/share/vfio-msi/facts.sh
prlimit --memlock=unlimited setpriv --reuid 1000 --regid 1000 --clear-groups \\
    env XDG_RUNTIME_DIR=/run/user/1000 timeout -k 5 180 vfio-msi-grow 20 0 64 \\
    'exec /usr/share/vfio-msi/grow.sh limit' -l 0,1 -n 1 -m 4 -a vfio_msi:0000:00:03.0 \\
    --log-level=bus.vfio_msi:info >/tmp/grow.log 2>&1
fact grow_status $?
grep '^{"fact"' /tmp/grow.log
grep -v '^{"fact"' /tmp/grow.log | fact_text grow
'''
REFUSED = re.compile(r'new memory at VA \S+, IOVA 0x[0-9a-f]+-0x[0-9a-f]+, .*: NOT mapped for DMA, '
                     r'devices must not use it.*RLIMIT_MEMLOCK')


def _check_refused(said):
    log = said['grow']
    said.check('grow', grow_status=0, failed=0, lost=0, mapped_held=said['mapped_start'],
               mapped_end=said['mapped_start'])
    counts = {when: json.loads(said[f'telemetry_{when}'])['/vfio_msi/memory']
              for when in ('start', 'held', 'end')}
    for when, count in counts.items():
        expect_equal((count['iova'], count['eal_bytes']), ('va', said['mapped_start']), when)
    expect_equal([counts['start'][name] for name in ('refused', 'refused_bytes')], [0, 0], 'start')
    held, end = counts['held'], counts['end']
    # Each of two lcores holds 16 MiB; some pages are of the start.
    expect(held['refused_bytes'] > 16 << 20, f'{held}')
    expect_equal(end['refused_bytes'], 0, 'bytes that are refused at the end')
    expect_equal(len(REFUSED.findall(log)), end['refused'], f'errors in\n{log[:3000]}\n')


def _unit_arguments(device, memory):
    """EAL's arguments of the example service, without the processors, which cases.sh gives."""
    text = (build.SOURCE / 'examples/service/dpdk-app.service').read_text(encoding='utf-8')
    command = re.search(r'(?m)^ExecStart=\S*/dpdk-testpmd (.*?) -- ', text)[1]
    command = command.replace('${DEVICE}', device).replace('${MEMORY}', str(memory))
    return re.sub(r'-l \S+ ', '', command)


@test('works without root; a low RLIMIT_MEMLOCK is reported', each_backend('x86-vtd'))
def without_root(platform, backend):
    arguments = f'{_unit_arguments(NAME, 64)} -a {OTHER}'
    result = guest.run(platform, ['sh', '-c', USER, 'sh', arguments], seconds=90, backend=backend)
    said = facts.read(result)
    _check(said, 1, ('8 MiB of RLIMIT_MEMLOCK',
                     '64 MiB must be locked for DMA, but RLIMIT_MEMLOCK is 8 MiB', 0))
    _check(said, 2, ('no RLIMIT_MEMLOCK',
                     'only the used parts of the windows of host bridge 0000:00 are known', 2))
    with part('memory that grows and that the kernel refuses is logged and counted'):
        _check_refused(said)
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
