# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""In a pod: no firmware tables, read-only /sys, no capabilities, a user, few processors."""

import re

from labkit import guest, oracle
from labkit.platforms import PLATFORMS
from labkit.testing import expect, expect_equal, part, test

PORT = re.compile(r'^Port \d+: [0-9A-F:]{17}', re.MULTILINE)
# What the container lacks or limits, and the message that names it.
MISSING = {
    'memlock': 'must be locked for DMA, but RLIMIT_MEMLOCK is 8 MiB',
    'group': 'no permission',
    'nodes': 'does not exist here; load vfio-pci, or pass both nodes into the container',
    'space': 'check the limit of the address space (ulimit -v)',
}


def _check_view(said):
    """The test runs in a pod."""
    for words in ('CapEff:\t0000000000000000', 'CapBnd:\t0000000000000000', 'uid=1000',
                  'Cpus_allowed_list:\t1-2', 'Read-only file system', '00000000-00000000 : '):
        expect(words in said, f'no "{words}" in\n{said}')
    expect_equal(said.split('\n')[0], '0', 'entries of /sys/firmware')


def _check_burst(said, backend):
    expect('status 0\n' in said, f'it failed\n{said[-2500:]}')
    oracle.check_payloads(said)
    oracle.check_backend(said, backend)
    expect('vfio-msix' in said, f'no MSI-X\n{said[-2500:]}')


@test('testpmd forwards in a pod, or a message names what is missing', ['arm-smmuv3'])
def pod(platform):
    result = guest.run(platform, ['/usr/share/vfio-msi/container.sh', *PLATFORMS[platform].nics],
                       seconds=300, kernel='lab', smp=4)
    expect_equal(result.status, 0, f'exit status ({result.error})\n{result.stdout[-2000:]}')
    parts = oracle.sections(result.stdout)
    _check_view(parts['view'])
    for backend in ('iommufd', 'type1'):
        with part(f'512 packets with {backend}'):
            _check_burst(parts[backend], backend)
    for name, words in MISSING.items():
        with part(f'a message names {name}'):
            expect(words in parts[name], f'no "{words}" in\n{parts[name]}')
            expect_equal(len(PORT.findall(parts[name])), 0, f'ports\n{parts[name]}\n')
    with part('every vector arrives'):
        expect('MSI-X  10 vectors, loopback 100 of 100, device (igb) 40 of 40' in parts['irq']
               and parts['irq'].endswith('status 0\n'), parts['irq'])
    with part('list and layout'):
        expect(parts['list'].endswith('status 0\n'), parts['list'])
        expect(parts['layout'].endswith('status 0\n'), parts['layout'])
        expect('a lower bound' in parts['layout'], parts['layout'])
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
