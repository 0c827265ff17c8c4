#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Check the layers of the source: includes and calls.

A room is a folder of the library, or a list of files of the bus or the app (they have
one folder each). A floor is a set of rooms that are independent of each other. A file
includes headers of its own room and of lower floors, and never another room's private
header. Neither includes nor calls between files form a circle. Only certain rooms
use DPDK, system calls and release numbers.
"""

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

# From the lowest floor: folders that end with "/", files by their names. Every file must
# be listed; there is no default room.
FLOORS = [
    {'engine': [LIB + 'iova/'], 'system calls': [LIB + 'uapi/'], 'sysfs': [LIB + 'sysfs/'],
     'config space': [LIB + 'pci/']},
    {'topology': [LIB + 'topology/'], 'addresses of the process': [LIB + 'va/'],
     'vectors': [LIB + 'vectors/']},
    {'holes': [LIB + 'holes/'], 'address space': [LIB + 'ioas/']},
    {'backends': [LIB + 'ioas/backend/']},
    {'plan': [LIB + 'plan/']},
    {'EAL half': [LIB + 'eal/']},
    {'arguments': [BUS + 'vfio_msi_args.c', BUS + 'vfio_msi_args.h', BUS + 'dpdk_limits.h',
                   BUS + 'vfio_msi_cpus.c', BUS + 'vfio_msi_cpus.h',
                   BUS + 'vfio_msi_values.c', BUS + 'vfio_msi_values.h'],
     'BARs': [BUS + 'vfio_msi_bar.c', BUS + 'vfio_msi_bar.h'],
     'notices of the kernel': [BUS + 'vfio_msi_notice.c', BUS + 'vfio_msi_notice.h'],
     'interrupts of the kernel': [BUS + 'vfio_msi_irqs.c', BUS + 'vfio_msi_irqs.h']},
    {'ground of the bus': [BUS + name for name in (
        'bus.h', 'bus_vfio_msi_driver.h', 'dpdk_compat.c', 'dpdk_compat.h')],
     'app': [APP]},
    {'neighbours': [BUS + name for name in (
        'neighbours.h', 'vfio_msi_native.h', 'vfio_msi_pci_bus.c', 'vfio_msi_container.c', 'vfio_msi_reject.c',
        'vfio_msi_mp.c', 'vfio_msi_presence.c')]},
    {'policy': [BUS + name for name in (
        'policy.h', 'vfio_msi_policy.c', 'vfio_msi_assign.c', 'vfio_msi_steer.c', 'vfio_msi_growth.c',
        'vfio_msi_growth.h', 'vfio_msi_growth_watch.c')]},
    {'space': [BUS + name for name in (
        'space.h', 'vfio_msi_member.c', 'vfio_msi_eal_group.c', 'vfio_msi_bringup.c',
        'vfio_msi_dma.c', 'vfio_msi_own_memory.c', 'vfio_msi_numa.c', 'telemetry.h',
        'vfio_msi_telemetry.c', 'vfio_msi_telemetry_devices.c', 'vfio_msi_telemetry_page.c')]},
    {'device': [BUS + name for name in (
        'device.h', 'vfio_msi_region.c', 'vfio_msi_place.c', 'vfio_msi_intr.c',
        'vfio_msi_vectors.c', 'vfio_msi_vectors.h', 'vfio_msi_vectors_api.c',
        'vfio_msi_reset.c', 'vfio_msi_virtio.c', 'vfio_msi_revoke.c', 'vfio_msi_removal.c',
        'vfio_msi_req.c', 'vfio_msi_err.c', 'vfio_msi_eeh.c', 'vfio_msi_affinity.c',
        'vfio_msi_device.c', 'vfio_msi_kept.c', 'vfio_msi_abandon.c')]},
    {'claim': [BUS + name for name in (
        'claim.h', 'vfio_msi_names.c', 'vfio_msi_given.c', 'vfio_msi_survey.c', 'vfio_msi_claim.c',
        'vfio_msi_forget.c', 'vfio_msi_scan.c', 'vfio_msi_params.c')]},
    {'probe': [BUS + name for name in (
        'probe.h', 'vfio_msi_driver.c', 'vfio_msi_native.c', 'vfio_msi_probe.c',
        'vfio_msi_entry.c', 'bus_vfio_msi.c')]},
]

ROOTS = (LIB, BUS, APP)
PRIVATE = re.compile(r'(^|_)(private|internal)\.h$')

# The files of the library that know DPDK.
KNOW_DPDK = {LIB + 'eal/' + name for name in
             ('dma_assign.c', 'dma_assign.h', 'dma_assign_watch.c', 'dma_external.c', 'dma_external_left.c',
              'dma_growth.c', 'dma_growth.h', 'dma_log.h',
              'dma_runs.c', 'dma_runs.h', 'dma_sync.c', 'dma_sync_events.c', 'eal_iommu_api.h', 'rte_eal_iommu.c',
              'rte_eal_iommu.h')}
DPDK_HEADER = re.compile(r'<((generic/|rte_|eal_|bus_|dev_driver|ethdev_)[^>]*)>')

# Calls that only these rooms make; ".open(" and "->open(" are not system calls.
DEVICE_CALLS = ('ioctl', 'mmap', 'mmap64', 'munmap', 'mremap', 'eventfd', 'pread', 'pwrite',
                'dup', 'dup2', 'socket', 'epoll_create1')
FILE_CALLS = ('open', 'openat', 'fopen', 'read', 'write', 'close', 'opendir', 'readlink', 'readlinkat')
CALLERS = {**{name: {'system calls'} for name in DEVICE_CALLS},
           **{name: {'system calls', 'sysfs'} for name in FILE_CALLS}}
CALL = re.compile(r'(?<![\w.>])(' + '|'.join(CALLERS) + r')\s*\(')

RELEASES_IN = {BUS + 'dpdk_compat.h', BUS + 'dpdk_compat.c',
               'tests/conformance/dpdk/rte_version.h'}
EAL_VFIO = re.compile(r'\brte_vfio_(?!msi_)\w+\(')
RELEASE = re.compile(r'\bRTE_VERSION(_NUM)?|\bCOMPAT_NEW_BUSES\b|^[ \t]*#[^\n]*\bRTE_VER_\w+', re.MULTILINE)


ROOMS = {place: (floor, room) for floor, here in enumerate(FLOORS)
         for room, places in here.items() for place in places}


def room_of(path):
    """(floor, room) of a file, or None."""
    return ROOMS.get(path) or ROOMS.get(path.rpartition('/')[0] + '/')


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
    if theirs[0] >= mine[0] or theirs[1] == 'app':
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
    """Release numbers, and EAL's VFIO, which changes with them, outside of dpdk_compat."""
    if source.path not in RELEASES_IN:
        for match in RELEASE.finditer(source.code):
            problems.append((source.path, checkkit.line_of(source.code, match.start()),
                             'release numbers of DPDK belong into dpdk_compat.h'))
        for match in EAL_VFIO.finditer(source.code if source.path.startswith(BUS) else ''):
            problems.append((source.path, checkkit.line_of(source.code, match.start()),
                             "calls of EAL's VFIO belong into dpdk_compat.c"))


