# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Packages that the lab needs on the host; missing ones are installed."""

import os

from . import apt, cache
from .progress import LabError, step

GUEST = ['mmdebstrap', 'e2fsprogs', 'kmod', 'xz-utils', 'zstd', 'debian-archive-keyring']
KERNEL = ['bc', 'bison', 'flex', 'gcc', 'libc6-dev', 'libelf-dev', 'make', 'xz-utils']
BUILD = ['ccache', 'meson', 'ninja-build', 'pkg-config', 'dpkg-dev']
CROSS = {
    'arm64': ['gcc-aarch64-linux-gnu'],
    'amd64': ['gcc-x86-64-linux-gnu'],
    'ppc64el': ['gcc-powerpc64le-linux-gnu'],
}
NATIVE = ['gcc', 'libc6-dev', 'libarchive-dev', 'libbsd-dev', 'libnuma-dev', 'libcmocka-dev',
          'libjansson-dev', *BUILD]
GUIDE = ['python3-sphinx', 'man-db']
CLANG_RUNTIME = {'12': 'libclang-rt-14-dev', '13': 'libclang-rt-19-dev'}


def cross_gcc(arch):
    """Packages with a gcc for ARCH."""
    return ['gcc', 'libc6-dev'] if arch == apt.host_arch() else CROSS[arch]


def clang():
    """Packages with clang and its sanitizers' runtime."""
    return ['clang', CLANG_RUNTIME[_debian()['VERSION_ID']]]


def _debian():
    """The host's os-release; must be a Debian release that the lab supports."""
    release = apt.host_release()
    if release.get('VERSION_ID') not in CLANG_RUNTIME:
        raise LabError('the lab needs a Debian 12 or 13 host, but this host is '
                       f'{release["PRETTY_NAME"]}')
    return release


def _missing(packages):
    have = apt.installed(packages)
    return [name for name in packages if name not in have]


def need(packages):
    """Install the missing ones of PACKAGES on a host that the lab supports."""
    _debian()
    need_on_debian(packages)


def need_on_debian(packages):
    """Install the missing ones of PACKAGES, on any release of Debian."""
    if not _missing(packages):
        return
    if os.geteuid():
        raise LabError('packages are missing, install them as root: '
                       + ' '.join(_missing(packages)))
    with cache.lock('host-packages'):
        missing = sorted(set(_missing(packages)))
        if not missing:
            return
        with step('installing ' + ' '.join(missing)):
            _install(missing)


def _install(packages):
    sources = [apt.source_line(suite, uri) for suite, uri in apt.host_suites().items()]
    tree = apt.Tree('host', sources)
    tree.update()
    tree.install(packages)
