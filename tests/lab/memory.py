# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""How many calls map EAL's memory and how much is locked, compared to stock DPDK."""

import errno
import re

from labkit import facts, growth, guest, oracle
from labkit.platforms import PLATFORMS
from labkit.testing import each_backend, expect, expect_equal, figure, part, test

MEGABYTES, PAGES = 4096, 2048
# Stock DPDK makes at least so many times the calls.
CALLS_RATIO = 500
# The counter of locked memory that each backend uses.
ACCOUNT = {'stock': 'VmLck', 'type1': 'VmLck', 'iommufd': 'VmPin'}


@test('one call maps 4 GiB of preallocated pages, which are pinned once', [('arm-smmuv3', 'iommufd')],
      tail=each_backend('arm-smmuv3'))
def coalesced(platform, backend):
    # A kernel with iommufd also has type1, so one boot measures both.
    ways = ['stock', 'type1'] + (['iommufd'] if backend == 'iommufd' else [])
    result = guest.run(platform, ['/usr/share/vfio-msi/memory.sh', str(MEGABYTES), *ways],
                       seconds=400, memory='6G', hugepages=2200, backend=backend)
    said = facts.read(result)
    for who in ways:
        with_who = said.of(f'{who}_')
        # All pages are in one list of 16 GiB, so they are one run.
        with_who.check('log', map=PAGES if who == 'stock' else 1)
        if who != 'stock':
            with_who.check('log', unmap=1)
        oracle.check_backend(with_who['log'], who, who != 'stock')
        locked = {name: MEGABYTES << 20 if name in ('pinned', ACCOUNT[who]) else 0
                  for name in ('VmLck', 'VmPin', 'pinned')}
        with_who.check('log', **locked, bytes=MEGABYTES << 20, left=0, status=0)
        figure(f'{who}: calls to map', with_who['map'])
        figure(f'{who}: VmLck, VmPin, pinned by the kernel, MiB',
               ', '.join(str(with_who[name] >> 20) for name in locked))
    calls = {who: said[f'{who}_map'] + said[f'{who}_unmap'] for who in ways}
    expect(all(CALLS_RATIO * calls[who] <= calls['stock'] for who in ways[1:]),
           f'calls to map and unmap are more than 1/{CALLS_RATIO} of stock DPDK: {calls}')
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')


# The IOMMUs whose page tables the lab can read.
TABLES = {'arm-smmuv3': 'TABLES=smmuv3', 'x86-vtd': 'TABLES=vtd'}
# Arguments: the devices of breathe.sh, then the arguments of each run of grow.sh.
BREATHE = '''
/usr/share/vfio-msi/breathe.sh $1 $2 || exit 1
shift 2
''' + growth.RUNS


@test("EAL's memory grows and shrinks while testpmd runs",
      [('arm-smmuv3', 'iommufd'), ('x86-vtd', 'type1')],
      tail=each_backend('arm-smmuv3', 'x86-vtd'))
def breathe(platform, backend):
    device = f'{PLATFORMS[platform].nics[0]},backend={backend}'
    result = guest.run(platform, ['env', TABLES[platform], 'sh', '-c', BREATHE, 'sh',
                                  *PLATFORMS[platform].nics,
                                  *(f'{device} 150 4 128 {option}' for option in growth.OPTIONS),
                                  f'{device},iova=assigned 50 2 64'],
                       seconds=220, backend=backend)
    said = facts.read(result)
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
    for number, option in enumerate(growth.OPTIONS, 1):
        with part(f'blocks of 2 MiB to 128 MiB come and go on two lcores {option}'.strip()):
            growth.check(option or 'pages as EAL frees them', said.of(f'grow_{number}_'), 150, 4,
                         backend)
    with part('blocks of 2 MiB to 64 MiB come and go on two lcores with assigned IOVAs'):
        growth.check('assigned IOVAs', said.of(f'grow_{len(growth.OPTIONS) + 1}_'), 50, 2, backend,
                     assigned=True)
    before = said['pages_before']
    for number in (1, 2, 3):
        said.check('log', **{f'pages_stopped_{number}': before, f'pinned_stopped_{number}': 0})
        pages = said[f'pages_started_{number}']
        expect(pages >= before + 24, f'memory did not grow: {before} pages, then {pages}')
        said.check('log', **{f'pinned_started_{number}': (pages - before) * 2 << 20})
    oracle.check_burst(said, backend)
    oracle.check_mappings(said)
    with part('the page tables of the IOMMU have large pages for memory that grew'):
        oracle.check_tables(said['tables'], oracle.held(said))
    # The hole of a device that is added later limits the growth.
    late, end = said['latecomer'], said['end']
    expect(re.search(rf"can't grow beyond {end}, which meets {end}-\w+ \(user, from "
                     rf'{PLATFORMS[platform].nics[1]}\)', late)
           and "can't grow by " in late,
           f'memory grew into the hole\n{late[-3000:]}')


