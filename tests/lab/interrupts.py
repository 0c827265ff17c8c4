# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Receive interrupts: each packet wakes a sleeping thread and has the right bytes.

The program counts wake-ups of epoll.  The kernel's counters of the same vectors must be
equal. This proves that the program does not poll.
"""

import re

from labkit import facts, guest, oracle, telemetry
from labkit.platforms import PLATFORMS
from labkit.testing import each_backend, expect, expect_equal, figure, part, test

PACKETS, QUEUES = 20, 4
MOVES = 100
SUMMARY = re.compile(r'^sent (\d+), received (\d+), wake-ups (\d+), bytes wrong (\d+), '
                     r'link interrupts (\d+)$', re.MULTILINE)
STRANGER = '0000:00:07.0'  # on another wire

# Binds the devices in the first argument, then runs "dpdk-test-msi rxintr" for each other one.
EACH = '''
. /usr/share/vfio-msi/facts.sh
vfio-bind $0 || exit 1
for words; do
    number=$((number + 1))
    fact_status ${number}_log dpdk-test-msi rxintr $words
done
'''
# The same, and then vectors are moved and restarted.
AND_MOVE = EACH + '''
rm -f /dev/hugepages/*
facts_of moved_ /usr/share/vfio-msi/affinity.sh ROUNDS $0
'''


def _boot(platform, script, *commands, backend='', seconds=120):
    """Run the script with all commands in one guest, without an IOMMU fault."""
    result = guest.run(platform, ['sh', '-c', script, ' '.join(PLATFORMS[platform].nics), *commands],
                       seconds=seconds, backend=backend)
    said = facts.read(result)
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
    return said


def _run(platform, *commands, backend=''):
    """Run all commands in one guest; returns the facts of each."""
    said = _boot(platform, EACH, *commands, backend=backend)
    return [said.of(f'{number}_') for number in range(1, len(commands) + 1)]


def _check_moved(said, rounds, platform):
    """No interrupt is lost, nothing leaks, and vectors are where irq_affinity=auto wants them."""
    said.check('log', status=0, cycles=rounds, moves=rounds, refused=0, raised_first=rounds, lost=0,
               more=0, counted=said['raised_other'], vectors=4, cpus='0 1 1 1', cleanup=0,
               descriptors_after=said['descriptors_before'], irqs_after=said['irqs_before'])
    expect(said['raised_other'] >= rounds // 10, f'little load: {said["raised_other"]}')
    # The kernel maps the doorbell of the controller once, and keeps it.
    doorbells = [first for kind, first, _ in oracle.EVENT.findall(said['events'])
                 if kind == 'map' and
                 oracle.SW_MSI[0] <= int(first, 16) <= oracle.SW_MSI[1]]
    expect_equal(len(doorbells), 1 if platform.startswith('arm') else 0,
                 f'doorbells mapped: {doorbells[:20]}')
    # Three errors, one line and one event.
    said.check('log', signalled=0, removals=1)
    expect_equal(said['log'].count('03.0: an uncorrectable PCI Express error '), 1,
                 f'errors logged\n{said["log"][-1500:]}')
    expect_equal([(entry['name'], entry['pcie_errors'], entry['requests'])
                  for entry in telemetry.read(said['requests'])['requests']],
                 [(nic, count, 0) for nic, count in zip(PLATFORMS[platform].nics, (3, 0))],
                 'telemetry of errors')
    figure('moves, restarts, interrupts under them, lost, doorbells mapped',
           f'{said["moves"]}, {said["cycles"]}, {said["raised_other"]}, {said["lost"]}, '
           f'{len(doorbells)}', varies=True)


def _counters(text, nic):
    """{vector: count} of this NIC, from the kernel's counters."""
    found = re.findall(r':((?: +\d+)+) .*vfio-msix\[(\d+)\]\(' + re.escape(nic) + r'\)', text)
    return {int(vector): sum(map(int, counts.split())) for counts, vector in found}


# EAL's arguments, after the devices: log the backend.
TELL = '-- --log-level=bus.vfio_msi:info'


def _check_packets(said, packets):
    """Each packet arrived with a wake-up; returns the number of link interrupts."""
    said.check('log', log_status=0)
    found = SUMMARY.search(said['log'])
    expect(found, f'no summary:\n{said["log"][-2000:]}')
    *counts, links = map(int, found.groups())
    expect_equal(counts, [packets, packets, packets, 0],
                 'sent, received, wake-ups, bytes wrong')
    return links


def _check_run(said, packets):
    """Each packet arrived with a wake-up, and there was a link interrupt."""
    expect(_check_packets(said, packets) > 0, f'no link interrupt:\n{said["log"]}')


