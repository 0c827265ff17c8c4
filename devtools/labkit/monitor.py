# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""QEMU's monitor: commands at a given time, or when the guest asks for them.

A command is JSON for QMP ({"execute": ...}) or a line for QEMU's human monitor
("device_del nic9").  The guest writes a line to its port "monitor" and gets
"ok N" or "failed N" and N lines of answer (guest/qemu-monitor does this).

"tables IOMMU BDF" of the guest is no command of QEMU: the lab reads the page tables of the
device with many commands, see tables.py. Neither is "sample CPU PHASE": the lab samples the
processor's program counter until "sample", see profile.py.
"""

import json

from . import profile, tables
from .progress import LabError, say

# QMP's human-monitor-command always succeeds; an error is text that begins like this.
HUMAN_ERROR = ('Error: ', 'unknown command')


def parse_timed(text):
    """COMMAND@SECONDS -> (command, seconds after the guest is up)."""
    command, at, seconds = text.rpartition('@')
    try:
        seconds = float(seconds)
    except ValueError:
        at = ''
    if not at or not command.strip():
        raise LabError(f'"{text}" is not COMMAND@SECONDS')
    _request(command)
    return command, seconds


def _request(line):
    """The QMP request for a command."""
    if not line.lstrip().startswith('{'):
        return {'execute': 'human-monitor-command', 'arguments': {'command-line': line}}
    try:
        return json.loads(line)
    except ValueError as error:
        raise LabError(f'"{line}" is not JSON: {error}') from error


class Monitor:
    """Handles one machine's QMP stream; answers come in the order of the commands."""

    def __init__(self, send):
        self._send = send  # send(stream, bytes)
        self._waiting = [('', lambda good, text: None)]  # the answer of the handshake
        self._qmp = self._guest = b''
        self.transcript = []
        self.sampler = profile.Sampler(self.ask)

    def ask(self, line, answer=None, silent=False):
        """Run a command and call answer(good, text) with its result.

        silent: the command and its result are neither printed nor in the transcript.
        """
        try:
            request = _request(line)
        except LabError as error:
            self._finish(line, answer, False, str(error))
            return
        self._waiting.append(('' if silent else line, answer))
        self._send('qmp', json.dumps(request).encode() + b'\n')

    def on_qmp(self, data):
        """Handle output of QEMU's monitor."""
        *lines, self._qmp = (self._qmp + data).split(b'\n')
        for message in map(json.loads, filter(None, map(bytes.strip, lines))):
            if 'QMP' in message:
                self._send('qmp', b'{"execute": "qmp_capabilities"}\n')
            elif 'event' in message:
                self.transcript.append(f'event {message["event"]} {message.get("data", "")}')
            elif 'error' in message:
                self._finish(*self._waiting.pop(0), False, message['error']['desc'])
            elif 'return' in message:
                value = message['return']
                text = value.strip() if isinstance(value, str) else json.dumps(value)
                self._finish(*self._waiting.pop(0), not text.startswith(HUMAN_ERROR), text)

    def on_guest(self, data):
        """Handle lines of the guest; each is a command."""
        *lines, self._guest = (self._guest + data).split(b'\n')
        for line in lines:
            line = line.decode('utf-8', 'replace')
            if line.startswith('tables '):
                self._walk(line)
            elif line == 'sample' or line.startswith('sample '):
                self.sampler.begin(line.split(maxsplit=2)[1:])
                self._answer_guest(True, '')
            else:
                self.ask(line, self._answer_guest)

    def _walk(self, line):
        """Read page tables step by step; each answer of QEMU leads to the next question."""
        def step(read):
            try:
                wanted = read()
            except StopIteration as end:
                self._finish(line, self._answer_guest, True, tables.text(end.value))
            except LabError as error:
                self._finish(line, self._answer_guest, False, str(error))
            else:
                self.ask(tables.command(*wanted), lambda _, text: step(
                    lambda: walk.send(tables.words(text, *wanted))), silent=True)

        try:
            _, iommu, bdf = line.split()
            walk = tables.WALKS[iommu](bdf)
        except (ValueError, KeyError):
            self._finish(line, self._answer_guest, False,
                         f'"{line}" is not tables {"|".join(tables.WALKS)} BDF')
        else:
            step(lambda: next(walk))

    def _answer_guest(self, good, text):
        lines = text.splitlines()
        head = f'{"ok" if good else "failed"} {len(lines)}\n'
        self._send('monitor', (head + ''.join(line + '\n' for line in lines)).encode())

    def _finish(self, line, answer, good, text):
        if line:
            entry = f'{line} -> {"ok" if good else "failed"} {text}'.rstrip()
            self.transcript.append(entry)
            say(f'monitor: {entry.splitlines()[0]}')
        if answer:
            answer(good, text)
