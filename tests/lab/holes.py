# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Rare holes: dma-ranges, reserved regions, unreachable doorbells, shared IDs, no root."""

import re

from labkit import dtb, facts, guest, oracle, schema
from labkit.platforms import PLATFORMS
from labkit.testing import each_backend, expect, expect_equal, test

SCRIPTS = '/usr/share/vfio-msi'
STEERED = re.compile(r'memory is steered to 0x([0-9a-f]+)-0x([0-9a-f]+)')

# (bus address, parent address, size) of the ranges that the bridge passes: up to 4 GiB,
# and 128 to 512 GiB. EAL begins at 4 GiB by default. The second range has an offset.
PASSED = ((0, 0, 1 << 32), (128 << 30, 256 << 30, 384 << 30))
GAPS = [('0x100000000', '0x1fffffffff'), ('0x8000000000', '0xffffffffffffffff')]
ALL_MEMORY = 0x43000000


def _dma_ranges():
    cells = ' '.join(f'{ALL_MEMORY:#x} {_cells(bus, above, size)}' for bus, above, size in PASSED)
    return f'&{{/pcie@10000000}} {{ dma-ranges = <{cells}>; }};'


def _cells(*numbers):
    """64-bit numbers as cells of a device tree."""
    return ' '.join(f'{number >> 32:#x} {number & 0xffffffff:#x}' for number in numbers)


def _says(text, *sentences):
    for words in sentences:
        expect(words in text, f'no "{words}" in:\n{text[:4000]}')


@test("EAL's memory lies inside dma-ranges of the bridge", ['arm-smmuv3'])
def dma_ranges(platform):
    nics = PLATFORMS[platform].nics
    devices = ' '.join(f'vfio_msi:{nic}' for nic in nics)
    with dtb.extended(platform, _dma_ranges()) as tree:
        result = guest.run(platform, [
            'sh', '-c', f'. {SCRIPTS}/facts.sh; {SCRIPTS}/traffic.sh {" ".join(nics)} -m 64 || exit 1; '
            'fact_status layout dpdk-test-msi layout --json -a vfio_msi:all; fact_status rxintr '
            f'timeout -k 5 300 dpdk-test-msi rxintr -n 16 {devices} -- -l 0,1 -m 64'],
            seconds=300, qemu_args=tree)
    said = facts.read(result)
    said.check('rxintr', rxintr_status=0)
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
    oracle.check_burst(said, 'type1')
    plan = schema.load(said['layout'], 'layout')
    gaps = [(hole['first'], hole['last']) for hole in plan['holes']
            if (hole['origin'], hole['hardness']) == ('dma-ranges', 'soft')]
    expect_equal(gaps, GAPS, 'gaps in the layout')
    expect(not any(device['msi_blocked'] for device in plan['devices']), said['layout'])
    window = STEERED.search(said['log'])
    expect(window, f'memory was not steered\n{said["log"][:2000]}')
    expect_equal(int(window[1], 16), 128 << 30, 'the first address of the window')
    mapped = [(int(first, 16), int(end, 16)) for kind, first, end in
              oracle.EVENT.findall(said['events']) if kind == 'map']
    expect(mapped, 'nothing was mapped')
    for first, end in mapped:
        expect(any(bus <= first and end <= bus + size for bus, _, size in PASSED),
               f'{first:#x}-{end - 1:#x} is not passed')


