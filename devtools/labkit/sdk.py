# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""DPDK's driver SDK headers, which Debian does not ship, and places in its source.

They are taken from the distribution's source package of the same version, with apt's
signature checks.  A mirror may list a version and lack its files: other versions can then
replace the headers if their declarations are the same, but only other versions of the same
release can replace the places.
"""

import contextlib
import functools
import hashlib
import pathlib
import re
import shutil
import tarfile
import tempfile

from . import addressreaders, apt, cache, devicenames, vfiocallers
from .progress import LabError, say, step

HEADERS = {
    'bus_driver.h': 'lib/eal/include/bus_driver.h',
    'dev_driver.h': 'lib/eal/include/dev_driver.h',
    'bus_pci_driver.h': 'drivers/bus/pci/bus_pci_driver.h',
}


# The places that use names of devices, see devicenames.py, VFIO, see vfiocallers.py, and physical
# addresses, see addressreaders.py.
NAMES = 'device-names'
CALLERS = 'vfio-callers'
READERS = 'address-readers'

# The digest by declarations() of the headers in all releases of these series, and the
# release of Debian whose source has them if the mirror has no source of the release.
DECLARATIONS = '1ef935b9569dcc055a30067094e66c9813607a5c80844032fca80e694874e5ad'
SAME_IN = ['22.11', '24.11', '25.11']
STAND_IN_SUITES = ['bookworm']

# Preprocessor branches that a C compiler on Linux skips, and the macros with which
# drivers in DPDK's tree register, which moved between headers.
OTHERS = re.compile(r'#ifdef (?:__cplusplus|RTE_TOOLCHAIN_MSVC)\n.*?(?:#else\n(.*?))?#endif\n',
                    re.DOTALL)
DRIVERS_ONLY = re.compile(r'^[ \t]*#[ \t]*define[ \t]+(?:RTE_PMD_|DRV_EXP_TAG).*\n', re.MULTILINE)


# A release of DPDK has versions: 24.11, 24.11.1, ...
VERSION = re.compile(r'(\d+\.\d+)(?:\.(\d+))?')
# What apt says of a file that is in the index of the mirror, but not on it.
NOT_THERE = '404  Not Found'


class Missing(LabError):
    """The mirror lacks the source of a version."""


def folder(version, suite):
    """The cached folder with the headers of DPDK VERSION, or others with the same declarations."""
    recipe = [suite, HEADERS, DECLARATIONS, SAME_IN, STAND_IN_SUITES, 2]
    return cache.entry('sdk', version, recipe, lambda path: _headers(version, suite, path))


def newest(suite):
    """The cached folder with the headers of the DPDK that SUITE has."""
    tree = apt.Tree(f'dpdk-{suite}', [apt.source_line(suite)], apt.host_arch())
    with cache.lock(f'dpdk-{suite}'):
        tree.update()
        version = tree.candidate('libdpdk-dev')
    return folder(version.rsplit('-', 1)[0], suite)


def source(version, suite):
    """The cached folder with headers and places of exactly DPDK VERSION; Missing if there is none."""
    recipe = [HEADERS, devicenames.FOLDERS, devicenames.NAME.pattern, devicenames.CALL.pattern,
              devicenames.PRINTS.pattern, vfiocallers.CALL.pattern, vfiocallers.NAME.pattern,
              vfiocallers.rejected(), addressreaders.CALL.pattern, addressreaders.REGISTER.pattern,
              addressreaders.DEFINE.pattern, 2]
    return cache.entry('dpdk-source', version, recipe, lambda path: _fetch(version, suite, path))


def nearest(version, suite):
    """source() of VERSION, or of the nearest version of its release that the mirror has."""
    try:
        return source(version, suite)
    except Missing as missing:
        known = {other for tree in _trees(suite) for other in _versions(tree)}
        for other in by_distance(version, known - {version}):
            with contextlib.suppress(Missing):
                found = source(other, suite)
                say(f'{missing}; using {other}')
                return found
        raise


def by_distance(version, known):
    """The versions of the release of VERSION, the nearest first."""
    if release_of(version) is None:
        return []
    same = [other for other in known if release_of(other) == release_of(version)]
    return sorted(same, key=lambda other: (abs(_number(other) - _number(version)), other))


def _number(version):
    return int(VERSION.fullmatch(version)[2] or 0)


def release_of(version):
    """24.11 of 24.11.4; None for a version that is not a final one."""
    match = VERSION.fullmatch(version)
    return match and match[1]


def device_names(found):
    """The places that use names of devices, by file, in the source() FOUND."""
    text = (found / NAMES).read_text(encoding='utf-8')
    return {name: int(count) for name, count in (line.split() for line in text.splitlines())}


def vfio_callers(found):
    """The users of VFIO in the source() FOUND, as vfiocallers.summary()."""
    return (found / CALLERS).read_text(encoding='utf-8').splitlines()


def address_readers(found):
    """The readers of physical addresses in the source() FOUND, as addressreaders.summary()."""
    return (found / READERS).read_text(encoding='utf-8').splitlines()


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


def _headers(version, suite, out):
    """Copy the headers of DPDK VERSION into OUT, or of another one if the declarations are the same."""
    try:
        found = source(version, suite)
    except Missing as missing:
        found = _same_headers(version, suite)
        if not found:
            raise LabError(f'{missing}; set -Dsdk_headers=DIR to a folder with the headers of that '
                           'version') from missing
        say(f'{missing}; using the headers of another version, which have the same declarations')
    for name in HEADERS:
        shutil.copy(found / name, out)


def _same_headers(version, suite):
    """The source() of another version whose headers have the declarations of VERSION, or None."""
    if release_of(version) not in SAME_IN:
        return None
    for other in dict.fromkeys([suite, *STAND_IN_SUITES]):
        for tree in _trees(other):
            for candidate in _versions(tree).keys() - {version}:
                with contextlib.suppress(Missing):
                    found = source(candidate, other)
                    if declarations(found) == DECLARATIONS:
                        return found
    return None


@functools.cache
def _trees(suite):
    """apt trees that list sources of SUITE: its own one, and that of its security updates."""
    mirrors, own = apt.host_suites(), apt.host_release()['VERSION_CODENAME']
    trees = []
    for more in ('', '-security'):
        if own + more not in mirrors:
            continue
        tree = apt.Tree(f'source-{suite}{more}', [apt.source_line(
            suite + more, mirrors[own + more], kind='deb-src')], apt.host_arch())
        try:
            with cache.lock(f'source-{suite}{more}'):
                tree.update()
        except LabError as error:
            # A release that is not yet out may have no security updates.
            if not more or NOT_THERE not in str(error):
                raise
        else:
            trees.append(tree)
    return trees


def _versions(tree):
    """Upstream versions of DPDK's source that TREE lists, each with that of the package."""
    try:
        records = tree.run('apt-cache', 'showsrc', '--only-source', 'dpdk')
    except LabError:
        return {}  # this is how apt says that its lists, which are new, lack a package
    return {version.rsplit('-', 1)[0]: version
            for version in re.findall(r'^Version: (\S+)$', records, re.MULTILINE)}


