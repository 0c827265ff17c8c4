# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""The emulator: QEMU of one Debian release, unpacked into the cache.

Machines behave the same on every host, and nothing is installed.  The dynamic
linker of the same release runs the programs.
"""

import functools
import json
import shutil

from . import apt, cache, host
from .progress import LabError, run, step

SUITE = 'trixie'
PACKAGES = ['qemu-system-arm', 'qemu-system-ppc', 'qemu-system-x86', 'qemu-efi-aarch64']
TRIPLET = {'amd64': 'x86_64-linux-gnu', 'arm64': 'aarch64-linux-gnu'}
# Folders in which the emulator searches for firmware.
FIRMWARE = ['qemu', 'seabios', 'qemu-efi-aarch64', 'slof']
# Not used by the emulator; the other UEFI builds take 300 MB.
UNUSED = ['usr/share/AAVMF', 'usr/share/doc', 'usr/share/icons', 'usr/share/locale',
          'usr/share/man', 'usr/share/perl5', 'var/cache', 'var/lib/apt']


def refresh():
    """Ask the mirror for the current version; the next run unpacks it if it changed."""
    _write_versions()
    _folder.cache_clear()


def folder():
    """The cached folder with the unpacked packages."""
    return _folder()


def command(program):
    """The command that runs PROGRAM, one of Debian's qemu-system-*."""
    root = folder()
    libraries = root / 'usr/lib' / TRIPLET[apt.host_arch()]
    linker, = libraries.glob('ld-linux-*.so.*')
    # With --argv0 its messages begin with its name.
    return [str(linker), '--argv0', program, '--library-path', str(libraries),
            str(root / 'usr/bin' / program),
            *(word for name in FIRMWARE for word in ('-L', str(root / 'usr/share' / name)))]


def modules():
    """The folder with the emulator's loadable modules."""
    return folder() / 'usr/lib' / TRIPLET[apt.host_arch()] / 'qemu'


@functools.cache
def _folder():
    path = _versions_path()
    if not path.exists():
        _write_versions()
    versions = json.loads(path.read_text(encoding='ascii'))
    return cache.entry('emulator', SUITE, [SUITE, apt.host_arch(), versions, UNUSED, 1],
                       lambda target: _make(versions, target))


def _versions_path():
    """The file that caches the versions, so that a run needs no mirror."""
    return cache.root() / 'emulator' / f'versions-{cache.digest([SUITE, apt.host_arch(), PACKAGES])}'


def _write_versions():
    host.need(host.GUEST)
    path = _versions_path()
    with cache.lock(path.name):
        tree = apt.Tree('emulator', [apt.source_line(SUITE)], apt.host_arch())
        with step(f'looking for QEMU in Debian {SUITE}'):
            tree.update()
            versions = {name: tree.candidate(name) for name in PACKAGES}
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f'.{path.name}')
        partial.write_text(json.dumps(versions), encoding='ascii')
        partial.rename(path)


def _make(versions, path):
    host.need(host.GUEST)
    wanted = ','.join(f'{name}={version}' for name, version in versions.items())
    with step(f'unpacking QEMU of Debian {SUITE}'):
        run(['mmdebstrap', '--quiet', '--variant=extract', f'--include={wanted}',
             *apt.host_options(), SUITE, path, apt.source_line(SUITE)])
        for name in UNUSED:
            shutil.rmtree(path / name, ignore_errors=True)
    for name in ('x86_64', 'aarch64', 'ppc64'):
        name = f'usr/bin/qemu-system-{name}'
        if not (path / name).exists():
            raise LabError(f'the packages lack /{name}; see PACKAGES in {__file__}')