# Firmware reserves addresses for single devices: one device must not use RESERVED, and
# the e1000e has FRAME mapped 1:1. A hypervisor whose guest has a nested SMMU asks for SW_MSI 1:1.
RESERVED = (0x140000000, 0x14fffffff)
FRAME = (0xb0000000, 0xb00fffff)
NESTED = '0000:00:0c.0'
FIRMWARE = f'''
/ {{
    reserved-memory {{
        #address-cells = <2>;
        #size-cells = <2>;
        ranges;
        kept: kept {{
            iommu-addresses = <&other {ALL_MEMORY:#x} {_cells(RESERVED[0], 0x10000000)}>;
        }};
        frame: frame@b0000000 {{
            reg = <{_cells(FRAME[0], 0x100000)}>;
            no-map;
            iommu-addresses = <&spare {ALL_MEMORY:#x} {_cells(FRAME[0], 0x100000)}>;
        }};
        doorbells: doorbells@8000000 {{
            reg = <{_cells(oracle.SW_MSI[0], 0x100000)}>;
            no-map;
            iommu-addresses = <&nested {ALL_MEMORY:#x} {_cells(oracle.SW_MSI[0], 0x100000)}>;
        }};
    }};
}};
&{{/pcie@10000000}} {{
    other: ethernet@5,0 {{ reg = <0x2800 0 0 0 0>; memory-region = <&kept>; }};
    spare: ethernet@7,0 {{ reg = <0x3800 0 0 0 0>; memory-region = <&frame>; }};
    nested: ethernet@c,0 {{ reg = <0x6000 0 0 0 0>; memory-region = <&doorbells>; }};
}};
'''


@test("one device's reserved region: it is rejected, avoided, or out of the way",
      each_backend('arm-smmuv3'))
def firmware(platform, backend):
    first, other = PLATFORMS[platform].nics
    spare = PLATFORMS[platform].spare
    with dtb.extended(platform, FIRMWARE) as tree:
        result = guest.run(platform, [f'{SCRIPTS}/firmware.sh', first, other, spare,
                                      f'{RESERVED[0]:#x}', NESTED], seconds=250, backend=backend,
                           qemu_args=(*tree, '-device', 'e1000e,addr=0xc,romfile='))
    said = facts.read(result)
    for name in ('stock', 'held', 'latecomer', 'elsewhere', 'both'):
        said.check(name, **{f'{name}_status': 0})
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
    kept = ' '.join(f'0x{end:016x}' for end in RESERVED)
    frame = ' '.join(f'0x{end:016x}' for end in FRAME)
    expect(f'{kept} reserved' in said['kernel'] and f'{frame} direct' in said['kernel'],
           f'the kernel lists other regions:\n{said["kernel"]}')
    for name in (other, spare):
        expect(re.search(rf'{name} .*error 22', said['stock']), f'stock?\n{said["stock"]}')
    expect(re.search(rf'{other}: not used: /dev/vfio/\S+ is held by this process already',
                     said['held']), said['held'])
    log = said['latecomer']
    oracle.check_backend(log, backend)
    found = re.search(rf'{other}: not used: reserved {RESERVED[0]:#x}-{RESERVED[1]:#x} overlaps '
                      r'0x([0-9a-f]+)-0x([0-9a-f]+), which EAL.s memory may grow into', log)
    expect(found, f'the latecomer was not rejected\n{log}')
    room = [int(end, 16) for end in found.groups()]
    expect(RESERVED[0] <= room[0] <= RESERVED[1] < room[1], f'{room} is not where EAL is')
    expect(f'{spare}: not used: firmware asks for a 1:1 mapping of '
           f'{FRAME[0]:#x}-{FRAME[1]:#x} (RMRR or RMR)' in log, log)
    said.check('nested', nested_status=1)
    _says(said['nested'], f'{NESTED}: not used: firmware asks for a 1:1 mapping of '
          '0x8000000-0x80fffff (RMR), which meets SW_MSI 0x8000000-0x80fffff: a hypervisor that '
          'nests the SMMU of this guest', 'on the host give this guest virtio-iommu')
    expect(f'{other}: not used' not in said['elsewhere'], said['elsewhere'])
    said.check('elsewhere', attached=True, started=True)
    for name in ('elsewhere', 'both'):
        said.check(name, **{f'{name}_burst': True})
        oracle.check_payloads(said[name])
    expect(re.search(rf'memory is steered to .*: above {RESERVED[0]:#x} ', said['both']),
           said['both'])
    # The kernel lists the region as reserved.
    oracle.check_mappings(said)


