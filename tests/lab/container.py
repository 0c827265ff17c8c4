# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""In a pod: no firmware tables, read-only /sys, no capabilities, no root, few processors."""

import re

from labkit import facts, guest, oracle
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
    said.check(backend, **{f'{backend}_status': 0})
    oracle.check_payloads(said[backend])
    oracle.check_backend(said[backend], backend)
    interrupts = said[f'{backend}_interrupts']
    expect('vfio-msix' in interrupts, f'no MSI-X\n{interrupts}')


@test('testpmd forwards in a pod, or a message names what is missing', ['arm-smmuv3'])
def pod(platform):
    result = guest.run(platform, ['/usr/share/vfio-msi/container.sh', *PLATFORMS[platform].nics],
                       seconds=300, kernel='lab', smp=4)
    said = facts.read(result)
    _check_view(said['view'])
    for backend in ('iommufd', 'type1'):
        with part(f'512 packets with {backend}'):
            _check_burst(said, backend)
    for name, words in MISSING.items():
        with part(f'a message names {name}'):
            expect(words in said[name], f'no "{words}" in\n{said[name]}')
            expect_equal(len(PORT.findall(said[name])), 0, f'ports\n{said[name]}\n')
    with part('every vector arrives'):
        expect('MSI-X  10 vectors, loopback 100 of 100, device (igb) 40 of 40' in said['irq'],
               said['irq'])
        said.check('irq', irq_status=0)
    with part('list and layout'):
        said.check('list', list_status=0)
        said.check('layout', layout_status=0)
        expect('a lower bound' in said['layout'], said['layout'])
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
