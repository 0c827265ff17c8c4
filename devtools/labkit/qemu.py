# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""One emulated machine: its command line, its process and its streams.

Every stream is a socket pair whose other end QEMU inherits, so there are no
files to remove and no network ports.
"""

import contextlib
import ctypes
import fcntl
import os
import selectors
import signal
import socket
import subprocess
import sys
import termios
import time

from . import emulator
from .progress import LabError

PORTS = ('control', 'monitor', 'stdout', 'stderr', 'kmsg')
SHELL_PORTS = PORTS[:2]
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)

# Debian's kernels clear each page twice: 512 MiB of hugepages take some seconds.
QUICKER = ['init_on_alloc=0']
LONGEST_SLEEP = 3600


def command_line(platform, options, disk, kernel, initrd):
    """QEMU's arguments for a machine, without its streams."""
    append = [f'console={platform.console}', 'loglevel=4', 'log_buf_len=4M', 'panic=-1', *QUICKER,
              platform.kernel_args, *options.kernel_args]
    argv = [*emulator.command(platform.emulator),
            '-nodefaults', '-no-user-config', '-display', 'none',
            '-no-reboot', '-accel', f'tcg,thread={options.threads or platform.threads}',
            *platform.machine,
            '-smp', str(options.smp), '-m', options.memory or platform.memory,
            '-global', 'virtio-mmio.force-legacy=false',
            '-kernel', str(kernel), '-initrd', str(initrd), '-append', ' '.join(append),
            '-drive', f'if=none,id=disk,format=raw,snapshot=on,file={disk}',
            '-device', platform.lab_devices['disk'] + ',drive=disk',
            '-device', platform.lab_devices['ports'] + ',id=lab']
    return argv + platform.devices + list(options.qemu_args)


def _terminal():
    """A function that undoes what QEMU does to the terminal: it is killed and can't do it itself."""
    flags = {number: fcntl.fcntl(number, fcntl.F_GETFL) for number in (0, 1)}
    modes = None
    with contextlib.suppress(termios.error):  # no terminal
        modes = termios.tcgetattr(0)

    def restore():
        for number, value in flags.items():
            fcntl.fcntl(number, fcntl.F_SETFL, value)
        if modes:
            with contextlib.suppress(termios.error):  # the terminal is gone
                termios.tcsetattr(0, termios.TCSANOW, modes)
    return restore


def _die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Machine:
    """A running machine; the end of the context always kills it."""

    def __init__(self, argv, scratch, interactive=False):
        self._selector = selectors.DefaultSelector()
        self._inherited = []
        self.output = {}
        argv = argv[:]
        self._ends = {}
        for name in SHELL_PORTS if interactive else PORTS:
            argv += ['-chardev', self._stream(name),
                     '-device', f'virtserialport,bus=lab.0,chardev={name},name={name}']
        argv += ['-chardev', self._stream('qmp'), '-mon', 'chardev=qmp,mode=control']
        if interactive:
            argv += ['-chardev', 'stdio,id=console,signal=off', '-serial', 'chardev:console']
        else:
            argv += ['-chardev', self._stream('console'), '-serial', 'chardev:console']
        self._restore = _terminal() if interactive else lambda: None
        try:
            self._process = subprocess.Popen(
                argv, stdin=None if interactive else subprocess.DEVNULL,
                stdout=None if interactive else subprocess.DEVNULL, stderr=subprocess.PIPE,
                pass_fds=[end.fileno() for end in self._inherited],
                env=dict(os.environ, TMPDIR=str(scratch), QEMU_MODULE_DIR=str(emulator.modules())),
                preexec_fn=_die_with_parent)
        except OSError as error:
            raise LabError(f'cannot run {argv[0]}: {error.strerror}') from error
        finally:
            for end in self._inherited:
                end.close()
        self._watch('emulator', self._process.stderr)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()
        self._selector.close()

    def _watch(self, name, stream):
        self.output[name] = bytearray()
        self._selector.register(stream, selectors.EVENT_READ, name)

    def _stream(self, name):
        ours, theirs = socket.socketpair()
        self._inherited.append(theirs)
        self._ends[name] = ours
        self._watch(name, ours)
        return f'socket,id={name},fd={theirs.fileno()}'

    def send(self, name, data):
        """Write to a stream; does nothing if the machine has ended."""
        try:
            self._ends[name].sendall(data)
        except OSError:
            pass

    def kill(self):
        """End the machine at once, and restore the terminal that it had."""
        self._process.kill()
        self._process.wait()
        self._restore()

    @property
    def status(self):
        """The emulator's exit status; negative: minus the signal that ended it."""
        return self._process.returncode

    def pump(self, session):
        """Collect all output until the machine is off; False after the deadline.

        Calls session.on_data(name, data) for every piece of output.  Between them it calls
        session.on_time(now), which returns the seconds until its next call, and
        session.deadline().
        """
        while self._selector.get_map():
            now = time.monotonic()
            left = session.deadline() - now
            if left <= 0:
                return False
            self._collect(session, min(left, session.on_time(now), LONGEST_SLEEP))
        return True

    def _collect(self, session, seconds):
        for key, _ in self._selector.select(seconds):
            try:
                data = os.read(key.fd, 65536)
            except ConnectionResetError:
                data = b''
            if data:
                self.output[key.data] += data
                session.on_data(key.data, data)
            else:
                self._selector.unregister(key.fileobj)
                key.fileobj.close()

    def drain(self, session):
        """Collect what is left in the streams of a machine that was killed."""
        while self._selector.get_map():
            self._collect(session, 0)

    def text(self, name):
        """All output of one stream."""
        return bytes(self.output.get(name, b'')).decode('utf-8', 'replace')


def write_all(stream, data):
    """Write the bytes DATA and flush."""
    stream.flush()
    stream.buffer.write(data)
    stream.buffer.flush()


def terminal_size():
    """(columns, lines) of this terminal."""
    return os.get_terminal_size(sys.stdin.fileno()) if sys.stdin.isatty() else (80, 24)