def _check_vectors(said, nic, wanted):
    """The kernel counted WANTED interrupts of the queues, and at least one of the link."""
    counters = _counters(said['log'], nic)
    expect(counters.pop(0, 0) > 0, f'no interrupt of the first vector:\n{said["log"]}')
    expect_equal(counters, wanted, f'interrupts of the queues of {nic}')


def _devices(platform, bus):
    return ' '.join(bus + nic for nic in PLATFORMS[platform].nics)


@test('each packet wakes its queue', [('arm-smmuv3', 'type1'), ('x86-vtd', 'iommufd'),
                                     ('x86-amdvi', 'type1')],
      tail=each_backend('arm-smmuv3', 'x86-vtd'))
def wakes(platform, backend):
    devices = _devices(platform, 'vfio_msi:')
    said = _boot(platform, AND_MOVE.replace('ROUNDS', str(MOVES)), f'-v -n {PACKETS} {devices} {TELL}',
                 f'-v -n {PACKETS * QUEUES} -q {QUEUES} {devices} {TELL} -l 1',
                 backend=backend, seconds=180)
    one, many = said.of('1_'), said.of('2_')
    with part('vectors are moved and restarted under load; an error of a device is an event'):
        _check_moved(said.of('moved_'), MOVES, platform)
    for said in (one, many):
        oracle.check_backend(said['log'], backend)
    nic = PLATFORMS[platform].nics[1]
    _check_run(one, PACKETS)
    _check_vectors(one, nic, {1: PACKETS})
    _check_run(many, PACKETS * QUEUES)
    shares = re.findall(r'^queue \d+: (\d+) packets, (\d+) wake-ups$', many['log'],
                        re.MULTILINE)
    expect_equal(len(shares), QUEUES, 'queues in the output')
    expect(all(int(packets) > 0 for packets, _ in shares), f'a queue was not used:\n{many["log"]}')
    _check_vectors(many, nic, {i + 1: int(packets) for i, (packets, _) in enumerate(shares)})


@test('10,000 moves and 10,000 restarts of vectors under load lose nothing', soak=True,
      platforms=each_backend('arm-smmuv3', 'x86-vtd'))
def moves(platform, backend):
    said = _boot(platform, AND_MOVE.replace('ROUNDS', '10000'), backend=backend, seconds=3600)
    _check_moved(said.of('moved_'), 10000, platform)


@test('each packet wakes its queue on the pci bus', ['arm-smmuv3'])
def pci(platform):
    one, = _run(platform, f'-v -n {PACKETS} {_devices(platform, "")}')
    _check_run(one, PACKETS)
    _check_vectors(one, PLATFORMS[platform].nics[1], {1: PACKETS})


@test('each packet wakes its queue by INTx', [('arm-reserved', 'iommufd')],
      tail=each_backend('arm-reserved'))
def intx(platform, backend):
    one, = _run(platform, f'-L -v -n {PACKETS} {_devices(platform, "vfio_msi:")} {TELL}',
                backend=backend)
    oracle.check_backend(one['log'], backend)
    _check_packets(one, PACKETS)
    expect('vfio-intx' in one['log'], f'not INTx:\n{one["log"]}')


@test('a lost interrupt and a lost packet are distinguished', ['arm-smmuv3'])
def faults(platform):
    result = guest.run(platform, ['/usr/share/vfio-msi/rxintr-faults.sh',
                                  *PLATFORMS[platform].nics, STRANGER], seconds=120)
    said = facts.read(result)
    said.check('masked', used=True, masked_status=1)
    said.check('stranger', stranger_status=1)
    for name, there, away in (('masked', 'interrupt lost', 'packet lost'),
                              ('stranger', 'packet lost', 'interrupt lost')):
        expect(there in said[name] and away not in said[name],
               f'wanted "{there}" of {name}:\n{said[name][-2000:]}')
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')


@test('exit status is 2 for wrong usage, 0 for help', ['arm-smmuv3'])
def usage(platform):
    wrong = ('', '0000:00:03.0', '0000:00:03.0 0000:00:03.0', '-n 0 a b', '-n 5x a b',
             '-q 17 a b', '-x a b', 'a b c')
    *runs, shown, absent = _run(platform, *wrong, '--help', '-q 1 vfio_msi:0000:00:03.0 0000:00:1e.0')
    for words, said in zip(wrong, runs):
        said.check('log', log_status=2)
        expect(said['log'], f'nothing is said after "{words}"')
    shown.check('log', log_status=0)
    expect(shown['log'].startswith('usage: dpdk-test-msi rxintr'), shown['log'])
    absent.check('log', log_status=1)
    expect('0000:00:1e.0: has no port' in absent['log'], absent['log'])
