# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Arm kernels with pages of 16 and 64 KiB and addresses of 52 bits."""


from labkit import facts, guest, oracle, schema
from labkit.platforms import PLATFORMS
from labkit.testing import expect, expect_equal, part, test

# EAL's default address is usable, or a hole makes it unusable.
RUNS = {'at the default address': '', 'steered': ',hole=0x100000000-0xffffffffff'}
SCRIPT = '''
. /usr/share/vfio-msi/facts.sh
first=$0 second=$1
shift
fact page_size "$(getconf PAGESIZE)"
for hole; do
    number=$((number + 1))
    facts_of "${number}_" /usr/share/vfio-msi/traffic.sh $first$hole $second -m 64 || exit 1
    fact_status ${number}_layout \\
        dpdk-test-msi layout --json -a vfio_msi:$first$hole -a vfio_msi:$second
done
'''


def _check(said, backend, hole):
    oracle.check_burst(said, backend)
    oracle.check_mappings(said)
    expect('memory is steered to ' in said['log'] or not hole, said['log'][:2000])
    said.check('layout', layout_status=0)
    expect(schema.load(said['layout'], 'layout')['free'], said['layout'])


@test('packets, payloads, mappings', ['lab-16k', 'lab-64k'], soak=True)
def pages(kernel):
    platform = 'arm-smmuv3'
    result = guest.run(platform, ['sh', '-c', SCRIPT, *PLATFORMS[platform].nics, *RUNS.values()],
                       seconds=300, kernel=kernel, qemu_args=('-cpu', 'max'), memory='4G',
                       kernel_args=('default_hugepagesz=2M',))
    said = facts.read(result)
    said.check(page_size={'lab-16k': 16384, 'lab-64k': 65536}[kernel])
    for number, (name, hole) in enumerate(RUNS.items(), 1):
        with part(name):
            _check(said.of(f'{number}_'), 'iommufd', hole)
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
