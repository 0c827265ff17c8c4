# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""The cache of everything that is slow to build.

An entry is a folder named after a hash of everything it is made from.  It is
built under a temporary name and renamed when it is complete.  A lock per entry
keeps parallel runs from building it twice.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import pathlib
import shutil
import tempfile

from .progress import LabError


def root():
    """The cache folder of this user; everything that the lab keeps between runs is below it."""
    base = os.environ.get('XDG_CACHE_HOME') or pathlib.Path.home() / '.cache'
    return pathlib.Path(base) / 'vfio-msi'


def digest(ingredients):
    """A short hash of INGREDIENTS, any JSON-like value."""
    text = json.dumps(ingredients, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@contextlib.contextmanager
def lock(name, kind=fcntl.LOCK_EX):
    """Hold the lock NAME; other processes wait, and the kernel releases it when one dies."""
    folder = root() / 'locks'
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / name, 'w', encoding='ascii') as handle:
        fcntl.flock(handle, kind)
        yield


def in_use():
    """Hold this while reading or writing the cache; any number of processes may."""
    return lock('in-use', fcntl.LOCK_SH)


@contextlib.contextmanager
def alone():
    """Hold this to remove the cache; fails while another process uses it."""
    try:
        with lock('in-use', fcntl.LOCK_EX | fcntl.LOCK_NB):
            yield
    except BlockingIOError as error:
        raise LabError('another lab uses the cache; end it, then try again') from error


def entry(kind, name, ingredients, make):
    """The cached folder KIND/NAME-HASH; make(folder) fills it if it is missing."""
    target = root() / kind / f'{name}-{digest(ingredients)}'
    if target.is_dir():
        return target
    with lock(f'{kind}-{name}'):
        if target.is_dir():
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        # Leftovers of killed runs, and nothing of NAME-MORE, which may run: mkdtemp adds 8 characters.
        remove(target.parent.glob(f'.{name}-{"?" * 8}'))
        partial = pathlib.Path(tempfile.mkdtemp(prefix=f'.{name}-', dir=target.parent))
        partial.chmod(0o755)
        try:
            make(partial)
            partial.rename(target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return target


def remove(paths):
    """Remove whole trees."""
    for path in paths:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def run_dir():
    """A folder for one run, removed at its end; its name begins with the process ID."""
    folder = root() / 'runs'
    folder.mkdir(parents=True, exist_ok=True)
    path = pathlib.Path(tempfile.mkdtemp(prefix=f'{os.getpid()}-', dir=folder))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
