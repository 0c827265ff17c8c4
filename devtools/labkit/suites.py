# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""The suites that run on the host, and the order of all suites."""

import dataclasses
import json
import os
import re
import time
import typing

from . import (addressreaders, budgets, build, devicenames, fuzz, guest, guide, host, load, outside,
               package_files, progress, results, rootfs, sdk, side, vfiocallers)
from .progress import LabError, run
from .testing import Report, expect, lab_suites

UNIT_LIMIT = '3'
DEVICE_NAMES = build.SOURCE / 'devtools/device-names.txt'
FULL_MARKS = ('OK', 'EXPECTEDFAIL')


@dataclasses.dataclass
class HostSuite:
    """A suite that runs on this machine."""

    name: str
    about: str
    # What "lab test" runs, if anything.
    body: typing.Callable
    # What "lab soak" runs, if anything.
    long: typing.Callable = None

    def run(self, report, soak=False, only=''):
        """Run it; --only skips it."""
        body = self.long if soak else self.body
        if body and not only:
            body(report)


def _checks(report):
    """Every devtools/check-* script is a test."""
    for script in sorted((build.SOURCE / 'devtools').glob('check-*')):
        with report.case(f'checks: {script.name}'):
            run([script], cwd=build.SOURCE)


def _unit(suite, compiler, sanitizers='address,undefined', only=()):
    """A suite of meson's tests, of all or those that ONLY (words of meson) selects."""
    def body(report):
        began = time.monotonic()
        try:
            folder = build.native(compiler, sanitizers)
        except LabError as error:
            report.fail(f'{suite}: build', error)
            return
        report.ok(f'{suite}: build', time.monotonic() - began)
        log, failed = folder / 'meson-logs/testlog.json', report.failed
        log.unlink(missing_ok=True)
        died = None
        try:
            run(['meson', 'test', '-C', folder, '--no-rebuild', '--timeout-multiplier',
                 UNIT_LIMIT, *only])
        except LabError as error:
            died = error  # the log has the reason if a test failed
        _read_test_log(report, suite, log)
        if died and report.failed == failed:
            report.fail(f'{suite}: meson test', died)
    return body


def _read_test_log(report, suite, path):
    """Count each of meson's tests as a test of the suite."""
    for line in path.read_text(encoding='utf-8').splitlines():
        test = json.loads(line)
        name = f'{suite}: {test["name"]}'
        output = test.get('stdout', '') + test.get('stderr', '')
        # For meson, a program whose cases call skip() has passed.
        skipped = re.findall(r'^\[  SKIPPED \] (\w+)$', output, re.MULTILINE)
        if test['result'] not in FULL_MARKS:
            report.fail(name, f'{test["result"]}\n{output[-3000:]}')
        elif skipped:
            report.fail(name, f'skipped: {", ".join(dict.fromkeys(skipped))}; see what it needs, such '
                        f'as root\n{output[-3000:]}')
        else:
            report.ok(name, test['duration'])


def _check_symbols(found):
    prefixes = {outside.LIBRARY: ('rte_eal_iommu_', 'eal_iommu_'),
                outside.PLUGIN: ('rte_vfio_msi_',)}
    if found.keys() != prefixes.keys():
        raise LabError(f'these objects are installed: {sorted(found)}')
    for path, names in found.items():
        others = sorted(name for name in names if not name.startswith(prefixes[path]))
        if not names or others:
            raise LabError(f'visible: {others or "nothing"} of {path}')


def _new_names(found):
    known, wrong = devicenames.known(DEVICE_NAMES.read_text(encoding='utf-8'))
    return wrong + devicenames.new(sdk.device_names(found), known)


def _new_callers(found):
    folders, wrong = vfiocallers.known_now()
    return wrong + list(vfiocallers.new(sdk.vfio_callers(found), folders))


def _new_readers(found):
    folders, wrong = addressreaders.known_now()
    return wrong + list(addressreaders.new(sdk.address_readers(found), folders))


