# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Additions to the device tree of an emulated Arm machine.

QEMU writes its tree to a file, dtc adds nodes to it, and QEMU boots with the result.
"""

import contextlib
import pathlib
import tempfile

from . import host, qemu
from .guest import Options, find
from .progress import run


def _dump(platform, path, options):
    """Write the tree of a guest of PLATFORM with these options to PATH."""
    argv = qemu.command_line(find(platform), Options(**options), *['/dev/null'] * 3)
    machine = argv.index('-machine') + 1
    argv[machine] += f',dumpdtb={path}'
    for option in ('-kernel', '-initrd', '-append'):
        at = argv.index(option)
        del argv[at:at + 2]
    run(argv)


@contextlib.contextmanager
def extended(platform, source, **options):
    """QEMU's arguments for a guest of PLATFORM whose tree has SOURCE (dts) appended.

    OPTIONS: the options of the guest.
    """
    host.need(['device-tree-compiler'])
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        _dump(platform, folder / 'was.dtb', options)
        run(['dtc', '-q', '-I', 'dtb', '-O', 'dts', '-o', folder / 'tree.dts', folder / 'was.dtb'])
        with open(folder / 'tree.dts', 'a', encoding='ascii') as tree:
            tree.write(source)
        run(['dtc', '-q', '-o', folder / 'is.dtb', folder / 'tree.dts'])
        yield '-dtb', str(folder / 'is.dtb')
