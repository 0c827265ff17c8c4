# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""The lab itself: machines have the described devices, commands run as typed."""

import dataclasses
import signal
import time
from unittest import mock

from labkit import facts, guest, qemu
from labkit.platforms import PLATFORMS
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
if [ $# -gt 0 ]; then
    vfio-bind "$@"
    facts_of stock_ /usr/share/vfio-msi/burst.sh -l 0,1 -n 1 $(printf -- '-a %s ' "$@")
fi
[ ! -e /sys/bus/pci/devices/$0/driver ] || echo $0 >/sys/bus/pci/devices/$0/driver/unbind
echo 'lab: stray DMA' >/dev/kmsg
exec /usr/share/vfio-msi/stray-dma.sh $0
'''
# One machine for each type of IOMMU; the others are variants.
KINDS = ('arm-smmuv3', 'x86-vtd', 'x86-amdvi', 'arm-reserved', 'x86-virtio-iommu')
FORWARDS, REFUSES = ('arm-smmuv3', 'x86-vtd'), ('arm-reserved',)


@test('boots with unbound NICs in groups; a stray DMA is reported as a fault', KINDS)
def comes_up(platform):
    _comes_up(platform)


@test('the other machines boot the same way', [name for name in PLATFORMS if name not in KINDS],
      soak=True)
def others_come_up(platform):
    _comes_up(platform)


def _comes_up(platform):
    nics = PLATFORMS[platform].nics if platform in FORWARDS + REFUSES else ()
    result = guest.run(platform, ['sh', '-c', SURVEY, PLATFORMS[platform].spare, *nics],
                       seconds=180, stock=True)
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


@test("runs commands of QEMU's monitor, at a given time and when the guest asks", ['arm-smmuv3'])
def qemu_monitor(platform):
    result = guest.run(platform, ['sh', '-c', MONITOR, 'sh', *STRINGS], seconds=60,
                       qmp=['info version@0'])
    said = facts.read(result)
    said.check(info='VM status: running', info_status=0, json='{}', json_status=0,
               refused="Error: Bus 'pcie.0' does not support hotplugging", refused_status=1)
    expect('info version -> ok' in result.monitor, result.monitor)
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
