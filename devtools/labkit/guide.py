# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""The guide and the manual pages, built from their one source."""

import os
import pathlib
import subprocess
import tempfile

from . import build, host
from .progress import LabError, run


def check():
    """Build all pages and format the manual pages; every warning is an error."""
    host.need(host.GUIDE)
    with tempfile.TemporaryDirectory() as folder:
        # "man" resolves only the references of the manual pages, "dummy" those of all pages.
        for builder in ('dummy', 'man'):
            run(['sphinx-build', '-q', '-W', '--keep-going', '-b', builder, build.SOURCE / 'doc', folder])
        pages = sorted(pathlib.Path(folder).glob('*.[17]'))
        wrong = [f'{page.name}: {said}' for page in pages if (said := _warnings(page))]
        # Meson installs the pages that doc/meson.build names.
        wrong += [f'{name}: conf.py makes no manual page of {source.name}' for source, name in _wanted()
                  if not (pathlib.Path(folder) / name).exists()]
    if wrong or not pages:
        raise LabError('\n'.join(wrong) or 'no manual pages')


def _wanted():
    """Pairs of a page of the reference and its manual page."""
    reference = build.SOURCE / 'doc/reference'
    return [(source, source.stem + section) for pattern, section in
            (('vfio_msi.rst', '.7'), ('dpdk-test-msi*.rst', '.1')) for source in sorted(reference.glob(pattern))]


def _warnings(page):
    done = subprocess.run(['man', '--warnings', '-E', 'UTF-8', '-l', '-Tutf8', '-Z', page],
                          env=dict(os.environ, LC_ALL='C.UTF-8', MANWIDTH='80'), check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True, errors='replace')
    return done.stderr.strip() or ('' if done.returncode == 0 else f'exit status {done.returncode}')
