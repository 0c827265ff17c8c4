#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Run each lab test, on each of its machines, up to its first guest or process.

A mistake before that point (an unknown machine, a table without it, an option that guests do not
have) would show only after a boot on just that machine, long ones only in "lab soak".
"""

import contextlib
import io
import pathlib
import subprocess
import sys
import types

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import checkkit  # noqa: E402
from labkit import cache, guest, testing  # noqa: E402


class Reached(BaseException):
    """The test asked for a guest or a process; no test catches this."""


def _stop(*_, **__):
    raise Reached


@contextlib.contextmanager
def nothing_runs():
    """Guests, processes and preparations raise Reached in this block."""
    places = [(guest, '_prepared'), (subprocess, 'run'), (subprocess, 'Popen'), (cache, 'entry')]
    kept = [(*place, getattr(*place)) for place in places]
    for module, name in places:
        setattr(module, name, _stop)
    try:
        yield
    finally:
        for module, name, function in kept:
            setattr(module, name, function)


def check(suite, path):
    """Problems of a suite's tests: each that ends before it reaches a guest or a process."""
    for name, platforms, _, function in suite.load().__dict__.get('_lab_tests', []):
        for platform in platforms:
            column = platform if isinstance(platform, str) else ', '.join(platform)
            report = testing.Report()
            testing._running.append((report, suite.name, column))
            try:
                with nothing_runs(), contextlib.redirect_stdout(io.StringIO()):
                    function(platform)
                yield path, 1, f'"{name}" [{column}] starts nothing'
            except Reached:
                for failure in report.failures:
                    yield path, 1, f'"{name}" [{column}]: {failure}'
            except Exception as error:  # the kind of mistake that this looks for
                yield path, 1, f'"{name}" [{column}]: {type(error).__name__}: {error}'
            finally:
                testing._running.pop()


def _suite(function):
    tests = [('t', ('arm-smmuv3',), False, function)]
    return types.SimpleNamespace(name='s', load=lambda: types.SimpleNamespace(_lab_tests=tests))


def self_test():
    """The check passes a test that boots a guest, and finds those that do not get there."""
    for function, problems in (
            (lambda platform: guest.run(platform, ['true']), 0),
            (lambda platform: subprocess.run(['true'], check=True), 0),
            (lambda platform: guest.run(platform, ['true'], no_option=1), 1),
            (lambda platform: guest.run({'x86-vtd': ''}[platform], ['true']), 1),
            (lambda platform: guest.run('pdp-11', ['true']), 1),
            (lambda platform: None, 1)):
        found = list(check(_suite(function), 'x.py'))
        if len(found) != problems:
            yield pathlib.Path(__file__).name, 1, f'self-test: {found}, not {problems}'


def check_all():
    """Problems of all suites."""
    for suite in testing.lab_suites():
        yield from check(suite, f'tests/lab/{suite.name}.py')


if __name__ == '__main__':
    sys.exit(checkkit.main('check-lab', self_test, check_all))