# A bridge with a window at the doorbells: bus addresses 0x8000000-0x8ffffff, where the CPU has
# nothing. It comes last, so no BAR is there. QEMU delivers MSI all the same: what can be seen
# is the prediction and the fallback.
WINDOW = (0x8000000, 0x8ffffff)
AT_DOORBELLS = f'''
&{{/pcie@10000000}} {{
    ranges = <0x1000000 {_cells(0, 0x3eff0000, 0x10000)}
              0x2000000 {_cells(0x10000000, 0x10000000, 0x2eff0000)}
              0x43000000 {_cells(0x8000000000, 0x8000000000, 0x8000000000)}
              0x2000000 {_cells(WINDOW[0], 0x7000000000, WINDOW[1] + 1 - WINDOW[0])}>;
}};
'''
# Two NICs with MSI-X in one group: below root ports of one slot without ACS.
ONE_GROUP = ('-device', 'pcie-root-port,id=rp9,chassis=9,addr=9,multifunction=on,disable-acs=on',
             '-device', 'pcie-root-port,id=rp8,chassis=8,addr=9.1,disable-acs=on',
             '-device', 'e1000e,bus=rp9,romfile=', '-device', 'e1000e,bus=rp8,romfile=')
PAIR = ('0000:01:00.0', '0000:02:00.0')
# Where devices write their MSI.
DOORBELLS = {'arm-smmuv3': 'SW_MSI 0x8000000-0x80fffff',
             'arm-virtio-iommu': 'MSI window 0x8090000-0x809ffff'}
REACH = [*each_backend('arm-smmuv3'), ('arm-virtio-iommu', 'iommufd')]


def _reach(platform, backend, source, devices, place, qemu_args=()):
    """Run reach.sh in a guest with SOURCE in its tree; returns facts, and devices of the plan.

    PLACE: where SW_MSI would be reachable.
    """
    with dtb.extended(platform, source) as tree:
        result = guest.run(platform, [f'{SCRIPTS}/reach.sh', *devices], seconds=150,
                           qemu_args=(*tree, *qemu_args), backend=backend)
    said = facts.read(result)
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
    oracle.check_backend(said['log'], backend)
    said.check('log', status=0, layout_status=1)
    plan = schema.load(said['json'], 'layout', 1)['devices']
    # A window of the hardware can't move.
    movable = DOORBELLS[platform].startswith('SW_MSI')
    last = f'{int(place, 16) + 0xfffff:#x}'
    expect_equal([device['sw_msi_place'] for device in plan],
                 [{'first': place, 'last': last} if movable else None] * len(plan), 'places')
    expect_equal(said['layout'].count(f'SW_MSI would be reachable at {place}-{last}, if the kernel '
                                      'could move it'), len(plan) * movable, 'places in the text')
    return said, plan


def _kinds(said):
    """{BDF: type of its vectors} of the kernel's list."""
    return {bdf: kind for kind, bdf in
            re.findall(r'vfio-(\w+)(?:\[\d+\])?\((\S+)\)', said['interrupts'])}


