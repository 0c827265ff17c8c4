# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""EAL's memory is placed and grows only where devices can reach it, as the tool predicts."""

import re

from labkit import facts, guest, oracle, schema
from labkit.platforms import PLATFORMS
from labkit.testing import each_backend, expect, expect_equal, figure, part, test


def _run(platform, backend, megabytes, *words, **options):
    nics = PLATFORMS[platform].nics
    result = guest.run(platform, ['/usr/share/vfio-msi/steer.sh', str(megabytes), *nics, *words],
                       backend=backend, **options)
    said = facts.read(result)
    said.check('layout', layout_status=0)
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
    oracle.check_burst(said, backend)
    oracle.check_mappings(said)
    return said


def _check_prediction(said):
    """Memory begins at the predicted address; returns the prediction and the mapped ranges."""
    memory = schema.load(said['layout'], 'layout')['eal_memory']
    lists = [(int(one['first'], 16), int(one['last'], 16)) for one in memory['lists']]
    mapped = [piece for piece in oracle.mapped(said['events']) if piece[0] >= 1 << 32]
    expect(mapped, 'nothing was mapped')
    expect_equal(hex(mapped[0][0]), hex(lists[0][0]), 'where memory begins')
    for first, last in mapped:
        expect(any(low <= first and last <= high for low, high in lists),
               f'{first:#x}-{last:#x} is in no list of {lists}')
    return memory, mapped


@test('memory is steered away from holes at the default address, as predicted',
      [*each_backend('x86-vtd', 'x86-amdvi'), ('arm-reserved', 'iommufd')],
      tail=[('arm-reserved', 'type1')])
def predicted(platform, backend):
    said = _run(platform, backend, 64, seconds=150)
    memory, _ = _check_prediction(said)
    expect_equal((memory['steered'], memory['quality']), (True, 'whole'), 'the prediction')
    expect('memory is steered to ' in said['log'], f'memory was not steered\n{said["log"][:2000]}')


# The usable part of the first list, and the message if a hole covers all above 4 GiB.
# The window ends at 33 bits, or is 4 GiB at 40 GiB.
SHORT = {
    'x86-aperture33': (0x100200000, 0x1ffffffff, "EAL's memory would get bad addresses"),
    'arm-window40': (0xa00000000, 0xaffffffff, 'no address remains that all devices can use'),
}


@test('memory stays inside a window that is shorter than what EAL reserves',
      list(zip(SHORT, ('type1', 'iommufd'))), tail=each_backend(*SHORT))
def short(platform, backend):
    said = _run(platform, backend, 1024, 'short', seconds=400, memory='5G', hugepages=1200,
                kernel_args=('hugepagesz=1G', 'hugepages=1'))
    first, last, nowhere = SHORT[platform]
    memory, mapped = _check_prediction(said)
    expect_equal((memory['quality'], memory['lists'][0]['first'], memory['lists'][0]['good_bytes']),
                 ('short', hex(first), hex(last + 1 - first)), 'the prediction')
    expect(mapped[-1][1] <= last, f'{mapped[-1][1]:#x} is mapped')
    fit = (last + 1 - first) >> 20
    log, grow, start = said['log'], said['grow'], said['start']
    expect(f"can't grow beyond {last + 1:#x}, which " in log and f': up to {fit} MiB fit ' in log,
           f'no limit\n{log[:3000]}')
    expect("can't grow by " in grow and "MiB: the devices can't reach memory beyond " in grow
           and 'Creation of mbuf pool' in grow, f'growth\n{grow[-3000:]}')
    said.check('grow', grow_status=1)
    expect('preallocate at most 512 MiB of these pages' in start
           and 'No probed ethernet devices' in start, f'too much at start\n{start[-3000:]}')
    expect(nowhere in said['nowhere'], f'no good address\n{said["nowhere"][-2000:]}')
    said.check('nowhere', nowhere_status=1)
    with part('IOVAs are assigned if the window has no room for two page sizes'):
        _check_two_sizes(said, backend, last)
    figure('memory that fits, MiB', fit)


def _check_two_sizes(said, backend, last):
    """A page of 1 GiB and some of 2 MiB are in the window, as the tool predicts."""
    said.check('sizes_layout', sizes_layout_status=0)
    memory = schema.load(said['sizes_layout'], 'layout')['eal_memory']
    expect_equal((memory['iova'], memory['quality']), ('assigned', 'bad'), 'the prediction')
    sizes = said.of('sizes_')
    oracle.check_burst(sizes, backend)
    oracle.check_assigned(sizes, last + 1, sizes)
    oracle.check_congruence(sizes['events'], 2 << 20)
    held = [oracle.size([piece]) for piece in oracle.held(sizes)]
    expect(max(held) == 1 << 30 and min(held) < 1 << 30, f'hugepages: {sizes["hugepages"]}')


# The end of 32 bits is the beginning of EAL's memory.
BELOW = '''
. /usr/share/vfio-msi/facts.sh
vfio-bind $0 $1
fact_status layout dpdk-test-msi layout -a vfio_msi:$0,iova=va
fact_status va timeout -k 5 180 dpdk-testpmd -a vfio_msi:$0,iova=va -l 0,1 -n 1 -m 64 \\
    -- --total-num-mbufs=4096 </dev/null
facts_of auto_ /usr/share/vfio-msi/traffic.sh $0 $1 -m 64
'''


@test('an IOMMU of 32 bits: IOVAs are assigned, or with iova=va devices are rejected',
      [('x86-aperture32', 'type1')], tail=[('x86-aperture32', 'iommufd')])