def _endless(platform, backend, option='', assigned=False):
    device = f'{PLATFORMS[platform].nics[0]},backend={backend}{",iova=assigned" * assigned}'
    run = f'{device} 5000 50 1024 {option}'
    # In one thread of the emulator, an lcore that waits for EAL's lock leaves the time to the
    # other one.
    result = guest.run(platform, ['env', TABLES[platform], 'sh', '-c', growth.RUNS, 'sh', run],
                       seconds=1000, memory='4G', hugepages=640, backend=backend, threads='single')
    said = facts.read(result)
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
    growth.check('10,000 small blocks, 50 large blocks', said.of('grow_1_'), 5000, 50, backend,
                 assigned=assigned)


@test('10,000 blocks of 2 to 16 MiB and 50 of 64 MiB to 1 GiB leave the mappings of the start',
      soak=True, platforms=each_backend('arm-smmuv3', 'x86-vtd'))
def endless(platform, backend):
    _endless(platform, backend)


@test('the same with --match-allocations', soak=True,
      platforms=each_backend('arm-smmuv3', 'x86-vtd'))
def endless_matched(platform, backend):
    _endless(platform, backend, '--match-allocations')


@test('the same with assigned IOVAs', soak=True, platforms=each_backend('arm-smmuv3', 'x86-vtd'))
def endless_assigned(platform, backend):
    _endless(platform, backend, assigned=True)


# One file for all 2 MiB pages, one file per 1 GiB page, or one file per 2 MiB page.
FILES = {
    'one': '--single-file-segments -m 640',
    'large': '--huge-dir /mnt -m 2048',
    'small': '-m 640',
}
IN_FILES = '''
. /usr/share/vfio-msi/facts.sh
mkdir -p /mnt && mount -t hugetlbfs -o pagesize=1G none /mnt || exit 2
export TESTPMD_UNDER='strace --seccomp-bpf -f -D -e trace=ioctl -o /tmp/strace'
export TRAFFIC_DURING='qemu-monitor tables $TABLES ${first%%,*} | fact_text tables'
first=$0 second=$1
shift
for eal; do
    number=$((number + 1))
    facts_of "${number}_" /usr/share/vfio-msi/traffic.sh $first $second $eal || exit 1
    fact "${number}_by_address" "$(grep -cE ' IOMMU_IOAS_MAP,.* = 0' /tmp/strace)"
    fact "${number}_by_file" "$(grep -cE '(IOMMU_IOAS_MAP_FILE|0x3b, 0x8f, 0).* = 0' /tmp/strace)"
    rm -f /mnt/* /dev/hugepages/*
done
facts_of assigned_ /usr/share/vfio-msi/traffic.sh $first,iova=assigned $second \\
    --huge-dir /mnt -m 2048 --base-virtaddr 0x4000000000 || exit 1
'''


@test('memory in files of hugepages, also of 1 GiB: packets, no IOMMU fault', [('x86-vtd', 'iommufd')],
      tail=each_backend('arm-smmuv3', 'x86-vtd'))
