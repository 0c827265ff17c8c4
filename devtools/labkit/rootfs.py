# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""The guests' userland: a Debian tree per architecture and DPDK release, and its disk.

The lab only unpacks packages and runs no program of the guest's architecture.  The
tree is also the sysroot of the project's build for the guest.
"""

import dataclasses
import os
import pathlib
import shutil

from . import apt, cache, host
from .progress import LabError, run, step


@dataclasses.dataclass(frozen=True)
class Release:
    """A release of Debian."""

    suite: str
    gcc: int
    options: tuple = ()


# The Debian releases, by their DPDK series.
RELEASES = {
    # Its base-files does not create /bin and /lib.
    '22.11': Release('bookworm', 12, ('--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr',)),
    '24.11': Release('trixie', 14),
    '25.11': Release('forky', 15),
}
DEFAULT = '24.11'

TRIPLET = {'arm64': 'aarch64-linux-gnu', 'amd64': 'x86_64-linux-gnu',
           'ppc64el': 'powerpc64le-linux-gnu'}
# Those that "lab test" uses; the others are for "lab soak".
USUAL = ('arm64', 'amd64')
DISK_SIZE = '1G'

SYSTEM = ['base-files', 'bash', 'busybox-static', 'coreutils', 'dash', 'diffutils', 'findutils',
          'grep', 'iproute2', 'kmod', 'libc-bin', 'mawk', 'mount', 'ncurses-base', 'ncurses-bin',
          'numactl', 'pciutils', 'procps', 'sed', 'strace', 'util-linux']
DPDK = ['dpdk', 'dpdk-dev']
SYSROOT = ['libarchive-dev', 'libbsd-dev', 'libc6-dev', 'libcmocka-dev', 'libdpdk-dev',
           'libjansson-dev', 'libnuma-dev']

# Used by neither guest nor compiler.
UNUSED = ['usr/share/doc', 'usr/share/man', 'usr/share/locale', 'usr/share/info',
          'usr/share/i18n', 'usr/share/dpdk', 'usr/lib/python3', 'var/lib/apt', 'var/cache']


def release(dpdk):
    """The Release with this DPDK series."""
    if dpdk not in RELEASES:
        raise LabError(f'unknown DPDK release {dpdk}; the lab has: {", ".join(RELEASES)}')
    return RELEASES[dpdk]


def folder(arch, dpdk=DEFAULT, more=()):
    """The cached folder with root/ (also the sysroot) and root.ext4 of ARCH.

    more: packages that this userland has in addition to the usual ones.
    """
    debian = release(dpdk)
    packages = SYSTEM + DPDK + SYSROOT + [f'libgcc-{debian.gcc}-dev', *more]
    recipe = [debian.suite, debian.options, packages, UNUSED, DISK_SIZE, 2]
    return cache.entry('rootfs', '-'.join([*more, debian.suite, arch]), recipe,
                       lambda path: _make(arch, debian, packages, path))


def sysroot(arch, dpdk=DEFAULT):
    """The tree of ARCH to compile against."""
    return folder(arch, dpdk) / 'root'


def _make(arch, debian, packages, path):
    host.need(host.GUEST)
    root = path / 'root'
    with step(f'unpacking Debian {debian.suite} for {arch}'):
        run(['mmdebstrap', '--quiet', '--variant=extract', f'--architectures={arch}',
             f'--include={",".join(packages)}', *debian.options, *apt.host_options(),
             debian.suite, root, apt.source_line(debian.suite)])
        for name in UNUSED:
            shutil.rmtree(root / name, ignore_errors=True)
        for archive in (root / 'usr/lib' / TRIPLET[arch]).glob('librte_*.a'):
            archive.unlink()
        _relative_links(root)
        _configure(root)
    with step(f'making the disk of {debian.suite} for {arch}'):
        run(['mke2fs', '-q', '-t', 'ext4', '-O', '^has_journal', '-d', root, path / 'root.ext4',
             DISK_SIZE])


def _relative_links(root):
    """Make absolute symlinks relative, so that none points from the sysroot to the host."""
    for parent, folders, files in os.walk(root):
        for name in folders + files:
            link = pathlib.Path(parent, name)
            if link.is_symlink() and os.readlink(link).startswith('/'):
                target = root / os.readlink(link).lstrip('/')
                link.unlink()
                link.symlink_to(os.path.relpath(target, parent))


def _configure(root):
    """Do the work of maintainer scripts that the guest needs."""
    for name in ('proc', 'sys', 'dev', 'run', 'tmp', 'root', 'var/tmp'):
        (root / name).mkdir(parents=True, exist_ok=True)
    (root / 'etc/passwd').write_text('root:x:0:0:root:/root:/bin/bash\n', encoding='ascii')
    (root / 'etc/group').write_text('root:x:0:\n', encoding='ascii')
    (root / 'etc/hosts').write_text('127.0.0.1 localhost\n', encoding='ascii')
    for name, target in (('sh', 'dash'), ('awk', 'mawk')):
        if not (root / 'usr/bin' / name).exists():
            (root / 'usr/bin' / name).symlink_to(target)
    for name in ('bin/bash', 'usr/bin/busybox', 'usr/bin/dpdk-testpmd'):
        if not (root / name).exists():
            raise LabError(f'the guest lacks /{name}; see the package list in {__file__}')
