# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Build against the installed project, outside of its source tree.

A tree of links joins the sysroot and an install tree, so that the compiler and
pkg-config find the project where "meson install" puts it.
"""

import os
import pathlib
import re
import shutil

from . import apt, build, cache, host, rootfs
from .progress import LabError, run, step

EXAMPLES = build.SOURCE / 'examples'
INSTALLED_IN = 'usr/lib/vfio-msi/examples'
HEADERS = {'librte_eal_iommu': 'rte_eal_iommu.h', 'librte_bus_vfio_msi': 'bus_vfio_msi_driver.h'}
PLUGIN = 'librte_bus_vfio_msi.so'
LIBRARY = 'librte_eal_iommu.so.1'
RUNPATH = re.compile(r'\(RUNPATH\) +Library runpath: \[(.*)\]')
# Sources of DPDK's examples in Debian, and the folder of the programs in a guest.
DPDK_SOURCES = 'usr/share/dpdk/examples'
DPDK_INSTALLED_IN = 'usr/lib/dpdk-examples'
PLUGIN_NEEDS = ['eal', 'kvargs', 'telemetry', 'log', 'argparse', 'pmu', 'bus_pci', 'pci']
LATER_RELEASE = build.SOURCE / 'tests/lab/guest/later-release.c'
LINKER_SCRIPT_MAX = 4096
FLAGS = ['-Wall', '-Wextra', '-Werror', '-DALLOW_EXPERIMENTAL_API']


def _joined_root(arch, stage, dpdk):
    """A folder that joins the sysroot of ARCH and the install tree."""
    root = stage.parent / 'outside'
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(stage, root, symlinks=True)
    _link_missing(root, rootfs.sysroot(arch, dpdk))
    return root


def _link_missing(root, tree):
    """Link each file of TREE that ROOT lacks into ROOT."""
    for path in tree.iterdir():
        target = root / path.name
        if target.is_dir() and not target.is_symlink():
            _link_missing(target, path)
        elif path.suffix == '.so' and path.is_file() and path.stat().st_size < LINKER_SCRIPT_MAX:
            shutil.copy(path, target)  # ld resolves a linker script's paths from its real folder
        elif not os.path.lexists(target):
            target.symlink_to(path)


def _environment(arch, root):
    folders = [root / 'usr/lib' / rootfs.TRIPLET[arch] / 'pkgconfig', root / 'usr/share/pkgconfig']
    return dict(os.environ, PKG_CONFIG_SYSROOT_DIR=str(root),
                PKG_CONFIG_LIBDIR=':'.join(map(str, folders)))


def build_examples(arch, stage, dpdk=rootfs.DEFAULT):
    """Build every example against the install tree STAGE and copy it there."""
    host.need(host.BUILD + ['make'] + host.cross_gcc(arch))
    root = _joined_root(arch, stage, dpdk)
    target = stage / INSTALLED_IN
    target.mkdir(parents=True)
    environment = dict(_environment(arch, root), CFLAGS='-O2 -g -Werror',
                       CC=' '.join(build.compiler_command(arch, 'gcc', root)))
    with step(f'building the examples for {arch}'):
        for makefile in sorted(EXAMPLES.glob('*/Makefile')):
            run(['make', '-C', makefile.parent, f'O={target}'], env=environment)


def dpdk_examples(arch, names, dpdk=rootfs.DEFAULT):
    """The cached folder with these examples of DPDK, built from Debian's package dpdk-doc."""
    suite = rootfs.release(dpdk).suite
    recipe = [names, build.dpdk_version(arch, dpdk), 1]
    return cache.entry('dpdk-examples', f'{suite}-{arch}', recipe,
                       lambda path: _make_dpdk_examples(arch, suite, names, dpdk, path))