def _check_places(report, dpdk):
    """Compare the lists of places with the source of DPDK.

    If the mirror has no source of this release, nothing passes: a line says which version of it
    the author of the list has read, and a list that was not read in any of them fails.
    """
    found = why = None
    try:
        found = sdk.nearest(build.dpdk_version('arm64', dpdk), rootfs.release(dpdk).suite)
    except LabError as error:
        why = error
    for what, path, new in (('names of devices', DEVICE_NAMES, _new_names),
                            ('VFIO', vfiocallers.LIST, _new_callers),
                            ('physical addresses', addressreaders.LIST, _new_readers)):
        name = f'build: DPDK {dpdk} uses {what} in known places only'
        read = devicenames.read_in(path.read_text(encoding='utf-8'), dpdk)
        if isinstance(why, sdk.Missing) and read:
            print(f'== {name}: not compared, the author of {path.name} has read '
                  f'{", ".join(read)}: {why}', flush=True)
            continue
        with report.case(name):
            if why:
                raise why
            wrong = new(found)
            expect(not wrong, '\n'.join(wrong))


def _build(report):
    kinds = [(arch, compiler, rootfs.DEFAULT) for arch, compiler in
             (('arm64', 'gcc'), ('amd64', 'gcc'), ('amd64', 'clang'))]
    kinds += [('arm64', 'gcc', dpdk) for dpdk in rootfs.RELEASES if dpdk != rootfs.DEFAULT]
    for arch, compiler, dpdk in kinds:
        with report.case(f'build: {arch}, DPDK {dpdk}, {compiler} -Wall -Wextra -Werror'):
            build.cross(arch, compiler, dpdk=dpdk)
    for dpdk in rootfs.RELEASES:
        _check_places(report, dpdk)
    with report.case('build: the guide and the manual pages, without warnings'):
        guide.check()
    with report.case('build: each installed file is in exactly one Debian package'):
        with build.installed('arm64') as stage:
            package_files.check_installed(stage)
    with report.case('build: the plugin finds its library below the prefix /usr'):
        with build.installed('arm64') as stage:
            outside.check_runpath(stage)
    with report.case('build: the plugin finds its library below a prefix that the loader does not know'):
        with build.installed_in('/opt/vfio', 'arm64') as stage:
            outside.check_runpath(stage)
    for arch in rootfs.USUAL:
        with report.case(f'build: the public header alone, C and C++, {arch}'):
            with build.installed(arch) as stage:
                outside.compile_header(arch, stage)
        with report.case(f'build: no symbols without the prefix of the project, {arch}'):
            with build.installed(arch) as stage:
                _check_symbols(outside.visible_symbols(stage))


HOST_SUITES = [
    HostSuite('checks', 'checks of the source, devtools/check-*', _checks),
    HostSuite('unit-gcc', 'unit tests, gcc with ASan and UBSan', _unit('unit-gcc', 'gcc')),
    HostSuite('unit-clang', 'unit tests, clang with ASan and UBSan', _unit('unit-clang', 'clang')),
    HostSuite('unit-tsan', 'unit tests with several threads, gcc with TSan', None,
              _unit('unit-tsan', 'gcc', 'thread', ('--suite', 'threads'))),
    HostSuite('fuzz', 'targets of libFuzzer, with the build of unit-clang', fuzz.short, fuzz.long),
    HostSuite('build', 'every compiler, architecture and DPDK release, with -Werror', _build),
]


def everything():
    """All suites, in the order in which they run."""
    return HOST_SUITES + lab_suites()