def below(platform, backend):
    result = guest.run(platform, ['sh', '-c', BELOW, *PLATFORMS[platform].nics],
                       backend=backend, seconds=240)
    said = facts.read(result)
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
    expect("EAL's memory would get bad addresses" in said['layout'], f'the layout is\n{said["layout"]}')
    said.check('layout', layout_status=1)
    expect("vfio_msi: EAL's memory can't be mapped for DMA: memory at 0x1" in said['va']
           and 'No probed ethernet devices' in said['va'], said['va'][-3000:])
    auto = said.of('auto_')
    oracle.check_burst(auto, backend)
    oracle.check_assigned(auto, 1 << 32, auto)


@test('IOVAs are assigned where no address above 4 GiB is good, and by the key',
      [('arm-smmuv3', 'iommufd')], tail=each_backend('arm-smmuv3', 'x86-vtd', 'x86-amdvi'))
def assigned(platform, backend):
    nics = PLATFORMS[platform].nics
    result = guest.run(platform, ['/usr/share/vfio-msi/assigned.sh', *nics, PLATFORMS[platform].spare],
                       backend=backend, seconds=400)
    said = facts.read(result)
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
    said.check('layout', layout_status=0)
    plan = schema.load(said['layout'], 'layout')
    expect_equal(plan['eal_memory']['iova'], 'assigned', 'the prediction')
    expect_equal([hole['first'] for hole in plan['holes']
                  if (hole['origin'], hole['detail']) == ('user', 'dma_bits=32')],
                 ['0x100000000'], 'where dma_bits=32 ends')
    with part('a hole up to the last address: IOVAs would be assigned'):
        said.check('layout_above', layout_above_status=0)
        plan = schema.load(said['layout_above'], 'layout')
        expect_equal(plan['eal_memory']['iova'], 'assigned', 'the prediction')
        expect('0x100000000' in [hole['first'] for hole in plan['holes'] if hole['origin'] == 'user'],
               f'no such hole in\n{said["layout_above"]}')
    oracle.check_burst(said.of('hole_'), backend)
    oracle.check_assigned(said.of('hole_'), 1 << 32, said.of('hole_'))
    expect('IOVAs are assigned, as no free address is a good IOVA' in said['hole_log'],
           said['hole_log'][:2000])
    _check_breath(said)
    said.check('log', burst=True, status=0)
    oracle.check_payloads(said['log'])
    expect(f'{PLATFORMS[platform].spare}: rejected on the pci bus, as the IOVAs of this process '
           'are assigned' in said['log'], f'the pci bus took a device\n{said["log"][-2000:]}')
    oracle.check_assigned(said, 1 << 32, said.of('hole_'))
    expect_equal(said['info'].count('NIC statistics for port'), 2, f'secondary\n{said["info"]}')
    _check_restored(said.of('restored_'))
    with part('--legacy-mem'):
        oracle.check_burst(said.of('legacy_'), backend)
        oracle.check_assigned(said.of('legacy_'), 1 << 32, said.of('legacy_'))
    with part('memory does not grow where no IOVA is free'):
        _check_crowded(said)
    for name, words in REJECTED.items():
        expect(words in said[name], f'{name}: no "{words}" in\n{said[name][-3000:]}')
    for name in ('unable', 'unable_auto', 'mode', 'no_huge'):
        expect('No probed ethernet devices' in said[name], f'{name}\n{said[name][-2000:]}')


def _check_crowded(said):
    """EAL did not take memory for which there is no IOVA; the bus logged why, once."""
    log = said['crowded']
    expect(len(re.findall(r"memory of NUMA node \d+ can't grow by 0x\w+ bytes in pages of \d+ KiB: "
                          'there are too few free IOVAs to assign', log)) == 1 and 'Creation of mbuf pool' in log, log[-3000:])
    expect('NOT mapped' not in log, log[-3000:])
    said.check('crowded', crowded_status=1)


def _check_restored(said):
    """A mapping of the application keeps its IOVA while the devices are away and EAL grows."""
    steps = {step['step']: step['iova'] for step in oracle.check_restored(said)}
    expect('lost' not in steps and steps['probed'] == steps['mapped'] > 0, f'{steps} in\n{said["restore"]}')


REJECTED = {
    'mixed': "IOVAs can't be assigned, as device ",
    'unable': "iova=assigned needs EAL's IOVA mode PA",
    'unable_auto': 'give fewer devices or holes to one process, or run the application as root',
    'twice': 'iova=va conflicts with iova=assigned of vfio_msi:',
    'mode': "IOVAs can't be assigned, as EAL's IOVA mode is VA",
    'no_huge': "iova=assigned needs EAL's IOVA mode PA, which EAL has for root (CAP_SYS_ADMIN) "
               'with hugepages only',
}


def _check_breath(said):
    """Memory grew, shrank, and was unpinned whenever no device was there."""
    before = said['pages_before']
    for number in (1, 2):
        said.check('log', **{f'pages_stopped_{number}': before, f'pinned_stopped_{number}': 0})
        pages = said[f'pages_started_{number}']
        expect(pages >= before + 24, f'memory did not grow: {before} pages, then {pages}')
        said.check('log', **{f'pinned_started_{number}': (pages - before) * 2 << 20})
    # Memory that was added without a device.
    null = said['pages_null']
    expect(null > before + 12, f'memory did not grow: {before} pages, then {null}')
    said.check('log', pinned_null=(null - before) * 2 << 20,
               pinned_freed=(said['pages_freed'] - before) * 2 << 20)
    expect(said['pages_freed'] < null, 'memory did not shrink')
    for when in ('gone', 'gone_again'):
        expect(said[f'pinned_{when}'] < 0, 'memory stays pinned without a device')
