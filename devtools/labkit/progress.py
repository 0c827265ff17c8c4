# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""What the person sees: steps with their times, and errors in plain words."""

import contextlib
import subprocess
import sys
import time

START = time.monotonic()
_took = [0.0]


class LabError(Exception):
    """Something failed; the text says what, and what to do about it."""


def say(text):
    """One line on stderr, stamped with the time since the program started."""
    print(f'[{time.monotonic() - START:6.1f} s] {text}', file=sys.stderr, flush=True)


@contextlib.contextmanager
def step(text):
    """A slow piece of work: announced, then reported with how long it took."""
    say(f'{text} ...')
    began, before = time.monotonic(), in_steps()
    yield
    took = time.monotonic() - began
    _took[0] = before + took  # a step within this one is a part of it
    say(f'{text}: done in {took:.1f} s')


def in_steps():
    """How many seconds were spent in steps so far."""
    return _took[0]


def run(argv, **options):
    """Run a host tool quietly; its output is shown only when it fails."""
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors='replace', **options)
    except OSError as error:
        raise LabError(f'cannot run {argv[0]}: {error.strerror}') from error
    if done.returncode:
        command = ' '.join(map(str, argv))
        raise LabError(f'exit status {done.returncode} from: {command}\n{done.stdout}')
    return done.stdout