def in_files(platform, backend):
    # type1 maps by address only.
    files = FILES if backend == 'iommufd' else {'large': FILES['large']}
    result = guest.run(platform, ['env', TABLES[platform], 'sh', '-c', IN_FILES,
                                  *PLATFORMS[platform].nics, *files.values()],
                       seconds=300, memory='6G', hugepages=400,
                       kernel_args=('hugepagesz=1G', 'hugepages=2'), backend=backend)
    said = facts.read(result)
    for number, how in enumerate(files, 1):
        with part(f'packets and page tables: {how}'):
            _check_packets_of(how, said.of(f'{number}_'), backend)
        if backend == 'iommufd':
            with part(f'the bus maps by file if there is one file or each is large: {how}'):
                _check_in_files(how, said.of(f'{number}_'))
    with part('assigned IOVAs of pages of 1 GiB'):
        assigned = said.of('assigned_')
        oracle.check_burst(assigned, backend)
        oracle.check_congruence(assigned['events'], 1 << 30)
        oracle.check_assigned(assigned, 1 << 39, assigned)
        oracle.check_tables(assigned['tables'], oracle.mapped(assigned['events']), 1 << 30)
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')


def _check_packets_of(how, said, backend):
    page = 1 << 30 if how == 'large' else 2 << 20
    oracle.check_burst(said, backend)
    oracle.check_mappings(said, page)
    figure(f"{how}: pages in the IOMMU's tables",
           oracle.check_tables(said['tables'], oracle.held(said), page), varies=True)


def _check_in_files(how, said):
    log = said['log']
    # Memory that is added later, one page at a time, is mapped by file.
    by_address, by_file = said['by_address'], said['by_file']
    at_once = int(re.search(r'mapped \d+ MiB, \d+ pages, by (\d+) calls', log)[1])
    wanted = {'one': (1, 0), 'large': (2, 0), 'small': (1, 1)}[how]
    expect_equal((at_once, by_address), wanted,
                 f'calls at start, of these by address\n{log[:2000]}\n')
    expect(by_file >= at_once - by_address, f'{by_file} calls by file')
    figure(f'{how}: calls at start, of these by address', f'{at_once}, {by_address}')


