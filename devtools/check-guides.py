#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Find what harms a machine or its applications in guides and examples."""

import pathlib
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import checkkit  # noqa: E402

GUIDES = ('*.md', 'doc/**/*.rst', 'examples/*/*')
HARMFUL = (
    (re.compile(r'\bvm\.nr_hugepages\b|>\s*/proc/sys/vm/nr_hugepages\b'),
     'this number is of pages of the default size, which may be 1 GiB: name the size, as in '
     '/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages'),
    (re.compile(r'/node\*/hugepages/hugepages-\d+kB\b'),
     'arm64 with pages of 16 or 64 KiB has no such folder: read the size, as in '
     'size=$(awk \'/^Hugepagesize:/ { print $2 }\' /proc/meminfo)'),
    (re.compile(r'(?m)^ +dpdk-\w+ \.\.\. (?:.* )?--[\w-]+'),
     'the last of the arguments that "..." stands for are behind "--": put options of EAL before it'),
    (re.compile(r'\bsysctl\s+--system\b'),
     'this resets all settings that were changed since the boot: apply one file or one setting'),
    (re.compile(r'\s-l\s+"?[$`]'),
     'a machine can have more processors than EAL lcores: give a number of lcores, and the '
     'processors behind "@", as in --lcores "(0-1)@(CPUS)"'),
)

# A command with its continued lines, and what gives devices to this bus only.
COMMAND = re.compile(r'(?m)^[ \t]*[A-Za-z/][\w./-]*[ \t](?:[^\n\\]|\\\n)*$')
GIVEN = re.compile(r'[\s"=]-a "?vfio_msi:')
TOOL = 'dpdk-test-msi'
# testpmd forwards by default what it receives, a single port to where it came from.
TESTPMD = re.compile(r'(?m)\bdpdk-testpmd[ \t](?:[^\n\\]|\\\n)* -- (?:[^\n\\]|\\\n)*$')
TAKES_ONLY = re.compile(r'--\s(?:.*\s)?(?:-i\b|--forward-mode=rxonly\b)|\s\.\.\.\s', re.S)
# A command, what the page must have before it, and what happens otherwise.
LATER = (
    (re.compile(r'\bstart\s+tx_first\b'), re.compile(r'\bset\s+fwd\s+rxonly\b'),
     'no "set fwd rxonly" before it: testpmd sends each frame back into the network'),
    (re.compile(r'\bmeson\s+setup\s+--wipe\b'), re.compile(r'\bninja\s+-C\s+\w+\s+uninstall\b'),
     'no "ninja -C build uninstall" before it: the list of the files that are installed is lost'),
)
# The unit, and the pages that must say where its telemetry is.
UNIT = 'examples/service/dpdk-app.service'
ITS_PAGES = ('doc/howto/faults.rst', 'doc/reference/explain.rst', 'doc/reference/telemetry.rst')
START = re.compile(r'(?m)^ExecStart=.*\bdpdk-.*$')


def check_unit(path, text):
    """A service has a prefix of its own, so that files of other runs do not disturb it."""
    for match in START.finditer(text):
        if '--file-prefix=' not in match[0]:
            yield path, checkkit.line_of(text, match.start()), \
                'no --file-prefix: hugepages that another user has left keep it from starting'


def check_buses(path, text):
    """A command that gives devices to this bus keeps the pci bus from the others."""
    for match in COMMAND.finditer(text):
        given = GIVEN.search(match[0])
        if given and '``' not in match[0] and TOOL not in match[0] and '--no-pci' not in match[0]:
            yield path, checkkit.line_of(text, match.start() + given.start()), \
                'no --no-pci: the pci bus opens and resets each other device that is bound to vfio-pci'


def check_order(path, text):
    """A command comes after that which keeps it from harm."""
    for command, before, what in LATER:
        first = before.search(text)
        for match in command.finditer(text):
            if first is None or first.start() > match.start():
                yield path, checkkit.line_of(text, match.start()), what


def check_forwarding(path, text):
    """testpmd on a network takes frames and does not send them back."""
    for match in TESTPMD.finditer(text):
        if '``' not in match[0] and not TAKES_ONLY.search(match[0]):
            yield path, checkkit.line_of(text, match.start()), \
                'neither -i nor --forward-mode=rxonly: testpmd sends each frame back into the network'


