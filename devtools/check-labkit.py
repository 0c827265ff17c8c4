#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Check functions of the lab that need neither a guest nor the network.

Each check_*() below fails by an assertion; the lab's own suite "boot" checks what needs a guest.
"""

import contextlib
import fcntl
import io
import json
import os
import pathlib
import pty
import sys
import tempfile
import termios
import traceback
from unittest import mock

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import checkkit  # noqa: E402
from labkit import (apt, cache, emulator, guest, qemu, sdk, source_package, suites,  # noqa: E402
                    testing)
from labkit.progress import LabError  # noqa: E402


@contextlib.contextmanager
def empty_cache():
    """An empty cache of the lab in this block."""
    with tempfile.TemporaryDirectory() as folder, \
            mock.patch.dict(os.environ, {'XDG_CACHE_HOME': folder}):
        yield


class Mirror:
    """A mirror that lists versions of the source of DPDK and has some of them."""

    def __init__(self, listed, has):
        self._listed, self._has = listed, has

    def run(self, tool, *words, cwd=None):
        """What apt does."""
        if tool == 'apt-cache':
            return ''.join(f'Version: {version}-1\n' for version in self._listed)
        version = words[-1].partition('=')[2].rsplit('-', 1)[0]
        if version not in self._has:
            raise LabError(f'{words}: 404  Not Found')
        for kind in ('orig', 'debian'):
            (pathlib.Path(cwd) / f'dpdk_{version}.{kind}.tar.xz').touch()
        return ''


def _unpack(original, out):
    version = original.name.split('_')[1].removesuffix('.orig.tar.xz')
    for name in (*sdk.HEADERS, sdk.NAMES, sdk.CALLERS):
        (out / name).write_text(version, encoding='utf-8')


def _found(mirrors, function, *words):
    """The version that a function of sdk.py takes from these mirrors, None if it is missing."""
    trees = {suite: [Mirror(*versions)] for suite, versions in mirrors.items()}
    with mock.patch.multiple(sdk, _trees=lambda suite: trees.get(suite, []), _unpack=_unpack,
                             _check_patches=lambda _: None, say=lambda _: None, step=mock.MagicMock(),
                             declarations=lambda _: sdk.DECLARATIONS):
        try:
            found = function(*words)
        except sdk.Missing:
            return None
    if function is sdk.folder:
        assert not (found / sdk.NAMES).exists() and not (found / sdk.CALLERS).exists(), found
        return (found / next(iter(sdk.HEADERS))).read_text(encoding='utf-8')
    return (found / sdk.NAMES).read_text(encoding='utf-8')


def check_sdk():
    """Headers may be those of another release; places are only those of the same release."""
    old = {'bookworm': (['22.11.11'], ['22.11.11'])}
    listed = ['24.11.2', '24.11.6', '24.11.8', '24.11.11~rc1']
    for has, places, headers in ((listed, '24.11.8', '24.11.8'), (['24.11.2', '24.11.6'], '24.11.6', None),
                                 (['24.11.2'], '24.11.2', '24.11.2'), ([], None, '22.11.11')):
        mirrors = {**old, 'trixie': (listed, has)}
        with empty_cache():
            assert _found(mirrors, sdk.nearest, '24.11.8', 'trixie') == places, has
            found = _found(mirrors, sdk.folder, '24.11.8', 'trixie')
            assert found == headers or not headers and found in has, (found, has)
            # The exact version replaces the other one as soon as the mirror has it.
            assert _found({'trixie': (listed, listed)}, sdk.nearest, '24.11.8', 'trixie') == '24.11.8'
    with empty_cache():
        try:
            raise AssertionError(_found(old, sdk.folder, '99.11', 'trixie'))
        except LabError as error:
            assert 'set -Dsdk_headers=DIR' in str(error), error
    assert sdk.by_distance('24.11', ['24.11.2', '25.11', '24.11.1', '24.1']) == ['24.11.1', '24.11.2']


class _Ready(Exception):
    """The packages that are needed on the host are there."""


def check_source_package():
    """A source package can be made on each release that there are packages for."""
    for suite in source_package.SUFFIX:
        # Debian testing has no VERSION_ID.
        release = {'ID': 'debian', 'VERSION_CODENAME': suite, 'PRETTY_NAME': suite}
        with mock.patch.object(apt, 'host_release', return_value=release), \
                mock.patch.object(apt, 'installed', dict.fromkeys), \
                mock.patch.object(source_package, 'step', side_effect=_Ready), \
                contextlib.suppress(_Ready):
            raise AssertionError(source_package.make(suite, None))


def check_cache():
    """A build removes what a killed one of its own name has left, and no other one that runs."""
    with empty_cache():
        left = cache.root() / 'k' / '.a-12345678'
        left.mkdir(parents=True)

        def make(folder):
            cache.entry('k', 'a', 'x', lambda _: None)
            (folder / 'file').touch()

        assert (cache.entry('k', 'a-b', 'x', make) / 'file').exists() and not left.exists()
        left = cache.root() / 'k' / '.a-b-abcd_678'
        left.mkdir()
        cache.entry('k', 'a-b', 'y', lambda _: None)
        assert not left.exists()


def _result(platform, dmesg):
    return guest.Result(0, '', '', dmesg, '', '', 0, 0, '', '', platform=platform)


# Lines about IOMMUs, and others of their drivers that are no faults.
FAULTS = """\
arm-smmu-v3 9050000.smmuv3: event: F_TRANSLATION client: 0000:00:03.0 sid: 0x18 ssid: 0x0 iova: 0x0 ipa: 0x0
arm-smmu-v3 9050000.smmuv3: CMDQ error (cons 0x0302bb84): ATC invalidate timeout
arm-smmu-v3 9050000.smmuv3: CMDQ timeout
arm-smmu-v3 9050000.smmuv3: CMD_SYNC timeout at 0x00000e93 [hwprod 0x00000e97, hwcons 0x00000e92]
arm-smmu-v3 9050000.smmuv3: unexpected global error reported (0x00000001), this could be serious
arm-smmu-v3 9050000.smmuv3: device has entered Service Failure Mode!
arm-smmu-v3 9050000.smmuv3: EVTQ write aborted -- events may have been lost
arm-smmu-v3 9050000.smmuv3: EVTQ overflow detected -- events lost
arm-smmu 15000000.iommu: Unhandled context fault: fsr=0x402, iova=0x1000, fsynr=0x1, cbfrsynra=0x1, cb=0
arm-smmu 15000000.iommu: Unexpected global fault, this could be serious
arm-smmu 15000000.iommu: TLB sync timed out -- SMMU may be deadlocked
DMAR: DRHD: handling fault status reg 40
DMAR: VT-d detected Invalidation Time-out Error: SID 3f00
DMAR: VT-d detected Invalidation Queue Error: Reason f
DMAR: Invalidation Time-out Error (ITE) cleared
virtio_iommu virtio0: page fault from EP 24 at 0x70000000 [R]
AMD-Vi: Event logged [IO_PAGE_FAULT device=0a:00.0 domain=0x001d address=0x0 flags=0x0030]
AMD-Vi: IOMMU event log overflow
AMD-Vi: Completion-Wait loop timed out
AMD-Vi: IOMMU 0000:60:00.2: Completion-Wait loop timed out"""
NO_FAULTS = """\
arm-smmu-v3 9050000.smmuv3: allocated 32768 entries for evtq
arm-smmu-v3 9050000.smmuv3: allocated 65536 entries for cmdq
arm-smmu-v3 9050000.smmuv3: msi_domain absent - falling back to wired irqs
arm-smmu 15000000.iommu: SMMUv2 with:
DMAR: Intel(R) Virtualization Technology for Directed I/O
DMAR: IOMMU feature dev_iotlb_support inconsistent
AMD-Vi: Interrupt remapping enabled
iommu: DMA domain TLB invalidation policy: lazy mode"""


def check_fault_lines():
    """Errors of the IOMMU itself count as faults too."""
    lines = guest.iommu_faults(_result('arm-smmuv3', f'{NO_FAULTS}\n{FAULTS}\n{NO_FAULTS}'))
    assert lines == FAULTS.splitlines(), set(FAULTS.splitlines()) ^ set(lines)


def check_faults():
    """No faults are no proof on a machine that reports none."""
    fault = 'arm-smmu-v3 arm-smmu-v3.0.auto: event 0x10 received:'
    assert guest.iommu_faults(_result('arm-smmuv3', f'a\n{fault}\n')) == [fault]
    for platform in ('ppc-spapr', 'x86-noiommu', ''):
        try:
            guest.iommu_faults(_result(platform, ''))
        except LabError:
            continue
        raise AssertionError(platform)


# What QEMU does to a terminal before it is killed.
RAW = """
import os, time, tty
tty.setraw(0)
os.set_blocking(0, False)
os.write(2, b'raw')
time.sleep(100)
"""


def _raw_and_back():
    """In a process with a terminal: run and kill a machine; its exit status is 0 if all is well."""
    before = termios.tcgetattr(0), fcntl.fcntl(0, fcntl.F_GETFL)
    with mock.patch.object(emulator, 'modules', lambda: ''), \
            qemu.Machine([sys.executable, '-c', RAW], '/tmp', interactive=True) as machine:
        while not machine.text('emulator'):
            machine._collect(mock.MagicMock(), 1)
        changed = termios.tcgetattr(0), fcntl.fcntl(0, fcntl.F_GETFL)
    after = termios.tcgetattr(0), fcntl.fcntl(0, fcntl.F_GETFL)
    return 2 * (after != before) + (changed[0] == before[0] or changed[1] == before[1])


def check_terminal():
    """The terminal is as before when a machine that had it is killed."""
    child, terminal = pty.fork()
    if child == 0:
        status = 4
        try:
            status = _raw_and_back()
        finally:
            os._exit(status)
    said = b''
    with contextlib.suppress(OSError):  # the end of the child
        while data := os.read(terminal, 1000):
            said += data
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status == 0, f'status {status}\n{said.decode()}'


def check_unit_log():
    """A test fails, dies or skips a case: none of them has passed."""
    said = {'good': ('OK', '[       OK ] a\n[  PASSED  ] 1 test(s).\n'), 'bad': ('FAIL', ''),
            'died': ('ERROR', ''), 'slow': ('TIMEOUT', ''), 'absent': ('SKIP', ''), 'known': ('EXPECTEDFAIL', ''),
            'skips': ('OK', '[ RUN      ] b\n[  SKIPPED ] b\n[  SKIPPED ] 1 test(s), listed below:\n')}
    lines = [json.dumps({'name': name, 'result': result, 'duration': 1, 'stdout': text})
             for name, (result, text) in said.items()]
    report = testing.Report()
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as out:
        log = pathlib.Path(folder, 'log')
        log.write_text('\n'.join(lines), encoding='utf-8')
        suites._read_test_log(report, 'u', log)
    assert (report.passed, report.failed) == (2, 5), out.getvalue()
    assert 'FAIL u: skips: skipped: b;' in out.getvalue(), out.getvalue()


def self_test():
    """Problems of the lab: each check that fails."""
    for name, function in sorted(globals().items()):
        if name.startswith('check_') and name != 'check_all':
            try:
                function()
            except Exception:
                yield pathlib.Path(__file__).name, 1, f'{name}: {traceback.format_exc()}'


def check_all():
    """The lab is what is checked; nothing of it is in other files."""
    return []


if __name__ == '__main__':
    sys.exit(checkkit.main('check-labkit', self_test, check_all))
