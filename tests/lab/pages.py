# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Arm kernels with pages of 16 and 64 KiB and addresses of 52 bits."""

import json

from labkit import guest, oracle
from labkit.platforms import PLATFORMS
from labkit.testing import expect, expect_equal, part, test

# EAL's default address is good, or a hole makes it bad.
RUNS = {'at the default address': '', 'steered': ',hole=0x100000000-0xffffffffff'}
RUN = '''
first=$0 second=$1 hole=$2
getconf PAGESIZE
/usr/share/vfio-msi/traffic.sh $first$hole $second -m 64
status=$?
echo '@@ layout'
dpdk-test-msi layout --json -a vfio_msi:$first$hole -a vfio_msi:$second
echo '@@ status'
echo $status
'''


def _check(said, hole):
    parts = oracle.sections(said)
    oracle.check_payloads(parts['testpmd'])
    oracle.check_mappings(parts)
    expect('memory is steered to ' in parts['testpmd'] or not hole, parts['testpmd'][:2000])
    expect(json.loads(parts['layout'])['free'], parts['layout'])
    expect_equal(parts['status'].strip(), '0', 'exit status of testpmd')


@test('packets, payloads, mappings', ['lab-16k', 'lab-64k'], soak=True)
def pages(kernel):
    platform = 'arm-smmuv3'
    script = f'for hole in "" "{RUNS["steered"]}"; do echo "@@@"; sh -c "$0" "$@" "$hole"; done'
    result = guest.run(platform, ['bash', '-c', script, RUN, *PLATFORMS[platform].nics],
                       seconds=300, kernel=kernel, qemu_args=('-cpu', 'max'), memory='4G',
                       kernel_args=('default_hugepagesz=2M',))
    said = result.stdout.split('@@@\n')[1:]
    expect_equal(len(said), len(RUNS), f'runs ({result.error})\n{result.stdout[-2000:]}')
    size = {'lab-16k': 16384, 'lab-64k': 65536}[kernel]
    for text, (name, hole) in zip(said, RUNS.items()):
        with part(name):
            expect_equal(text.split('\n')[0], str(size), 'page size')
            _check(text, hole)
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
