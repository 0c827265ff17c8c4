# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""testpmd ends under traffic: by "quit", by SIGINT, by SIGKILL."""

import re

from labkit import guest, oracle
from labkit.platforms import PLATFORMS
from labkit.testing import each_backend, expect, expect_equal, test


def _leave(platform, backend, times):
    result = guest.run(platform, ['/usr/share/vfio-msi/leave.sh', str(times),
                                  *PLATFORMS[platform].nics], seconds=60 + 15 * times, backend=backend)
    expect_equal(result.status, 0, f'exit status ({result.error})\n{result.stdout[-500:]}\n')
    oracle.check_backend(result.stdout, backend, times)
    statuses = re.findall(r'^round \d+: status (\d+)', result.stdout, re.MULTILINE)
    expect_equal(statuses, [('137', '0', '0')[i % 3] for i in range(1, times + 1)], 'statuses')
    free = re.search(r'hugepages free: (\d+) before, (\d+) after', result.stdout)
    expect(free and free[1] == free[2], f'hugepages are left\n{result.stdout[-300:]}')
    expect('open VFIO nodes: 0' in result.stdout, result.stdout[-300:])
    expect('vectors: 0' in result.stdout, result.stdout[-300:])
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')


@test('nothing is left and no IOMMU fault occurs', [('arm-smmuv3', 'type1'), ('x86-vtd', 'iommufd')],
      tail=each_backend('arm-smmuv3', 'x86-vtd'))
def leave(platform, backend):
    _leave(platform, backend, 6)


@test('nothing is left and no IOMMU fault occurs, 50 times', each_backend('arm-smmuv3', 'x86-vtd'),
      soak=True)
def leave_often(platform, backend):
    _leave(platform, backend, 50)
