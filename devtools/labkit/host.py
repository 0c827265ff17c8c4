# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""The host's tools: what each purpose needs, installed when missing."""

import os

from . import apt, cache
from .progress import LabError, step

GUEST = ['mmdebstrap', 'e2fsprogs', 'kmod', 'xz-utils', 'debian-archive-keyring']
EMULATOR = ['qemu-system-arm', 'qemu-system-x86']
KERNEL = ['bc', 'bison', 'flex', 'gcc', 'libc6-dev', 'libelf-dev', 'make', 'xz-utils']
BUILD = ['meson', 'ninja-build', 'pkg-config', 'dpkg-dev']
CROSS = {
    'arm64': ['gcc-aarch64-linux-gnu'],
    'amd64': ['gcc-x86-64-linux-gnu'],
}
NATIVE = ['gcc', 'libc6-dev', 'libarchive-dev', 'libbsd-dev', 'libnuma-dev', 'libcmocka-dev',
          'libjansson-dev', 'pkg-config', 'meson', 'ninja-build']
CLANG_RUNTIME = {'12': 'libclang-rt-14-dev', '13': 'libclang-rt-19-dev'}

QEMU_MAJOR = 9


def cross_gcc(arch):
    """Packages with a gcc for ARCH."""
    return ['gcc', 'libc6-dev'] if arch == apt.host_arch() else CROSS[arch]


def clang():
    """Packages with clang and its sanitizers' runtime."""
    return ['clang', CLANG_RUNTIME[_debian()['VERSION_ID']]]


def _debian():
    """The host's os-release; it must be a Debian the lab knows."""
    release = apt.host_release()
    if release.get('VERSION_ID') not in CLANG_RUNTIME:
        raise LabError(f'the lab needs a Debian 12 or 13 host, this is {release["PRETTY_NAME"]}')
    return release


def _missing(packages):
    have = apt.installed(packages)
    missing = [name for name in packages if name not in have]
    for name in EMULATOR:
        version = have.get(name, '').split(':')[-1].split('.')[0]
        if version and int(version) < QEMU_MAJOR:
            missing.append(name)
    return missing


def need(packages):
    """Make sure that PACKAGES are there; QEMU is taken from where it is new enough."""
    _debian()
    if not _missing(packages):
        return
    if os.geteuid():
        raise LabError('these packages are missing and only root can install them: '
                       + ' '.join(_missing(packages)))
    with cache.lock('host-packages'):
        missing = sorted(set(_missing(packages)))
        if not missing:
            return
        with step('installing ' + ' '.join(missing)):
            _install(missing)


def _install(packages):
    suites = apt.host_suites()
    codename = apt.host_release()['VERSION_CODENAME']
    sources = [apt.source_line(suite, uri) for suite, uri in suites.items()]
    emulators = [name for name in packages if name in EMULATOR]
    others = [name for name in packages if name not in EMULATOR]
    prefer = []
    if codename == 'bookworm':
        sources.append(apt.source_line('bookworm-backports'))
        prefer = ['-t', 'bookworm-backports']
    tree = apt.Tree('host', sources)
    tree.update()
    if others:
        tree.install(others)
    if emulators:
        tree.install(prefer + emulators)
