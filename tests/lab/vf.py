# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Virtual functions of a physical function that another process drives, or the same one.

The suite opens them and sends no packets: QEMU 10.0.2 never maps the BARs of virtual
functions of igb ("info mtree" has no igbvf-mmio).  Their registers read as ones on Arm and
as zeros on a PC. The driver probes the port nevertheless.
"""

from labkit import facts, guest
from labkit.testing import expect, expect_equal, test

PF, PLAIN = '0000:00:03.0', '0000:00:07.0'

SAYS = {
    'missing': ': needs a VF token, as SR-IOV is on and the physical function is bound to vfio-pci',
    'wrong': ': the VF token differs from that of the physical function',
    'right': 'Port 0: ',
    'option': 'Port 0: ',
    'plain': 'Port 0: ',
    'needless': f'vfio_msi:{PLAIN}: the kernel refuses the VF token',
    'both': 'Port 0: ',
    'malformed': 'invalid value "12" for key "vf_token"',
}


def _token(platform, kernel, says):
    result = guest.run(platform, ['/usr/share/vfio-msi/vf.sh', PF, PLAIN], kernel=kernel,
                       seconds=300)
    said = facts.read(result)
    for name, words in says.items():
        expect(words in said[name], f'{name}: no "{words}" in\n{said[name]}')
    said.check('pf_log', pf_status=0)
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')


@test('each mistake with the VF token has its message', ['arm-smmuv3'])
def token(platform):
    _token(platform, '', SAYS)


# With a character device the survey binds the device and passes the token.
@test('each mistake with the VF token has its message, by character devices', ['arm-smmuv3'])
def token_of_cdev(platform):
    needless = 'the kernel refuses the device or its VF token; does the device need a token'
    _token(platform, 'lab', {**SAYS, 'needless': needless})
