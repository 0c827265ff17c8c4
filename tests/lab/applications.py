# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Applications of Debian and DPDK, on this bus and on the pci bus."""

import json
import re

from labkit import facts, frames, guest, oracle
from labkit.platforms import PLATFORMS
from labkit.testing import expect, expect_equal, figure, part, test

TTL = 128
SCRIPT = '''
. /usr/share/vfio-msi/facts.sh
nics="$1 $2 $3"
shift 3
facts_of pci_ /usr/share/vfio-msi/ovs.sh $nics '' "$@" || exit 1
EXTRA='--no-pci --log-level=bus.vfio_msi:info'
export EXTRA
facts_of bus_ /usr/share/vfio-msi/ovs.sh $nics vfio_msi: "$@"
'''
MACS = bytes.fromhex('020000000002020000000001')
DUMP = re.compile(r'^[0-9a-f]{8}  ((?:[0-9a-f]{2}[ -]?){1,16})', re.MULTILINE)


def _frame(number, ttl):
    """An IPv4 packet with a payload of its own, in hex."""
    payload = bytes((number * 37 + i * 11) & 0xff for i in range(64 + number * 80))
    packet = frames.ipv4((10, 0, 0, 1), (10, 0, 0, 2), ttl, number, frames.UDP,
                         frames.udp((9, 9), payload))
    return frames.ethernet(MACS[:6], MACS[6:], frames.IPV4, packet).hex()


ONCE, TWICE = range(16), range(16, 18)


def _check_bounce(said, name, numbers, received):
    """Only the TTL of each frame has changed at the controller; the ports counted all frames."""
    blocks = said.text(f'{name}_packets').split('NXT_PACKET_IN')[1:]
    seen = [''.join(DUMP.findall(block)).replace(' ', '').replace('-', '') for block in blocks]
    expect_equal(sorted(seen), sorted(_frame(number, 1) for number in numbers), 'frames at the end')
    for port, count in received.items():
        text = said.text(f'{name}_{port}')
        expect_equal(re.findall(r'[rt]x *pkts=(\d+)', text), [str(count)] * 2, f'packets in {text}')
        expect_equal(set(re.findall(r'(?:drop|errs|frame|over|crc|coll)=(\d+)', text)), {'0'},
                     f'errors in {text}')


def _check(said):
    said.check('log', add_1_status=0, add_2_status=0, del_status=0, add_again_status=0, ended=True,
               other_open=0)
    expect(said['vfio_open'] > 0, 'no VFIO descriptor is open')
    each = TTL * len(ONCE) // 2
    _check_bounce(said, 'once', ONCE, {'p1': each, 'p2': each})
    more = TTL * len(TWICE) // 2
    _check_bounce(said, 'twice', TWICE, {'p1': each + more, 'p2': each + more})


@test('Open vSwitch forwards on both buses, a port is removed and added again',
      [('x86-vtd', 'type1')], soak=True)
def ovs(platform, backend):
    frames = [*(_frame(number, TTL) for number in ONCE), '--',
              *(_frame(number, TTL) for number in TWICE)]
    nics = *PLATFORMS[platform].nics, PLATFORMS[platform].spare
    result = guest.run(platform, ['sh', '-c', SCRIPT, 'sh', *nics, *frames], seconds=400,
                       backend=backend, memory='4G',
                       packages=('openvswitch-switch-dpdk',))
    said = facts.read(result)
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
    with part('Open vSwitch on the pci bus'):
        _check(said.of('pci_'))
    with part('Open vSwitch on this bus'):
        _check(said.of('bus_'))
        oracle.check_backend(said['bus_log'], backend)


# An application has a port on each wire, the generator the other end: FOURTH is in addition to the
# platform's NICs.  Only igb has interrupts of queues.
FOURTH = '0000:00:09.0'
FOURTH_NIC = ('-netdev', 'hubport,id=net9,hubid=1', '-device',
              'igb,id=nic9,netdev=net9,addr=9,romfile=')
