# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Compare the fake kernel of the conformance tests with real kernels, rule by rule."""

import difflib
import re
import subprocess

from labkit import build, facts, guest
from labkit.platforms import PLATFORMS
from labkit.testing import expect, expect_equal, figure, test

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


def _compare(platform, kernel, backends):
    first, _ = PLATFORMS[platform].nics
    # A second device without virtual functions, see rules_guest.c.
    devices = [first, PLATFORMS[platform].spare]
    result = guest.run(platform, ['/usr/share/vfio-msi/conformance.sh', *devices, *backends],
                       kernel=kernel, seconds=60)
    said = facts.read(result)
    for backend in backends:
        real = said[backend]
        fake, status = _fake(backend, real)
        difference = '\n'.join(difflib.unified_diff(fake.splitlines(), real.splitlines(),
                                                    'fake', 'real', lineterm='', n=1))
        expect(not difference, f'{backend}: the fake differs from the kernel\n{difference}')
        rules = re.search(r'^(\d+) rules, 0 broken\Z', real, re.MULTILINE)
        expect(rules, f'{backend}: broken rules\n{real[-3000:]}')
        said.check(backend, **{f'{backend}_status': status})
        expect_equal(status, 0, f'{backend}: exit status of the fake')
        figure(f'rules of {backend} that fake and kernel keep', rules[1])
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')


@test("all backends on the lab's kernel", ['arm-smmuv3', 'x86-vtd'])
def lab_kernel(platform):
    _compare(platform, 'lab', ['type1', 'iommufd', 'compat'])


@test("type1 on Debian's kernel", ['arm-smmuv3'])
def debian_kernel(platform):
    _compare(platform, 'debian', ['type1'])
