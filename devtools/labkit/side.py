# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Run lab suites in parallel, one more than processors, as an emulated machine often waits.

Each suite is a process "lab test SUITE".  The last line of its output is the verdict;
a process without a verdict has failed.
"""

import collections
import contextlib
import os
import re
import selectors
import subprocess
import sys

from . import budgets, load

# The largest machine of a test: its memory, and the emulator's own.
MEMORY_PER_JOB = 7 << 30
VERDICT = re.compile(r'(\d+) passed, (\d+) failed$')
OF_THE_SUITE = re.compile(r'(ok|FAIL) |== ')
FAILED = 'failed: '
LONGEST_END = 60


def jobs():
    """How many suites to run in parallel, by processors and free memory."""
    with open('/proc/meminfo', encoding='ascii') as table:
        memory = next(int(line.split()[1]) << 10 for line in table if 'MemAvailable' in line)
    return max(1, min(len(os.sched_getaffinity(0)) + 1, memory // MEMORY_PER_JOB))


class _Job:
    """One suite in a process of its own."""

    def __init__(self, suite, words):
        self.suite = suite
        self.verdict = self.took = None
        self.failures = []
        self._rest = b''
        self.process = subprocess.Popen(
            [sys.executable, '-m', 'labkit', *words, '--jobs=1', suite.name],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def read(self):
        """Print its output, each line with the suite's name; False at the end of the output."""
        data = os.read(self.process.stdout.fileno(), 65536)
        *lines, self._rest = (self._rest + (data or b'\n')).split(b'\n')
        for line in lines:
            self._line(line.decode('utf-8', 'replace'))
        return bool(data)

    def _line(self, line):
        found = VERDICT.match(line)
        took = load.TOOK.match(line)
        if took:
            self.took = float(took[1])
        if found:
            self.verdict = int(found[1]), int(found[2])
        elif line.startswith(FAILED):
            self.failures.append(line.removeprefix(FAILED))
        elif line.startswith('== all took') or not line:
            pass
        elif OF_THE_SUITE.match(line):
            print(line, flush=True)
        else:
            print(f'{self.suite.name}| {line}', flush=True)

    def end(self, report):
        """Count its results."""
        status = self.process.wait()
        passed, failed = self.verdict or (0, 0)
        report.passed += passed
        report.failed += failed
        report.failures += self.failures
        if self.verdict is None or (status != 0) != (failed != 0):
            report.fail(self.suite.name, f'its process ended with status {status} and '
                        f'{"no verdict" if self.verdict is None else f"{failed} failed"}')

    def stop(self):
        """Terminate it and its machine."""
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(LONGEST_END)
        self.process.kill()
        self.process.wait()


def run(suites, report, at_a_time, words):
    """Run SUITES, AT_A_TIME of them in parallel, the longest first.

    WORDS: the lab's command, "test" or "soak" and its options.
    Returns the seconds that each of them takes on an idle machine.
    """
    took = {}
    waiting = collections.deque(sorted(suites, key=lambda suite: -budgets.seconds(suite.name)))
    running = {}
    with selectors.DefaultSelector() as selector:
        try:
            while waiting or running:
                while waiting and len(running) < at_a_time:
                    job = _Job(waiting.popleft(), words)
                    running[job.process.stdout] = job
                    selector.register(job.process.stdout, selectors.EVENT_READ)
                for key, _ in selector.select():
                    if running[key.fileobj].read():
                        continue
                    selector.unregister(key.fileobj)
                    job = running.pop(key.fileobj)
                    job.end(report)
                    if job.took is not None:
                        took[job.suite.name] = job.took
        finally:
            for job in running.values():
                job.stop()
    return took
