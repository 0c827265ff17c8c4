#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Compare debian/ with the project: version, name of the library, names of packages, the guide."""

import pathlib
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import checkkit  # noqa: E402

CHANGELOG, CONTROL = 'debian/changelog', 'debian/control'
PROJECT, LIBRARY = 'meson.build', 'lib/eal_iommu/meson.build'
# debian/PACKAGE.KIND says what is in a package.
KINDS = ('.install', '.manpages', '.examples', '.lintian-overrides', '.symbols', '.triggers')

# The package of the tool has the pages that the tool names.
NAMED = re.compile(r'\bdoc/[\w-]+/[\w-]+\.rst\b')
NAMING, GUIDE = ('app/test-msi/*.c', 'examples/service/*'), 'debian/dpdk-test-msi.install'
GUIDE_AT = 'usr/share/doc/dpdk-test-msi/doc'


def compare_pages(texts, install):
    """Each page that is named is installed under its name; TEXTS: {path: text}."""
    have = {line.split()[0] for line in install.splitlines() if line.split()[1:] == [GUIDE_AT]}
    for path, text in texts.items():
        for match in NAMED.finditer(text):
            if str(pathlib.PurePath(match[0]).parent) not in have:
                yield path, checkkit.line_of(text, match.start()), \
                    f'{GUIDE} does not install {match[0]} below {GUIDE_AT}'


def compare(changelog, control, project, library, names):
    """Problems; NAMES: those of the files in debian/."""
    version = re.search(r"(?m)^ +version: '([^']+)'", project)
    entry = re.match(r'vfio-msi \((\S+)-\d+\) ', changelog)
    if not version or not entry or entry[1] != version[1]:
        yield CHANGELOG, 1, f'the first entry is not of version {version and version[1]}'
    packages = set(re.findall(r'(?m)^Package: (\S+)$', control))
    so_version = re.search(r"soversion: '(\d+)'", library)
    wanted = f'librte-eal-iommu{so_version and so_version[1]}'
    if wanted not in packages:
        yield CONTROL, 1, f'there is no package {wanted}, as the SONAME in {LIBRARY} wants it'
    for name in names:
        path = pathlib.PurePath(name.removesuffix('.in'))
        if path.suffix in KINDS and path.stem not in packages:
            yield f'debian/{name}', 1, f'there is no package {path.stem}'
    for package in sorted(packages):
        if f'{package}.install' not in names:
            yield CONTROL, 1, f'nothing is installed into the package {package}'


def self_test():
    """The check finds each kind of difference."""
    good = ('vfio-msi (1.2-1) unstable; \n', 'Package: librte-eal-iommu3\n',
            "    version: '1.2',\n", "soversion: '3',", ['librte-eal-iommu3.install'])
    for change, problems in (({}, 0), ({0: 'vfio-msi (1.3-1) unstable; \n'}, 1), ({0: ''}, 1),
                             ({2: ''}, 1), ({3: "soversion: '4',"}, 1), ({4: []}, 1),
                             ({4: [*good[4], 'other.install']}, 1),
                             ({4: [*good[4], 'other.symbols.in']}, 1), ({1: ''}, 2)):
        found = list(compare(*(change.get(at, text) for at, text in enumerate(good))))
        if len(found) != problems:
            yield pathlib.Path(__file__).name, 1, f'self-test: {change}: {found}'
    for text, install, problems in (
            ('"see doc/howto/a.rst"', f'doc/howto {GUIDE_AT}\n', 0), ('"see doc/howto/a.rst"', 'usr/bin/a\n', 1),
            ('"see doc/howto/a.rst"', f'doc/other {GUIDE_AT}\n', 1), ('"no page"', '', 0)):
        found = list(compare_pages({'a.c': text}, install))
        if len(found) != problems:
            yield pathlib.Path(__file__).name, 1, f'self-test: {text}, {install}: {found}'


def check():
    """All problems of the project."""
    texts = [checkkit.read(path) for path in (CHANGELOG, CONTROL, PROJECT, LIBRARY)]
    names = sorted(path.name for path in (checkkit.SOURCE / 'debian').iterdir())
    named = {str(path.relative_to(checkkit.SOURCE)): checkkit.read(path)
             for form in NAMING for path in sorted(checkkit.SOURCE.glob(form))}
    return [*compare(*texts, names), *compare_pages(named, checkkit.read(GUIDE))]


if __name__ == '__main__':
    sys.exit(checkkit.main('check-packages', self_test, check))
