# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Builds of the project: for guests against their sysroot, for this host with sanitizers.

The cache keeps one build per architecture, compiler and source folder; ninja
rebuilds what changed.  A fresh checkout of the same text makes every file new for
ninja; ccache then has what the compilers made of it.
"""

import contextlib
import os
import pathlib
import re
import shutil

from . import cache, host, rootfs, sdk
from .progress import run, step

SOURCE = pathlib.Path(__file__).resolve().parents[2]
CPU = {'arm64': 'aarch64', 'amd64': 'x86_64', 'ppc64el': 'ppc64'}

# Guests run no unit tests. They are compiled once for another architecture, with the newest cmocka.
WITH_TESTS = ('arm64', 'gcc', list(rootfs.RELEASES)[-1])

CROSS_FILE = '''\
[binaries]
c = {compiler}
ar = '{tools}ar'
strip = '{tools}strip'
pkgconfig = 'pkg-config'

[built-in options]
c_link_args = ['-L{sysroot}/usr/lib/{triplet}']

[properties]
sys_root = '{sysroot}'
pkg_config_libdir = ['{sysroot}/usr/lib/{triplet}/pkgconfig', '{sysroot}/usr/share/pkgconfig']

[host_machine]
system = 'linux'
cpu_family = '{cpu}'
cpu = '{cpu}'
endian = 'little'
'''


def folder(name):
    """The build folder of this name for this source folder."""
    return cache.root() / 'build' / f'{name}-{cache.digest(str(SOURCE))}'


def dpdk_version(arch, dpdk=rootfs.DEFAULT):
    """The version of the DPDK in the sysroot of ARCH."""
    pc_file = (rootfs.sysroot(arch, dpdk) / 'usr/lib' / rootfs.TRIPLET[arch]
               / 'pkgconfig/libdpdk-libs.pc')
    return re.search(r'^Version: *(\S+)', pc_file.read_text(encoding='utf-8'), re.MULTILINE)[1]


def cross(arch, compiler='gcc', dpdk=rootfs.DEFAULT):
    """Build for a guest, where every warning is an error, and return the build folder."""
    target = _cross_folder(arch, compiler, dpdk)
    with cache.lock(target.name):
        _cross(target, arch, compiler, dpdk)
    return target


def _cross_folder(arch, compiler, dpdk):
    return folder('-'.join([arch, compiler, dpdk]))


def _cross(target, arch, compiler, dpdk):
    host.need(host.BUILD + host.cross_gcc(arch) + (host.clang() if compiler == 'clang' else []))
    setup = ['--prefix=/usr', f'--libdir=lib/{rootfs.TRIPLET[arch]}',
             '--buildtype=debugoptimized', '--werror', '-Dwarning_level=2',
             _sdk_headers(arch, dpdk), '-Ddocs=disabled', '-Dlab=true',
             f'-Dtests={str((arch, compiler, dpdk) == WITH_TESTS).lower()}']
    _compile(target, setup, f'{arch} and DPDK {dpdk} with {compiler}',
             _cross_file(arch, compiler, rootfs.sysroot(arch, dpdk)))


def _sdk_headers(arch, dpdk):
    return f'-Dsdk_headers={sdk.folder(dpdk_version(arch, dpdk), rootfs.release(dpdk).suite)}'


def compiler_command(arch, compiler, sysroot):
    """The command that runs a compiler for ARCH with this sysroot."""
    triplet = rootfs.TRIPLET[arch]
    if compiler == 'clang':
        command = ['clang', f'--target={triplet}']
    else:
        command = [f'{triplet}-gcc']
    # A native compiler searches its own folders for start files and libraries
    # first: point it at the sysroot's.
    return command + [f'--sysroot={sysroot}', f'-B{sysroot}/usr/lib/{triplet}']


def _cross_file(arch, compiler, sysroot):
    triplet = rootfs.TRIPLET[arch]
    return CROSS_FILE.format(compiler=['ccache', *compiler_command(arch, compiler, sysroot)],
                             tools=f'{triplet}-', sysroot=sysroot, triplet=triplet,
                             cpu=CPU[arch])


def native(compiler, sanitizers='address,undefined'):
    """Build the parts without DPDK for this host, with sanitizers; return the build folder."""
    host.need(host.NATIVE + (host.clang() if compiler == 'clang' else []))
    target = folder('-'.join(['native', compiler] + ['threads'] * (sanitizers == 'thread')))
    # Less optimization than elsewhere: compilers need a third less time for it, tests hardly more.
    setup = ['-Ddpdk=disabled', '--buildtype=debug', '--optimization=1', f'-Db_sanitize={sanitizers}',
             '--werror'] + ['-Dfuzz=true'] * (compiler == 'clang')
    with cache.lock(target.name):
        _compile(target, setup, f'this host with {compiler} and sanitizers', None, compiler)
    return target


def _compile(target, setup, what, cross_file, compiler=None):
    """Configure TARGET if its options changed, then run ninja."""
    recipe = cache.digest([setup, cross_file, compiler, 'ccache'])
    stamp = target / 'lab-recipe'
    with step(f'building for {what}'):
        if not stamp.exists() or stamp.read_text(encoding='ascii') != recipe:
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir(parents=True)
            if cross_file:
                (target / 'cross.ini').write_text(cross_file, encoding='utf-8')
                setup = setup + [f'--cross-file={target}/cross.ini']
            env = dict(os.environ, **({'CC': f'ccache {compiler}'} if compiler else {}))
            run(['meson', 'setup', *setup, target, SOURCE], env=env)
            stamp.write_text(recipe, encoding='ascii')
        # With CCACHE_DEPEND, ccache does not preprocess a file that it has not.
        run(['ninja', '-C', target], env=dict(os.environ, CCACHE_DIR=str(cache.root() / 'ccache'),
                                              CCACHE_MAXSIZE='2G', CCACHE_DEPEND='1'))


@contextlib.contextmanager
def installed(arch, dpdk=rootfs.DEFAULT):
    """Install the build for ARCH into a tree and hold its lock while the tree is used."""
    target = _cross_folder(arch, 'gcc', dpdk)
    with cache.lock(target.name):
        _cross(target, arch, 'gcc', dpdk)
        yield _install(target)


@contextlib.contextmanager
def installed_in(prefix, arch, dpdk=rootfs.DEFAULT):
    """The same with another prefix, where the plugin is outside of it; for no guest."""
    target = folder('-'.join([arch, 'gcc', dpdk, *prefix.strip('/').split('/')]))
    # Compilers need a third of the time for this.
    setup = [f'--prefix={prefix}', '--libdir=lib', '--buildtype=plain', _sdk_headers(arch, dpdk),
             '-Ddocs=disabled', '-Dtests=false']
    with cache.lock(target.name):
        _compile(target, setup, f'{arch} and DPDK {dpdk} with the prefix {prefix}',
                 _cross_file(arch, 'gcc', rootfs.sysroot(arch, dpdk)))
        yield _install(target)


def _install(target):
    stage = target / 'install'
    shutil.rmtree(stage, ignore_errors=True)
    run(['meson', 'install', '--quiet', '--no-rebuild', '-C', target, '--destdir', stage])
    return stage