def _fetch(version, suite, out):
    """Unpack headers and places of DPDK VERSION into OUT."""
    listed = set()
    with step(f'fetching the source of DPDK {version}'), tempfile.TemporaryDirectory() as scratch:
        for tree in _trees(suite):
            known = _versions(tree)
            listed.update(known)
            if version in known and _download(tree, known[version], scratch):
                break
        else:
            raise Missing(f'the mirror lacks the source of DPDK {version} (it lists '
                          f'{", ".join(sorted(listed)) or "no version"})')
        original, = pathlib.Path(scratch).glob('dpdk_*.orig.tar.xz')
        debian, = pathlib.Path(scratch).glob('dpdk_*.debian.tar.xz')
        _check_patches(debian)
        _unpack(original, out)


def _download(tree, version, scratch):
    """Download a source package into SCRATCH; False if it is only listed."""
    try:
        tree.run('apt-get', 'source', '--download-only', '--only-source', f'dpdk={version}',
                 cwd=scratch)
    except LabError as error:
        if NOT_THERE not in str(error):
            raise
        return False
    return True


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
    (out / READERS).write_text('\n'.join(addressreaders.summary(texts)), encoding='utf-8')
    if wanted:
        raise LabError(f'{original.name} lacks {", ".join(wanted)}')
