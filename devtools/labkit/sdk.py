# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""DPDK's driver SDK headers, which Debian does not ship.

They are taken from the distribution's source package of the same version, with apt's
signature checks.
"""

import hashlib
import pathlib
import re
import tarfile
import tempfile

from . import apt, cache, devicenames, vfiocallers
from .progress import LabError, say, step

HEADERS = {
    'bus_driver.h': 'lib/eal/include/bus_driver.h',
    'dev_driver.h': 'lib/eal/include/dev_driver.h',
    'bus_pci_driver.h': 'drivers/bus/pci/bus_pci_driver.h',
}


# The places that use names of devices, see devicenames.py, and VFIO, see vfiocallers.py.
NAMES = 'device-names'
CALLERS = 'vfio-callers'

# The digest by declarations() of the headers in all releases of these series.  If a
# mirror lacks the exact source, headers of another version with the same declarations
# replace it.
DECLARATIONS = '1ef935b9569dcc055a30067094e66c9813607a5c80844032fca80e694874e5ad'
SAME_IN = ['22.11', '24.11', '25.11']
STAND_IN_SUITES = ['bookworm']

# Preprocessor branches that a C compiler on Linux skips, and the macros with which
# drivers in DPDK's tree register, which moved between headers.
OTHERS = re.compile(r'#ifdef (?:__cplusplus|RTE_TOOLCHAIN_MSVC)\n.*?(?:#else\n(.*?))?#endif\n',
                    re.DOTALL)
DRIVERS_ONLY = re.compile(r'^[ \t]*#[ \t]*define[ \t]+(?:RTE_PMD_|DRV_EXP_TAG).*\n', re.MULTILINE)


def folder(version, suite):
    """The cached folder with the headers of DPDK VERSION."""
    recipe = [suite, HEADERS, DECLARATIONS, SAME_IN, STAND_IN_SUITES,
              devicenames.NAME.pattern, devicenames.CALL.pattern, vfiocallers.CALL.pattern,
              vfiocallers.NAME.pattern, vfiocallers.rejected()]
    return cache.entry('sdk', version, recipe, lambda path: fetch(version, suite, path))


def newest(suite):
    """The cached folder with the headers of the DPDK that SUITE has."""
    tree = apt.Tree(f'dpdk-{suite}', [apt.source_line(suite)], apt.host_arch())
    with cache.lock(f'dpdk-{suite}'):
        tree.update()
        version = tree.candidate('libdpdk-dev')
    return folder(version.rsplit('-', 1)[0], suite)


def device_names(version, suite):
    """The places in the source of DPDK VERSION that use names of devices, by file."""
    text = (folder(version, suite) / NAMES).read_text(encoding='utf-8')
    return {name: int(count) for name, count in (line.split() for line in text.splitlines())}


def vfio_callers(version, suite):
    """The users of VFIO in the source of DPDK VERSION, as vfiocallers.summary()."""
    return (folder(version, suite) / CALLERS).read_text(encoding='utf-8').splitlines()


def declarations(out):
    """A digest of what a C compiler reads in the headers in OUT, without DRIVERS_ONLY."""
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
    """Copy the headers of DPDK VERSION from the source package in SUITE into OUT."""
    with step(f'fetching driver SDK headers of DPDK {version}'):
        try:
            _fetch_from(suite, version, out)
        except LabError as error:
            if not _stand_in(version, out):
                raise error
            say(f'the mirror lacks the source of DPDK {version}; using the headers of another '
                'version, which have the same declarations')


def _stand_in(version, out):
    """Use the headers of another version if their declarations are those of VERSION."""
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
    """Unpack the headers from SUITE's source of DPDK VERSION (None: of any version)."""
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
    """The package version with the upstream version VERSION."""
    records = tree.run('apt-cache', 'showsrc', '--only-source', 'dpdk')
    known = re.findall(r'^Version: (\S+)$', records, re.MULTILINE)
    for candidate in known:
        if candidate.rsplit('-', 1)[0] == version:
            return candidate
    raise LabError(f'{suite} has the source of DPDK {", ".join(known) or "no version"}, '
                   f'not of {version}; set -Dsdk_headers=DIR to a folder with the headers of '
                   'that version')


def _check_patches(debian):
    """Fail if the distribution patches one of the headers, as the tarball lacks the change."""
    with tarfile.open(debian) as archive:
        for member in archive.getmembers():
            if member.isfile() and '/patches/' in member.name:
                text = archive.extractfile(member).read().decode(errors='replace')
                for path in HEADERS.values():
                    if re.search(rf'^\+\+\+ \S*{re.escape(path)}', text, re.MULTILINE):
                        raise LabError(f'{member.name} changes {path}; unpack the source with '
                                       'dpkg-source and set -Dsdk_headers=DIR')


def _unpack(original, out):
    wanted = {path: name for name, path in HEADERS.items()}
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    texts = []
    with tarfile.open(original) as archive:
        for member in archive:
            path = member.name.split('/', 1)[-1]
            if not member.isfile() or not (path in wanted or devicenames.is_read(path)):
                continue
            data = archive.extractfile(member).read()
            if path in wanted:
                (out / wanted.pop(path)).write_bytes(data)
            texts.append((path, data.decode('utf-8', 'replace')))
    lines = [f'{name} {count}\n' for name, count in devicenames.found_in(texts).items()]
    (out / NAMES).write_text(''.join(lines), encoding='utf-8')
    lines = vfiocallers.summary(texts, vfiocallers.rejected())
    (out / CALLERS).write_text('\n'.join(lines), encoding='utf-8')
    if wanted:
        raise LabError(f'{original.name} lacks {", ".join(wanted)}')
