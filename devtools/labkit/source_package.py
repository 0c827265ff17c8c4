# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Debian's source package of the project, of what is committed.

The upstream part is the release that "meson dist" makes, and DPDK's driver SDK headers for
each release that the lab knows, so that a build needs no network.  It is the same for all
Debian releases, byte by byte, because an archive keeps one file of a name; the versions of the
packages differ in the last part.
"""

import datetime
import email.utils
import filecmp
import pathlib
import re
import shutil
import tarfile
import tempfile

from . import build, host, rootfs, sdk
from .progress import LabError, run, step

NAME = 'vfio-msi'
HEADERS = 'sdk-headers'
PACKAGES = ('librte-eal-iommu1', 'librte-eal-iommu-dev', 'librte-bus-vfio-msi',
            'librte-bus-vfio-msi-dev', 'dpdk-test-msi')
TOP = re.compile(r'^(\S+) \((\S+)\) (\S+); ')
# An upgrade of Debian also upgrades the packages: the version of a later one is higher.
SUFFIX = {'bookworm': '~deb12', 'trixie': '~deb13', 'forky': ''}


def changelog_version():
    """The version of the first entry of debian/changelog."""
    return TOP.match((build.SOURCE / 'debian/changelog').read_text(encoding='utf-8'))[2]


def version(suite, revision=None):
    """The version of the packages for SUITE; REVISION: another Debian revision."""
    if suite not in SUFFIX:
        raise LabError(f'no packages for {suite}, only for {", ".join(SUFFIX)}')
    upstream, own = changelog_version().rsplit('-', 1)
    return f'{upstream}-{own if revision is None else revision}{SUFFIX[suite]}'


def ingredients():
    """What a source package is made from."""
    return run(['git', '-C', build.SOURCE, 'rev-parse', 'HEAD^{tree}']).strip()


def make(suite, out, revision=None):
    """Write the source package for SUITE into OUT; returns the path of its .dsc."""
    # A user builds packages on Debian testing too, where the lab does not run.
    host.need_on_debian(host.NATIVE + ['xz-utils'])
    wanted = version(suite, revision)
    stem = f'{NAME}_{wanted.rsplit("-", 1)[0]}'
    with step(f'making the source package {wanted}'), tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        original = scratch / f'{stem}.orig.tar.xz'
        _pack_release(original, scratch)
        headers = scratch / f'{stem}.orig-{HEADERS}.tar.xz'
        _pack_headers(headers)
        tree = scratch / NAME
        tree.mkdir()
        run(['tar', '-x', '-f', original, '-C', tree, '--strip-components=1'])
        run(['tar', '-x', '-f', headers, '-C', tree])
        _add_entry(tree / 'debian/changelog', wanted, suite)
        run(['dpkg-source', '--build', tree], cwd=scratch)
        _copy(sorted(scratch.glob(f'{NAME}_*')), out)
    return out / f'{NAME}_{wanted}.dsc'


def _copy(paths, out):
    """Copy files into OUT, but no other upstream file over one that a .dsc there can name."""
    out.mkdir(parents=True, exist_ok=True)
    for path in paths:
        target = out / path.name
        if '.orig' in path.name and target.exists() and not filecmp.cmp(path, target, shallow=False):
            raise LabError(f'{target} has another content, of another commit or other headers: remove '
                           'it and each .dsc that names it, or write into another folder')
    for path in paths:
        shutil.copy(path, out)


def _dist(folder):
    """The path of the release that Meson makes of the last commit."""
    run(['meson', 'setup', '-Ddpdk=disabled', '-Dtests=false', folder, build.SOURCE])
    run(['meson', 'dist', '-C', folder, '--no-tests', '--formats', 'xztar'])
    path, = (folder / 'meson-dist').glob('*.tar.xz')
    return path


def _pack_release(path, scratch):
    """Pack Meson's release, which has the time and the user of this run, as of the commit."""
    release = scratch / 'release'
    release.mkdir()
    run(['tar', '-x', '-f', _dist(scratch / 'build'), '-C', release])
    committed = int(run(['git', '-C', build.SOURCE, 'log', '-1', '--format=%ct']))
    _pack(path, [(file, file.relative_to(release)) for file in sorted(release.rglob('*'))], committed)


def _pack_headers(path):
    _pack(path, [(sdk.newest(debian.suite) / name, f'{HEADERS}/{dpdk}/{name}')
                 for dpdk, debian in rootfs.RELEASES.items() for name in sorted(sdk.HEADERS)])


def _pack(path, files, mtime=0):
    """Pack pairs of a file and its name: the same files make the same archive."""
    def plain(info):
        info.mtime = mtime
        info.uid = info.gid = 0
        info.uname = info.gname = ''
        info.mode = 0o755 if info.mode & 0o100 else 0o644
        return info

    with tarfile.open(path, 'w:xz') as archive:
        for file, name in files:
            archive.add(file, name, recursive=False, filter=plain)


def _add_entry(path, wanted, suite):
    """Put an entry for this version before the first one, unless it is the first one's."""
    text = path.read_text(encoding='utf-8')
    name, first, _ = TOP.match(text).groups()
    if wanted == first:
        return
    maintainer, date = re.search(r'^ -- (.+>)  (.+)$', text, re.MULTILINE).groups()
    # The date is also that of files in the packages: the same in each build.
    later = email.utils.parsedate_to_datetime(date) + datetime.timedelta(minutes=1)
    path.write_text(f'{name} ({wanted}) {suite}; urgency=medium\n\n  * Build for {suite}.\n\n'
                    f' -- {maintainer}  {email.utils.format_datetime(later)}\n\n{text}',
                    encoding='utf-8')