@test('doorbells in a window of the bridge: MSI stays, but not in a group of several', REACH)
def window_at_doorbells(platform, backend):
    first, second = PLATFORMS[platform].nics
    said, plan = _reach(platform, backend, AT_DOORBELLS, (
        first, f'{second},msi=require', PAIR[0], f'{PAIR[1]},msi=require'), '0x100000', ONE_GROUP)
    where = (f'{DOORBELLS[platform]} lies in the window {WINDOW[0]:#x}-{WINDOW[1]:#x} of host '
             'bridge 0000:00')
    expect_equal([device['msi'] for device in plan], ['likely lost'] * 2 + ['lost'] * 2, 'grades')
    expect_equal(plan[2]['group'], plan[3]['group'], 'groups of the pair')
    for device, why in zip(plan, ['which may route MSI writes to its own devices'] * 2 + [
            f'which routes MSI writes to its own devices, as IOMMU group {plan[2]["group"]} does '
            'not isolate the device from others'] * 2):
        expect_equal(device['msi_why'], f'{where}, {why}', 'reason')
    _says(said['layout'], f'may not arrive: {where}, which may route',
          f'test it: dpdk-test-msi irq vfio_msi:{first}; if no interrupt arrives, use msi=off',
          f'vfio_msi:{PAIR[0]}: MSI can\'t arrive: {where}, which routes')
    _says(said['log'], *(f'{name}: MSI-X may not arrive: {where}, which may route MSI writes to '
                         'its own devices; test it while no application uses the device: '
                         f'dpdk-test-msi irq vfio_msi:{name}; if no interrupt arrives, use msi=off'
                         for name in (first, second)),
          f'{PAIR[0]}: interrupts are INTx: MSI-X can\'t arrive: {where}, which routes',
          f'{PAIR[1]}: no interrupt type allowed by msi=require works: MSI-X can\'t arrive: '
          + where)
    expect_equal(_kinds(said), {first: 'msix', second: 'msix', PAIR[0]: 'intx'}, 'interrupts')
    # The test that the warning offers shows that this machine delivers them.
    said.check('irq', irq_status=0)
    _says(said['irq'], 'MSI-X  10 vectors, ', 'device (igb) 40 of 40')


@test('doorbells outside of dma-ranges: MSI is not tried, msi=require fails', REACH, soak=True)
def doorbells_not_passed(platform, backend):
    first, second = PLATFORMS[platform].nics
    passed = f'{ALL_MEMORY:#x} {_cells(1 << 30, 1 << 30, 1 << 39)}'
    said, plan = _reach(platform, backend, f'&{{/pcie@10000000}} {{ dma-ranges = <{passed}>; }};',
                        (first, f'{second},msi=require'), f'{1 << 30:#x}')
    why = (f'{DOORBELLS[platform]} lies outside of the dma-ranges of host bridge 0000:00, which '
           'passes no MSI writes to 0x0-0x3fffffff')
    expect_equal([(device['msi'], device['msi_why']) for device in plan], [('lost', why)] * 2,
                 'grades')
    _says(said['layout'], f'can\'t arrive: {why}')
    _says(said['log'], f'{first}: interrupts are INTx: MSI-X can\'t arrive: {why}; MSI can\'t '
          f'arrive: {why}', f'{second}: no interrupt type allowed by msi=require works: MSI-X '
          f'can\'t arrive: {why}')
    expect_equal(_kinds(said), {first: 'intx'}, 'interrupts')


# Two conventional PCI NICs behind one bridge.
BEHIND_BRIDGE = ('-device', 'pcie-root-port,id=rp9,chassis=9,addr=9',
                 '-device', 'pcie-pci-bridge,id=pb9,bus=rp9',
                 '-device', 'e1000,bus=pb9,addr=1,romfile=',
                 '-device', 'e1000,bus=pb9,addr=2,romfile=')
BRIDGE, FIRST, SECOND = '0000:01:00.0', '0000:02:01.0', '0000:02:02.0'


def _answers(platform, qemu_args, *lines):
    """Run all lines in one guest; returns the output of each."""
    said = facts.read(guest.run(platform, [f'{SCRIPTS}/lines.sh', *lines], seconds=120,
                                qemu_args=qemu_args))
    return [said.text(f'{number}') for number in range(len(lines))]


