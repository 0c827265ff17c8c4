# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Run the targets of tests/fuzz with libFuzzer."""

import concurrent.futures
import os
import pathlib
import re
import tempfile
import time

from . import build
from .progress import LabError, run

CORPUS = build.SOURCE / 'tests/fuzz/corpus'
SEED = 1
# "lab test": seconds of each target. Which inputs are tried in this time depends on the
# machine; the seed makes the order the same.
SECONDS = 3
# "lab soak": inputs of each target.
RUNS = 10_000_000
DONE = re.compile(r'^Done (\d+) runs in (\d+) second', re.MULTILINE)
# In the target of the layout, to weigh the corpus takes more time than to run it, and the coverage is no
# larger. It does nothing with inputs of more than 512 bytes.
OPTIONS = {'layout': ['-entropic=0', '-max_len=512']}
# The end of a report names the file with the input that failed.
REPORT = 6000


def _target(program, limit):
    """Run one target. Returns (seconds, runs, None) or (seconds, 0, what failed)."""
    began = time.monotonic()
    name = program.name.removeprefix('fuzz_')
    with tempfile.TemporaryDirectory() as scratch:
        found = pathlib.Path(scratch) / 'found'
        found.mkdir()
        try:
            said = run([program, f'-seed={SEED}', limit, '-timeout=60', *OPTIONS.get(name, []),
                        f'-artifact_prefix={program}-', found, CORPUS / name])
        except LabError as error:
            return time.monotonic() - began, 0, str(error)[-REPORT:]
    done = DONE.search(said)
    if not done:
        return time.monotonic() - began, 0, f'it did not finish:\n{said[-REPORT:]}'
    return time.monotonic() - began, int(done[1]), None


def _run(report, limit):
    names = sorted(path.name for path in CORPUS.iterdir())
    try:
        folder = build.native('clang') / 'tests/fuzz'
    except LabError as error:
        report.fail('fuzz: build', error)
        return
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        futures = [pool.submit(_target, folder / f'fuzz_{name}', limit) for name in names]
        for name, future in zip(names, futures):
            seconds, runs, why = future.result()
            if why:
                report.fail(f'fuzz: {name}', why)
            else:
                report.ok(f'fuzz: {name}', seconds)
                print(f'     runs: {runs:,}', flush=True)


def short(report):
    """Each target for some seconds."""
    _run(report, f'-max_total_time={SECONDS}')


def long(report):
    """Each target with many inputs."""
    _run(report, f'-runs={RUNS}')