def check_telemetry(unit, pages):
    """The pages name the folder and the prefix of the unit; PAGES: {path: text}."""
    folder = re.search(r'(?m)^RuntimeDirectory=(\S+)$', unit)[1]
    prefix = re.search(r'--file-prefix=(\S+)', unit)[1]
    for path, text in pages.items():
        if f'RUNTIME_DIRECTORY=/run/{folder} ' not in text:
            yield path, 1, f'the page does not give RUNTIME_DIRECTORY=/run/{folder}, as {UNIT} has it'
        for match in re.finditer(r'dpdk-telemetry\.py -f (\S+)', text):
            if match[1] != prefix:
                yield path, checkkit.line_of(text, match.start()), f'the prefix of {UNIT} is {prefix}'


def check_text(path, text):
    """Problems of one guide or example."""
    for form, what in HARMFUL:
        for match in form.finditer(text):
            yield path, checkkit.line_of(text, match.start()), f'"{checkkit.flat(match[0])}": {what}'
    yield from check_unit(path, text)
    if not path.endswith('.c'):
        yield from check_buses(path, text)
        yield from check_order(path, text)
        yield from check_forwarding(path, text)


def self_test():
    """Each rule finds its fault, and nothing in what should be written instead."""
    for text, problems in (
            ('vm.nr_hugepages = 512\n', 1), ('   echo 512 > /proc/sys/vm/nr_hugepages\n', 1),
            ('w /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages - - - - 512\n', 0),
            ('see /proc/sys/vm/nr_hugepages', 0),
            ('ExecStart=/usr/bin/dpdk-testpmd --no-pci -- -i\n', 1),
            ('ExecStart=/usr/bin/dpdk-testpmd --file-prefix=app -- -i\n', 0),
            ('  -l "$(cat LIST)"\n', 1), ('  --lcores "(0-1)@($(cat LIST))" -l 0\n', 0),
            ('   dpdk-testpmd -a vfio_msi:BDF -- -i\n', 1), ('   dpdk-test-msi layout -a vfio_msi:BDF\n', 0),
            ('   x set \\\n     extra="-a vfio_msi:BDF"\n', 1),
            ('   x set \\\n     extra="--no-pci -a vfio_msi:BDF"\n', 0),
            ('Give it with ``-a vfio_msi:BDF``.\n', 0), ('   -a vfio_msi:BDF,msi=off\n', 0),
            ('then ``start tx_first`` and ``set fwd rxonly``', 1), ('> set fwd rxonly\n> start tx_first 8\n', 0),
            ('   dpdk-testpmd --no-pci -l 0,1 -- --rxq=2\n', 1), ('   dpdk-testpmd --no-pci -l 0,1 -- \\\n    -i\n', 0),
            ('   dpdk-testpmd --no-pci -- --forward-mode=rxonly --rxq=2\n', 0),
            ('cat /sys/devices/system/node/node*/hugepages/hugepages-2048kB/nr_hugepages\n', 1),
            ('cat /sys/devices/system/node/node*/hugepages/hugepages-${size}kB/nr_hugepages\n', 0),
            ('   meson setup --wipe build\n   ninja -C build uninstall\n', 1),
            ('   ninja -C build uninstall\n   meson setup --wipe build\n', 0),
            ('   dpdk-testpmd ... --log-level=a:debug >log\n', 1), ('   dpdk-testpmd --log-level=a:debug ...\n', 0),
            ('   sysctl --system\n', 1), ('   sysctl -p FILE\n', 0)):
        found = list(check_text('a', text))
        if len(found) != problems:
            yield pathlib.Path(__file__).name, 1, f'self-test: {text!r}: {found}'
    unit = 'RuntimeDirectory=a\nExecStart=x --file-prefix=b -- -i\n'
    for text, problems in (('RUNTIME_DIRECTORY=/run/a dpdk-telemetry.py -f b', 0), ('explain', 1),
                           ('RUNTIME_DIRECTORY=/run/a dpdk-telemetry.py -f c', 1)):
        found = list(check_telemetry(unit, {'p': text}))
        if len(found) != problems:
            yield pathlib.Path(__file__).name, 1, f'self-test: {text!r}: {found}'


def check():
    """All problems of the project."""
    yield from check_telemetry(checkkit.read(UNIT), {path: checkkit.read(path) for path in ITS_PAGES})
    for form in GUIDES:
        for path in sorted(checkkit.SOURCE.glob(form)):
            if path.is_file():
                name = str(path.relative_to(checkkit.SOURCE))
                yield from check_text(name, checkkit.read(name))


if __name__ == '__main__':
    sys.exit(checkkit.main('check-guides', self_test, check))
