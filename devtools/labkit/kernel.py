# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Debian's kernels for guests: Debian's packages, reduced to the modules that guests load.

An x86 image is unpacked here: an emulated processor takes seconds to unpack itself.  QEMU
starts the ELF file in it by its PVH note.
"""

import dataclasses
import lzma
import pathlib
import re
import shutil
import struct
import subprocess

from . import apt, cache, host
from .progress import LabError, run, step


@dataclasses.dataclass(frozen=True)
class Kernel:
    """A Debian kernel."""

    suite: str
    # Pattern of its releases, without the architecture; the group is the ABI number.
    release: str
    # The packages are linux-PART-RELEASE.
    parts: tuple
    # Modules that the initrd loads, in this order, before it mounts the disk.
    boot: tuple
    # Modules that this kernel does not have.
    lacks: tuple = ()


KERNELS = {
    'debian': Kernel('trixie-backports', r'7\.2\.(\d+)\+deb13', ('base', 'binary', 'modules'),
                     ('virtio_mmio', 'virtio_blk', 'ext4')),
    # Debian testing, for an architecture whose packages the other suites often lack.
    'debian-testing': Kernel('forky', r'7\.2\.(\d+)\+deb14', ('base', 'binary', 'modules'),
                             ('virtio_mmio', 'virtio_blk', 'ext4')),
    # The default kernels of Debian 13 and Debian 12.
    'debian-6.12': Kernel('trixie', r'6\.12\.(\d+)\+deb13', ('image',),
                          ('virtio_mmio', 'virtio_blk', 'crc32c_generic', 'ext4')),
    'debian-6.1': Kernel('bookworm', r'6\.1\.0-(\d+)', ('image',),
                         ('virtio_pci', 'virtio_mmio', 'virtio_console', 'virtio_blk',
                          'crc32c_generic', 'ext4'), ('virtio-iommu',)),
}

# Without the kernel's NIC drivers: devices come up unbound.
MODULES = ('virtio-iommu', 'vfio-pci', 'vfio_iommu_type1', 'uio_pci_generic', 'tun')
# The same for architectures whose kernels have other modules.
MODULES_OF = {'ppc64el': ('vfio-pci', 'vfio_iommu_spapr_tce', 'tun', 'e1000e')}
BOOT_OF = {'ppc64el': ('virtio_pci', 'virtio_console', 'virtio_blk', 'ext4')}
# The end of the names of an architecture's kernels, if it is not Debian's name of it.
FLAVOUR = {'ppc64el': 'powerpc64le'}


def boot_modules(arch, name):
    """The modules that the initrd of ARCH loads with the kernel NAME."""
    return BOOT_OF.get(arch, KERNELS[name].boot)


def _modules(arch):
    return MODULES_OF.get(arch, MODULES)


def folder(arch, name='debian'):
    """The cached folder with vmlinuz and modules/VERSION of the kernel NAME for ARCH."""
    recipe = [dataclasses.astuple(KERNELS[name]), _modules(arch), 2]
    if arch in BOOT_OF:
        recipe += [BOOT_OF[arch], FLAVOUR[arch]]
    if arch == 'amd64':
        recipe += ['unpacked']
    return cache.entry('kernel', f'{name}-{arch}', recipe,
                       lambda path: _make(KERNELS[name], name, arch, path))


def _make(kernel, name, arch, path):
    host.need(host.GUEST)
    tree = apt.Tree(f'{name}-{arch}', [apt.source_line(kernel.suite)], arch)
    with step(f'fetching the kernel {name} for {arch}'):
        tree.update()
        release = _newest(tree, kernel, arch)
        tree.download([f'linux-{part}-{release}' for part in kernel.parts], path)
    with step(f'unpacking kernel {release}'):
        for package in path.glob('*.deb'):
            run(['dpkg-deb', '-x', package, path / 'all'])
            package.unlink()
        whole, = (path / 'all').glob(f'**/lib/modules/{release}')
        images = [*(path / 'all/boot').glob(f'vmlinu[xz]-{release}'), whole / 'vmlinuz']
        shutil.move(images[0], path / 'vmlinuz')
        if arch == 'amd64':
            _unpack(path / 'vmlinuz')
        wanted = [module for module in (*boot_modules(arch, name), *_modules(arch))
                  if module not in kernel.lacks]
        _pick_modules(whole, path / 'modules' / release, wanted)
        shutil.rmtree(path / 'all')
    depmod(path, release)


def _unpack(image):
    """Replace a bzImage by the ELF file in it; the boot protocol of x86 says where it is."""
    data = image.read_bytes()
    offset, size = struct.unpack_from('<II', data, 0x248)
    start = (data[0x1f1] + 1) * 512 + offset
    packed = data[start:start + size]
    if packed.startswith(b'\xfd7zXZ'):
        plain = lzma.LZMADecompressor().decompress(packed)
    else:
        # The last 4 bytes are the size of the result.
        plain = subprocess.run(['zstd', '-dcq'], input=packed[:-4], stdout=subprocess.PIPE,
                               check=True).stdout
    if not plain.startswith(b'\x7fELF'):
        raise LabError(f'{image} has no ELF file that the lab can unpack')
    image.write_bytes(plain)


def _newest(tree, kernel, arch):
    """The newest matching release in the suite."""
    form = re.compile(rf'linux-{kernel.parts[-1]}-({kernel.release}-{FLAVOUR.get(arch, arch)})')
    found = [form.fullmatch(name) for name in tree.names()]
    releases = {int(match[2]): match[1] for match in found if match}
    if not releases:
        raise LabError(f'{kernel.suite} has no kernel {kernel.release} for {arch}; '
                       f'update KERNELS in {__file__}')
    return releases[max(releases)]


def _plain(name):
    """A module's name with underscores."""
    return name.replace('-', '_')


def _pick_modules(source, target, modules):
    """Copy MODULES and their dependencies, uncompressed."""
    files = {_plain(path.name.split('.')[0]): path for path in source.rglob('*.ko*')}
    builtin_list = (source / 'modules.builtin').read_text(encoding='ascii').split()
    builtin = {_plain(pathlib.Path(line).stem) for line in builtin_list}
    wanted, taken = [_plain(name) for name in modules], set()
    while wanted:
        name = wanted.pop()
        if name in taken or name in builtin:
            continue
        if name not in files:
            raise LabError(f'the kernel package has no module {name}')
        taken.add(name)
        depends = run(['modinfo', '-F', 'depends', files[name]]).strip()
        wanted += [_plain(other) for other in depends.split(',') if other]
        place = target / files[name].relative_to(source).with_name(f'{name}.ko')
        place.parent.mkdir(parents=True, exist_ok=True)
        data = files[name].read_bytes()
        place.write_bytes(lzma.decompress(data) if files[name].suffix == '.xz' else data)
    for name in ('modules.builtin', 'modules.builtin.modinfo', 'modules.order'):
        shutil.copy(source / name, target / name)


def depmod(path, release):
    """Write modules.dep and the other indexes for PATH/modules/RELEASE."""
    base = path / 'lib'
    base.mkdir()
    shutil.move(path / 'modules', base / 'modules')
    run(['depmod', '-b', path, release])
    shutil.move(base / 'modules', path / 'modules')
    base.rmdir()
