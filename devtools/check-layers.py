#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Hold the layers of the source: who may include whom, and who may call what.

A room is a set of files that belong together, a floor a set of rooms that do
not know each other. A file includes headers of its own room and of floors
below, and never another room's private header. Headers make no cycle. DPDK,
system calls and release numbers stay in the rooms that are made for them.
"""

import fnmatch
import pathlib
import re
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import checkkit  # noqa: E402

LIB = 'lib/eal_iommu/'
BUS = 'drivers/bus/vfio_msi/'
APP = 'app/test-msi/'

# From the ground up. Within a room's patterns the first room that matches wins.
FLOORS = [
    {'engine': [LIB + 'iova/*'], 'system calls': [LIB + 'uapi/*'], 'sysfs': [LIB + 'sysfs/*']},
    {'topology': [LIB + 'topology/*'], 'addresses of the process': [LIB + 'va/*']},
    {'holes': [LIB + 'holes/*'],
     'address space': [LIB + 'ioas/ioas*']},
    {'backends': [LIB + 'ioas/backend/*']},
    {'plan': [LIB + 'plan/*']},
    {'EAL half': [LIB + 'eal/*']},
    {'arguments': [BUS + 'vfio_msi_args.*', BUS + 'dpdk_limits.h'],
     'BARs': [BUS + 'vfio_msi_bar.*']},
    {'bus': [BUS + '*'],
     'app': [APP + '*']},
]

ROOTS = (LIB, BUS, APP)
PRIVATE = re.compile(r'(^|_)(private|internal)\.h$')

# The files of the library that know DPDK.
KNOW_DPDK = {LIB + 'eal/dma_runs.c', LIB + 'eal/dma_runs.h', LIB + 'eal/dma_sync.c',
             LIB + 'eal/rte_eal_iommu.c', LIB + 'eal/rte_eal_iommu.h'}
DPDK_HEADER = re.compile(r'<((rte_|bus_|dev_driver|ethdev_)[^>]*)>')

# Calls that only these rooms make; ".open(" and "->open(" are operations of ours.
DEVICE_CALLS = ('ioctl', 'mmap', 'mmap64', 'munmap', 'mremap', 'eventfd', 'pread', 'pwrite',
                'write', 'dup', 'dup2', 'socket', 'epoll_create1')
FILE_CALLS = ('open', 'openat', 'fopen', 'read', 'close', 'opendir', 'readlink', 'readlinkat')
CALLERS = {**{name: {'system calls'} for name in DEVICE_CALLS},
           **{name: {'system calls', 'sysfs'} for name in FILE_CALLS}}
CALL = re.compile(r'(?<![\w.>])(' + '|'.join(CALLERS) + r')\s*\(')

RELEASES_IN = {BUS + 'dpdk_compat.h', BUS + 'dpdk_compat.c'}
RELEASE = re.compile(r'\bRTE_VERSION(_NUM)?|\bCOMPAT_NEW_BUSES\b|^[ \t]*#[^\n]*\bRTE_VER_\w+', re.MULTILINE)


def rooms():
    """(floor, room, pattern) of the whole house, in order."""
    for floor, here in enumerate(FLOORS):
        for room, patterns in here.items():
            for pattern in patterns:
                yield floor, room, pattern


def room_of(path):
    """(floor, room) of a file, or None."""
    for floor, room, pattern in rooms():
        if fnmatch.fnmatchcase(path, pattern):
            return floor, room
    return None


class Source:
    """One file of C, read once."""

    def __init__(self, root, path):
        self.path = path
        self.text = (root / path).read_text(encoding='utf-8')
        self.code = checkkit.without_comments(self.text)

    def includes(self, form):
        """(line, name) of each include of this form, a regular expression."""
        for match in re.finditer(r'^[ \t]*#[ \t]*include[ \t]+' + form, self.code, re.MULTILINE):
            yield checkkit.line_of(self.code, match.start()), match[1]


def check_include(source, line, name, headers, problems):
    """One include "NAME" of a file."""
    target = headers.get(name)
    if target is None:
        problems.append((source.path, line, f'"{name}" is no header of this project'))
        return
    mine, theirs = room_of(source.path), room_of(target)
    if mine is None or theirs is None or mine == theirs:
        return
    if PRIVATE.search(name):
        problems.append((source.path, line, f'"{name}" is private to the room "{theirs[1]}"'))
    if theirs[0] >= mine[0]:
        problems.append((source.path, line, f'the room "{mine[1]}" must not know the room '
                         f'"{theirs[1]}" ("{name}"), which is not below it'))


def check_calls(source, problems):
    """DPDK and system calls in the wrong room."""
    place = room_of(source.path)
    if source.path.startswith(LIB) and source.path not in KNOW_DPDK:
        for line, name in source.includes(DPDK_HEADER.pattern):
            problems.append((source.path, line, f'<{name}>: this part of the library does not '
                             'know DPDK'))
    if not source.path.startswith(APP):
        bare = checkkit.without_literals(source.text)
        for match in CALL.finditer(bare):
            if place and place[1] not in CALLERS[match[1]]:
                problems.append((source.path, checkkit.line_of(bare, match.start()),
                                 f'{match[1]}() is called by the rooms '
                                 f'{sorted(CALLERS[match[1]])} only'))


def check_releases(source, problems):
    """Release numbers anywhere but in their place."""
    if source.path not in RELEASES_IN:
        for match in RELEASE.finditer(source.code):
            problems.append((source.path, checkkit.line_of(source.code, match.start()),
                             'release numbers of DPDK belong into dpdk_compat.h'))


def find_cycle(graph):
    """A list of files that include each other in a circle, or None."""
    done, trail = set(), []

    def visit(node):
        if node in trail:
            return trail[trail.index(node):] + [node]
        if node in done:
            return None
        trail.append(node)
        for after in graph.get(node, ()):
            cycle = visit(after)
            if cycle:
                return cycle
        done.add(trail.pop())
        return None

    for start in sorted(graph):
        cycle = visit(start)
        if cycle:
            return cycle
    return None


def check(root):
    """All problems below ROOT."""
    everywhere = [Source(root, str(path)) for path in checkkit.files(root)
                  if path.suffix in ('.c', '.h')]
    sources = [source for source in everywhere if source.path.startswith(ROOTS)]
    paths = [source.path for source in sources]
    # The library's are included by room and name, those of bus and app by name.
    headers = {path.removeprefix(LIB) if path.startswith(LIB) else path.rpartition('/')[2]: path
               for path in paths if path.endswith('.h')}
    problems, graph = [], {}
    for source in sources:
        if room_of(source.path) is None:
            problems.append((source.path, 1, 'is in no room: add it to FLOORS of '
                             'devtools/check-layers.py'))
        graph[source.path] = []
        for line, name in source.includes(r'"([^"]+)"'):
            check_include(source, line, name, headers, problems)
            if name in headers:
                graph[source.path].append(headers[name])
        check_calls(source, problems)
    for source in everywhere:
        check_releases(source, problems)
    cycle = find_cycle(graph)
    if cycle:
        problems.append((cycle[0], 1, 'headers include each other: ' + ' -> '.join(cycle)))
    return problems


# What must be found: files of a small project, and a piece of the answer ("": none).
SELF_TESTS = [
    ({}, ''),
    ({LIB + 'holes/holes.c': '#include "ioas/ioas.h"\n'}, 'must not know the room "address space"'),
    ({LIB + 'plan/plan.c': '#include "ioas/ioas_private.h"\n'}, 'private to the room "address space"'),
    ({LIB + 'ioas/backend/ioas_type1.c': '#include "ioas/ioas_private.h"\n'}, 'private to the room'),
    ({BUS + 'vfio_msi_scan.c': '#include "test_msi.h"\n'}, 'must not know the room "app"'),
    ({APP + 'main.c': '#include "private.h"\n'}, 'private to the room "bus"'),
    ({BUS + 'vfio_msi_args.c': '#include "private.h"\n'}, 'must not know the room "bus"'),
    ({LIB + 'iova/iova_a.h': '#include "iova/iova_b.h"\n', LIB + 'iova/iova_b.h': '#include "iova/iova_a.h"\n'},
     'include each other'),
    ({LIB + 'plan/plan.c': '#include "nowhere.h"\n'}, 'no header of this project'),
    ({LIB + 'plan/plan.c': '#include <rte_memory.h>\n'}, 'does not know DPDK'),
    ({LIB + 'eal/dma_budget.c': '#include <rte_memory.h>\n'}, 'does not know DPDK'),
    ({LIB + 'eal/rte_eal_iommu.c': '#include <rte_memory.h>\n'}, ''),
    ({LIB + 'plan/plan.c': 'int x(void) { return ioctl(1, 2); }\n'}, 'ioctl() is called'),
    ({LIB + 'uapi/vfio_uapi.c': 'int x(void) { return ioctl(1, 2); }\n'}, ''),
    ({LIB + 'sysfs/sysfs.c': 'int x(void) { return open("a", 0); }\n'}, ''),
    ({LIB + 'plan/plan.c': '/* ioctl(1) */ int x(void) { return o->open() + s("mmap("); }\n'}, ''),
    ({BUS + 'vfio_msi_steer.c': 'void *x(void) { return mmap(0); }\n'}, 'mmap() is called'),
    ({BUS + 'vfio_msi_scan.c': '#if RTE_VERSION >= 1\n#endif\n'}, 'release numbers'),
    ({'examples/a.c': '#if RTE_VER_YEAR >= 25\n#endif\n'}, 'release numbers'),
    ({BUS + 'dpdk_compat.h': '#if RTE_VERSION >= 1\n#endif\n'}, ''),
    ({LIB + 'cellar.c': '\n'}, 'is in no room'),
]

SKELETON = {
    LIB + 'iova/iova_range.h': '', LIB + 'iova/iova_tree.h': '', LIB + 'ioas/ioas.h': '#include "iova/iova_range.h"\n',
    LIB + 'ioas/ioas_private.h': '#include "ioas/ioas.h"\n', BUS + 'private.h': '#include "ioas/ioas.h"\n',
    APP + 'test_msi.h': '', BUS + 'vfio_msi_scan.c': '#include "private.h"\n',
}


def self_test():
    """Inject each violation into a small project; what is not found is a problem."""
    problems = []
    for number, (change, wanted) in enumerate(SELF_TESTS):
        with tempfile.TemporaryDirectory() as folder:
            for path, text in {**SKELETON, **change}.items():
                target = pathlib.Path(folder, path)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding='utf-8')
            found = [what for _, _, what in check(pathlib.Path(folder))]
        if (wanted and not any(wanted in what for what in found)) or (found and not wanted):
            problems.append((pathlib.Path(__file__).name, number,
                             f'self-test {change} found {found}, not "{wanted}"'))
    return problems


def main():
    """Check the project; --self-test: the check."""
    if sys.argv[1:] not in ([], ['--self-test']):
        sys.exit(f'usage: {sys.argv[0]} [--self-test]')
    # The self-test takes no time, so every run is one.
    problems = self_test() + ([] if sys.argv[1:] else check(checkkit.SOURCE))
    return checkkit.report('check-layers', problems)


if __name__ == '__main__':
    sys.exit(main())
