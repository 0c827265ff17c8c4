# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""How many calls it takes to map memory, beside stock DPDK."""

import re

from labkit import guest
from labkit.testing import expect, expect_equal, test

BUDGET = 120

LINE = re.compile(r'^(ours|stock): (\d+) calls to map, (\d+) calls to unmap, (\d+) bytes, '
                  r'status (\d+)$', re.MULTILINE)


@test('4 GiB of preallocated pages by one call', ['arm-smmuv3'])
def coalesced(platform):
    result = guest.run(platform, ['/usr/share/vfio-msi/memory.sh', '4096'], seconds=300,
                       memory='6G', hugepages=2200)
    found = {line[0]: [int(word) for word in line[1:]] for line in LINE.findall(result.stdout)}
    expect_equal(sorted(found), ['ours', 'stock'], f'measured ({result.error}){result.stdout}')
    print(result.stdout, end='')
    # One list of 16 GiB holds all pages, so they are one run.
    expect_equal(found['ours'], [1, 1, 4 << 30, 0], 'calls, calls, bytes and status of ours')
    expect_equal(found['stock'][0], 2048, 'calls of stock')
    expect(found['stock'][2] == 4 << 30, f'stock mapped {found["stock"][2]} bytes')
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
