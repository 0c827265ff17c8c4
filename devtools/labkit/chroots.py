# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Debian systems of the host's architecture, in which the lab runs programs of a release.

A system is in the cache and never changes: each use writes into a folder of its own.
"""

import contextlib
import os
import pathlib
import shutil

from . import apt, build, cache, host, rootfs
from .progress import LabError, run, step

CONTROL = build.SOURCE / 'debian/control'
LINTIAN = ['lintian']
# In a guest: what the project's packages depend on, and drivers of NICs. Libraries have other
# names in each release.
GUEST = [*rootfs.SYSTEM, *rootfs.DPDK, 'libarchive-dev', 'libbsd-dev', 'libjansson-dev',
         'libnuma-dev', 'librte-meta-net']
GUEST_DISK = '3G'
USER = 1000
# Hooks of mmdebstrap: what debian/control needs for a build.
BUILD_DEP = ('--customize-hook=mkdir -p "$1/var/tmp/source/debian"',
             f'--customize-hook=copy-in {CONTROL} /var/tmp/source/debian',
             '--customize-hook=chroot "$1" sh -c "cd /var/tmp/source && '
             'apt-get -y --no-install-recommends build-dep ./"',
             '--customize-hook=rm -r "$1/var/tmp/source"')
# A program with mounts and processes of its own, which end if the lab is killed.
OWN = ('unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc')
PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
ENTER = '''
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/files,workdir=$2/work" "$2/merged"
mount -t proc proc "$2/merged/proc"
mount --rbind /dev "$2/merged/dev"
merged=$2/merged user=$3
shift 3
exec chroot --userspec="$user:$user" "$merged" "$@"
'''


def for_builds(dpdk):
    """The system with everything that a build of the packages needs, and lintian."""
    source = CONTROL.read_text(encoding='utf-8').split('\n\n', 1)[0]
    return _system(dpdk, 'build', 'buildd', LINTIAN, BUILD_DEP, source)


def bare(dpdk):
    """The system with apt and what is essential."""
    return _system(dpdk, 'bare', 'apt', [], (), '')


def userland(arch, dpdk):
    """The same as rootfs.folder(), of a system in which apt can install packages."""
    debian = rootfs.release(dpdk)
    if arch != apt.host_arch():
        raise LabError(f'a system of {arch} cannot be installed on this host, only one of '
                       + apt.host_arch())
    recipe = [debian.suite, debian.options, GUEST, GUEST_DISK, 1]
    return cache.entry('chroot', f'guest-{debian.suite}-{arch}', recipe,
                       lambda path: _make_userland(debian, path))


def _make_userland(debian, path):
    install(debian, path / 'root', 'apt', GUEST)
    with step(f'making the disk of the installed {debian.suite}'):
        run(['mke2fs', '-q', '-t', 'ext4', '-O', '^has_journal', '-d', path / 'root',
             path / 'root.ext4', GUEST_DISK])


def _system(dpdk, kind, variant, packages, hooks, source):
    debian, arch = rootfs.release(dpdk), apt.host_arch()
    recipe = [debian.suite, debian.options, variant, packages, len(hooks), source, 1]
    return cache.entry('chroot', f'{kind}-{debian.suite}-{arch}', recipe, lambda path: install(
        debian, path / 'root', variant, packages, hooks)) / 'root'


def install(debian, root, variant, packages, hooks=()):
    """Install a system into the folder ROOT."""
    if os.geteuid():
        raise LabError('a system of Debian is installed as root only; run this as root')
    host.need(host.GUEST)
    include = [f'--include={",".join(packages)}'] if packages else []
    with step(f'installing Debian {debian.suite} ({variant})'):
        # Its mounts are seen by no other process, and end with it.
        run([*OWN, 'mmdebstrap', '--quiet', '--mode=root', f'--variant={variant}', *include,
             '--dpkgopt=force-unsafe-io', *debian.options, *hooks, *apt.host_options(),
             debian.suite, root, apt.source_line(debian.suite)])


class Chroot:
    """A use of a system; FILES is the folder of what differs from it."""

    def __init__(self, system, folder):
        self._system, self._folder = system, folder
        self.files = folder / 'files'
        for name in ('files', 'work', 'merged'):
            (folder / name).mkdir(parents=True)

    def run(self, argv, user=0, network=False, variables=()):
        """Run a program; returns its output."""
        if network:
            (self.files / 'etc').mkdir(exist_ok=True)
            shutil.copy('/etc/resolv.conf', self.files / 'etc')
        return run([*OWN, *['--net'] * (not network), 'sh', '-euc', ENTER, 'sh', self._system, self._folder,
                    str(user), '/usr/bin/env', '-i', PATH, 'LC_ALL=C.UTF-8',
                    'HOME=/tmp', 'DEBIAN_FRONTEND=noninteractive', *variables, *argv])

    def own(self, path):
        """Make a folder with the files in it those of USER."""
        run(['chown', '-R', f'{USER}:{USER}', self.files / path])


@contextlib.contextmanager
def opened(system):
    """A Chroot of this system, for one use."""
    with cache.run_dir() as scratch:
        yield Chroot(system, pathlib.Path(scratch) / 'chroot')