OWN = '''
. /usr/share/vfio-msi/facts.sh
vfio-bind 0000:00:03.0 0000:00:05.0
dma()
{
    fact_status $1 timeout -k 5 180 vfio-msi-dma -l 0 -n 1 -m 64 --log-level=bus.vfio_msi:info \\
        -a ${2}0000:00:03.0 -a ${2}0000:00:05.0
}
dma ours vfio_msi:
dma stock ''
'''
# The steps of vfio-msi-dma: name, 0 or errno, KiB of the application's memory pinned after it.
STEPS = [
    ('register', 0, 0),
    ('first', 0, 12),                       # by one port
    ('second', 0, 12),                      # by the other port: the same memory, still pinned once
    ('unmap-first', 0, 12),                 # the other port still uses it
    ('unmap-second', 0, 0),
    ('unmap-third', errno.ENOENT, 0),
    ('page', 0, 4),
    ('pages', 0, 12),
    ('unmap-all', 0, 0),                    # both in one call
    ('window', errno.ERANGE, 0),            # in the MSI window
    ('bridge', 0, 12),                      # in a window of the host bridge: with a warning
    ('unmap-bridge', 0, 0),
    ('again', 0, 12),
    ('elsewhere', errno.EEXIST, 12),        # another page has this IOVA
    ('unmap-part', errno.EBUSY, 12),
    ('heap-create', 0, 12),
    ('heap-add', 0, 24),                    # the bus maps it on EAL's memory event
    ('heap-iova', 0, 24),                   # as passed
    ('heap-elsewhere', 0, 24),              # a secondary process finds it too
    ('heap-map', 0, 24),                    # already mapped
    ('heap-unmap', 0, 24),                  # it remains mapped
    ('heap-remove', 0, 12),
    ('hole-add', 0, 12),                    # rejected: the application can't learn it from EAL
    ('hole-iova', 2, 12),                   # but its memory has no IOVA
    ('hole-remove', 0, 12),
    ('over-add', 0, 12),                    # rejected too: the IOVA is in use
    ('over-remove', 0, 12),                 # the mapping that uses it remains
    ('bridge-add', 0, 24),                  # with a warning
    ('bridge-iova', 0, 24),
    ('bridge-remove', 0, 12),
    ('remove-first', 0, 12),
    ('remove-second', 0, 0),                # without a device, nothing is mapped
    ('absent-add', 0, 0),
    ('absent-iova', 0, 0),
    ('probe', 0, 24),                       # the bus maps both
    ('present-iova', 0, 24),
    ('absent-remove', 0, 12),
    ('unmap-last', 0, 0),
    ('unregister', 0, 0),
]
# The same where the VA is no good IOVA: of registered memory it is rejected, memory of a
# heap gets another IOVA.
BAD_VA = {
    'first': (errno.ERANGE, 0), 'second': (errno.ERANGE, 0), 'unmap-first': (errno.ENOENT, 0),
    'unmap-second': (errno.ENOENT, 0), 'page': (errno.ERANGE, 0), 'pages': (errno.ERANGE, 0),
    'unmap-all': (errno.ENOENT, 0), 'again': (errno.ERANGE, 0), 'elsewhere': (errno.ERANGE, 0),
    'unmap-part': (errno.ENOENT, 0), 'heap-create': (0, 0), 'heap-add': (0, 12),
    'heap-iova': (1, 12), 'heap-elsewhere': (0, 12), 'heap-map': (errno.ERANGE, 12), 'heap-unmap': (errno.ENOENT, 12),
    'heap-remove': (0, 0), 'hole-add': (0, 0), 'hole-iova': (2, 0), 'hole-remove': (0, 0),
    'over-add': (0, 0), 'over-remove': (0, 0), 'bridge-add': (0, 12), 'bridge-iova': (0, 12),
    'bridge-remove': (0, 0), 'remove-first': (0, 0), 'absent-iova': (1, 0), 'probe': (0, 12),
    'present-iova': (1, 12), 'absent-remove': (0, 0), 'unmap-last': (errno.ENOENT, 0),
}
# The expected error messages.
SAID = [r'DMA unmap of IOVA \S+ failed: rte_dev_dma_map\(\) mapped nothing there',
        r'DMA map of IOVA 0x8000000-0x8002fff failed: meets 0x8000000-0x80fffff '
        r'\(SW_MSI, from 0000:00:03.0\); use rte_eal_iommu_map\(\)',
        r'DMA map of IOVA 0x20000000-0x20002fff, VA 0x\w+, meets 0x10000000-\S+ \(.*host bridge.*\): '
        'DMA there may not reach memory; use rte_eal_iommu_map',
        r'DMA map of IOVA (\S+) failed: overlaps 0x\w+-0x\w+, which is mapped already '
        r'\(rte_dev_dma_map\(\)\); use rte_eal_iommu_',
        r'DMA unmap of IOVA \S+ failed: the range ends inside a mapping']
# The messages of the library, about hole-add, over-add and bridge-add: one of each.
CHOSEN = r'-0x\w+: NOT mapped for DMA, devices must not use it: IOVA (0x\w+-0x\w+), which the application chose, '
SAID_OF_HEAP = [CHOSEN + r'meets 0x8000000-0x80fffff \(SW_MSI, from 0000:00:03.0\)',
                CHOSEN + r'overlaps 0x\w+-0x\w+, which is mapped already \(rte_dev_dma_map\(\)\)',
                r'-0x\w+, IOVA 0x20000000-0x20002fff, meets 0x10000000-\S+ \(.*host bridge.*\): DMA there '
                r'may not reach memory; pass other IOVAs']


def _steps(log):
    """The steps that vfio-msi-dma reports."""
    return [(name, int(error), int(pinned)) for name, error, pinned
            in re.findall(r'^([a-z-]+) (\d+) (\d+)$', log, re.MULTILINE)]


@test('an application maps its own memory for each port', [('arm-smmuv3', 'type1')],
      tail=each_backend('arm-smmuv3'))
