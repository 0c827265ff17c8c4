# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Progress output: steps with their times, and errors."""

import contextlib
import subprocess
import sys
import time

START = time.monotonic()
_took = [0.0]


class LabError(Exception):
    """An error; the text says what failed and what to do."""


def say(text):
    """Print a line to stderr, with the time since the start of the program."""
    print(f'[{time.monotonic() - START:6.1f} s] {text}', file=sys.stderr, flush=True)


@contextlib.contextmanager
def step(text):
    """Announce slow work, then report how long it took."""
    say(f'{text} ...')
    began, before = time.monotonic(), in_steps()
    yield
    took = time.monotonic() - began
    _took[0] = before + took  # includes steps inside this one
    say(f'{text}: done in {took:.1f} s')


def in_steps():
    """Seconds spent in steps so far."""
    return _took[0]


def run(argv, **options):
    """Run a host tool; show its output only if it fails."""
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors='replace', **options)
    except OSError as error:
        raise LabError(f'cannot run {argv[0]}: {error.strerror}') from error
    if done.returncode:
        command = ' '.join(map(str, argv))
        raise LabError(f'exit status {done.returncode} from: {command}\n{done.stdout}')
    return done.stdout
