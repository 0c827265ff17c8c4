# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""The device tree of an emulated Arm machine, with more in it.

QEMU writes its tree to a file and takes it back changed; dtc does the rest.
"""

import contextlib
import pathlib
import tempfile

from . import host, qemu
from .guest import Options, find
from .progress import run


def _dump(platform, path, options):
    """Write the tree that a guest of PLATFORM with these options would see."""
    argv = qemu.command_line(find(platform), Options(**options), *['/dev/null'] * 3)
    machine = argv.index('-machine') + 1
    argv[machine] += f',dumpdtb={path}'
    for option in ('-kernel', '-initrd', '-append'):
        at = argv.index(option)
        del argv[at:at + 2]
    run(argv)


@contextlib.contextmanager
def extended(platform, source, **options):
    """QEMU's arguments for a guest of PLATFORM with SOURCE, in dtc's language, in its tree.

    OPTIONS are those of the guest.
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