def run_suites(names, soak=False, keep=False, jobs=0, only=''):
    """Run these suites (default: all); True if nothing failed.

    keep: write the page of results of each lab suite without a failure.
    jobs: how many lab suites run in parallel; 0: as processors and memory allow.
    only: run the tests whose "NAME [PLATFORM]" contains this, one after another.
    """
    if only and (keep or not names):
        raise LabError('--only wants suites, and no --results: a page has all tests')
    suites = everything()
    unknown = set(names) - {suite.name for suite in suites}
    if unknown:
        raise LabError(f'unknown suite {", ".join(sorted(unknown))}; see: devtools/lab list')
    suites = [suite for suite in suites if not names or suite.name in names]
    of_guests = [suite for suite in suites if suite not in HOST_SUITES]
    jobs = 1 if only else min(jobs or side.jobs(), len(of_guests))
    report = Report()
    # In a child process of a parallel run, the parent checks the time.
    of_many = load.ROOT in os.environ
    os.environ.setdefault(load.ROOT, str(os.getpid()))
    start = time.monotonic()
    if not names and not soak:
        _prepare()
    took = {}
    for suite in suites if jobs < 2 else [suite for suite in suites if suite in HOST_SUITES]:
        _run_suite(suite, report, took, soak, keep, only)
    if jobs >= 2:
        print(f'== {len(of_guests)} suites in guests, {jobs} in parallel', flush=True)
        took |= side.run(of_guests, report, jobs,
                         ['soak' if soak else 'test'] + ['--results'] * keep)
    if not soak and not of_many and not only:
        _compare(took)
    if not names and not soak:
        with report.case('all: the budgets fit into that of all suites'):
            expect(budgets.whole() <= budgets.WHOLE,
                   f'{budgets.whole():.0f} s of {budgets.WHOLE} s; see budgets.py')
        with report.case('all: the run kept its time'):
            seconds, most = time.monotonic() - start, budgets.COLD * budgets.pace(took)
            expect(seconds <= most, f'{seconds:.0f} s, at most {most:.0f} s')
    print(f'== all took {time.monotonic() - start:.1f} s'
          + f', {jobs} suites in guests in parallel' * (jobs >= 2), flush=True)
    report.summary()
    return report.failed == 0


def _prepare():
    """Prepare what the suites share, so that it counts for none of them."""
    host.need(host.NATIVE + host.clang() + host.BUILD)
    for arch in rootfs.USUAL:
        for kernel in guest.USUAL_KERNELS:
            guest.prepare(arch, flavour=kernel)
        build.cross(arch)
    for dpdk in rootfs.RELEASES:
        build.cross('arm64', dpdk=dpdk)


def _compare(took):
    """Name the suites that took longer than their budget allows.

    They do not fail: compilers and emulators are not slow together, so one machine's
    seconds for one suite prove nothing.
    """
    pace = budgets.pace(took)
    if pace > 1:
        print(f'== this machine is {pace:.2f} times slower than the machine of the budgets',
              flush=True)
    for name, seconds, most in budgets.limits(took, pace):
        if seconds > most:
            print(f'== {name} took {seconds:.0f} s, its budget allows {most:.0f} s; '
                  'see budgets.py', flush=True)


def _quiet_seconds(suite, meter, made):
    """Seconds on an idle machine; MADE: seconds spent on filling the cache."""
    took, quiet = meter.seconds()
    if suite not in HOST_SUITES:
        quiet *= 1 - min(made / took, 1)
    print(load.SAYS.format(suite.name, took, quiet), flush=True)
    return quiet


def _run_suite(suite, report, took, soak, keep, only):
    meter, made, failed = load.Meter(), progress.in_steps(), report.failed
    before = report.passed + report.failed
    try:
        print(f'== {suite.name}', flush=True)
        suite.run(report, soak, only)
    except Exception as error:  # a suite that cannot start has failed
        report.fail(suite.name, f'{type(error).__name__}: {error}')
    if report.passed + report.failed == before:
        print(f'== {suite.name} has no test for "lab {"soak" if soak else "test"}"', flush=True)
        if not soak and budgets.runs(suite.name):
            report.fail(suite.name, 'no test of it ran')
    elif not soak:
        took[suite.name] = _quiet_seconds(suite, meter, progress.in_steps() - made)
    cases = [case for case in report.cases if case.suite == suite.name]
    if keep and cases and report.failed == failed:
        results.write(suite.name, suite.about, cases)
