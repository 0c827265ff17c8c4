# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""What the lab's work takes on a quiet machine, as far as a busy one can tell.

Others who use the processors slow the lab down. Their share of all processor time is
what the machine was busy, less what the lab and its children used.
"""

import os
import pathlib
import re
import time

# The process whose work is the lab's; suites side by side are one lab.
ROOT = 'LABKIT_ROOT'
# What a suite says of its time.
SAYS = '== {} took {:.1f} s, {:.1f} s on a quiet machine'
TOOK = re.compile(r'== \S+ took \S+ s, (\S+) s on a quiet machine')
TICKS = os.sysconf('SC_CLK_TCK')
# In /proc/stat: all but idle, waiting for a disk, and guests, who are counted as user already.
BUSY = (0, 1, 2, 5, 6, 7)


def _machine():
    """Seconds that all processors of this machine were busy, and how many there are."""
    lines = pathlib.Path('/proc/stat').read_text(encoding='ascii').splitlines()
    fields = [int(word) for word in lines[0].split()[1:]]
    return sum(fields[i] for i in BUSY) / TICKS, sum(line[:4] > 'cpu ' for line in lines
                                                     if line.startswith('cpu'))


def _words(path):
    """The words of a file of /proc; none if whom it is about has just ended."""
    try:
        return path.read_text(encoding='utf-8').rpartition(')')[2].split()
    except OSError:
        return []


def _process(pid):
    """Seconds that this process, those it waited for and all its children used."""
    folder = pathlib.Path('/proc') / str(pid)
    fields = _words(folder / 'stat')
    used = sum(int(word) for word in fields[11:15]) / TICKS
    return used + sum(_process(child) for path in folder.glob('task/*/children')
                      for child in _words(path))


class Meter:
    """Measures from when it is made."""

    def __init__(self):
        self._root = int(os.environ.get(ROOT, os.getpid()))
        self._began = time.monotonic()
        self._busy, self._processors = _machine()
        self._lab = _process(self._root)

    def seconds(self):
        """(seconds since then, how many of them are the lab's own doing)."""
        took = time.monotonic() - self._began
        others = _machine()[0] - self._busy - (_process(self._root) - self._lab)
        share = min(max(others / (took * self._processors), 0), 1)
        return took, took * (1 - share)
