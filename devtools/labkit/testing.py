# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""What lab tests are written with, and how they are found.

A suite is a module in tests/lab with a BUDGET in seconds, whose functions are
registered by @test(...) and called once per platform.  Raising fails the test.
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
    """(platform, backend) of these platforms, else of all, by each backend of VFIO there."""
    return [(name, backend) for backend in KERNEL_OF for name in platforms or COMMON
            if backend in PLATFORMS[name].interrupts]


def test(name, platforms=COMMON, soak=False):
    """Register a function of one argument, the platform's name; soak: for "lab soak" only.

    A platform may also be a pair of its name and a backend: then both are arguments.
    """
    def register(function):
        @functools.wraps(function)
        def call(where):
            return function(where) if isinstance(where, str) else function(*where)
        tests = sys.modules[function.__module__].__dict__.setdefault('_lab_tests', [])
        tests.append((name, tuple(platforms), soak, call))
        return function
    return register


_figures = []


def figure(what, value, varies=False):
    """Report a figure of the test that runs: printed, and kept in the table of results.

    varies: it is another one in each run (a time, say), so it is printed only.
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

    def ok(self, name, seconds):
        """One test passed."""
        self.passed += 1
        print(f'ok   {name} ({seconds:.1f} s)', flush=True)

    def fail(self, name, why):
        """One test failed."""
        self.failed += 1
        print(f'FAIL {name}: {why}', flush=True)

    @contextlib.contextmanager
    def case(self, name, *scenario):
        """A test in a block: it passes unless the block raises.

        SCENARIO: suite, test and column, for the table of results.
        """
        began = time.monotonic()
        _figures.clear()
        try:
            yield
        except (Failure, LabError) as error:
            self.fail(name, error)
        except Exception as error:  # a broken test is a failed test, and the others go on
            self.fail(name, f'{type(error).__name__}: {error}')
        else:
            self.ok(name, time.monotonic() - began)
            if scenario:
                self.cases.append(Case(*scenario, _figures[:]))


class LabSuite:
    """The tests of one module."""

    def __init__(self, path):
        self.name = path.stem
        self._path = path

    def load(self):
        """Import the module; its tests and its budget."""
        name = f'lab_suite_{self.name}'
        spec = importlib.util.spec_from_file_location(name, self._path)
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    @property
    def about(self):
        """The first line of the module's docstring."""
        return (self.load().__doc__ or '').strip().split('\n')[0]

    @property
    def budget(self):
        """How many seconds it should take at most."""
        return self.load().BUDGET

    def run(self, report, soak=False):
        """Run every test on every platform it is for."""
        for name, platforms, is_soak, function in self.load().__dict__.get('_lab_tests', []):
            for platform in platforms if is_soak == soak else ():
                column = platform if isinstance(platform, str) else ', '.join(platform)
                with report.case(f'{self.name}: {name} [{column}]', self.name, name, column):
                    function(platform)


def lab_suites():
    """All suites of tests/lab, by name."""
    return [LabSuite(path) for path in sorted(SUITES.glob('*.py'))]