COUNT = 1000
BUSES = ('pci', 'bus')


def _between_wires(platform, script, sent, others=None, **options):
    """Run SCRIPT with the NICs of the generator and those of the application.

    SENT: lists of frames, which the guest has as pcap files; OTHERS: other files.
    """
    first, second = PLATFORMS[platform].nics
    files = {f'frames/{name}.pcap': frames.write(content)
             for name, content in {'none': [], **sent}.items()} | (others or {})
    files = {f'usr/share/vfio-msi/{name}': data for name, data in files.items()}
    result = guest.run(platform, [f'/usr/share/vfio-msi/{script}', first, PLATFORMS[platform].spare,
                                  second, FOURTH], files=files, qemu_args=FOURTH_NIC,
                       **options)
    said = facts.read(result)
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
    return said


def _macs(log, text):
    """The addresses of the two ports in the log of an application."""
    found = re.findall(text, log)
    expect_equal(len(found), 2, f'addresses of ports in\n{log[:3000]}\n')
    return [bytes.fromhex(mac.replace(':', '')) for mac in found]


def _forwarded(frame, port, mac):
    """A frame with the addresses that DPDK's examples give it before they send it by PORT."""
    return bytes((2, 0, 0, 0, 0, port)) + mac + frame[12:]


def _numbered(first):
    """Frames of all lengths, each with a content of its own."""
    return [frames.ethernet(bytes((2, 0, 0, 0, 9, 9)), bytes((2, 0, 0, 0, 1, number & 0xff)),
                            frames.LOCAL_EXPERIMENT,
                            frames.pattern(number, 46 + number * 37 % 1455))
            for number in range(first, first + COUNT)]


@test("DPDK's l2fwd forwards each frame with the addresses it writes, as on the pci bus",
      [('x86-vtd', 'type1'), ('arm-smmuv3', 'iommufd')], soak=True)
def l2fwd(platform, backend):
    sent = {'up': _numbered(0), 'down': _numbered(COUNT)}
    said = _between_wires(platform, 'l2fwd.sh', sent, seconds=300, backend=backend,
                          dpdk_examples=('l2fwd',))
    for bus in BUSES:
        with part(f'l2fwd on the bus {bus}'):
            run = said.of(f'{bus}_')
            run.check('log', status=0)
            log = run['log']
            macs = _macs(log, r'Port \d, MAC address: (\S+)')
            for wire, name in ((1, 'up'), (0, 'down')):
                frames.check(frames.read(run[f'out_{wire}']),
                             [_forwarded(frame, wire, macs[wire]) for frame in sent[name]],
                             f'received on wire {wire}')
            last = log.rsplit('Port statistics', 1)[-1]
            expect_equal(re.findall(r'Packets (\w+): +(\d+)', last),
                         [('sent', str(COUNT)), ('received', str(COUNT)), ('dropped', '0')] * 2,
                         f'statistics in {last}')
    with part('this bus is the one used'):
        oracle.check_backend(said['bus_log'], backend)
        expect('VFIO_MSI' not in said['pci_log'], said['pci_log'][:2000])


ROUNDS, EACH = 5, 20


def _routed(number, port, ttl):
    """An IPv4 packet that the table of l3fwd-power sends to PORT."""
    size = 8 + number * 13 % 1400
    return frames.ipv4((9, 9, 9, 9), (port + 1, 1, 1, number % 250), ttl, number, frames.UDP,
                       frames.udp((9, 9), frames.pattern(number, size)))


def _round(number, port, ttl=TTL, target=bytes((2, 0, 0, 0, 9, 9)),
           source=bytes((2, 0, 0, 0, 1, 1))):
    """The frames of one round to PORT."""
    first = (number * 2 + port) * EACH
    return [frames.ethernet(target, source, frames.IPV4, _routed(first + i, port, ttl))
            for i in range(EACH)]