def own(platform, backend):
    result = guest.run(platform, ['sh', '-c', OWN], seconds=120, backend=backend)
    said = facts.read(result)
    said.check('stock', stock_status=0)
    said.check('ours', ours_status=0)
    log = said['ours']
    expect_equal(_steps(log), STEPS, f'steps of\n{log}\n')
    failures = re.findall(r'VFIO_MSI: vfio_msi:0000:00:03.0: (DMA .*)', log)
    expect(len(failures) == len(SAID) and all(map(re.match, SAID, failures)),
           f'the messages are\n{failures}')
    of_heap = re.findall(r'memory of a heap at VA 0x\w+(-0x.*)', log)
    expect(len(of_heap) == len(SAID_OF_HEAP) and all(map(re.match, SAID_OF_HEAP, of_heap)),
           f'the messages about memory of the heap are\n{of_heap}')
    oracle.check_backend(log, backend, times=None)
    # Every application does the first steps. They work on the pci bus as well.
    expect_equal([step for step in _steps(said['stock']) if step[0] in ('first', 'second')],
                 [('first', 0, 12), ('second', 0, 12)], 'mappings of stock DPDK')
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')


# EAL's options that change how it allocates memory. At the packets: are there files of
# hugepages? MiB that are pinned, if the options say how many.
MODES = {
    'legacy': ('--legacy-mem -m 64', True, 64),
    'nohuge': ('--no-huge -m 64', False, 64),
    'inmemory': ('--in-memory', False, 0),
    'noshconf': ('--no-shconf', True, 0),
    'unlink': ('--huge-unlink', False, 0),
    'single': ('--single-file-segments -m 64', True, 64),
}


@test('packets with each --mp-alloc of testpmd except anon', [('arm-smmuv3', 'iommufd')],
      tail=each_backend('arm-smmuv3'))
def kinds(platform, backend):
    result = guest.run(platform, ['/usr/share/vfio-msi/kinds.sh', *PLATFORMS[platform].nics,
                                  *(f'{name}={mode[0]}' for name, mode in MODES.items())],
                       seconds=300, backend=backend)
    said = facts.read(result)
    for kind in ('native', 'xmem', 'xmemhuge', 'xbuf'):
        log = said[f'{kind}_log']
        expect(f'MP allocation mode: {kind}\n' in log, f'the mode is not {kind}\n{log[-2000:]}')
        _check_packets(kind, said, backend)
    for name, (options, files, megabytes) in MODES.items():
        with part(f'packets with {options}'):
            _check_packets(name, said, backend)
            of_mode = said.of(f'{name}_')
            expect_equal(of_mode['files'] > 0, files, f'{of_mode["files"]} files of hugepages')
            if megabytes:
                of_mode.check('log', pinned=megabytes << 20)
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')


FAR = OWN.split('dma ours')[0] + '''
dma dma vfio_msi:
exec /usr/share/vfio-msi/kinds.sh "$@"
'''


@test("packets with each --mp-alloc of testpmd except anon, where the memory's addresses are no IOVAs",
      [('x86-vtd39', 'type1')], tail=[('x86-vtd39', 'iommufd')])
def far_kinds(platform, backend):
    result = guest.run(platform, ['sh', '-c', FAR, 'sh', *PLATFORMS[platform].nics], seconds=300,
                       backend=backend)
    said = facts.read(result)
    for kind in ('native', 'xmem', 'xmemhuge', 'xbuf'):
        _check_packets(kind, said, backend)
        log = said[f'{kind}_log']
        chosen = re.findall(r'memory of a heap at VA 0x\w+-0x\w+ gets IOVAs from 0x(\w+) on, as its VA '
                            r'is outside of the IOMMU aperture', log)
        expect_equal(len(chosen), int(kind in ('xmem', 'xmemhuge')), f'heaps with other IOVAs\n{log[:3000]}')
        expect(all(int(iova, 16) < 1 << 39 for iova in chosen), f'{kind}: IOVAs from {chosen}')
    with part('an application maps memory itself, and by a heap'):
        said.check('dma', dma_status=0)
        expect_equal(_steps(said['dma']),
                     [(name, *BAD_VA.get(name, rest)) for name, *rest in STEPS], f'steps of\n{said["dma"]}\n')
        expect('this VA is no good IOVA: map the memory with rte_eal_iommu_map()' in said['dma'],
               f'no advice\n{said["dma"]}')
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')


