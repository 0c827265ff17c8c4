# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Clean up after labs that were killed by SIGKILL."""

import os
import pathlib
import signal

from . import cache
from .progress import say


def clean(everything=False):
    """Kill machines whose lab is dead, remove their folders; everything: the cache too."""
    for folder in (cache.root() / 'runs').glob('*-*'):
        owner = int(folder.name.split('-')[0])
        if _alive(owner):
            say(f'process {owner} still uses {folder}: not removed')
            continue
        for process in _machines(folder):
            say(f'killing the machine {process}')
            os.kill(process, signal.SIGKILL)
        cache.remove([folder])
    if everything:
        with cache.alone():
            cache.remove([cache.root()])


def _alive(process):
    """Whether this process runs and is a lab."""
    try:
        return b'labkit' in pathlib.Path(f'/proc/{process}/cmdline').read_bytes()
    except OSError:
        return False


def _machines(folder):
    """The QEMU processes that use files in this run's folder."""
    found = []
    for entry in pathlib.Path('/proc').glob('[0-9]*'):
        try:
            argv = (entry / 'cmdline').read_bytes().split(b'\0')
        except OSError:
            continue
        if any(b'qemu-system' in word for word in argv) and os.fsencode(folder / 'initrd') in argv:
            found.append(int(entry.name))
    return found
