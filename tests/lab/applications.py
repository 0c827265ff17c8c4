# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Debian's applications with DPDK, on this bus and on the pci bus."""

import re
import struct

from labkit import facts, guest, oracle
from labkit.platforms import PLATFORMS
from labkit.testing import expect, expect_equal, part, test

TTL = 128
SCRIPT = '''
. /usr/share/vfio-msi/facts.sh
first=$1 second=$2
shift 2
facts_of pci_ /usr/share/vfio-msi/ovs.sh $first $second '' "$@" || exit 1
EXTRA=--log-level=bus.vfio_msi:info
export EXTRA
facts_of bus_ /usr/share/vfio-msi/ovs.sh $first $second vfio_msi: "$@"
'''
MACS = bytes.fromhex('020000000002020000000001')
DUMP = re.compile(r'^[0-9a-f]{8}  ((?:[0-9a-f]{2}[ -]?){1,16})', re.MULTILINE)


def _frame(number, ttl):
    """An IPv4 packet with a payload of its own, in hex."""
    payload = bytes((number * 37 + i * 11) & 0xff for i in range(64 + number * 80))
    header = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 28 + len(payload), number, 0, ttl, 17, 0,
                         bytes((10, 0, 0, 1)), bytes((10, 0, 0, 2)))
    total = sum(struct.unpack('>10H', header))
    total = (total & 0xffff) + (total >> 16)
    header = header[:10] + struct.pack('>H', ~total & 0xffff) + header[12:]
    udp = struct.pack('>4H', 9, 9, 8 + len(payload), 0)
    return (MACS + bytes((8, 0)) + header + udp + payload).hex()


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
    said.check('log', add_1_status=0, add_2_status=0, del_status=0, add_again_status=0, vfio_left=0)
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
    result = guest.run(platform, ['sh', '-c', SCRIPT, 'sh', *PLATFORMS[platform].nics, *frames],
                       seconds=400, backend=backend, memory='4G',
                       packages=('openvswitch-switch-dpdk',))
    said = facts.read(result)
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
    with part('Open vSwitch on the pci bus'):
        _check(said.of('pci_'))
    with part('Open vSwitch on this bus'):
        _check(said.of('bus_'))
        oracle.check_backend(said['bus_log'], backend)
