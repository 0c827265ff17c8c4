# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Debian packages: built in clean systems, installed with apt, used, upgraded, purged."""

import re
import shutil

from labkit import apt, build, cache, chroots, facts, guest, oracle, packages, rootfs, schema, source_package
from labkit.platforms import PLATFORMS
from labkit.progress import LabError, run
from labkit.testing import expect, expect_equal, figure, part, test

# Programs of a guest's packages also run on the host.
PLATFORM_OF = {'amd64': 'x86-vtd', 'arm64': 'arm-smmuv3'}
IN_GUEST = '/srv/packages'
SCRIPTS = build.SOURCE / 'tests/lab/guest'
# The example links objects of these packages.
USED = {'own_memory': {'librte-eal-iommu1'}, 'forwarder': {'librte-bus-vfio-msi'},
        'edu': {'librte-eal-iommu1', 'librte-bus-vfio-msi'}}
DEVELOPMENT = re.compile(r'-dev$')


def _by_name(dpdk):
    """{package: path} of this version."""
    return {packages.field(path, 'Package'): path for path in packages.binaries(packages.folder(dpdk))}


def _contents(deb):
    """The files in a package, without the leading dot."""
    lines = run(['dpkg-deb', '--contents', deb]).splitlines()
    return [line.split()[5].removeprefix('.') for line in lines]


def _abi(files):
    """The ABI in the name of the folder with the plugin."""
    found = {match[1] for name in files if (match := re.search(r'/dpdk/pmds-(\d+)\.\d+/\w', name))}
    expect_equal(len(found), 1, f'plugin folders in {files}')
    return found.pop()


@test('packages are built without a network by a user, and lintian finds no error',
      list(rootfs.RELEASES), soak=True)
def built(dpdk):
    tags = packages.lintian_tags(packages.folder(dpdk))
    for line in tags.get('W', []):
        figure('warning of lintian', line)
    expect_equal(tags.get('E', []), [], 'errors of lintian')
    expect_equal(sorted(_by_name(dpdk)), sorted(source_package.PACKAGES), 'packages')


@test('source packages of all releases are in one folder and share their upstream files',
      [tuple(rootfs.RELEASES)], soak=True)
def sources(*releases):
    with cache.run_dir() as scratch:
        made = [source_package.make(rootfs.release(dpdk).suite, scratch / 'out') for dpdk in releases]
        for path in made:
            run(['dpkg-source', '--extract', path, scratch / path.stem])
        expect_equal(len(list((scratch / 'out').glob('*.orig*.tar.xz'))), 2, 'upstream files')
        next((scratch / 'out').glob('*.orig.tar.xz')).write_bytes(b'')
        try:
            source_package.make(rootfs.release(releases[0]).suite, scratch / 'out')
        except LabError as error:
            expect('orig.tar.xz has another content' in str(error), str(error))
        else:
            expect(False, 'another upstream file of the same name was replaced')


@test('packages depend on the DPDK release that they were built for, and on no other',
      list(rootfs.RELEASES), soak=True)
def dependencies(dpdk):
    found = _by_name(dpdk)
    abi = _abi(_contents(found['librte-bus-vfio-msi']))
    year, month = dpdk.split('.')
    exact = {f'librte-eal{abi} (>= {dpdk})', f'librte-eal{abi} (<< {year}.{int(month) + 1:02d}~)'}
    own = packages.field(found['dpdk-test-msi'], 'Version')
    for name, needs in (('librte-bus-vfio-msi', {*exact, f'librte-eal-iommu1 (= {own})'}),
                        ('dpdk-test-msi', {*exact, f'librte-bus-vfio-msi (= {own})'})):
        depends = packages.field(found[name], 'Depends').split(', ')
        expect(needs <= set(depends), f'{name} depends on {depends}, which lacks {needs - set(depends)}')
        others = [word for word in depends if word != f'librte-eal-iommu1-dpdk{dpdk}'
                  and re.match(rf'librte-[\w-]*?(?!{abi})\d\d\b', word)]
        expect_equal(others, [], f'libraries of another release on which {name} depends')
        figure(f'{name} depends on', ', '.join(depends), varies=True)


def _versions(dpdk, older=False):
    suite = rootfs.release(dpdk).suite
    return source_package.version(suite, packages.OLDER if older else None)


def _check_life(said, dpdk, names):
    """Installed, upgraded and purged, and no file is left."""
    for step in ('install', 'upgrade', 'verify', 'version', 'purge'):
        said.check(step, **{f'{step}_status': 0})
    for fact, version in (('old', _versions(dpdk, True)), ('new', _versions(dpdk))):
        expect_equal(sorted(line.split()[:3] for line in said.text(fact).splitlines()),
                     [[name, version, 'ii'] for name in sorted(names)], f'packages, {fact}')
    said.check('upgrade', verify='', missing='', purged='', left='')
    expect(source_package.changelog_version().split('-')[0] in said['version'], said['version'])


