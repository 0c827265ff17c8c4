# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""The lab's own kernel: Debian's source with all of VFIO and IOMMUFD, little else.

Its configuration is allnoconfig and the fragments of devtools/kernel.  All is
built in, so guests load no modules.
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

# The kernel's word for each architecture, its image, and what to make.
ARCHES = {
    'arm64': ('arm64', 'aarch64-linux-gnu-', 'arch/arm64/boot/Image'),
    'amd64': ('x86_64', 'x86_64-linux-gnu-', 'arch/x86/boot/bzImage'),
}

# Large, and read by no build of ours.
UNUSED = ['*/tools/testing/*', '*/Documentation/*/*', '*/drivers/gpu/drm/*/*.[ch]',
          '*/arch/*/boot/dts/*/*', '*/sound/*.[ch]', '*/drivers/net/ethernet/*.[ch]',
          '*/drivers/net/wireless/*.[ch]', '*/drivers/media/*.[ch]']

# The same sources make the same kernel, whoever builds it and when.
REPRODUCIBLE = {'KBUILD_BUILD_USER': 'lab', 'KBUILD_BUILD_HOST': 'lab',
                'KBUILD_BUILD_TIMESTAMP': '@0', 'LC_ALL': 'C'}

TELL_EVERY = 20
LAST_LINES = 30


def folder(arch):
    """The cached folder with vmlinuz and modules/VERSION of ARCH."""
    recipe = [SUITE, PACKAGE, _configuration(arch), 1]
    return cache.entry('labkernel', arch, recipe, lambda path: _make(arch, path))


def _source():
    """The packed source; its package is the same for all architectures."""
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


def _configuration(arch):
    """The text of all fragments for ARCH."""
    return ''.join((FRAGMENTS / f'{name}.config').read_text(encoding='ascii')
                   for name in ('common', arch))


def _make(arch, path):
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
    _configure(arch, make, out)
    with step(f"building the lab's kernel for {arch}"):
        _follow([*make, pathlib.Path(image).name])
    release = (out / 'include/config/kernel.release').read_text(encoding='ascii').strip()
    shutil.move(out / image, path / 'vmlinuz')
    shutil.move(out / '.config', path / 'config')
    modules = path / 'modules' / release
    modules.mkdir(parents=True)
    # modprobe is content with what is built in, if these say so.
    for name in ('modules.builtin', 'modules.builtin.modinfo'):
        shutil.move(out / name, modules / name)
    (modules / 'modules.order').touch()
    kernel.depmod(path, release)
    shutil.rmtree(source)
    shutil.rmtree(out)


def _configure(arch, make, out):
    """Make the configuration; every line of the fragments must have taken effect."""
    fragments = out / 'fragments'
    fragments.write_text(_configuration(arch), encoding='ascii')
    run([*make, f'KCONFIG_ALLCONFIG={fragments}', 'allnoconfig'],
        env=dict(os.environ, **REPRODUCIBLE))
    have = set((out / '.config').read_text(encoding='ascii').splitlines())
    wanted = re.findall(r'^CONFIG_\w+=.*$', _configuration(arch), re.MULTILINE)
    lost = [line for line in wanted if line not in have]
    if lost:
        raise LabError(f'{PACKAGE} for {arch} cannot have {", ".join(lost)}; what they depend on '
                       f'is missing in {FRAGMENTS}')


def _follow(command):
    """Run make, telling now and then how far it is; its last words when it fails."""
    lines, told = [], time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors='replace',
                          env=dict(os.environ, **REPRODUCIBLE)) as process:
        for line in process.stdout:
            lines.append(line)
            if time.monotonic() - told > TELL_EVERY:
                told = time.monotonic()
                say(f'  {len(lines)} files, now {line.split()[-1]}')
    if process.returncode:
        raise LabError(f'exit status {process.returncode} from: {" ".join(command)}\n'
                       + ''.join(lines[-LAST_LINES:]))