STATIC = re.compile(r'^static\b[^\n;(]*\n(\w+)\(', re.MULTILINE)
DEFINED = re.compile(r'^(?!static\b)\w[^\n;(]*\n(\w+)\(', re.MULTILINE)


def calls(sources):
    """For each .c file the files whose functions it names."""
    files = [source for source in sources if source.path.endswith('.c')]
    bare = {source.path: checkkit.without_literals(source.text) for source in files}
    home = {name: path for path, text in bare.items() for name in DEFINED.findall(text)
            if name not in CALLERS}
    return {path: sorted({home[word] for word in set(re.findall(r'\w+', text)) & home.keys()
                          - set(STATIC.findall(text))} - {path})
            for path, text in bare.items()}


def check_directions(called, problems):
    """A call goes to a lower floor or to its own, even if the file declares the function."""
    for path, targets in called.items():
        for target in targets:
            mine, theirs = room_of(path), room_of(target)
            if mine and theirs and (theirs[0] > mine[0] or mine != theirs and theirs[1] == 'app'):
                problems.append((path, 1, f'the room "{mine[1]}" calls {target}, which is not '
                                 'below it'))


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
    # Headers of the library are included by room and name, those of bus and app by name.
    headers = {path.removeprefix(LIB) if path.startswith(LIB) else path.rpartition('/')[2]: path
               for path in paths if path.endswith('.h')}
    problems, graph = [], {}
    for source in sources:
        if room_of(source.path) is None:
            problems.append((source.path, 1, 'is in no room: add it to FLOORS of '
                             'devtools/check-layers.py'))
        graph[source.path] = []
        for line, name in source.includes(r'[<"]([^">]+)[">]'):
            if source.code.splitlines()[line - 1].rstrip().endswith('>') and name not in headers:
                continue
            check_include(source, line, name, headers, problems)
            if name in headers:
                graph[source.path].append(headers[name])
        check_calls(source, problems)
    for source in everywhere:
        check_releases(source, problems)
    called = calls(sources)
    check_directions(called, problems)
    for graph, what in ((graph, 'headers include'), (called, 'files call')):
        cycle = find_cycle(graph)
        if cycle:
            problems.append((cycle[0], 1, f'{what} each other: ' + ' -> '.join(cycle)))
    return problems


