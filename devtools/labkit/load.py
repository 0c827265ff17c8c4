# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Estimate how long the lab's work would take on an idle machine.

Other processes slow the lab down.  Their share of the processor time is the time that
the machine was busy minus the time that the lab and its children used.
"""

import os
import pathlib
import re
import time

# Environment variable: the first process of the lab; parallel suites belong to one lab.
ROOT = 'LABKIT_ROOT'
# The line in which a suite reports its time.
SAYS = '== {} took {:.1f} s, {:.1f} s on a quiet machine'
TOOK = re.compile(r'== \S+ took \S+ s, (\S+) s on a quiet machine')
TICKS = os.sysconf('SC_CLK_TCK')
# Fields of /proc/stat: not idle, iowait and guest time (user time includes the last one).
BUSY = (0, 1, 2, 5, 6, 7)


def _machine():
    """(seconds that all processors were busy, number of processors)."""
    lines = pathlib.Path('/proc/stat').read_text(encoding='ascii').splitlines()
    fields = [int(word) for word in lines[0].split()[1:]]
    return sum(fields[i] for i in BUSY) / TICKS, sum(line[:4] > 'cpu ' for line in lines
                                                     if line.startswith('cpu'))


def _words(path):
    """The words of a file of /proc; none if the process has just ended."""
    try:
        return path.read_text(encoding='utf-8').rpartition(')')[2].split()
    except OSError:
        return []


def _process(pid):
    """Seconds that this process, its dead children and its living ones used."""
    folder = pathlib.Path('/proc') / str(pid)
    fields = _words(folder / 'stat')
    used = sum(int(word) for word in fields[11:15]) / TICKS
    return used + sum(_process(child) for path in folder.glob('task/*/children')
                      for child in _words(path))


class Meter:
    """Measures from its creation."""

    def __init__(self):
        self._root = int(os.environ.get(ROOT, os.getpid()))
        self._began = time.monotonic()
        self._busy, self._processors = _machine()
        self._lab = _process(self._root)

    def seconds(self):
        """(seconds since then, seconds it would have taken on an idle machine)."""
        took = time.monotonic() - self._began
        others = _machine()[0] - self._busy - (_process(self._root) - self._lab)
        share = min(max(others / (took * self._processors), 0), 1)
        return took, took * (1 - share)
