# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Debian's kernel for guests: its own package, cut down to the few modules we load."""

import lzma
import pathlib
import re
import shutil

from . import apt, cache, host
from .progress import LabError, run, step

SUITE = 'trixie-backports'
SERIES = '7.2'

# Kernel drivers of the NICs are left out on purpose: devices come up unbound.
MODULES = ['virtio_mmio', 'virtio_blk', 'ext4', 'virtio-iommu', 'vfio-pci', 'vfio_iommu_type1',
           'uio_pci_generic']


def folder(arch):
    """The cached folder with vmlinuz and modules/VERSION of ARCH."""
    recipe = [SUITE, SERIES, MODULES, 1]
    return cache.entry('kernel', arch, recipe, lambda path: _make(arch, path))


def _make(arch, path):
    host.need(host.GUEST)
    tree = apt.Tree(f'kernel-{arch}', [apt.source_line(SUITE)], arch)
    with step(f'fetching the kernel for {arch}'):
        tree.update()
        release = _newest(tree, arch)
        parts = [f'linux-{part}-{release}' for part in ('base', 'binary', 'modules')]
        tree.download(parts, path)
    with step(f'unpacking kernel {release}'):
        for package in path.glob('*.deb'):
            run(['dpkg-deb', '-x', package, path / 'all'])
            package.unlink()
        whole = path / 'all/usr/lib/modules' / release
        shutil.move(whole / 'vmlinuz', path / 'vmlinuz')
        _pick_modules(whole, path / 'modules' / release)
        shutil.rmtree(path / 'all')
    depmod(path, release)


def _newest(tree, arch):
    """The release of the newest kernel of our series that the suite has."""
    form = re.compile(rf'linux-modules-({re.escape(SERIES)}\.(\d+)\+deb13-{arch})')
    found = [form.fullmatch(name) for name in tree.names()]
    releases = {int(match[2]): match[1] for match in found if match}
    if not releases:
        raise LabError(f'{SUITE} has no kernel {SERIES} for {arch}; '
                       f'set SERIES in {__file__} to one it has')
    return releases[max(releases)]


def _plain(name):
    """The one spelling of a module's name."""
    return name.replace('-', '_')


def _pick_modules(source, target):
    """Copy MODULES and what they depend on, uncompressed."""
    files = {_plain(path.name.split('.')[0]): path for path in source.rglob('*.ko.xz')}
    builtin_list = (source / 'modules.builtin').read_text(encoding='ascii').split()
    builtin = {_plain(pathlib.Path(line).stem) for line in builtin_list}
    wanted, taken = [_plain(name) for name in MODULES], set()
    while wanted:
        name = wanted.pop()
        if name in taken or name in builtin:
            continue
        if name not in files:
            raise LabError(f'the kernel package has no module {name}')
        taken.add(name)
        depends = run(['modinfo', '-F', 'depends', files[name]]).strip()
        wanted += [_plain(other) for other in depends.split(',') if other]
        place = target / files[name].relative_to(source).with_suffix('')
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(lzma.decompress(files[name].read_bytes()))
    for name in ('modules.builtin', 'modules.builtin.modinfo', 'modules.order'):
        shutil.copy(source / name, target / name)


def depmod(path, release):
    """Write modules.dep and its like for PATH/modules/RELEASE."""
    base = path / 'lib'
    base.mkdir()
    shutil.move(path / 'modules', base / 'modules')
    run(['depmod', '-b', path, release])
    shutil.move(base / 'modules', path / 'modules')
    base.rmdir()