def _make_dpdk_examples(arch, suite, names, dpdk, path):
    host.need(host.BUILD + ['make'] + host.cross_gcc(arch))
    root = rootfs.sysroot(arch, dpdk)
    with step(f'building {", ".join(names)} of DPDK for {arch}'):
        tree = apt.Tree(f'doc-{suite}', [apt.source_line(suite)], apt.host_arch())
        with cache.lock(f'doc-{suite}'):
            tree.update()
            tree.download(['dpdk-doc'], path)
        package, = path.glob('*.deb')
        run(['dpkg-deb', '-x', package, path / 'doc'])
        environment = dict(_environment(arch, root),
                           CC=' '.join(build.compiler_command(arch, 'gcc', root)))
        for name in names:
            source = path / 'doc' / DPDK_SOURCES / name
            run(['make', '-C', source], env=environment)
            shutil.copy(source / f'build/{name}-shared', path / name)
        shutil.rmtree(path / 'doc')
        package.unlink()


def copy_plugins(arch, releases, target):
    """Copy the plugins for other DPDK releases, with the libraries they need, into TARGET.

    Also build later-release.so, which makes DPDK report a later release.
    """
    for dpdk in releases:
        folder = target / f'dpdk-{dpdk}'
        (folder / 'dpdk').mkdir(parents=True)
        libraries = rootfs.sysroot(arch, dpdk) / 'usr/lib' / rootfs.TRIPLET[arch]
        for name in PLUGIN_NEEDS:
            for path in libraries.glob(f'librte_{name}.so.*'):
                shutil.copy(path, folder / 'dpdk')
        with build.installed(arch, dpdk) as stage:
            shutil.copy(next(stage.rglob(f'pmds-*/{PLUGIN}')), folder)
    if releases:
        run([*build.compiler_command(arch, 'gcc', rootfs.sysroot(arch)), '-shared', '-fPIC',
             '-o', target / 'later-release.so', LATER_RELEASE])


def compile_header(arch, stage, dpdk=rootfs.DEFAULT):
    """Compile each installed public header alone, as C and as C++."""
    host.need(host.BUILD + host.cross_gcc(arch) + host.clang())
    root = _joined_root(arch, stage, dpdk)
    source = stage.parent / 'header.c'
    for package, header in HEADERS.items():
        flags = run(['pkg-config', '--cflags', package], env=_environment(arch, root)).split()
        source.write_text(f'#include <{header}>\n', encoding='ascii')
        for compiler, options in (('gcc', ['-std=c11']), ('clang', ['-std=c11']),
                                  ('clang', ['-xc++', '-std=c++11'])):
            run([*build.compiler_command(arch, compiler, root), *FLAGS, *flags, *options,
                 '-fsyntax-only', source])


def visible_symbols(stage):
    """The names that each installed object of the project shows to others, {file name: names}."""
    found = {}
    for path in [*stage.rglob('librte_eal_iommu.so.?'), *stage.rglob(f'pmds-*/{PLUGIN}')]:
        lines = run(['nm', '-D', '--defined-only', path]).splitlines()
        found[path.name] = {words[2].split('@')[0] for words in map(str.split, lines) if words[1] != 'A'}
    return found


def check_runpath(stage):
    """The plugin names the folder of its library, whichever of its names an application loads.

    The loader searches this folder before its cache, which lacks the library until ldconfig runs
    and can have another one of the same name.
    """
    names = sorted(stage.rglob(f'{PLUGIN}*'))  # a pattern also matches a link out of the stage
    wrong = []
    for name in names:
        folders = _runpath(stage, name)
        if not any(os.path.lexists(folder / LIBRARY) for folder in folders):
            wrong.append(f'/{name.relative_to(stage)}: {LIBRARY} is in none of '
                         f'{list(map(str, folders)) or "no RUNPATH"}')
    if wrong or len(names) != 2:
        raise LabError('\n'.join(wrong) or f'{PLUGIN} is installed as {names}')


def _runpath(stage, name):
    """The folders in which the loader searches for libraries of the object that it opens as NAME."""
    # A link can be absolute: it is for the installed system.
    target = os.readlink(name) if name.is_symlink() else name.name
    file = stage / target[1:] if target.startswith('/') else name.parent / target
    match = RUNPATH.search(run(['readelf', '-d', file]))
    entries = match[1].split(':') if match else []
    origin = f'/{name.parent.relative_to(stage)}'
    return [pathlib.Path(os.path.normpath(f'{stage}{entry.replace("$ORIGIN", origin)}')) for entry in entries]
