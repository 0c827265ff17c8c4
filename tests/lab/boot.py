# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""The lab itself: machines have the described devices, commands run as typed."""

import dataclasses
import json
import re
import signal
import time
from unittest import mock

from labkit import build, facts, findings, guest, oracle, qemu, schema, tables
from labkit.platforms import PLATFORMS
from labkit.progress import LabError
from labkit.testing import Failure, expect, expect_equal, part, test

# Separates IOMMU faults of testpmd, which must not occur, from the fault of the stray DMA.
STRAY = 'lab: stray DMA'
ARGUMENTS = ['two  words', '', 'line\nline\n', '"quoted" \'$HOME\' `id`', '*', '-n', '--']

SURVEY = '''
. /usr/share/vfio-msi/facts.sh
for device in /sys/bus/pci/devices/*; do
    case $(cat $device/class) in
    0x0200*)
        fact "driver_$(basename $device)" "$(readlink $device/driver)"
        fact_if "group_$(basename $device)" [ -d $device/iommu_group ]
    esac
done
fact missing "$(for program in strace numactl lspci awk dpdk-testpmd dpdk-test vfio-bind; do
    command -v $program >/dev/null || echo $program
done)"
fact_if tracing [ -d /sys/kernel/tracing/events/iommu ]
fact_if hugetlbfs mountpoint -q /dev/hugepages
fact hugepages "$(cat /proc/sys/vm/nr_hugepages)"
chmod 755 /usr/sbin/dpdk-test-msi
# A node without a driver, as systemd makes it at boot: to open it would load the driver.
fact_if vfio_before [ -e /sys/class/misc/vfio ]
[ -e /dev/vfio/vfio ] || { mkdir -p /dev/vfio && mknod /dev/vfio/vfio c 10 196; }
dpdk-test-msi doctor >/dev/null 2>&1
fact_if vfio_after [ -e /sys/class/misc/vfio ]
[ -e /sys/class/misc/vfio ] || rm /dev/vfio/vfio
vfio-bind "$@"
[ -z "$STOCK" ] || facts_of stock_ /usr/share/vfio-msi/burst.sh -l 0,1 -n 1 $(printf -- '-a %s ' "$@")
[ ! -e /sys/bus/pci/devices/$0/driver ] || echo $0 >/sys/bus/pci/devices/$0/driver/unbind
echo 'lab: stray DMA' >/dev/kmsg
/usr/share/vfio-msi/stray-dma.sh $0
# A busy host is late with an interrupt of the IOMMU, whose event has several lines.
for _ in $(seq $LATE); do
    dmesg >/tmp/dmesg
    dpdk-test-msi explain /tmp/dmesg >/dev/null 2>&1 || break
    sleep 1
done
fact_status explain dpdk-test-msi explain /tmp/dmesg
dpdk-test-msi explain --json /tmp/dmesg 2>/dev/null | fact_text explain_json
dpdk-test-msi doctor --json 2>/dev/null | fact_text doctor_json
if [ -n "$STOCK" ]; then
    # The spare one is not bound.
    while [ $# -gt 0 ] && [ $1 = $0 ]; do shift; done
    /usr/share/vfio-msi/doctor.sh "$@"
    dpdk-test-msi explain --json --root /tmp/machine.tar /tmp/dmesg 2>/dev/null |
        fact_text captured_explain_json
fi
'''
# One machine for each type of IOMMU; the others are variants.
KINDS = ('arm-smmuv3', 'x86-vtd', 'x86-amdvi', 'arm-reserved', 'x86-virtio-iommu')
FORWARDS, REFUSES = ('arm-smmuv3', 'x86-vtd'), ('arm-reserved',)
# This emulated IOMMU blocks DMA and reports nothing to the guest.
MUTE = ('x86-amdvi',)
# Whose words the kernel has for the fault; some name an ID in place of the device.
WORDS = {'arm-smmuv3': 'SMMUv3', 'x86-vtd': 'VT-d', 'arm-reserved': 'virtio-iommu',
         'x86-virtio-iommu': 'virtio-iommu'}


