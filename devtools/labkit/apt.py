# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Debian's archive: the host's mirror, and private apt trees.

A private tree has its own sources and lists.  It can fetch packages of another
suite or architecture with apt's signature checks and does not change the host's
configuration.
"""

import os
import pathlib
import re
import subprocess

from . import cache
from .progress import LabError, run

KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'

CONFIGURATION = '''\
Dir::Etc::SourceList "{tree}/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State::Lists "{tree}/lists";
Dir::Cache "{tree}/cache";
Acquire::Languages "none";
Acquire::Retries "3";
APT::Sandbox::User "root";
DPkg::Lock::Timeout "300";
'''

FOREIGN = '''\
APT::Architecture "{arch}";
APT::Architectures {{ "{arch}"; }};
Dir::State "{tree}";
Dir::State::Status "{tree}/status";
'''


def host_release():
    """The host's /etc/os-release as a dictionary."""
    text = pathlib.Path('/etc/os-release').read_text(encoding='utf-8')
    pairs = (line.split('=', 1) for line in text.splitlines() if '=' in line)
    release = {key: value.strip('"') for key, value in pairs}
    if release.get('ID') != 'debian' or 'VERSION_CODENAME' not in release:
        raise LabError('the lab needs a Debian host, but this host is '
                       + release.get('PRETTY_NAME', 'not Debian'))
    return release


def host_arch():
    """The host's architecture, by Debian's name."""
    return run(['dpkg', '--print-architecture']).strip()


def host_suites():
    """The host's own Debian sources: {suite: mirror}, its own release first."""
    codename = host_release()['VERSION_CODENAME']
    query = ['apt-get', 'indextargets', '--format', '$(ORIGIN)|$(CODENAME)|$(REPO_URI)',
             'Created-By: Packages', 'Component: main']
    for refresh in (False, True):
        if refresh:
            run(['apt-get', 'update'])
        rows = [line.split('|') for line in run(query).splitlines()]
        suites = {suite: uri for origin, suite, uri in rows
                  if origin == 'Debian' and suite.startswith(codename)}
        if codename in suites:
            return suites
    raise LabError(f'this host has no apt source for {codename}; add one to /etc/apt')


def mirror():
    """The mirror of the host's own release."""
    return host_suites()[host_release()['VERSION_CODENAME']]


def host_options():
    """Options for mmdebstrap: accept an outdated mirror if the host's apt accepts it."""
    if run(['apt-config', 'dump', 'Acquire::Check-Valid-Until']).strip().endswith('"false";'):
        return ['--aptopt=Acquire::Check-Valid-Until "false"']
    return []


def source_line(suite, uri=None, kind='deb'):
    """A line of sources.list for one suite, on the mirror URI (default: the host's)."""
    return f'{kind} [signed-by={KEYRING}] {uri or mirror()} {suite} main'


class Tree:
    """A private apt tree; arch None: for packages of the host itself, from more sources."""

    def __init__(self, name, sources, arch=None):
        self.path = cache.root() / 'apt' / name
        for folder in ('lists/partial', 'cache/archives/partial'):
            (self.path / folder).mkdir(parents=True, exist_ok=True)
        text = CONFIGURATION + (FOREIGN if arch else '')
        self._write('apt.conf', text.format(tree=self.path, arch=arch))
        self._write('sources.list', '\n'.join(sources) + '\n')
        self._write('status', '')
        self.environment = dict(os.environ, APT_CONFIG=str(self.path / 'apt.conf'),
                                DEBIAN_FRONTEND='noninteractive', LC_ALL='C')

    def _write(self, name, text):
        (self.path / name).write_text(text, encoding='utf-8')

    def run(self, *argv, **options):
        """Run an apt tool against this tree."""
        return run(argv, env=self.environment, **options)

    def update(self):
        """Fetch the package lists."""
        self.run('apt-get', 'update')

    def install(self, arguments):
        """Install packages on the host; ARGUMENTS are their names, and options of apt."""
        self.run('apt-get', 'install', '-y', '--no-install-recommends', *arguments)
        self.run('apt-get', 'clean')

    def download(self, packages, folder):
        """Download the .deb files of PACKAGES into FOLDER."""
        self.run('apt-get', 'download', *packages, cwd=folder)

    def candidate(self, package):
        """The version of PACKAGE that would be installed."""
        found = re.search(r'^  Candidate: (\S+)$', self.run('apt-cache', 'policy', package),
                          re.MULTILINE)
        if not found or found[1] == '(none)':
            raise LabError(f'the mirror has no package {package}')
        return found[1]

    def names(self):
        """The names of all packages this tree knows."""
        return self.run('apt-cache', 'pkgnames').split()


def installed(packages):
    """The installed ones of PACKAGES, with their versions."""
    done = subprocess.run(['dpkg-query', '-W', '-f', '${Package} ${db:Status-Status} ${Version}\n',
                           *packages], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True, check=False)
    rows = (line.split(' ', 2) for line in done.stdout.splitlines())
    return {name: version for name, state, version in rows if state == 'installed'}
