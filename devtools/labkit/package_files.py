# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""What is in each of the project's Debian packages, as debian/ says it."""

import fnmatch
import pathlib

from . import build
from .progress import LabError

DEBIAN = build.SOURCE / 'debian'


def patterns():
    """{package: patterns of the files in it}, of debian/PACKAGE.install."""
    found = {}
    for path in sorted(DEBIAN.iterdir()):
        if path.suffix == '.install':
            lines = path.read_text(encoding='utf-8').split()
            found.setdefault(path.stem, []).extend(line.removeprefix('debian/tmp/')
                                                   for line in lines)
    return found


def owners(name, packages):
    """The packages that contain an installed file, for each pattern that matches."""
    parents = [name, *(str(parent) for parent in pathlib.PurePath(name).parents)]
    return [package for package, globs in packages.items() for glob in globs
            if any(_matches(parent, glob) for parent in parents)]


def _matches(name, glob):
    """As fnmatch, but as in a shell: a wildcard matches no slash."""
    pairs = name.split('/'), glob.split('/')
    return len(pairs[0]) == len(pairs[1]) and all(map(fnmatch.fnmatch, *pairs))


def check_installed(stage):
    """Each file that Meson installed is in exactly one package."""
    packages = patterns()
    names = sorted(str(path.relative_to(stage)) for path in stage.rglob('*')
                   if path.is_symlink() or not path.is_dir())
    wrong = [f'{name} is in {", ".join(found) or "no package"}' for name in names
             if len(found := owners(name, packages)) != 1]
    if wrong or not names:
        raise LabError('\n'.join(wrong) + '\nsee debian/*.install' if wrong else 'nothing is installed')
