# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""testpmd ends under traffic: by "quit", by SIGINT, by SIGKILL."""

from labkit import facts, guest, oracle
from labkit.platforms import PLATFORMS
from labkit.testing import each_backend, expect, expect_equal, test

# By SIGKILL, by "quit", by SIGINT.
STATUSES = (137, 0, 0)


def _leave(platform, backend, times):
    result = guest.run(platform, ['/usr/share/vfio-msi/leave.sh', str(times),
                                  *PLATFORMS[platform].nics], seconds=60 + 15 * times, backend=backend)
    said = facts.read(result)
    for time in range(1, times + 1):
        oracle.check_backend(said[f'log_{time}'], backend)
        said.check(f'log_{time}', **{f'status_{time}': STATUSES[time % 3]})
    expect(said['hugepages_before'] > 0, 'there are no hugepages')
    said.check(hugepages_after=said['hugepages_before'])
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')


@test('nothing is left and no IOMMU fault occurs', [('arm-smmuv3', 'type1'), ('x86-vtd', 'iommufd')],
      tail=each_backend('arm-smmuv3', 'x86-vtd'))
def leave(platform, backend):
    _leave(platform, backend, 6)


@test('nothing is left and no IOMMU fault occurs, 50 times', each_backend('arm-smmuv3', 'x86-vtd'),
      soak=True)
def leave_often(platform, backend):
    _leave(platform, backend, 50)