def _check_power(run):
    """It slept, each round woke it by the interrupts of both queues, all packets arrived."""
    run.check('log', status=0)
    log = run['log']
    macs = _macs(log, r'Address:([0-9A-F:]{17})')
    figure('processor time while idle', f'{run["idle_ticks"] / run["idle_seconds"]:.1f} %',
           varies=True)
    expect(run['idle_ticks'] < run['idle_seconds'] * 10, f'not asleep: {run["idle_ticks"]} ticks '
           f'in {run["idle_seconds"]} s')
    counts = {}
    for slot in ('05.0', '09.0'):
        counts[slot] = [run[f'{name}_{slot}'] for name in
                        ('before', *(f'round{number}' for number in range(1, ROUNDS + 1)))]
        expect(all(one < after for one, after in zip(counts[slot], counts[slot][1:])),
               f'interrupts of {slot} after each round: {counts[slot]}')
    figure('interrupts', str(counts), varies=True)
    for port in (0, 1):
        expect(f'waked up from rx interrupt on port {port} queue 0' in log,
               f'port {port} did not wake it\n{log[-2000:]}')
    for number in range(1, ROUNDS + 1):
        for port in (0, 1):
            frames.check(frames.read(run[f'out{number}_{port}']),
                         _round(number, port, TTL - 1, bytes((2, 0, 0, 0, 0, port)), macs[port]),
                         f'round {number}, wire {port}')


@test("DPDK's l3fwd-power sleeps, is woken by the interrupts of its queues and forwards",
      [('x86-vtd', 'type1'), ('arm-smmuv3', 'iommufd')], soak=True)
def l3fwd_power(platform, backend):
    # "up" enters on wire 0 and leaves on wire 1.
    files = {f'{name}{number}': _round(number, port) for number in range(1, ROUNDS + 1)
             for name, port in (('up', 1), ('down', 0))}
    said = _between_wires(platform, 'l3fwd-power.sh', files, seconds=300, backend=backend,
                          dpdk_examples=('l3fwd-power',))
    for bus in BUSES:
        with part(f'l3fwd-power on the bus {bus}'):
            _check_power(said.of(f'{bus}_'))
    with part('this bus is the one used'):
        oracle.check_backend(said['bus_log'], backend)
        expect('VFIO_MSI' not in said['pci_log'], said['pci_log'][:2000])


FLOWS = 300
# Each third packet raises an alert, each fifth is dropped.
RULES = b'''\
alert udp any any -> any any (msg:"of the lab"; content:"RAISE"; sid:1000001; rev:1;)
drop udp any any -> any any (msg:"dropped"; content:"DISCARD"; sid:1000002; rev:1;)
'''


def _flow(number):
    """A UDP packet of a flow of its own."""
    words = b'RAISE ' * (number % 3 == 0) + b'DISCARD ' * (number % 5 == 0)
    payload = words + frames.pattern(number, 30 + number * 23 % 1400)
    packet = frames.ipv4((10, 0, 0, 1), (10, 0, 0, 2), TTL, number, frames.UDP,
                         frames.udp((2000 + number, 3000), payload))
    return frames.ethernet(bytes((2, 0, 0, 0, 9, 9)), bytes((2, 0, 0, 0, 1, 1)), frames.IPV4, packet)


def _stay(numbers):
    return [_flow(number) for number in numbers if number % 5]


