# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Compare the fake kernel of the conformance tests with real kernels, rule by rule."""

import re

from labkit import facts, guest, rules
from labkit.platforms import PLATFORMS
from labkit.testing import expect, expect_equal, figure, part, test

# What a kernel logs about a fault of its own, and the places of the known ones without memory:
# doc/contributing/tests.rst has them.
KERNEL_FAULT = re.compile(r'.*(?:BUG|WARNING|Oops|refcount_t|leak).*')
KNOWN = re.compile(r'WARNING: at (?:remove_proc_entry|__iommu_release_dma_ownership'
                   r'|arm_smmu_install_old_domain_invs|its_msi_teardown)\+')
FAILED = re.compile(r'^(\d+) allocations failed, 0 broken\Z', re.MULTILINE)


def _run(platform, kernel, words, seconds):
    first, _ = PLATFORMS[platform].nics
    # A second device without virtual functions, see rules_guest.c.
    devices = [first, PLATFORMS[platform].spare]
    result = guest.run(platform, ['/usr/share/vfio-msi/conformance.sh', *devices, *words],
                       kernel=kernel, seconds=seconds)
    return result, facts.read(result)


def _compare(platform, kernel, backends, failing=()):
    result, said = _run(platform, kernel, [*failing, *backends], 120 if failing else 60)
    for name in failing:
        with part(f'{name}: the kernel lacks memory in each call'):
            _check_failures(result, said, name)
    for backend in backends:
        rules.compare(said, backend, backend)
    if PLATFORMS[platform].reports_faults:
        expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')


def _check_failures(result, said, name):
    """Allocations failed inside of system calls, and nothing was left or broken."""
    report = said[name]
    found = FAILED.search(report)
    expect(found and said[f'{name}_status'] == 0, f'exit status {said[f"{name}_status"]}\n{report[-4000:]}')
    calls = re.findall(r'^[\w-]+, (\w+ ?\S*): \d+ failed', report, re.MULTILINE)
    expect(len(calls) > 10, f'allocations failed in {len(calls)} calls only\n{report}')
    faults = [line for line in KERNEL_FAULT.findall(result.dmesg) if not KNOWN.search(line)]
    expect_equal(faults, [], 'faults of the kernel')
    figure('calls of the kernel with an allocation that failed', len(calls), varies=True)
    figure('allocations that failed', found[1], varies=True)
    if name.startswith('fail-all-'):
        print(report, flush=True)


@test("all backends on the lab's kernel", ['arm-smmuv3', 'x86-vtd'])
def lab_kernel(platform):
    failing = ('fail-iommufd', 'fail-type1') if platform == 'arm-smmuv3' else ()
    _compare(platform, 'lab', ['type1', 'iommufd', 'compat'], failing)


@test('each allocation fails once in each call', ['arm-smmuv3', 'x86-vtd'], soak=True)
def allocations(platform):
    names = ['fail-all-iommufd', 'fail-all-type1', 'fail-all-compat']
    result, said = _run(platform, 'lab', names, 3600)
    for name in names:
        with part(f'{name}: each allocation fails once in each call'):
            _check_failures(result, said, name)


@test('windows of POWER', ['ppc-spapr'], soak=True)
def power(platform):
    _compare(platform, PLATFORMS[platform].kernel, ['spapr'])


@test("type1 on Debian's kernel", ['arm-smmuv3'])
def debian_kernel(platform):
    _compare(platform, 'debian', ['type1'])
