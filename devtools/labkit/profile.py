# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Where a guest's kernel spends its time: samples of a processor's program counter.

QEMU's monitor reads the registers of a running processor. So the guest needs no profiler and no
other kernel, and no code of it runs for a sample. The emulator stores the program counter between
the blocks that it translates, so a sample names the function but not the instruction.
"""

import bisect
import collections
import json
import re

from .progress import LabError

PERIOD = 0.004  # seconds between samples
COUNTER = re.compile(r'\b(?:PC|RIP|NIP) ?=?([0-9a-f]{16})')
KERNEL = 1 << 63
USER, UNKNOWN = 'user space', 'unknown'
# Where a processor waits that has nothing to do.
IDLE = re.compile(r'cpu_do_idle|(default|native|acpi|amd)_idle.*|(pv_|acpi_)?\w*safe_halt')
# What the compiler appends to the names of functions that it has split or changed.
PARTS = re.compile(r'\.(isra|constprop|part|cold)\b.*')
# Prints the symbols of the running kernel and its modules, as a fact.
PRINT_SYMBOLS = "awk '$2 ~ /^[tTwW]$/ { print $1, $3 }' /proc/kallsyms | fact_text symbols"


class Sampler:
    """Samples a processor while the guest is in a phase that it has named."""

    def __init__(self, ask):
        self._ask = ask  # ask(line, answer, silent)
        self._cpu, self._phase = 0, ''
        self._next = 0
        self._waits = False
        self.samples = collections.defaultdict(list)

    def begin(self, words):
        """A phase of a processor begins, [CPU, PHASE]; without words the phase ends."""
        self._cpu, self._phase = (int(words[0]), words[1]) if words else (0, '')

    def on_time(self, now):
        """Take a sample if it is time; returns the seconds until the next one."""
        if not self._phase or self._waits:
            return float('inf')
        if now < self._next:
            return self._next - now
        self._next = now + PERIOD
        self._waits = True
        phase = self._phase
        self._ask(json.dumps({'execute': 'human-monitor-command', 'arguments': {
            'command-line': 'info registers', 'cpu-index': self._cpu}}),
            lambda _, text: self._take(phase, text), silent=True)
        return float('inf')

    def _take(self, phase, text):
        self._waits = False
        match = COUNTER.search(text)
        # The phase may have ended between the question and the answer.
        if match and phase == self._phase:
            self.samples[phase].append(int(match[1], 16))


class Symbols:
    """The functions of a kernel."""

    def __init__(self, text):
        """TEXT: what PRINT_SYMBOLS prints."""
        pairs = sorted((int(address, 16), PARTS.sub('', name)) for address, name in
                       (line.split()[:2] for line in text.splitlines()))
        if not pairs or not pairs[0][0]:
            raise LabError('the kernel hides the addresses of its functions')
        self._addresses = [address for address, _ in pairs]
        self._names = [name for _, name in pairs]

    def name(self, counter):
        """The function at this address."""
        if counter < KERNEL:
            return USER
        at = bisect.bisect_right(self._addresses, counter)
        return self._names[at - 1] if at else UNKNOWN


def shares(samples, symbols):
    """[(function, share of the samples in which the processor was busy)], the largest first."""
    counts = collections.Counter(map(symbols.name, samples))
    busy = {name: count for name, count in counts.items() if not IDLE.fullmatch(name)}
    return sorted(((name, count / sum(busy.values())) for name, count in busy.items()),
                  key=lambda item: -item[1])


def share_of(found, pattern):
    """The share of all functions whose names match, of what shares() returned."""
    return sum(share for name, share in found if re.search(pattern, name))