def _check_suricata(run, up, down):
    """All packets came in, those of the rule were dropped, the others left unchanged; returns
    the alerts as (rule, port of the source)."""
    run.check('log', status=0)
    frames.check(frames.read(run['out_1']), _stay(up), 'received on wire 1')
    frames.check(frames.read(run['out_0']), _stay(down), 'received on wire 0')
    events = [json.loads(line) for line in run['events'].splitlines()]
    seen = sorted((event['alert']['signature_id'], event['src_port']) for event in events)
    wanted = sorted((1000001 + (divisor == 5), 2000 + number) for number in (*up, *down)
                    for divisor in (3, 5) if number % divisor == 0)
    expect_equal(seen, wanted, 'alerts')
    expect_equal(len(run['alerts'].splitlines()), len(wanted), 'lines of fast.log')
    stats = json.loads(run['stats'])['stats']
    capture, ips = stats['capture'], stats['ips']
    expect_equal(capture['packets'], len(up) + len(down), f'packets in {capture}')
    losses = [*capture['dpdk'], 'rx_errors', 'tx_errors']
    expect('imissed' in losses, f'no counter of missed packets in {capture}')
    expect_equal({key: value for key, value in {**capture, **capture['dpdk']}.items()
                  if value and key in losses}, {}, 'losses')
    expect_equal(ips['blocked'], sum(number % 5 == 0 for number in (*up, *down)), f'blocked in {ips}')
    return seen, capture


@test('Suricata inspects and forwards between two ports, the same on both buses',
      [('x86-vtd', 'type1')], soak=True)
def suricata(platform, backend):
    up, down = range(FLOWS), range(FLOWS, 2 * FLOWS)
    sent = {'up': [_flow(number) for number in up], 'down': [_flow(number) for number in down],
            'wanted1': _stay(up), 'wanted0': _stay(down)}
    said = _between_wires(platform, 'suricata.sh', sent, {'local.rules': RULES}, seconds=500,
                          backend=backend, memory='4G', smp=4, hugepages=512,
                          packages=('suricata',))
    found = {}
    for bus in BUSES:
        with part(f'Suricata on the bus {bus}'):
            found[bus] = _check_suricata(said.of(f'{bus}_'), up, down)
    with part('the same alerts and counters on both buses, and this bus is the one used'):
        expect_equal(found['bus'], found['pci'], 'on this bus')
        said.check('bus_log', pci_ours=False, bus_ours=True)


XSTATS = re.compile(r'^###### NIC extended statistics for port (\d)\s*\n((?:\w+: \d+\n)+)', re.MULTILINE)
VALUE = re.compile(r'^(first|second)/\w+?-(\w+)-\d{4}-\d\d-\d\d [\d.]+,(\d+)', re.MULTILINE)


def _check_collectd(run):
    """The secondary read the same counters as testpmd has; returns them by port and name."""
    run.check('log', burst=True, status=0)
    run.check('collectd', collectd_status=0)
    log = run['log']
    counted = {(('first', 'second')[int(port)], name): int(value)
               for port, block in XSTATS.findall(log)
               for name, value in re.findall(r'^(\w+): (\d+)$', block, re.MULTILINE)}
    values = {(port, name): int(value) for port, name, value in VALUE.findall(run['values'])}
    for port in ('first', 'second'):
        for name in ('rx_good_packets', 'tx_good_packets'):
            expect_equal(values.get((port, name)), 256,
                         f'{name} of {port} in\n{run["values"][:2000]}\n{run["collectd"][-2000:]}\n')
    expect_equal({key: value for key, value in values.items() if counted.get(key) != value}, {},
                 f'values that differ from testpmd\'s\n{log[-3000:]}\n')
    return values


@test("collectd's dpdkstat reads the counters of testpmd on both buses", [('x86-vtd', 'type1')],
      soak=True)
def collectd(platform, backend):
    result = guest.run(platform, ['/usr/share/vfio-msi/collectd.sh', *PLATFORMS[platform].nics],
                       seconds=200, backend=backend, packages=('collectd-core',))
    said = facts.read(result)
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
    found = {}
    for bus in BUSES:
        with part(f'collectd on the bus {bus}'):
            found[bus] = _check_collectd(said.of(f'{bus}_'))
    with part('the same counters on both buses, and this bus is the one used'):
        expect_equal(found['bus'], found['pci'], 'on this bus')
        oracle.check_backend(said['bus_log'], backend)
        expect(': chooses backend' not in said['pci_log'], said['pci_log'][:2000])
