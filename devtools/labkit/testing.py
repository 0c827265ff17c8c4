# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Functions with which lab tests are written, and the loader of suites.

A suite is a module in tests/lab.  It registers functions with @test(...), and the lab
calls each once per platform.  An exception fails the test.  budgets.py has the suite's
budget.
"""

import contextlib
import dataclasses
import functools
import importlib.util
import sys
import time

from . import build
from .platforms import KERNEL_OF, PLATFORMS
from .progress import LabError

SUITES = build.SOURCE / 'tests/lab'
# The longest line of a failure in the summary.
SUMMARY = 300
COMMON = tuple(name for name, platform in PLATFORMS.items() if platform.common)


class Failure(Exception):
    """A test failed; the text says why."""


def expect(condition, why):
    """Fail the test unless CONDITION holds."""
    if not condition:
        raise Failure(why)


def expect_equal(actual, wanted, what):
    """Fail the test unless both are equal; WHAT names the thing compared."""
    expect(actual == wanted, f'{what} is {actual!r}, not {wanted!r}')


def each_backend(*platforms):
    """(platform, backend) of these platforms with every backend that works there.

    Without an argument: of all common platforms, with the backends in "tested".
    """
    return [(name, backend) for backend in KERNEL_OF for name in platforms or COMMON
            if backend in (PLATFORMS[name].interrupts if platforms else PLATFORMS[name].tested)]


def other_pairs():
    """The pairs that each_backend() leaves out."""
    return [pair for pair in each_backend(*COMMON) if pair not in each_backend()]


def test(name, platforms=COMMON, soak=False, tail=()):
    """Register a function of one argument, the platform's name; soak: for "lab soak" only.

    A platform may also be a pair of its name and a backend: both are arguments then.
    tail: platforms on which "lab soak" runs it as well.
    """
    if not platforms:
        raise LabError(f'"{name}" has no platform')

    def register(function):
        @functools.wraps(function)
        def call(where):
            return function(where) if isinstance(where, str) else function(*where)
        tests = sys.modules[function.__module__].__dict__.setdefault('_lab_tests', [])
        tests.append((name, tuple(platforms), soak, call))
        tests.append((name, tuple(where for where in tail if where not in platforms), True, call))
        return function
    return register


_figures = []
# The report, suite and column of the running test.
_running = []


def part(name):
    """A block of the running test that is counted and reported under its own name.

    A failure does not end the test, so that several checks can share one boot.
    """
    report, suite, column = _running[-1]
    return report.case(f'{suite}: {name} [{column}]', suite, name, column)


def figure(what, value, varies=False):
    """Print a figure of the running test and add it to the page of results.

    varies: it differs from run to run (a time, for example), so it is printed only.
    """
    print(f'     {what}: {value}', flush=True)
    if not varies:
        _figures.append((what, str(value)))


@dataclasses.dataclass
class Case:
    """One test on one platform that passed."""

    suite: str
    test: str
    column: str
    figures: list


class Report:
    """Counts and prints what passed and what failed."""

    def __init__(self):
        self.passed = self.failed = 0
        self.cases = []
        self.failures = []

    def ok(self, name, seconds):
        """One test passed."""
        self.passed += 1
        print(f'ok   {name} ({seconds:.1f} s)', flush=True)

    def fail(self, name, why):
        """One test failed."""
        self.failed += 1
        self.failures.append(f'{name}: {why}')
        print(f'FAIL {name}: {why}', flush=True)

    def summary(self):
        """Print a line for each failure, and the counts."""
        for failure in self.failures:
            print(f'failed: {failure.splitlines()[0][:SUMMARY]}')
        print(f'{self.passed} passed, {self.failed} failed', flush=True)

    @contextlib.contextmanager
    def case(self, name, *scenario):
        """A test in a block: it passes unless the block raises.

        SCENARIO: suite, test and column, for the table of results.
        """
        began = time.monotonic()
        kept = _figures[:]
        _figures.clear()
        try:
            yield
        except (Failure, LabError) as error:
            self.fail(name, error)
        except Exception as error:  # a broken test has failed, the others continue
            self.fail(name, f'{type(error).__name__}: {error}')
        else:
            self.ok(name, time.monotonic() - began)
            if scenario:
                self.cases.append(Case(*scenario, _figures[:]))
        finally:
            _figures[:] = kept


class LabSuite:
    """The tests of one module."""

    def __init__(self, path):
        self.name = path.stem
        self._path = path

    def load(self):
        """Import the module."""
        name = f'lab_suite_{self.name}'
        spec = importlib.util.spec_from_file_location(name, self._path)
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    @property
    def about(self):
        """The first line of the module's docstring."""
        return (self.load().__doc__ or '').strip().split('\n')[0]

    def run(self, report, soak=False, only=''):
        """Run every test on each of its platforms; only: if "NAME [PLATFORM]" contains this."""
        for name, platforms, is_soak, function in self.load().__dict__.get('_lab_tests', []):
            for platform in platforms if only or is_soak == soak else ():
                column = platform if isinstance(platform, str) else ', '.join(platform)
                if only not in f'{name} [{column}]':
                    continue
                _running.append((report, self.name, column))
                with part(name):
                    function(platform)
                _running.pop()


def lab_suites():
    """All suites of tests/lab, by name."""
    return [LabSuite(path) for path in sorted(SUITES.glob('*.py'))]
