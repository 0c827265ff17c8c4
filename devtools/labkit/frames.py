# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Ethernet frames for guests, and the pcap files that carry them there and back."""

import base64
import gzip
import struct

from .testing import expect, expect_equal

HEADER = struct.Struct('<IHHiIII')
RECORD = struct.Struct('<IIII')
# Times in microseconds or nanoseconds.
MAGICS = (0xa1b2c3d4, 0xa1b23c4d)
SNAPLEN, ETHERNET = 65535, 1
SHORTEST = 60
LOCAL_EXPERIMENT = 0x88b5
IPV4 = 0x0800
UDP = 17


def ethernet(target, source, kind, payload):
    """A frame, padded to the shortest one that a NIC sends."""
    return (target + source + struct.pack('>H', kind) + payload).ljust(SHORTEST, b'\0')


def pattern(number, size):
    """SIZE bytes that are others for each NUMBER."""
    return bytes((number * 37 + i * 11 + (i >> 8) * 3) & 0xff for i in range(size))


def checksum(words):
    """The Internet checksum of an even number of bytes."""
    total = sum(struct.unpack(f'>{len(words) // 2}H', words))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ipv4(source, target, ttl, number, protocol, payload):
    """An IPv4 packet; SOURCE and TARGET are tuples of 4 numbers."""
    header = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 20 + len(payload), number, 0, ttl, protocol, 0,
                         bytes(source), bytes(target))
    return header[:10] + struct.pack('>H', checksum(header)) + header[12:] + payload


def udp(ports, payload):
    """A UDP datagram without a checksum."""
    return struct.pack('>4H', *ports, 8 + len(payload), 0) + payload


def write(frames):
    """The pcap file of these frames."""
    out = [HEADER.pack(MAGICS[0], 2, 4, 0, 0, SNAPLEN, ETHERNET)]
    for number, frame in enumerate(frames):
        out += [RECORD.pack(number, 0, len(frame), len(frame)), frame]
    return b''.join(out)


def read(text):
    """The frames of a pcap file that a script printed (gzip, then base64)."""
    data = gzip.decompress(base64.b64decode(text))
    magic, *_, kind = HEADER.unpack_from(data)
    expect(magic in MAGICS and kind == ETHERNET, f'no pcap file of frames: {data[:24].hex()}')
    frames, at = [], HEADER.size
    while at < len(data):
        _, _, stored, length = RECORD.unpack_from(data, at)
        expect_equal(stored, length, f'stored bytes of frame {len(frames)}')
        at += RECORD.size
        expect(at + stored <= len(data), f'frame {len(frames)} is cut short')
        frames.append(data[at:at + stored])
        at += stored
    return frames


def check(seen, wanted, what):
    """The same frames in the same order."""
    for number, (one, other) in enumerate(zip(seen, wanted)):
        if one != other:
            at = next((i for i, pair in enumerate(zip(one, other)) if pair[0] != pair[1]),
                      min(len(one), len(other)))
            expect(False, f'{what}: frame {number} ({len(one)} bytes, {len(other)} wanted) differs '
                   f'at byte {at}: {one[at:at + 16].hex()}, not {other[at:at + 16].hex()}')
    expect_equal(len(seen), len(wanted), f'{what}: frames')
