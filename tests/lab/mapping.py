# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Where the kernel spends the time to map memory and to unmap it; benchmarks with 4 GiB."""

from labkit import benches, facts, guest, profile
from labkit.platforms import PLATFORMS
from labkit.testing import each_backend, expect, expect_equal, figure, part, test

MEGABYTES = 1024
# Rounds that are sampled, and the functions that are shown of each phase.
ROUNDS, SHOWN = 20, 8
# Fewer samples say nothing.
ENOUGH = 40
SCRIPT = f'''
. /usr/share/vfio-msi/facts.sh
vfio-bind $0 || exit 1
for name in /sys/class/virtio-ports/*/name; do
    [ "$(cat "$name")" != monitor ] || port=/dev/$(basename "$(dirname "$name")")
done
{profile.PRINT_SYMBOLS}
vfio-msi-mapping $port $0 {MEGABYTES} {ROUNDS} "$@"
'''
# As the pci bus of DPDK, as this bus, and other ways in which it could.
WAYS = {
    'type1': ('type1,v1,call=2', 'type1', 'type1,detach'),
    'iommufd': ('iommufd', 'iommufd,file', 'iommufd,call=2', 'iommufd,file,call=2',
                'iommufd,detach'),
}

# To unmap, the kernel reads physical addresses from the tables of the IOMMU, and unpins.
READS = 'iova_to_phys|iopte_walk|make_range|batch_from_domain|vfio_unmap_unpin'
UNPINS = 'unpin_user|gup_put_folio|put_pfn|put_valid_unreserved_pfns|folio_put'


@test('to unmap, the kernel reads addresses for longer than it unpins', each_backend('arm-smmuv3', 'x86-vtd'),
      soak=True)
def mapping(platform, backend):
    result = guest.run(platform, ['sh', '-c', SCRIPT, PLATFORMS[platform].nics[0], *WAYS[backend]],
                       seconds=900, memory='4G', hugepages=MEGABYTES // 2 + 16, backend=backend)
    said = facts.read(result)
    symbols = profile.Symbols(said.text('symbols'))
    for way in WAYS[backend]:
        with part(f'samples of {way}'):
            for phase in ('map', 'unmap'):
                found = _show(f'{way}, {phase}', said[f'{way}_{phase}_us'],
                              result.samples.get(f'{way} {phase}', []), symbols)
            reads, unpins = (profile.share_of(found, names) for names in (READS, UNPINS))
            figure(f'{way}: share that reads addresses, that unpins', f'{reads:.2f}, {unpins:.2f}',
                   varies=True)
            expect(reads > unpins, f'{way}: reads {reads:.2f}, unpins {unpins:.2f}: {found[:20]}')
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')


def _show(what, microseconds, samples, symbols):
    """Print the time and the functions of a phase; returns their shares."""
    figure(f'{what}: ms for each GiB', f'{microseconds * 1024 / MEGABYTES / 1000:.2f}', varies=True)
    found = profile.shares(samples, symbols)
    for name, share in found[:SHOWN]:
        figure(f'{what}, {len(samples)} samples: {name}', f'{100 * share:.0f} %', varies=True)
    # By file, mapping is over before there are many samples.
    expect(microseconds < 5000 or len(samples) >= ENOUGH, f'{len(samples)} samples of {what}')
    expect(dict(found).get(profile.USER, 0) < 0.5, f'{what} is not in the kernel: {found[:3]}')
    return found


# A machine has 4 GiB of one page size at a time.
LONG_BENCH = '''
. /usr/share/vfio-msi/facts.sh
quiet() { "$@" 2>/dev/null; }
vfio-bind "$@" >/dev/null || exit 1
case $0 in 1G) mkdir -p /mnt && mount -t hugetlbfs -o pagesize=1G none /mnt || exit 1 ;; esac
fact_status map quiet dpdk-test-msi bench map --json -p "$0" "$1"
[ "$0" = 1G ] || fact_status startup quiet dpdk-test-msi bench startup --json "$@"
'''
LONG_BENCH_SIZE = 4096
LONG_BENCH_PAGES = {
    '2M': {'hugepages': 2048},
    '1G': {'hugepages': 0, 'kernel_args': ('hugepagesz=1G', 'hugepages=4')},
}


@test('benchmarks with 4 GiB, 5 rounds', each_backend('arm-smmuv3', 'x86-vtd'), soak=True)
def long_bench(platform, backend):
    for page, options in LONG_BENCH_PAGES.items():
        result = guest.run(platform, ['bash', '-c', LONG_BENCH, page, *PLATFORMS[platform].nics],
                           seconds=1500, memory='6656M', backend=backend, **options)
        said = facts.read(result)
        with part(f'bench map counts at most 1/500 of the calls, pages of {page}'):
            benches.check_map(said['map'], said['map_status'], backend, LONG_BENCH_SIZE, page)
        if page == '2M':
            with part('bench startup with 4 GiB'):
                benches.check_startup(said['startup'], said['startup_status'], backend, 5)
        expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
