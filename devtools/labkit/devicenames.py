# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Places in DPDK that compare, cut or extend the name of a device.

A device of this bus has the name that it would have on the pci bus, so such code works. A
new place has to be read once: it may cut the name, expect a prefix, or look for a path.
devtools/device-names.txt lists the files that were read.
"""

import collections
import pathlib
import re

FOLDERS = ('drivers', 'lib')

NAME = re.compile(r'\b\w*(?:device|pci_dev|pdev|rte_dev|pcidev)(?:->|\.)(?:device\.)?name\b'
                  r'|\brte_dev_name\s*\(')
CALL = re.compile(r'\b(?:strn?(?:case)?cmp|memcmp|memcpy|sscanf|strr?chr|strstr|strtok(?:_r)?|strtoul'
                  r'|strc?spn|strn?cpy|strlcpy|rte_strscpy|v?s?n?printf|asprintf'
                  r'|rte_pci_addr_parse)\s*\(')
PRINTS = re.compile(r'v?printf\s*\(')


def key(path):
    """A file by its folder and name, as drivers move to other folders."""
    return '/'.join(pathlib.PurePath(path).parts[-2:])


def places(text):
    """The number of calls on the name of a device in a file of C, except messages."""
    text = re.sub(r'/\*.*?\*/', ' ', text, flags=re.DOTALL)
    return sum(1 for match in CALL.finditer(text)
               if not PRINTS.match(match[0]) and NAME.search(arguments(text, match.end())))


def arguments(text, at):
    """The text from AT to the parenthesis that closes the call."""
    depth = 1
    for end in range(at, len(text)):
        depth += {'(': 1, ')': -1}.get(text[end], 0)
        if depth == 0:
            return text[at:end]
    return text[at:]


def found_in(files):
    """The places by file, of (path, text) pairs."""
    found = collections.Counter()
    for path, text in files:
        found[key(path)] += places(text)
    return +found


def is_read(path):
    """Whether this file of the source tree of DPDK is searched."""
    path = pathlib.PurePath(path)
    return path.parts[0] in FOLDERS and path.suffix in ('.c', '.h')


def tree(root):
    """(path, text) of each file that is searched."""
    for path in sorted(root.rglob('*.[ch]')):
        if is_read(path.relative_to(root)):
            yield path.relative_to(root), path.read_text(encoding='utf-8', errors='replace')


def known(text):
    """(the places by file of a list, what is wrong with the list)."""
    counts, wrong, last = {}, [], ''
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith('#'):
            continue
        match = re.fullmatch(r'(\S+/\S+\.[ch]) ([1-9]\d*)  (\S.*)', line)
        if not match:
            wrong.append(f'{number}: not "FILE COUNT  WHAT"')
        elif match[1] <= last:
            wrong.append(f'{number}: {match[1]} is not in order')
        else:
            counts[match[1]], last = int(match[2]), match[1]
    return counts, wrong


def new(found, counts):
    """What a source tree has that the list lacks."""
    return [f'{name}: {count} places use the name of a device, {counts.get(name, 0)} are known; '
            'read them and update devtools/device-names.txt'
            for name, count in sorted(found.items()) if count > counts.get(name, 0)]


def read_in(text, release):
    """The versions of a RELEASE of DPDK in which a list was read, by its head."""
    match = re.search(r'\bRead in (\d[\d., and]*)\.', ' '.join(text.replace('\n#', '\n').split()))
    versions = re.findall(r'\d+\.\d+(?:\.\d+)?', match[1]) if match else []
    return [version for version in versions if f'{version}.'.startswith(f'{release}.')]
