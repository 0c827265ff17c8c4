# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""DPDK's driver SDK headers, which Debian builds from but does not ship.

They come out of the distribution's own source package of exactly the version
that is built against, checked by apt's signatures.
"""

import hashlib
import pathlib
import re
import tarfile
import tempfile

from . import apt, cache
from .progress import LabError, say, step

HEADERS = {
    'bus_driver.h': 'lib/eal/include/bus_driver.h',
    'dev_driver.h': 'lib/eal/include/dev_driver.h',
    'bus_pci_driver.h': 'drivers/bus/pci/bus_pci_driver.h',
}


# What the headers declare, as declarations() sums it up, in all releases of these
# series.  It lets the headers of another version stand in when a mirror lacks the
# exact source, and only when they declare the same to the letter.
DECLARATIONS = '1ef935b9569dcc055a30067094e66c9813607a5c80844032fca80e694874e5ad'
SAME_IN = ['22.11', '24.11', '25.11']
STAND_IN_SUITES = ['bookworm']

# Branches of the preprocessor for others than a C compiler here, and the macros by
# which drivers in DPDK's tree register, which moved between headers.
OTHERS = re.compile(r'#ifdef (?:__cplusplus|RTE_TOOLCHAIN_MSVC)\n.*?(?:#else\n(.*?))?#endif\n',
                    re.DOTALL)
DRIVERS_ONLY = re.compile(r'^[ \t]*#[ \t]*define[ \t]+(?:RTE_PMD_|DRV_EXP_TAG).*\n', re.MULTILINE)


def folder(version, suite):
    """The cached folder with the headers of DPDK VERSION."""
    recipe = [suite, HEADERS, DECLARATIONS, SAME_IN, STAND_IN_SUITES]
    return cache.entry('sdk', version, recipe, lambda path: fetch(version, suite, path))


def declarations(out):
    """A digest of what the headers in OUT say to a C compiler, less DRIVERS_ONLY."""
    digest = hashlib.sha256()
    for name in sorted(HEADERS):
        text = (pathlib.Path(out) / name).read_text(encoding='utf-8')
        text = re.sub(r'/\*.*?\*/', ' ', text, flags=re.DOTALL).replace('\\\n', ' ')
        text = OTHERS.sub(lambda match: match[1] or '', text)
        for line in DRIVERS_ONLY.sub('', text).splitlines():
            if line.strip():
                digest.update((' '.join(line.split()) + '\n').encode())
    return digest.hexdigest()


def fetch(version, suite, out):
    """Put the headers of DPDK VERSION, from the source package in SUITE, into OUT."""
    with step(f'fetching driver SDK headers of DPDK {version}'):
        try:
            _fetch_from(suite, version, out)
        except LabError as error:
            if not _stand_in(version, out):
                raise error
            say(f'the mirror lacks the source of DPDK {version}; took the headers of another '
                'version, which declare the same')


def _stand_in(version, out):
    """Take the headers of another version if they declare what those of VERSION do."""
    if '.'.join(version.split('.')[:2]) not in SAME_IN:
        return False
    for suite in STAND_IN_SUITES:
        try:
            _fetch_from(suite, None, out)
        except LabError:
            continue
        if declarations(out) == DECLARATIONS:
            return True
    return False


def _fetch_from(suite, version, out):
    """Unpack the headers from SUITE's source of DPDK, VERSION or (None) whichever it has."""
    with tempfile.TemporaryDirectory() as scratch:
        tree = apt.Tree(f'source-{suite}', [apt.source_line(suite, kind='deb-src')],
                        apt.host_arch())
        with cache.lock(f'source-{suite}'):
            tree.update()
            exact = f'={_source_version(tree, version, suite)}' if version else ''
            tree.run('apt-get', 'source', '--download-only', '--only-source',
                     f'dpdk{exact}', cwd=scratch)
        original, = pathlib.Path(scratch).glob('dpdk_*.orig.tar.xz')
        debian, = pathlib.Path(scratch).glob('dpdk_*.debian.tar.xz')
        _check_patches(debian)
        _unpack(original, out)


def _source_version(tree, version, suite):
    """The package version whose upstream version is VERSION."""
    records = tree.run('apt-cache', 'showsrc', '--only-source', 'dpdk')
    known = re.findall(r'^Version: (\S+)$', records, re.MULTILINE)
    for candidate in known:
        if candidate.rsplit('-', 1)[0] == version:
            return candidate
    raise LabError(f'{suite} has the source of DPDK {", ".join(known) or "no version"}, '
                   f'not of {version}; give -Dsdk_headers=DIR with the headers of that version')


def _check_patches(debian):
    """Refuse when the distribution changes one of the headers: then they are in no tarball."""
    with tarfile.open(debian) as archive:
        for member in archive.getmembers():
            if member.isfile() and '/patches/' in member.name:
                text = archive.extractfile(member).read().decode(errors='replace')
                for path in HEADERS.values():
                    if re.search(rf'^\+\+\+ \S*{re.escape(path)}', text, re.MULTILINE):
                        raise LabError(f'{member.name} changes {path}; unpack the source '
                                       'with dpkg-source and give -Dsdk_headers=DIR')


def _unpack(original, out):
    wanted = {path: name for name, path in HEADERS.items()}
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    with tarfile.open(original) as archive:
        for member in archive:
            name = wanted.pop(member.name.split('/', 1)[-1], None)
            if name:
                (out / name).write_bytes(archive.extractfile(member).read())
    if wanted:
        raise LabError(f'{original.name} lacks {", ".join(wanted)}')
