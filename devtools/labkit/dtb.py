# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""The device tree of an emulated Arm machine, with a property more.

QEMU writes its tree to a file and takes it back changed.  The format is that of
the Devicetree Specification: a header, then blocks of structure and of strings.
"""

import struct

from . import qemu
from .guest import Options, find
from .progress import LabError, run

MAGIC = 0xd00dfeed
HEADER = struct.Struct('>10I')
BEGIN_NODE, END_NODE, PROP, NOP, END = 1, 2, 3, 4, 9


def dump(platform, path, **options):
    """Write the tree that a guest of PLATFORM with these options would see."""
    kind, options = find(platform), Options(**options)
    argv = qemu.command_line(kind, options, '/dev/null', '/dev/null', '/dev/null')
    machine = argv.index('-machine') + 1
    argv[machine] += f',dumpdtb={path}'
    for option in ('-kernel', '-initrd', '-append'):
        at = argv.index(option)
        del argv[at:at + 2]
    run(argv)


def _word(tree, at):
    return struct.unpack_from('>I', tree, at)[0]


def _aligned(size):
    return (size + 3) & ~3


def _end_of_begin(tree, at, end, node):
    """Where the properties of the first node of this name begin."""
    while at < end:
        token = _word(tree, at)
        at += 4
        if token == BEGIN_NODE:
            stop = tree.index(b'\0', at)
            name = tree[at:stop].decode()
            at += _aligned(stop - at + 1)
            if name == node:
                return at
        elif token == PROP:
            at += 8 + _aligned(_word(tree, at))
        elif token == END:
            break
    raise LabError(f'the device tree has no node {node}')


def add_cells(tree, node, name, cells):
    """TREE with one property of 32 bit cells more in the first node of this name."""
    magic, _, structure, strings, reserved, *versions, strings_len, structure_len = \
        HEADER.unpack_from(tree)
    if magic != MAGIC:
        raise LabError('this is no device tree')
    at = _end_of_begin(tree, structure, structure + structure_len, node)
    added = struct.pack('>3I', PROP, 4 * len(cells), strings_len) \
        + struct.pack(f'>{len(cells)}I', *cells)
    body = tree[structure:at] + added + tree[at:structure + structure_len]
    words = tree[strings:strings + strings_len] + name.encode() + b'\0'
    map_end = reserved
    while tree[map_end:map_end + 16] != bytes(16):
        map_end += 16
    entries = tree[reserved:map_end + 16]
    offset = (HEADER.size + 7) & ~7
    header = HEADER.pack(
        MAGIC, offset + len(entries) + len(body) + len(words), offset + len(entries),
        offset + len(entries) + len(body), offset, *versions, len(words), len(body))
    return header.ljust(offset, b'\0') + entries + body + words
