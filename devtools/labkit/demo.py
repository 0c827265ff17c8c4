# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""The demonstration: two NICs behind an emulated SMMUv3, used through the bus."""

from . import guest

PLATFORM = 'arm-smmuv3'
SCRIPT = '/usr/share/vfio-msi/demo.sh'
LIMIT = 180


def run():
    """Run the demonstration and print a verdict; True if it passed."""
    nics = guest.find(PLATFORM).nics
    result = guest.run(PLATFORM, [SCRIPT, *nics], live=True, seconds=LIMIT)
    faults = guest.iommu_faults(result)
    reasons = []
    if result.status:
        reasons.append(result.error.split('\n')[0] or 'a step failed, see above')
    if faults:
        reasons.append(f'{len(faults)} IOMMU faults, the first: {faults[0]}')
    print()
    if reasons:
        print('demo FAILED: ' + '; '.join(reasons))
    else:
        print('demo passed: 512 of 512 packets arrived, interrupts came, no IOMMU fault')
    return not reasons
