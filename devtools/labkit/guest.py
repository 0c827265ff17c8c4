# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Run a command in a guest.

A guest runs one command.  Its disk is shared and never changes; the files of the
run (the project's build, the guest scripts, the command) are in its initrd.
"""

import contextlib
import dataclasses
import functools
import os
import pathlib
import re
import shlex
import signal
import sys
import time

from . import (build, cache, chroots, cpio, emulator, host, kernel, labkernel, monitor, outside,
               qemu, rootfs)
from .platforms import AMDVI_TRACE, KERNEL_OF, PLATFORMS
from .progress import LabError, say

HERE = pathlib.Path(__file__).resolve().parent
GUEST_FILES = HERE / 'guest'
GUEST_SCRIPTS = build.SOURCE / 'tests/lab/guest'
# Programs for tests, which "meson install" leaves out.
PROGRAMS = ('tests/lab/vfio-msi-fail-nth', 'tests/lab/vfio-msi-rules',
            'tests/lab/vfio-msi-affinity',
            'tests/lab/vfio-msi-again',
            'tests/lab/vfio-msi-dma', 'tests/lab/vfio-msi-flags', 'tests/lab/vfio-msi-foreach',
            'tests/lab/vfio-msi-grow', 'tests/lab/vfio-msi-mapping',
            'tests/lab/vfio-msi-names', 'tests/lab/vfio-msi-native',
            'tests/lab/vfio-msi-restore')

# The kernels that a guest can have, each with the function that builds its folder.
KERNELS = {**{name: functools.partial(kernel.folder, name=name) for name in kernel.KERNELS},
           **{name: functools.partial(labkernel.folder, flavour=name)
              for name in labkernel.FLAVOURS}}
# The kernels that "lab setup" prepares; only "lab soak" needs the others.
USUAL_KERNELS = ('debian', 'debian-6.12', 'debian-6.1', 'lab')

TIMED_OUT = 124
DIED = 125
LAST_WORDS = 4000
# The environment variable that names a folder with more files for all guests, see "--add".
ADDED = 'VFIO_MSI_LAB_ADDED'

# Of hundreds of guests, one hung while booting and one emulator crashed.  The command
# did not cause either, so it is run once more in another guest.
LIVES = 2
CRASHES = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE)

# The guest sends its kernel log as it grows, and after this line the complete log.
WHOLE_LOG = '=== whole kernel log'

# Messages of kernels and emulators about a DMA that the IOMMU blocked, or about an error of the
# IOMMU itself: a command that failed or did not complete, a global error, lost records of faults.
IOMMU_FAULT = re.compile('|'.join((
    r'arm-smmu-v3 \S+: (event|CMDQ (error|timeout)|CMD_SYNC timeout|unexpected global error'
    r'|device has entered Service Failure|EVTQ overflow|.* write aborted)',
    r'arm-smmu \S+: (Unhandled context fault|Unexpected global fault|Blocked unknown Stream ID'
    r'|\s*GFSR 0x|TLB sync timed out)',
    r'DMAR: .*(fault|VT-d detected )', r'DMAR: Invalidation .* Error \(\w+\) cleared',
    r'virtio_iommu \S+: .*fault from EP',
    r'AMD-Vi: (Event logged|IOMMU [Ee]vent log|.*Completion-Wait loop timed out)',
    AMDVI_TRACE + r' .* hpa 0x0$',
    r'qemu.*: (vtd|virtio_iommu|smmuv3)_\w+')))


@dataclasses.dataclass
class Options:
    """Options of a guest; the defaults are the platform's."""

    memory: str = ''
    kernel: str = ''
    backend: str = ''
    kernel_args: tuple = ()
    qemu_args: tuple = ()
    seconds: float = 600
    # The limit is only for guests that hang; a busy host needs more time.
    patience: float = 3
    # A guest that is not up by then hangs.
    boot_limit: float = 150
    smp: int = 2
    threads: str = ''
    hugepages: int = 256
    stock: bool = False
    examples: bool = False
    dpdk_examples: tuple = ()
    qmp: tuple = ()
    dpdk: str = rootfs.DEFAULT
    others: tuple = ()
    packages: tuple = ()
    installed: bool = False
    files: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Result:
    """The result of a command in a guest."""

    status: int
    stdout: str
    stderr: str
    dmesg: str
    qemu_stderr: str
    console: str
    seconds: float
    boot_seconds: float
    error: str
    monitor: str
    # The program counters that were sampled, by the guest's phases, see profile.py.
    samples: dict = dataclasses.field(default_factory=dict)
    platform: str = ''


def run(platform, argv, live=False, **options):
    """Boot PLATFORM, run ARGV there as root, power it off; returns a Result.

    The status is the command's own, 124 after the time limit, 125 if the guest
    did not come up or died.  live: copy the command's output to stdout and stderr
    as it arrives.  The options are the fields of Options.
    """
    options = Options(**options)
    machine_kind = find(platform)
    with _prepared(machine_kind, argv, options) as (command, scratch):
        timed = [monitor.parse_timed(text) for text in options.qmp]
        for _ in range(LIVES):
            say(f'booting {platform}')
            result, lost = _run_once(command, scratch, options, live, timed)
            if not lost:
                break
        result.platform = platform
        return result


def _run_once(command, scratch, options, live, timed):
    """Run one machine: its result, and whether the machine itself failed."""
    with qemu.Machine(command, scratch) as machine:
        session = _Session(machine, options, live, timed)
        finished = machine.pump(session)
        machine.kill()
        machine.drain(session)
        return session.result(finished), session.hung(finished) or session.crashed


def shell(platform, **options):
    """Boot PLATFORM with a shell on this terminal; returns the shell's status."""
    options = Options(**options)
    machine_kind = find(platform)
    with _prepared(machine_kind, [], options, interactive=True) as (command, scratch):
        say(f'booting {platform}')
        with qemu.Machine(command, scratch, interactive=True) as machine:
            options.seconds = float('inf')
            session = _Session(machine, options)
            machine.pump(session)
            machine.kill()
            sys.stderr.write(_without_noise(machine.text('emulator')))
            return session.status if session.status is not None else DIED


def iommu_faults(result):
    """The lines of the guest's kernel and of the emulator that report an IOMMU fault.

    Fails for a platform without such lines: there, none would prove nothing.
    """
    if not find(result.platform).reports_faults:
        raise LabError(f'{result.platform} reports no IOMMU faults: check what arrives in memory')
    lines = (result.dmesg or result.console).splitlines() + result.qemu_stderr.splitlines()
    return [line for line in lines if IOMMU_FAULT.search(line)]


def _without_noise(text):
    """The emulator's output without good translations and warnings about unconnected wires."""
    return ''.join(line for line in text.splitlines(keepends=True)
                   if 'is not connected to host network' not in line
                   and (AMDVI_TRACE not in line or IOMMU_FAULT.search(line)))


def find(name):
    """The platform of this name."""
    if name not in PLATFORMS:
        raise LabError(f'unknown platform {name}; the lab has: {", ".join(PLATFORMS)}')
    return PLATFORMS[name]


def prepare(arch, dpdk=rootfs.DEFAULT, flavour='debian', packages=(), installed=False):
    """Prepare what guests of ARCH need; returns the folders of their userland and kernel.

    installed: with a userland in which apt can install packages.
    """
    host.need(host.GUEST)
    emulator.folder()
    if flavour not in KERNELS:
        raise LabError(f'unknown kernel {flavour}; the lab has: {", ".join(KERNELS)}')
    userland = chroots.userland(arch, dpdk) if installed else rootfs.folder(arch, dpdk, packages)
    return userland, KERNELS[flavour](arch)


@contextlib.contextmanager
def _prepared(platform, argv, options, interactive=False):
    """Prepare everything a machine needs; yields its command line and a scratch folder."""
    options.kernel = (options.kernel or KERNEL_OF.get(options.backend)
                      or platform.kernel)
    if options.dpdk == rootfs.DEFAULT and platform.dpdk:
        options.dpdk = platform.dpdk
    userland, booted = prepare(platform.arch, options.dpdk, options.kernel,
                               options.packages, options.installed)
    stage = contextlib.nullcontext() if options.stock else \
        build.installed(platform.arch, options.dpdk)
    with cache.run_dir() as scratch:
        outside.copy_plugins(platform.arch, options.others, scratch / 'opt')
        with stage as installed:
            if options.examples:
                outside.build_examples(platform.arch, installed, options.dpdk)
            _write_initrd(scratch, platform, argv, options,
                          (userland, booted, installed), interactive)
        yield qemu.command_line(platform, options, userland / 'root.ext4',
                                booted / 'vmlinuz', scratch / 'initrd'), scratch


def _modules(platform, flavour):
    """What the initrd loads; in the lab's own kernel all is built in."""
    if flavour not in kernel.KERNELS:
        return ''
    return ' '.join((*kernel.boot_modules(platform.arch, flavour), *platform.modules))


def _write_initrd(scratch, platform, argv, options, sources, interactive):
    userland, booted, installed = sources
    columns, rows = qemu.terminal_size()
    config = {'MODULES': _modules(platform, options.kernel),
              'HUGEPAGES': options.hugepages, 'INTERACTIVE': '1' if interactive else '',
              'WHOLE_LOG': WHOLE_LOG, 'CONSOLE': platform.console, 'ROWS': rows, 'COLUMNS': columns}
    lines = [f'{name}={shlex.quote(str(value))}\n' for name, value in config.items()]
    with cpio.Archive(scratch / 'initrd') as archive:
        archive.file('init', GUEST_FILES / 'init', 0o755)
        archive.file('bin/busybox', userland / 'root/usr/bin/busybox', 0o755)
        archive.tree('lib/modules', booted / 'modules')
        archive.data('lab/config', ''.join(lines).encode())
        archive.data('lab/argv', b''.join(os.fsencode(word) + b'\0' for word in argv))
        archive.file('overlay/usr/libexec/vfio-msi-lab/run', GUEST_FILES / 'run', 0o755)
        for program in ('vfio-bind', 'qemu-monitor'):
            archive.file(f'overlay/usr/sbin/{program}', GUEST_FILES / program, 0o755)
        archive.tree('overlay/usr/share/vfio-msi', GUEST_SCRIPTS)
        if installed:
            archive.tree('overlay', installed)
            for program in PROGRAMS:
                path = installed.parent / program
                archive.file(f'overlay/usr/sbin/{path.name}', path, 0o755)
        if options.others:
            archive.tree('overlay/opt', scratch / 'opt')
        if options.dpdk_examples:
            archive.tree(f'overlay/{outside.DPDK_INSTALLED_IN}', outside.dpdk_examples(
                platform.arch, options.dpdk_examples, options.dpdk))
        for name, data in options.files.items():
            archive.data(f'overlay/{name}', data)
        if ADDED in os.environ:
            archive.tree('overlay', os.environ[ADDED])


class _Session:
    """Tracks one command by the streams of its machine."""

    def __init__(self, machine, options, live=False, timed=()):
        self.start = time.monotonic()
        self.status = None
        self._machine, self._live = machine, live
        self._limit = options.seconds * options.patience
        self._boot_limit = options.boot_limit
        self._monitor = monitor.Monitor(machine.send)
        self._timed = sorted(timed, key=lambda item: item[1])
        self._up = self._end = None
        self._control = b''

    def deadline(self):
        """The time at which the machine is killed."""
        if self._end is not None:
            return self._end
        return self.start + (self._limit if self._up else min(self._limit, self._boot_limit))

    def hung(self, finished):
        """Whether the machine did not come up within the boot limit."""
        return not finished and self._up is None and self._boot_limit < self._limit

    @property
    def crashed(self):
        """The signal that ended the emulator before the command ended, or None."""
        signals = CRASHES if self._end is None else ()
        return next((number for number in signals if number == -self._machine.status), None)

    def on_data(self, name, data):
        """Handle one piece of output."""
        if self._live and name == 'stdout':
            qemu.write_all(sys.stdout, data)
        elif self._live and name == 'stderr':
            qemu.write_all(sys.stderr, data)
        elif name == 'control':
            self._control += data
            self._follow()
        elif name == 'qmp':
            self._monitor.on_qmp(data)
        elif name == 'monitor':
            self._monitor.on_guest(data)

    def on_time(self, now):
        """Run what is due; returns the seconds until there is more."""
        return min(self._monitor.sampler.on_time(now), self._run_timed(now))

    def _run_timed(self, now):
        if self._up is None or not self._timed:
            return qemu.LONGEST_SLEEP
        since = now - self.start - self._up
        while self._timed and self._timed[0][1] <= since:
            self._monitor.ask(self._timed.pop(0)[0])
        return self._timed[0][1] - since if self._timed else qemu.LONGEST_SLEEP

    def _follow(self):
        *lines, self._control = self._control.split(b'\n')
        for line in lines:
            word, _, value = line.decode('ascii', 'replace').partition(' ')
            if word == 'up':
                self._up = time.monotonic() - self.start
                say(f'guest is up after {self._up:.1f} s')
            elif word == 'exit':
                self.status = int(value)
        if self.status is not None and self._end is None:
            # The host has all output and the whole kernel log: no need to power off.
            self._end = time.monotonic()

    def _what_happened(self, finished, seconds):
        if self.hung(finished):
            return f'the guest did not come up within {seconds:.0f} s'
        if not finished:
            return f'killed at the time limit of {self._limit:g} s'
        if self.crashed:
            return f'the emulator crashed ({self.crashed.name})'
        what = 'the guest died' if self._up else 'the guest did not come up'
        return f"{what} (the emulator's exit status is {self._machine.status})"

    def result(self, finished):
        """The Result, after the machine is off."""
        machine = self._machine
        seconds = time.monotonic() - self.start
        error = ''
        if self.status is None:
            self.status = DIED if finished or self.hung(finished) else TIMED_OUT
            error = self._what_happened(finished, seconds)
            error += '\n' + _without_noise(machine.text('emulator')) \
                + machine.text('console')[-LAST_WORDS:]
        say(error or f'exit status {self.status} after {seconds:.1f} s')
        return Result(self.status, machine.text('stdout'), machine.text('stderr'),
                      machine.text('kmsg').split(WHOLE_LOG + '\n')[-1], _without_noise(machine.text('emulator')),
                      machine.text('console'),
                      seconds, self._up or 0, error, '\n'.join(self._monitor.transcript),
                      dict(self._monitor.sampler.samples))