@test('functions that share a requester ID are reported', ['arm-smmuv3'])
def aliases(platform):
    layout = f'dpdk-test-msi layout -a vfio_msi:{FIRST}'
    rows, blocked, text, as_json, second = _answers(
        platform, BEHIND_BRIDGE, f'vfio-bind {FIRST}; dpdk-test-msi list', layout,
        f'echo {BRIDGE} > /sys/bus/pci/devices/{BRIDGE}/driver/unbind; {layout}',
        f'{layout} --json', f'dpdk-test-msi layout -a vfio_msi:{SECOND}')
    lost = f'is in no IOMMU group, as it shares a conventional PCI bus with {FIRST} of IOMMU'
    why = f"the IOMMU can't distinguish its DMA from that of {SECOND} on the same conventional PCI bus"
    for words, answer in ((lost, rows), (lost, second), (why, text),
                          (f'its bridge {BRIDGE} is bound to shpchp', blocked),
                          (f'{BRIDGE}/driver/unbind', blocked)):
        expect(words in answer, f'no "{words}" in:\n{answer}')
    plan = schema.load(as_json, 'layout')
    expect(plan['devices'][0]['aliased'], as_json)
    windows = {hole['hardness'] for hole in plan['holes'] if hole['origin'] == 'host bridge'}
    expect_equal(windows, {'hard'}, 'hardness of bridge windows')


@test('NICs behind a PCIe-to-PCI bridge have no group with virtio-iommu',
      ['arm-virtio-iommu', 'x86-virtio-iommu'],
      soak=True)
def no_group_behind_bridge(platform):
    bound, text = _answers(
        platform, BEHIND_BRIDGE, f'vfio-bind {FIRST}',
        f'dpdk-test-msi layout -a vfio_msi:{FIRST} -a vfio_msi:{SECOND}')
    expect(f'cannot bind {FIRST} to vfio-pci' in bound, bound)
    for name in (FIRST, SECOND):
        _says(text, f'{name}: not used: is in no IOMMU group: it is on the conventional PCI bus of '
              f'bridge {BRIDGE}, and the IOMMU accepts no device there; put it into a slot that is '
              'not behind that bridge')
    expect('bind it' not in text, text)


def _windows(plan, origin='host bridge'):
    return [(int(hole['first'], 16), int(hole['last'], 16)) for hole in plan['holes']
            if hole['origin'] == origin]


@test('without root the bus finds the used parts of bridge windows', ['x86-vtd'])
def without_root(platform):
    nic = PLATFORMS[platform].nics[0]
    nobody = 'setpriv --reuid 65534 --regid 65534 --clear-groups'
    layout = f'dpdk-test-msi layout -a vfio_msi:{nic}'
    root, user, text, printed, given = _answers(
        platform, (), f'vfio-bind {nic}; chmod 666 /dev/vfio/*; {layout} --json',
        f'{nobody} {layout} --json', f'{nobody} {layout}', layout,
        f'argument=$({layout} | sed -n "s/.*read them: -a //p"); '
        f'{nobody} dpdk-test-msi layout --json -a "$argument"')
    expect('from: resources' in text and 'a lower bound, what devices use' in text, text)
    root, user, given = (schema.load(answer, 'layout') for answer in (root, user, given))
    keys = ('bridge_windows_from', 'bridge_windows_complete', 'bridge_windows_shifted',
            'bridge_windows_offset_assumed')
    expect_equal([root['devices'][0][key] for key in keys], ['iomem', True, False, False], 'root')
    expect_equal([user['devices'][0][key] for key in keys], ['resources', False, False, False],
                 'without root')
    expect_equal(user['devices'][0]['hole_argument'], None, 'the argument without root')
    expect("give that at start, with the device's other keys behind it" in printed, printed)
    # The argument that root gets has every window.
    holes = _windows(given, 'user')
    for first, last in _windows(root):
        expect(any(a <= first and last <= b for a, b in holes),
               f'{first:#x}-{last:#x} is not avoided by {root["devices"][0]["hole_argument"]}')
    expect(_windows(user), 'no window is known without root')
    for first, last in _windows(user):
        expect(any(a <= first and last <= b for a, b in _windows(root)),
               f'{first:#x}-{last:#x} is in no window of {_windows(root)}')