@test("packets with each --mp-alloc of testpmd except anon and EAL's options, with assigned IOVAs",
      [*each_backend('x86-vtd', 'arm-smmuv3', 'arm-virtio-iommu', 'x86-virtio-iommu',
                     # As a Raspberry Pi 5, and as an Apple M1, whose IOMMU has 32 bits.
                     'arm-window40', 'x86-aperture32'),
       ('x86-two-bridges', 'type1')], soak=True)
def assigned_kinds(platform, backend):
    first, second = PLATFORMS[platform].nics
    modes = {name: mode[0] for name, mode in MODES.items() if name != 'nohuge'}
    result = guest.run(platform, ['/usr/share/vfio-msi/kinds.sh', f'{first},iova=assigned', second,
                                  *(f'{name}={options}' for name, options in modes.items())],
                       seconds=300, backend=backend)
    said = facts.read(result)
    for name in ('native', 'xmem', 'xmemhuge', 'xbuf', *modes):
        with part(f'packets with {modes.get(name, name)}'):
            _check_packets(name, said, backend)
            expect('IOVAs are assigned, as ' in said[f'{name}_log'], said[f'{name}_log'][:2000])
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')


# EAL's options, the guest's pages of 1 GiB, the nodes on which EAL takes one, and EAL's smallest page.
LARGE = {
    'arm-smmuv3': ('--huge-dir /mnt -m 2048 --base-virtaddr 0x4000000000', 'hugepages=2', [0], 1 << 30),
    'x86-two-bridges': ('--socket-mem 1088,1088 --base-virtaddr 0x4000000000', 'hugepages=0:1,1:1',
                        [0, 1], 2 << 20),
}
LARGE_PAGES = '''
. /usr/share/vfio-msi/facts.sh
mkdir -p /mnt && mount -t hugetlbfs -o pagesize=1G none /mnt || exit 2
export TRAFFIC_DURING='qemu-monitor tables $TABLES ${first%%,*} | fact_text tables
    grep " huge " /proc/$testpmd_pid/numa_maps | fact_text numa'
exec /usr/share/vfio-msi/traffic.sh $0,iova=assigned "$@"
'''


@test('packets from pages of 1 GiB, and of two sizes on two NUMA nodes, with assigned IOVAs',
      [('arm-smmuv3', 'type1'), *each_backend('x86-two-bridges')], soak=True)
def assigned_large(platform, backend):
    options, pages, nodes, smallest = LARGE[platform]
    result = guest.run(platform, ['env', TABLES.get(platform, 'TABLES=vtd'), 'sh', '-c', LARGE_PAGES,
                                  *PLATFORMS[platform].nics, *options.split()],
                       seconds=300, hugepages=1024 if len(nodes) > 1 else 64, backend=backend,
                       memory=PLATFORMS[platform].memory if len(nodes) > 1 else '5G',
                       kernel_args=('hugepagesz=1G', pages))
    said = facts.read(result)
    oracle.check_burst(said, backend)
    oracle.check_assigned(said, 1 << 39, said)
    oracle.check_congruence(said['events'], smallest)
    figure("pages in the IOMMU's tables",
           oracle.check_tables(said['tables'], oracle.mapped(said['events']), smallest), varies=True)
    large = re.findall(r'\bN(\d+)=\d+ .*kernelpagesize_kB=1048576', said['numa'])
    expect_equal(sorted({int(node) for node in large}), nodes, f'nodes with pages of 1 GiB\n{said["numa"]}\n')
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')


def _check_packets(name, said, backend):
    """A burst arrived, and few calls mapped all memory."""
    said = said.of(f'{name}_')
    log = said['log']
    oracle.check_burst(said, backend)
    expect('VFIO_MSI: vfio_msi:0000' in log and ' failed' not in log, f'{name}\n{log[-2000:]}')
    said.check('log', left=0)
    expect(said['pinned'] > 0, 'nothing is pinned')
    # A few pages of EAL and the memory of the application, without one call per page.
    calls = said['calls']
    expect(0 < calls < 20, f'{calls} calls to map {name}')
    figure(f'{name}: calls to map', calls, varies=True)
