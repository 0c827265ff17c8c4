# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Compare what tests/conformance/rules*.c print on a guest's kernel and on the fake one."""

import difflib
import re
import subprocess

from . import build
from .testing import expect, expect_equal, figure

PROGRAM = 'tests/conformance/rules_fake'


def _likeness(said):
    """The arguments that make the fake behave like the machine that printed SAID."""
    found = re.search(r'^machine: (.+)$', said, re.MULTILINE)
    expect(found, f'no machine in\n{said[-1500:]}')
    # Zero means that the value was not determined, because an earlier rule failed.
    return [word for word in found[1].split() if not word.endswith('=0')]


def _fake(backend, said):
    """The output of the fake for the same machine, and its exit status."""
    program = build.native('gcc') / PROGRAM
    result = subprocess.run([program, backend, *_likeness(said)], capture_output=True,
                            text=True, check=False)
    return result.stdout + result.stderr, result.returncode


def compare(said, name, backend):
    """The fact NAME has the rules of BACKEND as the guest's kernel keeps them."""
    real = said[name]
    fake, status = _fake(backend, real)
    difference = '\n'.join(difflib.unified_diff(fake.splitlines(), real.splitlines(),
                                                'fake', 'real', lineterm='', n=1))
    expect(not difference, f'{backend}: the fake differs from the kernel\n{difference}')
    rules = re.search(r'^(\d+) rules, 0 broken\Z', real, re.MULTILINE)
    expect(rules, f'{backend}: broken rules\n{real[-3000:]}')
    said.check(name, **{f'{name}_status': status})
    expect_equal(status, 0, f'{backend}: exit status of the fake')
    figure(f'rules of {backend} that fake and kernel keep', rules[1])
