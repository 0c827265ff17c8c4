# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Each system call on VFIO and iommufd fails once: a message names the device, nothing leaks."""

import errno
import os
import re

from labkit import facts, guest
from labkit.platforms import PLATFORMS
from labkit.testing import Failure, each_backend, expect, expect_equal, figure, test

# testpmd makes at least this many calls for two devices.
CALLS_LEAST = 80
# The sample is every twelfth call. It covers nodes, calls of EAL, memory, BARs and MSI-X.
STEP = 12
FIRST = {'type1': 2, 'iommufd': 1}
# Calls that may fail without a message: release (the kernel releases at close anyway),
# disabling interrupts and bus mastering, opening an iommufd (type1 is used instead) and
# mapping by file (the address is used instead).
QUIET = re.compile('_UNSET_CONTAINER|_DETACH_|_DESTROY|_UNMAP|_ALLOW_|_SET_IRQS|pread64|'
                   r'pwrite64\(.*"\\3\\0"|openat.*/dev/(?:iommu|vfio/devices)|_IOAS_ALLOC|'
                   r'_MAP_FILE|0x3b, 0x8f, 0')
# EAL opens VFIO itself, and enables interrupts for the driver.
EAL = re.compile(r'^EAL: (?:Cannot open VFIO|Could not get|Error \w+abling )', re.MULTILINE)
ELSEWHERE = 'is held by another process'
NODE = re.compile(r'/dev/(?:vfio/vfio|vfio/\d+|vfio/devices/vfio\d+|iommu)\b')


class _Run:
    """The facts of one run of testpmd, and data from its log."""

    def __init__(self, said):
        self.said = said
        self.log = said['log']
        self.macs = re.findall(r'^Port \d+: ([0-9A-F:]{17})', self.log, re.MULTILINE)
        # The messages of the bus at the default log level.
        self.messages = re.findall(r'^VFIO_MSI: (.*)', self.log, re.MULTILINE)

    def text(self):
        """All facts of the run as text."""
        return '\n'.join(f'{name}: {self.said[name]}' for name in self.said.names())

    def check_held(self, bdfs, bars):
        """While testpmd runs it holds no file, no BAR and no vector of a device without a port.

        BARS: the mappings of BARs with all devices, which are of one model.
        """
        ports, held = len(self.macs), self.said.text('open').splitlines()
        devices = {name for name in held if name.startswith('/dev/vfio/devices/')}
        expect_equal(len(devices) + held.count('anon_inode:[vfio-device]'), ports,
                     f'devices open with {ports} ports, of {held},')
        groups = {name for name in held if re.fullmatch(r'/dev/vfio/(noiommu-)?\d+', name)}
        expect(len(groups) <= ports, f'{groups} are open with {ports} ports')
        mapped = len(self.said.text('bars').splitlines())
        expect(mapped <= bars * ports // len(bdfs),
               f'{mapped} of {bars} mappings of BARs with {ports} ports')
        vectors = [bdf for bdf in bdfs if self.vectors(bdf)]
        expect(len(vectors) <= ports, f'vectors of {vectors} with {ports} ports')

    def vectors(self, bdf):
        """The type of interrupt that a device has in the kernel while testpmd runs."""
        found = re.search(rf'vfio-(\w+)(?:\[0\])?\({bdf}\)', self.said['vectors'])
        return found and found[1]


def _check_loss(run, bdf, injected, words):
    """For a lost device, a message names it or EAL's memory, and the error of the kernel."""
    mine = [line for line in run.messages if f'vfio_msi:{bdf}: ' in line or
            line.startswith('vfio_msi: EAL\'s memory ')]
    expect(mine, f'{bdf} is lost without a message')
    expect(any(word in line for line in mine for word in words),
           f'{bdf} is lost without a message with {words}')
    nodes = NODE.findall(' '.join(mine))
    # A message about a busy device names the node of the device or group, for each call.
    for failed in NODE.findall(injected) if ELSEWHERE not in mine[0] else ():
        expect(not nodes or failed in nodes, f'messages name {nodes}, but {failed} failed')


def _judge(run, whole, error, bdfs):
    injected = run.said['injected']
    expect_equal(re.findall(r'^\d+ +(\w+)\(.* = -1 (\w+) .*\(INJECTED\)$', injected, re.MULTILINE),
                 [(run.said['wanted'], errno.errorcode[error])], 'the call that failed')
    run.said.check(status=0)
    run.check_held(bdfs, len(whole.said.text('bars').splitlines()))
    expect(run.messages or EAL.search(run.log) or QUIET.search(injected), 'no message')
    words = [os.strerror(error), "librte_bus_pci can't read"]
    words += [ELSEWHERE] * (error == errno.EBUSY)
    for mac, bdf in zip(whole.macs, bdfs):
        if mac not in run.macs:
            expect(not run.vectors(bdf), f'{bdf} is lost and has {run.vectors(bdf)}')
            _check_loss(run, bdf, injected, words)
        elif run.vectors(bdf) != 'msix' and not EAL.search(run.log):
            expect(any(f'vfio_msi:{bdf}: interrupts are ' in line or
                       f'vfio_msi:{bdf}: no interrupts' in line for line in run.messages),
                   f'{bdf} has {run.vectors(bdf)} without a message')


def _sweep(platform, backend, error, first, step, seconds):
    bdfs = PLATFORMS[platform].nics
    result = guest.run(platform, ['/usr/share/vfio-msi/sweep.sh', errno.errorcode[error],
                                  str(first), str(step), *bdfs], seconds=seconds, backend=backend)
    said = facts.read(result)
    whole = _Run(said.of('whole_'))
    whole.said.check(status=0)
    expect_equal((len(whole.macs), whole.messages), (2, []), f'ports, and messages of\n{whole.log}')
    expect_equal([whole.vectors(bdf) for bdf in bdfs], ['msix'] * 2, 'interrupts')
    bars = len(whole.said.text('bars').splitlines())
    expect(bars >= len(bdfs), f'{bars} mappings of BARs')
    whole.check_held(bdfs, bars)
    calls = said['calls']
    expect(calls >= CALLS_LEAST, f'only {calls} calls')
    runs = [f'call_{number}_' for number in range(first, calls + 1, step)]
    wrong = []
    for name in runs:
        run = _Run(said.of(name))
        try:
            _judge(run, whole, error, bdfs)
        except Failure as why:
            wrong.append(f'{name}: {why}, in\n{run.text()}\n')
    expect(not wrong, f'{len(wrong)} of {len(runs)}:\n' + '\n'.join(wrong))
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
    figure('calls on VFIO that failed once', len(runs), varies=True)


@test('each failed call of a sample has a message with the device, nothing leaks',
      each_backend('arm-smmuv3'))
def sample(platform, backend):
    _sweep(platform, backend, errno.EIO, FIRST[backend], STEP, 250)


@test('each failed call has a message with the device, nothing leaks',
      each_backend('arm-smmuv3'), soak=True)
def every(platform, backend):
    for error in errno.EIO, errno.ENOMEM, errno.EBUSY:
        _sweep(platform, backend, error, 1, 1, 1500)