@test('boots with unbound NICs in groups; a stray DMA is reported as a fault', KINDS)
def comes_up(platform):
    _comes_up(platform)


@test('the other machines boot the same way',
      [name for name in PLATFORMS if name not in KINDS and PLATFORMS[name].reports_faults], soak=True)
def others_come_up(platform):
    _comes_up(platform)


def _tool(platform):
    """The tool alone, for a guest without the plugin."""
    with build.installed(PLATFORMS[platform].arch) as stage:
        return {'usr/sbin/dpdk-test-msi': (stage / 'usr/bin/dpdk-test-msi').read_bytes()}


# Its reserved regions have the address of the stray DMA.
RESERVED = ('arm-window40',)


def _check_explained(platform, said, spare):
    """The stray DMA, and nothing else, is explained: device, address, answer."""
    status = 0 if platform in MUTE else 1
    found = schema.load(said['explain_json'], 'explain', status)
    said.check('explain', explain_status=status)
    if platform in MUTE:
        expect_equal(found['explained'], [], 'faults')
        expect('no fault of an IOMMU in ' in said['explain'], said['explain'])
        return
    expect(found['explained'], f'nothing is explained in {found["lines"]} lines')
    answer = 'reserved' if platform in RESERVED else 'unmapped'
    for fault in found['explained']:
        expect_equal({name: fault[name] for name in ('device', 'exists', 'id')},
                     {'device': spare, 'exists': True, 'id': answer}, f'answer to {fault}')
        # Inside of the first descriptor.
        expect(0x70000000 <= int(fault['iova'], 16) < 0x70000010, f'address of {fault}')
        expect(fault['access'] in ('read', None), f'access of {fault}')
        if platform in WORDS:
            expect_equal(fault['iommu'], WORDS[platform], 'IOMMU')
    expect(re.search(rf'^{spare}.* at 0x7000000., .*\n  {answer}: is in (?:no|the) hole', said['explain'],
                     re.MULTILINE), said['explain'])


def _comes_up(platform):
    nics, spare = PLATFORMS[platform].nics, PLATFORMS[platform].spare
    stock = platform in FORWARDS + REFUSES
    survey = f'LATE={1 if platform in MUTE else 20} STOCK={"yes" if stock else ""}\n{SURVEY}'
    result = guest.run(platform, ['sh', '-c', survey, spare, *nics], seconds=240, stock=True,
                       files=_tool(platform))
    said = facts.read(result)
    if platform in FORWARDS:
        with part('stock testpmd forwards over the pci bus'):
            said.check('stock_log', stock_status=0, stock_sent=512, stock_received=512)
            before = dataclasses.replace(result, dmesg=result.dmesg.split(STRAY)[0], qemu_stderr='')
            expect_equal(guest.iommu_faults(before), [], 'IOMMU faults')
    if platform in REFUSES:
        with part('stock testpmd reports error 22 and has no port'):
            expect('DMA remapping failed, error 22' in said['stock_log'], said['stock_log'][-800:])
            expect('No probed ethernet devices' in said['stock_log'], said['stock_log'][-800:])
    for nic in PLATFORMS[platform].nics:
        said.check(**{f'driver_{nic}': '', f'group_{nic}': True})
    said.check(missing='', tracing=True, hugetlbfs=True, hugepages=256)
    expect(any('0x7000000' in line for line in guest.iommu_faults(result)),
           'no fault found in:\n' + result.dmesg[-1000:] + result.qemu_stderr)
    with part('doctor loads no module'):
        expect_equal(said['vfio_after'], said['vfio_before'], 'VFIO is loaded')
    with part('explain names the device of the stray DMA and what its address is'):
        _check_explained(platform, said, spare)
    with part('doctor has the findings of the machine'):
        findings.check(platform, said['doctor_json'])
    if not stock:
        return
    bound = [nic for nic in nics if nic != spare]
    with part('doctor knows other users, units of systemd and the limits of a process'):
        findings.check_asked(platform, said, bound)
    with part('a capture gives the same answers'):
        findings.check_captured(platform, said, bound)
        here, there = (json.loads(said[name])['explained']
                       for name in ('explain_json', 'captured_explain_json'))
        expect_equal(there, here, 'answers by a capture')


