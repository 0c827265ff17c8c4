# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Ports that a primary and a secondary process share.

Each process has its own queue of both ports and reads the packets that it received. This
checks its mappings in addition to the counters.
"""

import re

from labkit import facts, guest, oracle
from labkit.testing import each_backend, expect, expect_equal, part, test

# Its driver maps the device itself.
MAPPED = ('-netdev', 'hubport,id=net10,hubid=9',
          '-device', 'virtio-net-pci,disable-legacy=on,iommu_platform=on,netdev=net10,addr=a,romfile=')
SCRIPT = '/usr/share/vfio-msi/processes.sh'


# The last words of dpdk-proc-info, with exit status 1.
NO_PORTS = 'No Ethernet ports - bye'


def _run(platform, what, *arguments, keys='', **options):
    result = guest.run(platform, ['env', f'KEYS={keys}', SCRIPT, what, *arguments], seconds=500,
                       **options)
    said = facts.read(result)
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
    return said


def _lines(text):
    """The messages of the bus."""
    return re.findall(r'VFIO_MSI: (.*)', text)


def _share(platform, backend, keys=''):
    """Both processes forward, tools read, and the primary stays; returns the facts."""
    said = _run(platform, 'share', keys=keys, backend=backend)
    expect_equal(said['first_burst'].count(f', backend {backend}, '), 2,
                 f'devices with {backend}')
    oracle.check_bars(said, 'bars', 6)
    oracle.check_shared_burst(said, 'burst')

    statistics = re.findall(r'^ +RX-packets: (\d+) ', said['info'], re.MULTILINE)
    expect_equal(statistics, ['256', '256'], f'statistics\n{said["info"][-2000:]}\n')
    said.check('info', info_status=0)

    # The primary's thread for messages maps what the secondary allocates.
    grown = [line for line in said['events'].splitlines() if 'mp-msg' in line]
    size = sum(last + 1 - first for first, last in oracle.mapped('\n'.join(grown)))
    expect(size >= 32 << 20, f'{size} bytes were mapped for the secondary')

    said.check(killed_status=137)
    before, after = said['forwarded_before'], said['forwarded_after']
    expect(after > before, f'the primary does not forward: {before} packets, then {after}')
    oracle.check_shared_burst(said, 'again')
    said.check('first_again', second_status=0, first_status=0)
    return said


# The tests of both kinds of IOVAs share the time of one.
@test('both forward; the secondary is killed, the primary continues, a new secondary starts',
      [('arm-smmuv3', 'type1')], tail=each_backend('arm-smmuv3', 'x86-vtd'))
def share(platform, backend):
    oracle.check_mappings(_share(platform, backend))


@test('the same with assigned IOVAs', [('x86-vtd', 'iommufd')],
      tail=each_backend('arm-smmuv3', 'x86-vtd'))
def share_assigned(platform, backend):
    said = _share(platform, backend, ',iova=assigned')
    expect('IOVAs are assigned, as ' in said['first_burst'], said['first_burst'][:2000])
    oracle.check_congruence(said['events'], 2 << 20)
    oracle.check_assigned(said, 1 << 39, said)


@test('hotplug in both, together with the pci bus, IOVA as PA; each rejection has its message',
      [('arm-smmuv3', 'iommufd')], tail=[('arm-smmuv3', 'type1')])
def hotplug(platform, backend):
    said = _run(platform, 'hotplug', backend=backend, qemu_args=MAPPED)
    # Three BARs of the NIC on the pci bus, and three of each port of the bus.
    oracle.check_bars(said, 'one', 6)
    oracle.check_bars(said, 'two', 9)
    for name in ('first', 'second'):
        expect_equal(said[f'{name}_hotplug'].count("Selected IOVA mode 'PA'"), 1, 'PA')
    expect('is attached. Now total ports is' in said['second_hotplug'],
           said['second_hotplug'][-1500:])

    with part('the primary attaches and detaches a device of net_virtio, which is not shared'):
        said.check('first_mapped', mapped_failures=0, mapped_rejected=True, mapped_detached=True)

    one, other = 'vfio_msi:0000:00:03.0', 'vfio_msi:0000:00:05.0'
    said.check('good', good_status=0)
    expect_equal(_lines(said['good']), [], 'messages without an argument')
    expect_equal(said['good'].count('NIC statistics for port'), 2, 'ports')
    expect_equal(_lines(said['mode']), [
        f"{name}: can't be shared: the primary process has another IOVA mode; start this one "
        'with --iova-mode=pa' for name in (one, other)], 'messages for another mode')
    words = _lines(said['odd'])
    expect(len(words) == 2 and words[0].startswith(f'{one}: not used: unknown key "foo"'), words)
    expect_equal(words[1], 'vfio_msi:0000:00:07.0: not used: the primary process does not have '
                 'the device; give the same argument there', 'message for a device it does not have')
    expect(_lines(said['twice'])[0].startswith(f'{one}: not used: given to two buses'),
           said['twice'])

    expect(f'{one}: not used: the primary process does not answer: Connection refused' in
           said['gone'], said['gone'])
    said.check('orphan', orphan_status=1)
    expect('Primary process is no longer active, exiting' in said['orphan'],
           f'the secondary did not leave by itself\n{said["orphan"]}')
    for log in ('occupied', 'second_without'):
        expect(re.search(re.escape(one) + r": can't be shared: the primary process has BAR 0 at "
                         r'0x(\w+)-0x\w+, where this process has 0x\w+-0x\w+ \(\[heap\]\); start '
                         r'the primary with another --base-virtaddr', said[log]),
               f'{said[log]}\nBARs of the primary:\n{said["occupied_bars"]}')
    said.check('first_without', first_left=True, both_left=True)


@test("DPDK's tools without an argument have the primary's devices", [('arm-smmuv3', 'type1')],
      tail=each_backend('arm-smmuv3'))
def tools(platform, backend):
    said = _run(platform, 'tools', backend=backend)
    names = ['0000:00:03.0', '0000:00:05.0']
    expect_equal(re.findall(r'^\d+\. (\S+)$', said['list'], re.MULTILINE), names, 'ports of dumpcap')
    said.check('statistics', list_status=0, statistics_status=0)
    expect_equal(_lines(said['statistics']), [], 'messages of proc-info')
    expect_equal(said['statistics'].count('NIC statistics for port'), 2, 'ports of proc-info')
    # A process with other device arguments, or with --no-pci, does not get these devices.
    for name in ('other', 'none'):
        said.check(name, **{f'{name}_status': 1})
        expect(NO_PORTS in said[name] and not _lines(said[name]), said[name])
    said.check('capture', capture_status=0)
    senders = re.findall(r'^Port \d+: ([0-9A-F:]{17})', said['first'], re.MULTILINE)[:2]
    # The packets of both ports circulate.
    counts = [said['packets'].count(f'{mac.replace(":", "").lower()}0800') for mac in senders]
    expect(min(counts) > 0 and sum(counts) >= 64, f'packets captured, by sender: {counts}')
    expect('bus_vfio_msi' in said['files'].split(), f'the file is missing: {said["files"]}')
    said.check('next', next_status=0)
    expect_equal(said['next'].count('NIC statistics for port'), 1, f'ports\n{said["next"]}\n')
    expect_equal(_lines(said['next']), [], 'messages for a primary without devices')
    expect('bus_vfio_msi' not in said['files_after_quit'], 'the file is left')


# An access without a response aborts, as in the suite hotplug, which has the reason for the threads.
POWERED = ('-global', 'gpex-pcihost.allow-unmapped-accesses=off',
           '-device', 'pcie-root-port,id=rp9,chassis=9,addr=9',
           '-netdev', 'hubport,id=net9,hubid=9',
           '-device', 'igb,id=nic9,bus=rp9,netdev=net9,romfile=')


@test('a slot loses its power: a secondary process that handles SIGBUS logs it, and gets the event',
      [('arm-smmuv3', 'iommufd')], soak=True)
def surprise(platform, backend):
    said = _run(platform, 'surprise', '0000:01:00.0', backend=backend, qemu_args=POWERED,
                threads='single')
    said.check('second_surprise', noticed=True, sent=True, alive=True)