# What must be found: files of a small project, and a piece of the answer ("": none).
SELF_TESTS = [
    ({}, ''),
    ({LIB + 'iova/iova_range.h': '#include "holes/holes.h"\n'}, 'must not know the room "holes"'),
    ({LIB + 'holes/holes.c': '#include "ioas/ioas.h"\n'}, 'must not know the room "address space"'),
    ({LIB + 'plan/plan.c': '#include "ioas/ioas_private.h"\n'}, 'private to the room "address space"'),
    ({LIB + 'ioas/backend/ioas_type1.c': '#include "ioas/ioas_private.h"\n'}, 'private to the room'),
    ({LIB + 'plan/plan.c': '#include "ioas.h"\n'}, 'no header of this project'),
    ({BUS + 'vfio_msi_scan.c': '#include "test_msi.h"\n'}, 'must not know the room "app"'),
    ({APP + 'main.c': '#include "claim.h"\n'}, 'must not know the room "claim"'),
    ({BUS + 'vfio_msi_args.c': '#include "bus.h"\n'}, 'must not know the room "ground of the bus"'),
    ({BUS + 'vfio_msi_mp.c': '#include "claim.h"\n'}, 'must not know the room "claim"'),
    ({BUS + 'vfio_msi_cellar.c': '\n'}, 'is in no room'),
    ({LIB + 'plan/plan.c': '#include <ioas/ioas_private.h>\n'}, 'private to the room "address space"'),
    ({LIB + 'plan/plan.c': '#include <stdio.h>\n'}, ''),
    ({LIB + 'plan/plan.c': '#include <generic/rte_atomic.h>\n'}, 'does not know DPDK'),
    ({LIB + 'plan/plan.c': 'int\nplan_x(void)\n{\n}\n',
      LIB + 'iova/a.c': 'int plan_x(void);\nint\na(void)\n{\n return plan_x();\n}\n'},
     'calls lib/eal_iommu/plan/plan.c, which is not below it'),
    ({LIB + 'iova/a.h': '#include "iova/b.h"\n', LIB + 'iova/b.h': '#include "iova/a.h"\n'},
     'headers include each other'),
    ({LIB + 'iova/a.c': 'int\na(void)\n{\n b();\n}\n', LIB + 'iova/b.c': 'int\nb(void)\n{\n a();\n}\n'},
     'files call each other'),
    ({LIB + 'iova/a.c': 'int\na(void)\n{\n b();\n}\n',
      LIB + 'iova/b.c': 'static int\na(void)\n{\n}\nint\nb(void)\n{ /* a() */\n}\n'}, ''),
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
    ({BUS + 'vfio_msi_scan.c': 'int x(void) { return rte_vfio_enable(""); }\n'}, "EAL's VFIO"),
    ({BUS + 'dpdk_compat.h': '#if RTE_VERSION >= 1\n#endif\n'}, ''),
    ({LIB + 'cellar.c': '\n'}, 'is in no room'),
    ({LIB + 'iova/cellar/deep.c': '\n'}, 'is in no room'),
]

SKELETON = {
    LIB + 'iova/iova_range.h': '', LIB + 'holes/holes.h': '',
    LIB + 'ioas/ioas.h': '#include "iova/iova_range.h"\n',
    LIB + 'ioas/ioas_private.h': '#include "ioas/ioas.h"\n',
    BUS + 'bus.h': '#include "ioas/ioas.h"\n', BUS + 'claim.h': '#include "bus.h"\n',
    APP + 'test_msi.h': '', BUS + 'vfio_msi_scan.c': '#include "claim.h"\n',
}


def self_test():
    """Inject each violation into a small project; a violation that is not found is a problem."""
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


if __name__ == '__main__':
    sys.exit(checkkit.main('check-layers', self_test, lambda: check(checkkit.SOURCE)))