@test('a command gets its arguments unchanged; stdout, stderr and status are returned',
      ['arm-smmuv3'])
def argv(platform):
    script = 'printf "<%s>" "$@"; printf noise >&2; exit 7'
    result = guest.run(platform, ['sh', '-c', script, 'sh', *ARGUMENTS], seconds=120)
    expect_equal(result.stdout, ''.join(f'<{word}>' for word in ARGUMENTS), 'stdout')
    expect_equal(result.stderr, 'noise', 'stderr')
    expect_equal(result.status, 7, 'exit status')
    expect('Linux version' in result.dmesg, 'the kernel log is not complete')


# Strings that are difficult to print.
STRINGS = ('', '007', '-', '1-2', '-0', '"a" \\ \\\\n & %s', '\ttab\x1b\x01', 'line\n line', 'é', '*', '$HOME')
MONITOR = '''
. /usr/share/vfio-msi/facts.sh
fact_status info qemu-monitor info status
fact_status refused qemu-monitor device_del nic3
fact_status json qemu-monitor '{"execute": "query-name"}'
fact_status tables qemu-monitor tables x86 0000:00:03.0
fact_if yes true
fact_if no false
fact number -12
number=0
for string; do
    fact "string_$number" "$string"
    number=$((number + 1))
done
printf 'two\n\n' | fact_text text
'''
# Output that is not a valid set of facts, and the reason.
BAD_FACTS = {
    'noise\n': "line 1 is no fact: 'noise'",
    '{"fact": "a", "value": 1}\n{"fact": "a", "value": 1}\n': 'line 2: fact "a" comes twice',
    '{"fact": "a", "value": 1}\n\n': "line 2 is no fact: ''",
    '{"fact": "a", "value": [1]}\n': 'line 1 is no fact: ',
    '{"fact": "a", "value": 1': 'line 1 is cut short',
    '{"fact": "b", "value": 1}\n': 'no fact "a"; there are: b',
    '{"fact": "a", "value": true}\n': 'a is True, not 1',
}


# VT-d's tables of the device 0000:00:03.0 with one page of each size, as words by address.
IN_TABLES = {
    0xfed90020: 0x1000, 0x1000: 0x2001, 0x2180: 0x3001, 0x2188: 2, 0x3000: 0x4003,
    0x4020: 0x40000083, 0x4028: 0x5003, 0x5000: 0x600083, 0x5008: 0x6003, 0x6038: 0x9003,
}
IN_PAGES = [(0x100000000, 0x13fffffff, 0x40000000, 1 << 30),
            (0x140000000, 0x1401fffff, 0x600000, 2 << 20),
            (0x140207000, 0x140207fff, 0x9000, 4 << 10)]


def _walked(walk, memory):
    """What the guest gets of a walk through MEMORY, which has 0 elsewhere."""
    try:
        wanted = next(walk)
        while True:
            address, count, size = wanted
            lines = [f'{at:016x}: ' + ' '.join(
                f'{memory.get(word, 0):#0{2 + 2 * size}x}'
                for word in range(at, min(at + 16, address + count * size), size))
                     for at in range(address, address + count * size, 16)]
            wanted = walk.send(tables.words('\n'.join(lines), *wanted))
    except StopIteration as end:
        return tables.text(end.value)


def _check_walk():
    """A walk finds the pages of each size; the oracle accepts none that is too small."""
    printed = _walked(tables.vtd('0000:00:03.0'), IN_TABLES)
    expect_equal(tables.read(printed), IN_PAGES, 'pages in the tables')
    lines = printed.splitlines(keepends=True)
    for number, page, good in ((0, 1 << 30, True), (0, 2 << 20, True), (1, 2 << 20, True),
                               (1, 1 << 30, False), (2, 2 << 20, False)):
        try:
            oracle.check_tables(lines[number], [IN_PAGES[number][:2]], page)
        except Failure:
            expect(not good, f'{lines[number]} is rejected, hugepages of {page:#x} bytes')
        else:
            expect(good, f'{lines[number]} is accepted, hugepages of {page:#x} bytes')
    for where in (0x1000, 0x2180):
        try:
            _walked(tables.vtd('0000:00:03.0'), {**IN_TABLES, where: 0})
        except LabError as error:
            expect(' has no ' in str(error), str(error))
        else:
            raise Failure(f'a walk without the entry at {where:#x} succeeds')


