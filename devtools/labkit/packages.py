# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""The project's Debian packages: built in a clean system of a release."""

import os
import re
import shutil

from . import cache, chroots, host, rootfs, source_package
from .progress import run, step

OLDER = '0'
BUILD = '''
cd /build
dpkg-source --extract *.dsc source
cd source
dpkg-buildpackage -b -us -uc
'''
LINTIAN = 'cd /build && lintian --fail-on none --tag-display-limit 0 *.dsc *.changes'


def folder(dpdk, older=False):
    """The cached folder with the packages for this release, lintian.txt and build.log.

    older: of the version before, which differs in nothing else.
    """
    suite = rootfs.release(dpdk).suite
    revision = OLDER if older else None
    wanted = source_package.version(suite, revision)
    system = chroots.for_builds(dpdk)
    recipe = [source_package.ingredients(), system.parent.name, wanted, BUILD, LINTIAN]
    return cache.entry('packages', f'{wanted}-{suite}', recipe,
                       lambda path: _make(system, suite, revision, path))


def _make(system, suite, revision, path):
    with chroots.opened(system) as chroot:
        source_package.make(suite, chroot.files / 'build', revision)
        chroot.own('build')
        checks = ' nocheck' if revision else ''
        options = f'DEB_BUILD_OPTIONS=parallel={os.cpu_count()}{checks}'
        with step(f'building the packages for {suite}'):
            said = chroot.run(['sh', '-euc', BUILD], chroots.USER, variables=[options])
        (path / 'build.log').write_text(said, encoding='utf-8')
        if not revision:
            with step(f'running lintian of {suite}'):
                said = chroot.run(['sh', '-euc', LINTIAN], chroots.USER)
            (path / 'lintian.txt').write_text(said, encoding='utf-8')
        for built in (chroot.files / 'build').glob('*.*'):
            if built.is_file():
                shutil.copy(built, path)


def archive(dpdk, target):
    """Make a package archive in the folder TARGET, with this version and the one before."""
    host.need(['dpkg-dev'])
    target.mkdir(parents=True)
    for older in (True, False):
        for path in binaries(folder(dpdk, older)):
            shutil.copy(path, target)
    index = run(['dpkg-scanpackages', '--multiversion', '.'], cwd=target)
    start = index.index('Package:')
    (target / 'Packages').write_text(index[start:].rpartition('\n\n')[0] + '\n\n', encoding='utf-8')


def binaries(path):
    """The packages in a folder, without those of debugging symbols."""
    return sorted(deb for deb in path.glob('*.deb') if '-dbgsym_' not in deb.name)


def field(deb, name):
    """A field of a package's control file."""
    return run(['dpkg-deb', '--field', deb, name]).strip()


def lintian_tags(path):
    """{letter: lines} of lintian's report: E are errors, W warnings."""
    found = {}
    for line in (path / 'lintian.txt').read_text(encoding='utf-8').splitlines():
        match = re.match(r'([A-Z]): (.*)', line)
        if match:
            found.setdefault(match[1], []).append(match[2])
    return found
