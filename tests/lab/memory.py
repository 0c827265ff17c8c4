# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""How many calls it takes to map memory, and how much is locked, beside stock DPDK."""

import re

from labkit import guest, oracle
from labkit.platforms import PLATFORMS
from labkit.testing import each_backend, expect, expect_equal, figure, test

BUDGET = 370

LINE = re.compile(r'^(\w+): (map \d+, .*)$', re.MULTILINE)
MEGABYTES, PAGES = 4096, 2048
# What each way to the IOMMU has the process locked for.
ACCOUNT = {'stock': 'VmLck', 'type1': 'VmLck', 'iommufd': 'VmPin'}


@test('4 GiB of preallocated pages by one call, pinned once', each_backend('arm-smmuv3'))
def coalesced(platform, backend):
    # A kernel with iommufd has type1 too: all of them side by side.
    ways = ['stock', 'type1'] + (['iommufd'] if backend == 'iommufd' else [])
    result = guest.run(platform, ['/usr/share/vfio-msi/memory.sh', str(MEGABYTES), *ways],
                       seconds=400, memory='6G', hugepages=2200, backend=backend)
    found = {who: {name: int(number) for name, number in re.findall(r'(\w+) (\d+)', words)}
             for who, words in LINE.findall(result.stdout)}
    expect_equal(list(found), ways, f'measured ({result.error}){result.stdout}')
    for who, one in found.items():
        calls = PAGES if who == 'stock' else 1
        # One list of 16 GiB holds all pages, so they are one run.
        expect_equal(one['map'], calls, f'calls of {who} in\n{result.stdout}\n')
        if who != 'stock':
            expect_equal(one['unmap'], 1, f'calls of {who} to unmap in\n{result.stdout}\n')
        locked = {name: MEGABYTES << 20 if name in ('pinned', ACCOUNT[who]) else 0
                  for name in ('VmLck', 'VmPin', 'pinned')}
        expect_equal({name: one[name] for name in locked}, locked,
                     f'bytes locked for {who} in\n{result.stdout}\n')
        expect_equal((one['bytes'], one['left'], one['status']), (MEGABYTES << 20, 0, 0),
                     f'bytes mapped, pages pinned after the end and status of {who}')
        figure(f'{who}: calls to map', one['map'])
        figure(f'{who}: VmLck, VmPin, pinned by the kernel, MiB',
               ', '.join(str(one[name] >> 20) for name in locked))
    expect_equal(re.findall(r'chooses backend (\w+) for all', result.stdout), ways[1:],
                 f'backends of\n{result.stdout}\n')
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')


@test('memory grows and is given back in the middle of a run', each_backend('arm-smmuv3', 'x86-vtd'))
def breathe(platform, backend):
    result = guest.run(platform, ['/usr/share/vfio-msi/breathe.sh', *PLATFORMS[platform].nics],
                       seconds=150, backend=backend)
    parts = oracle.sections(result.stdout)
    log = parts.get('testpmd', result.stdout + result.stderr + result.error)
    expect_equal(result.status, 0, f'exit status, after\n{parts.get("pages")}{log[-3000:]}\n')
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
    oracle.check_backend(log, backend)
    first, *rounds = parts['pages'].splitlines()
    rounds = [tuple(map(int, line.split())) for line in rounds]
    expect_equal(rounds[1::2], [(int(first), 0)] * 3, f'pages after each stop\n{parts["pages"]}\n')
    for pages, pinned in rounds[::2]:
        expect(pages >= int(first) + 24, f'memory did not grow\n{parts["pages"]}')
        expect_equal(pinned, (pages - int(first)) * 2 << 20, 'bytes pinned besides')
    oracle.check_mappings(parts)
    oracle.check_payloads(log)


# In one file, by 2 MiB pages; a file each, of 1 GiB pages; a file each, of 2 MiB pages.
FILES = {
    'one': '--single-file-segments -m 640',
    'large': '--huge-dir /mnt -m 2048',
    'small': '-m 640',
}
IN_FILES = '''
mkdir -p /mnt && mount -t hugetlbfs -o pagesize=1G none /mnt || exit 2
export TESTPMD_UNDER='strace --seccomp-bpf -f -D -e trace=ioctl -o /tmp/strace'
/usr/share/vfio-msi/traffic.sh "$@" || exit 1
echo "@@ calls"
grep -cE ' IOMMU_IOAS_MAP,.* = 0' /tmp/strace
grep -cE '(IOMMU_IOAS_MAP_FILE|0x3b, 0x8f, 0).* = 0' /tmp/strace
exit 0
'''


@test('memory is mapped by its file where that is one or a large one',
      [(platform, 'iommufd', how) for platform in ('arm-smmuv3', 'x86-vtd') for how in FILES])
def in_files(platform, backend, how):
    result = guest.run(platform, ['sh', '-c', IN_FILES, 'sh', *PLATFORMS[platform].nics,
                                  *FILES[how].split()], seconds=150, memory='6G', hugepages=400,
                       kernel_args=('hugepagesz=1G', 'hugepages=2'), backend=backend)
    parts = oracle.sections(result.stdout)
    log = parts.get('testpmd', result.stdout + result.stderr + result.error)
    expect_equal(result.status, 0, f'exit status, after\n{log[-2000:]}\n')
    oracle.check_mappings(parts)
    oracle.check_payloads(log)
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
    # Memory that is added later, a page at a time, is mapped by its file.
    by_address, by_file = map(int, parts['calls'].split())
    at_once = int(re.search(r'mapped \d+ MiB, \d+ pages, by (\d+) calls', log)[1])
    wanted = {'one': (1, 0), 'large': (2, 0), 'small': (1, 1)}[how]
    expect_equal((at_once, by_address), wanted, f'calls at once, of them by address\n{log[:2000]}\n')
    expect(by_file >= at_once - by_address, f'{by_file} calls by files')
    figure(f'{how}: calls at once, of these by address', f'{at_once}, {by_address}')