@test("runs commands of QEMU's monitor, at a given time and when the guest asks", ['arm-smmuv3'])
def qemu_monitor(platform):
    result = guest.run(platform, ['sh', '-c', MONITOR, 'sh', *STRINGS], seconds=60,
                       qmp=['info version@0'])
    said = facts.read(result)
    said.check(info='VM status: running', info_status=0, json='{}', json_status=0,
               refused="Error: Bus 'pcie.0' does not support hotplugging", refused_status=1)
    expect('info version -> ok' in result.monitor, result.monitor)
    with part('page tables are read with the size of each page'):
        _check_walk()
        said.check(tables_status=1, tables='"tables x86 0000:00:03.0" is not tables vtd|smmuv3 BDF')
    with part('facts are read as they are printed'):
        said.check(yes=True, no=False, number=-12, text='two\n')
        expect_equal([said[f'string_{number}'] for number in range(len(STRINGS))], list(STRINGS),
                     'strings')
    with part('what is no fact fails, and is named'):
        for text, why in BAD_FACTS.items():
            try:
                facts.Facts(text).check(a=1)
            except Failure as failure:
                expect(str(failure).startswith(why), f'{text!r}: {failure}')
            else:
                raise Failure(f'{text!r} passes')


@test('kills a guest at its time limit', ['arm-smmuv3'])
def limit(platform):
    result = guest.run(platform, ['sh', '-c', 'echo before; sleep 1000'], kernel='lab', seconds=30,
                       patience=1)
    expect_equal(result.status, guest.TIMED_OUT, 'exit status')
    expect_equal(result.stdout, 'before\n', 'stdout')
    expect(30 <= result.seconds < 45, f'it took {result.seconds:.1f} s')
    expect('Linux version' in result.dmesg, 'no kernel log')


@test('boots another guest if one hangs', ['arm-smmuv3'])
def hangs(platform):
    # -S: the emulator does not start the processors.
    began = time.monotonic()
    result = guest.run(platform, ['true'], kernel='lab', seconds=60, boot_limit=4,
                       qemu_args=('-S',))
    expect_equal(result.status, guest.DIED, 'exit status')
    expect('did not come up within 4 s' in result.error, result.error)
    expect(time.monotonic() - began >= 8, 'it was booted only once')


@test('runs a command again if the emulator crashes', ['arm-smmuv3'])
def crashes(platform):
    lives = []

    class Crashing(qemu.Machine):
        """A machine whose emulator crashes, except the second one."""

        def pump(self, session):
            lives.append(self)
            if len(lives) != 2:
                self._process.send_signal(signal.SIGSEGV)
            return super().pump(session)

    with mock.patch.object(qemu, 'Machine', Crashing):
        result = guest.run(platform, ['echo', 'well'], kernel='lab', seconds=60)
        expect_equal((result.stdout, result.status, len(lives)), ('well\n', 0, 2), 'second life')
        lives.append(None)
        result = guest.run(platform, ['true'], kernel='lab', seconds=60)
    expect_equal((result.status, len(lives)), (guest.DIED, 5), 'status and lives')
    expect('the emulator crashed (SIGSEGV)' in result.error, result.error)


@test('reports a guest that died', ['arm-smmuv3'])
def dies(platform):
    result = guest.run(platform, ['sh', '-c', 'echo c >/proc/sysrq-trigger'], seconds=60)
    expect_equal(result.status, guest.DIED, 'exit status')
    expect('sysrq triggered crash' in result.console, 'the console has no reason')
