# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Drivers and libraries of DPDK that open VFIO groups and use containers themselves.

EAL's containers have no device of this bus, so such a driver does not work on it. The bus
rejects the drivers in the table of vfio_msi_container.c. devtools/vfio-callers.txt lists every
folder of DPDK with such a call, and what follows from it.
"""

import collections
import pathlib
import re

from . import devicenames

LIST = pathlib.Path(__file__).resolve().parents[1] / 'vfio-callers.txt'
CODE = LIST.parents[1] / 'drivers/bus/vfio_msi/vfio_msi_container.c'

CALL = re.compile(r'\brte_vfio_(?:container_\w+|setup_device|release_device|get_group_fd|get_group_num'
                  r'|get_container_fd|clear_group|get_device_info|enable)\s*\('
                  r'|\bVFIO_(?:GROUP_SET_CONTAINER|GROUP_GET_DEVICE_FD|SET_IOMMU|IOMMU_MAP_DMA)\b')
# A driver registers under this name, or a macro has it.
NAME = re.compile(r'\bRTE_PMD_REGISTER_PCI\s*\(\s*(\w+)|"(\w+)"')
TABLE = re.compile(r'own_containers\[\] = \{\n(.*?)\n\};', re.DOTALL)
# Its folders are drivers.
SEVERAL = ('net', 'intel')
LINE = re.compile(r'(\w+/\w+)  (?:driver (\w+)(?: of (\w+/\w+))?|accepted: (\S.*))')


def folder_of(path):
    """drivers/net/x/y/a.c is in net/x, lib/y/a.c in lib/y; folders of several drivers are split."""
    parts = pathlib.PurePath(path).parts
    if parts[0] != 'drivers':
        return '/'.join(parts[:2])
    return '/'.join(parts[1:3 + (parts[1:3] == SEVERAL and len(parts) > 4)])


def uncommented(text):
    """The text of a C file without its comments."""
    return re.sub(r'/\*.*?\*/', ' ', text, flags=re.DOTALL)


def entries(text, form, words):
    """({folder: match of FORM}, what is wrong) of the lines of a list, in WORDS the form."""
    found, wrong = {}, []
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith('#'):
            continue
        match = form.fullmatch(line)
        if not match:
            wrong.append(f'{number}: {words}')
        elif found and match[1] <= list(found)[-1]:
            wrong.append(f'{number}: {match[1]} is not in order')
        else:
            found[match[1]] = match
    return found, wrong


def differences(listed, drivers):
    """How the names of a list differ from those that the bus rejects."""
    return [*(f'1: the bus does not reject {name}' for name in sorted(listed - set(drivers))),
            *(f'1: lacks {name}, which the bus rejects' for name in sorted(set(drivers) - listed))]


def found_in(files):
    """({folder: number of calls}, {folder: names}) of (path, text) pairs. EAL defines the calls."""
    calls, names = collections.Counter(), collections.defaultdict(set)
    for path, text in files:
        text = uncommented(text)
        if folder_of(path) != 'lib/eal':
            calls[folder_of(path)] += len(CALL.findall(text))
        names[folder_of(path)].update(name for match in NAME.findall(text) for name in match if name)
    return +calls, names


def summary(files, drivers):
    """Lines of text: each folder with calls, and which of these DRIVERS registers in which folder."""
    calls, names = found_in(files)
    return [f'{folder} {count}' for folder, count in sorted(calls.items())] + \
        [f'{folder} {name}' for folder in sorted(names) for name in sorted(names[folder] & set(drivers))]


def table(code, form=TABLE):
    """The names of drivers in a table of the bus."""
    return re.findall(r'^\t\{ "(\w+)"', form.search(code)[1], re.MULTILINE)


def rejected():
    """The names of the drivers that the bus rejects."""
    return table(CODE.read_text(encoding='utf-8'))


def known(text, drivers):
    """({folder: (driver, its folder) or None}, what is wrong with the list)."""
    found, wrong = entries(text, LINE, 'neither "FOLDER  driver NAME [of FOLDER]" nor "FOLDER  accepted: WHY"')
    folders = {folder: (match[2], match[3] or folder) if match[2] else None for folder, match in found.items()}
    return folders, wrong + differences({entry[0] for entry in folders.values() if entry}, drivers)


def known_now():
    """The same of the list and the table of the project."""
    return known(LIST.read_text(encoding='utf-8'), rejected())


def new(lines, folders):
    """What the summary of a source tree has that the list lacks."""
    have = {tuple(line.split()) for line in lines}
    for folder, count in sorted(have):
        if not count.isdigit():
            continue
        if folder not in folders:
            yield (f'{folder}: uses VFIO groups or containers itself; read it, reject its driver in '
                   'vfio_msi_container.c if it can\'t work, and update devtools/vfio-callers.txt')
        elif folders[folder] and (folders[folder][1], folders[folder][0]) not in have:
            driver, place = folders[folder]
            yield f'{folder}: no driver "{driver}" registers in {place}; what is its name now?'


def tree_summary(root, drivers):
    """The summary of a source tree of DPDK."""
    return summary(devicenames.tree(root), drivers)
