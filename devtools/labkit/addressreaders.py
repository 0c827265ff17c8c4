# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Drivers and libraries of DPDK that ask the kernel for physical addresses.

They miss IOVAs that the bus assigns, so it rejects the drivers in the table of
vfio_msi_assign.c. devtools/address-readers.txt lists every folder of DPDK with such a call, and
what follows from it.
"""

import collections
import pathlib
import re

from . import devicenames, vfiocallers

LIST = pathlib.Path(__file__).resolve().parents[1] / 'address-readers.txt'
CODE = LIST.parents[1] / 'drivers/bus/vfio_msi/vfio_msi_assign.c'
PAGE = LIST.parents[1] / 'doc/explanation/assigned.rst'

# A translation by the page tables, or the use of one that libcryptodev or libcompressdev has stored.
CALL = re.compile(r'\brte_mem_virt2(?:iova|phy)\s*\(|\brte_crypto_op_ctophys_offset\s*\('
                  r'|\bc?op->(?:phys|iova)_addr\b')
REGISTER = re.compile(r'\bRTE_PMD_REGISTER_PCI\s*\(\s*(\w+)')
DEFINE = re.compile(r'^[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+"?(\w+)"?[ \t]*$', re.MULTILINE)
TABLE = re.compile(r'readers\[\] = \{\n(.*?)\n\};', re.DOTALL)
LINE = re.compile(r'(\w+(?:/\w+)+)  (?:rejected: ([\w ]+)(?:; others: ([\w ]+))?|accepted: (\S.*))')
ON_PAGE = re.compile(r'these are ((?:\w+, )+\w+ and \w+)\.')


def found_in(files):
    """({folder: number of calls}, {folder: PCI drivers}) of (path, text) pairs. EAL defines the calls."""
    calls, drivers, names = collections.Counter(), collections.defaultdict(set), {}
    for path, text in files:
        folder = vfiocallers.folder_of(path)
        text = vfiocallers.uncommented(text)
        if folder != 'lib/eal':
            calls[folder] += len(CALL.findall(text))
        drivers[folder].update(REGISTER.findall(text))
        names.update(DEFINE.findall(text))
    return +calls, {folder: {names.get(name, name) for name in found}
                    for folder, found in drivers.items() if found}


def summary(files):
    """Lines of text: each folder with calls, and each PCI driver with its folder."""
    calls, drivers = found_in(files)
    return [f'{folder} {count}' for folder, count in sorted(calls.items())] + \
        [f'{folder} {name}' for folder in sorted(drivers) for name in sorted(drivers[folder])]


def table(code):
    """The names of drivers in the table of the bus."""
    return vfiocallers.table(code, TABLE)


def on_page(text):
    """The names of drivers in the guide."""
    match = ON_PAGE.search(' '.join(text.split()))
    return re.findall(r'\w+', match[1].replace(' and ', ', ')) if match else []


def known(text, rejected, documented):
    """({folder: (rejected drivers, other drivers) or None}, what is wrong with the list)."""
    found, wrong = vfiocallers.entries(text, LINE, 'neither "FOLDER  rejected: NAME...[; others: NAME...]" nor '
                                       '"FOLDER  accepted: WHY"')
    folders = {folder: (match[2].split(), (match[3] or '').split()) if match[2] else None
               for folder, match in found.items()}
    wrong += vfiocallers.differences({name for entry in folders.values() if entry for name in entry[0]}, rejected)
    wrong += [f'1: {name} is not both in the table of the bus and in {PAGE.name}'
              for name in sorted(set(rejected) ^ set(documented))]
    return folders, wrong


def known_now():
    """The same of the list, the table and the guide of the project."""
    text, code, page = (path.read_text(encoding='utf-8') for path in (LIST, CODE, PAGE))
    return known(text, table(code), on_page(page))


def new(lines, folders):
    """What the summary of a source tree has that the list lacks."""
    have = {tuple(line.split()) for line in lines}
    drivers = {(folder, name) for folder, name in have if not name.isdigit()}
    for folder, _ in sorted(have - drivers):
        if folder not in folders:
            yield (f'{folder}: asks the kernel for physical addresses; read it, reject its drivers in '
                   'vfio_msi_assign.c if the device gets these addresses, and update '
                   'devtools/address-readers.txt')
        elif folders[folder]:
            rejected, others = folders[folder]
            if not set(rejected) & {name for _, name in drivers}:
                yield f'{folder}: no driver {" or ".join(rejected)} registers; what is its name now?'
            for name in sorted(name for place, name in drivers if place == folder):
                if name not in rejected + others:
                    yield (f'{folder}: driver {name} registers here; if the device gets physical addresses, '
                           'reject it in vfio_msi_assign.c, and update devtools/address-readers.txt')


def tree_summary(root):
    """The summary of a source tree of DPDK."""
    return summary(devicenames.tree(root))
