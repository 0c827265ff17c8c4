# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Receive interrupts: each packet wakes a sleeping thread and has the right bytes.

The program counts wake-ups of epoll.  The kernel's counters of the same vectors
must be equal, which excludes that the program polls.
"""

import re

from labkit import guest, oracle
from labkit.platforms import PLATFORMS
from labkit.testing import each_backend, expect, expect_equal, test

PACKETS, QUEUES = 20, 4
SUMMARY = re.compile(r'^sent (\d+), received (\d+), wake-ups (\d+), bytes wrong (\d+), '
                     r'link interrupts (\d+)$', re.MULTILINE)
STRANGER = '0000:00:07.0'  # on another wire

# Binds the devices in the first argument, runs each further one as "dpdk-test-msi rxintr".
EACH = ('vfio-bind $0 || exit 1; for words; do echo "@@ run"; dpdk-test-msi rxintr $words; '
        'echo "status $?"; done 2>&1')


def _run(platform, *commands, backend=''):
    """Run all commands in one guest, without an IOMMU fault; returns the output of each."""
    result = guest.run(platform, ['bash', '-c', EACH, ' '.join(PLATFORMS[platform].nics), *commands],
                       seconds=120, backend=backend)
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
    expect_equal(result.status, 0, f'exit status, after\n{result.stdout[-2000:]}{result.error}\n')
    texts = result.stdout.split('@@ run\n')[1:]
    expect_equal(len(texts), len(commands), 'number of runs')
    return texts


def _counters(text, nic):
    """{vector: count} of this NIC, from the kernel's counters."""
    found = re.findall(r':((?: +\d+)+) .*vfio-msix\[(\d+)\]\(' + re.escape(nic) + r'\)', text)
    return {int(vector): sum(map(int, counts.split())) for counts, vector in found}


# EAL's arguments, after the devices: log the backend.
TELL = '-- --log-level=bus.vfio_msi:info'


def _check_run(text, packets):
    """Each packet arrived with a wake-up, and there was a link interrupt."""
    expect(text.endswith('status 0\n'), f'it failed:\n{text[-2000:]}')
    found = SUMMARY.search(text)
    expect(found, f'no summary:\n{text[-2000:]}')
    *counts, links = map(int, found.groups())
    expect_equal(counts, [packets, packets, packets, 0],
                 'sent, received, wake-ups, bytes wrong')
    expect(links > 0, f'no link interrupt:\n{text}')


def _check_vectors(text, nic, wanted):
    """The kernel counted WANTED interrupts of the queues, and at least one of the link."""
    counters = _counters(text, nic)
    expect(counters.pop(0, 0) > 0, f'no interrupt of the first vector:\n{text}')
    expect_equal(counters, wanted, f'interrupts of the queues of {nic}')


def _devices(platform, bus):
    return ' '.join(bus + nic for nic in PLATFORMS[platform].nics)


@test('each packet wakes its queue', [('arm-smmuv3', 'type1'), ('x86-vtd', 'iommufd'),
                                     ('x86-amdvi', 'type1')],
      tail=each_backend('arm-smmuv3', 'x86-vtd'))
def wakes(platform, backend):
    devices = _devices(platform, 'vfio_msi:')
    one, many = _run(platform, f'-v -n {PACKETS} {devices} {TELL}',
                     f'-v -n {PACKETS * QUEUES} -q {QUEUES} {devices} {TELL} -l 1',
                     backend=backend)
    for text in (one, many):
        oracle.check_backend(text, backend)
    nic = PLATFORMS[platform].nics[1]
    _check_run(one, PACKETS)
    _check_vectors(one, nic, {1: PACKETS})
    _check_run(many, PACKETS * QUEUES)
    shares = re.findall(r'^queue \d+: (\d+) packets, (\d+) wake-ups$', many, re.MULTILINE)
    expect_equal(len(shares), QUEUES, 'queues in the output')
    expect(all(int(packets) > 0 for packets, _ in shares), f'a queue was not used:\n{many}')
    _check_vectors(many, nic, {i + 1: int(packets) for i, (packets, _) in enumerate(shares)})


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
    oracle.check_backend(one, backend)
    expect(one.endswith('status 0\n'), f'it failed:\n{one[-2000:]}')
    expect_equal(SUMMARY.search(one).groups()[:4], (str(PACKETS),) * 3 + ('0',),
                 'sent, received, wake-ups, bytes wrong')
    expect('vfio-intx' in one, f'not INTx:\n{one}')


@test('a lost interrupt and a lost packet are distinguished', ['arm-smmuv3'])
def faults(platform):
    result = guest.run(platform, ['/usr/share/vfio-msi/rxintr-faults.sh',
                                  *PLATFORMS[platform].nics, STRANGER], seconds=120)
    expect_equal(result.status, 0, f'exit status, after\n{result.stdout[-2000:]}{result.error}\n')
    parts = re.split(r'^@@ \w+\n', result.stdout, flags=re.MULTILINE)[1:]
    expect_equal(len(parts), 2, 'number of runs')
    for text, there, away in zip(parts, ('interrupt lost', 'packet lost'),
                                 ('packet lost', 'interrupt lost')):
        expect(there in text and away not in text and text.endswith('status 1\n'),
               f'wanted "{there}" and status 1:\n{text[-2000:]}')
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')


@test('exit status is 2 for wrong usage, 0 for help', ['arm-smmuv3'])
def usage(platform):
    wrong = ('', '0000:00:03.0', '0000:00:03.0 0000:00:03.0', '-n 0 a b', '-n 5x a b',
             '-q 17 a b', '-x a b', 'a b c')
    *texts, shown, absent = _run(platform, *wrong, '--help', '-q 1 vfio_msi:0000:00:03.0 0000:00:1e.0')
    for words, text in zip(wrong, texts):
        expect(text.endswith('status 2\n') and len(text) > len('status 2\n'),
               f'after "{words}":\n{text}')
    expect(shown.startswith('usage: dpdk-test-msi rxintr') and shown.endswith('status 0\n'), shown)
    expect('0000:00:1e.0: has no port' in absent and absent.endswith('status 1\n'), absent)
