# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""The lab's own kernel: Debian's source with all of VFIO and IOMMUFD.

Its configuration is allnoconfig and the fragments of devtools/kernel.  Everything
is built in, so guests load no modules.
"""

import os
import pathlib
import re
import shutil
import subprocess
import time

from . import apt, cache, host, kernel
from .progress import LabError, run, say, step

SUITE = 'trixie-backports'
PACKAGE = 'linux-source-7.2'
FRAGMENTS = pathlib.Path(__file__).resolve().parents[1] / 'kernel'

# For each architecture: the kernel's ARCH, the compiler prefix and the image.
ARCHES = {
    'arm64': ('arm64', 'aarch64-linux-gnu-', 'arch/arm64/boot/Image'),
    'amd64': ('x86_64', 'x86_64-linux-gnu-', 'arch/x86/boot/bzImage'),
}

# Large parts of the source that these builds do not read.
UNUSED = ['*/tools/testing/*', '*/Documentation/*/*', '*/drivers/gpu/drm/*/*.[ch]',
          '*/arch/*/boot/dts/*/*', '*/sound/*.[ch]', '*/drivers/net/ethernet/*.[ch]',
          '*/drivers/net/wireless/*.[ch]', '*/drivers/media/*.[ch]']

# The same source gives the same kernel on every host, at any time.
REPRODUCIBLE = {'KBUILD_BUILD_USER': 'lab', 'KBUILD_BUILD_HOST': 'lab',
                'KBUILD_BUILD_TIMESTAMP': '@0', 'LC_ALL': 'C'}

# An option that a line sets or unsets; other comments do not match.
OPTION = re.compile(r'^(?:# )?(CONFIG_\w+)(?==| is not set)', re.MULTILINE)

REPORT_EVERY = 20
LAST_LINES = 30


# The variants of the kernel: additional fragments, supported architectures.
FLAVOURS = {
    'lab': ((), ('arm64', 'amd64')),
    'lab-16k': (('arm64-16k',), ('arm64',)),
    'lab-64k': (('arm64-64k',), ('arm64',)),
}


def folder(arch, flavour='lab'):
    """The cached folder with vmlinuz and modules/VERSION of ARCH."""
    fragments, arches = FLAVOURS[flavour]
    if arch not in arches:
        raise LabError(f'the kernel {flavour} does not support {arch}')
    text = _configuration((arch, *fragments))
    recipe = [SUITE, PACKAGE, text, 1]
    name = arch + flavour.removeprefix('lab')
    return cache.entry('labkernel', name, recipe, lambda path: _make(arch, text, path))


def _source():
    """The packed source; one package for all architectures."""
    return cache.entry('kernel-source', PACKAGE, [SUITE, PACKAGE, 1], _fetch) / f'{PACKAGE}.tar.xz'


def _fetch(path):
    tree = apt.Tree('kernel-source', [apt.source_line(SUITE)], apt.host_arch())
    with step(f'fetching {PACKAGE}'):
        tree.update()
        tree.download([PACKAGE], path)
        package, = path.glob('*.deb')
        run(['dpkg-deb', '-x', package, path / 'all'])
        shutil.move(path / f'all/usr/src/{PACKAGE}.tar.xz', path)
        shutil.rmtree(path / 'all')
        package.unlink()


def _configuration(names):
    """The common fragment and NAMES as one text; a later fragment overrides an option."""
    lines = []
    for name in ('common', *names):
        text = (FRAGMENTS / f'{name}.config').read_text(encoding='ascii')
        said = set(OPTION.findall(text))
        lines = [line for line in lines if not said.intersection(OPTION.findall(line))]
        lines += text.splitlines(keepends=True)
    return ''.join(lines)


def _make(arch, text, path):
    host.need(host.GUEST + host.KERNEL + host.cross_gcc(arch))
    source, out = path / 'source', path / 'out'
    word, prefix, image = ARCHES[arch]
    with step('unpacking the source of the kernel'):
        packed = _source()
        source.mkdir()
        run(['tar', '-C', source, '--strip-components=1', '-xf', packed,
             *(f'--exclude={pattern}' for pattern in UNUSED)])
    out.mkdir()
    make = ['nice', 'make', '-C', str(source), f'O={out}', f'ARCH={word}',
            f'CROSS_COMPILE={prefix}', f'-j{len(os.sched_getaffinity(0))}']
    _configure(text, make, out)
    with step(f"building the lab's kernel for {arch}"):
        _follow([*make, pathlib.Path(image).name])
    release = (out / 'include/config/kernel.release').read_text(encoding='ascii').strip()
    shutil.move(out / image, path / 'vmlinuz')
    shutil.move(out / '.config', path / 'config')
    modules = path / 'modules' / release
    modules.mkdir(parents=True)
    # With these files modprobe succeeds for modules that are built in.
    for name in ('modules.builtin', 'modules.builtin.modinfo'):
        shutil.move(out / name, modules / name)
    (modules / 'modules.order').touch()
    kernel.depmod(path, release)
    shutil.rmtree(source)
    shutil.rmtree(out)


def _configure(text, make, out):
    """Write the configuration; every line of the fragments must take effect."""
    fragments = out / 'fragments'
    fragments.write_text(text, encoding='ascii')
    run([*make, f'KCONFIG_ALLCONFIG={fragments}', 'allnoconfig'],
        env=dict(os.environ, **REPRODUCIBLE))
    have = set((out / '.config').read_text(encoding='ascii').splitlines())
    wanted = re.findall(r'^CONFIG_\w+=.*$', text, re.MULTILINE)
    lost = [line for line in wanted if line not in have]
    if lost:
        raise LabError(f'{PACKAGE} drops {", ".join(lost)}; add the options that they depend '
                       f'on to {FRAGMENTS}')


def _follow(command):
    """Run make and report its progress; on failure show its last lines."""
    lines, reported = [], time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors='replace',
                          env=dict(os.environ, **REPRODUCIBLE)) as process:
        for line in process.stdout:
            lines.append(line)
            if time.monotonic() - reported > REPORT_EVERY:
                reported = time.monotonic()
                say(f'  {len(lines)} files, now {line.split()[-1]}')
    if process.returncode:
        raise LabError(f'exit status {process.returncode} from: {" ".join(command)}\n'
                       + ''.join(lines[-LAST_LINES:]))