@test('packages are installed, upgraded and purged, and the examples are built with them',
      list(rootfs.RELEASES), soak=True)
def life(dpdk):
    with chroots.opened(chroots.for_builds(dpdk)) as chroot:
        packages.archive(dpdk, chroot.files / IN_GUEST[1:])
        scripts = chroot.files / 'srv/scripts'
        scripts.mkdir()
        for name in ('packages.sh', 'facts.sh'):
            shutil.copy(SCRIPTS / name, scripts)
        said = facts.Facts(chroot.run(['/srv/scripts/packages.sh', IN_GUEST, _versions(dpdk, True),
                                       _versions(dpdk)]))
    with part('the packages come and go'):
        _check_life(said, dpdk, source_package.PACKAGES)
    with part('manual pages, completion and examples'):
        said.check('pages', pages_status=0, guide=True)
        said.check('completion', completion_status=0)
        for name in USED:
            said.check(f'made_{name}', **{f'made_{name}_status': 0})
        expect_equal(said['built'], len(USED), 'programs')
    with part('a package with a program depends on the release of DPDK, also that of our packages'):
        for name, used in USED.items():
            said.check(f'user_{name}', **{f'user_{name}_status': 0})
            needs = used | {f'{package}-dpdk{dpdk}' for package in used}
            expect(needs <= set(re.findall(r'[^\s,=]+', said[f'user_{name}'])), said[f'user_{name}'])


@test('apt finds everything that the packages need, in a system without DPDK',
      list(rootfs.RELEASES), soak=True)
def from_nothing(dpdk):
    with chroots.opened(chroots.bare(dpdk)) as chroot:
        packages.archive(dpdk, chroot.files / IN_GUEST[1:])
        listed = chroot.files / 'etc/apt/sources.list.d'
        listed.mkdir(parents=True)
        (listed / 'vfio-msi.list').write_text(f'deb [trusted=yes] file:{IN_GUEST} ./\n',
                                              encoding='ascii')
        said = chroot.run(['sh', '-euc', 'apt-get update && apt-get install -y '
                           '--no-install-recommends dpdk-test-msi && dpdk-test-msi --version && '
                           'dpkg-query -W dpdk-test-msi'], network=True)
    expect(f'dpdk-test-msi\t{_versions(dpdk)}\n' in said, said[-2000:])


@test('packages of another release are rejected by apt', ['24.11', '25.11'], soak=True)
def other_release(dpdk):
    other = list(rootfs.RELEASES)[list(rootfs.RELEASES).index(dpdk) - 1]
    with chroots.opened(chroots.for_builds(dpdk)) as chroot:
        packages.archive(other, chroot.files / IN_GUEST[1:])
        said = chroot.run(['sh', '-uc', f'apt-get -s install {IN_GUEST}/librte-*{_versions(other)}_*.deb; '
                           'echo "status $?"'])
    expect(re.search(r'librte-bus-vfio-msi.* : Depends: librte-eal\d\d', said)
           and 'status 100\n' in said, said[-2000:])


@test('packages are installed in a guest, packets come across, they are upgraded and purged',
      list(rootfs.RELEASES), soak=True)
def in_guest(dpdk):
    platform = PLATFORM_OF[apt.host_arch()]
    nics = PLATFORMS[platform].nics
    with cache.run_dir() as scratch:
        packages.archive(dpdk, scratch / 'archive')
        files = {f'{IN_GUEST[1:]}/{path.name}': path.read_bytes()
                 for path in (scratch / 'archive').iterdir() if not DEVELOPMENT.search(
                     path.name.split('_')[0])}
    result = guest.run(platform, ['/usr/share/vfio-msi/packages.sh', IN_GUEST, _versions(dpdk, True),
                                  _versions(dpdk), *nics], seconds=300, dpdk=dpdk, stock=True,
                       installed=True, files=files)
    said = facts.read(result)
    with part('the packages come and go in a guest'):
        _check_life(said, dpdk, [name for name in source_package.PACKAGES
                                 if not DEVELOPMENT.search(name)])
    with part('the tool of the package'):
        said.check('list', list_status=0)
        said.check('layout', layout_status=0)
        plan = schema.load(said['layout'], 'layout')
        expect_equal([(item['bdf'], item['used']) for item in plan['devices']],
                     [(nic, True) for nic in nics], 'devices in the layout')
    with part('packets come across with the plugin of the package'):
        burst = said.of('burst_')
        burst.check('log', status=0, sent=512, received=512)
        oracle.check_backend(burst['log'], 'type1')
        expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
    with part('without the package there is no such bus'):
        expect(said['without_status'] != 0 and 'failed to parse device "vfio_msi:' in said['without'],
               said['without'][-2000:])
