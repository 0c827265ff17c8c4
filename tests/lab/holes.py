# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Rare holes: dma-ranges, reserved regions of one device, shared requester IDs, no root."""

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
# the e1000e has FRAME mapped 1:1.
RESERVED = (0x140000000, 0x14fffffff)
FRAME = (0xb0000000, 0xb00fffff)
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
    }};
}};
&{{/pcie@10000000}} {{
    other: ethernet@5,0 {{ reg = <0x2800 0 0 0 0>; memory-region = <&kept>; }};
    spare: ethernet@7,0 {{ reg = <0x3800 0 0 0 0>; memory-region = <&frame>; }};
}};
'''


@test("one device's reserved region: it is rejected, avoided, or out of the way",
      each_backend('arm-smmuv3'))
def firmware(platform, backend):
    first, other = PLATFORMS[platform].nics
    spare = PLATFORMS[platform].spare
    with dtb.extended(platform, FIRMWARE) as tree:
        result = guest.run(platform, [f'{SCRIPTS}/firmware.sh', first, other, spare,
                                      f'{RESERVED[0]:#x}'],
                           seconds=250, qemu_args=tree, backend=backend)
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
    expect(f'{other}: not used' not in said['elsewhere'], said['elsewhere'])
    said.check('elsewhere', attached=True, started=True)
    for name in ('elsewhere', 'both'):
        said.check(name, **{f'{name}_burst': True})
        oracle.check_payloads(said[name])
    expect(re.search(rf'memory is steered to .*: above {RESERVED[0]:#x} ', said['both']),
           said['both'])
    # The kernel lists the region as reserved.
    oracle.check_mappings(said)


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
    return [said[f'{number}'] for number in range(len(lines))]


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


def _windows(plan):
    return [(int(hole['first'], 16), int(hole['last'], 16)) for hole in plan['holes']
            if hole['origin'] == 'host bridge']


@test('without root the bus finds the used parts of bridge windows', ['x86-vtd'])
def without_root(platform):
    nic = PLATFORMS[platform].nics[0]
    nobody = 'setpriv --reuid 65534 --regid 65534 --clear-groups'
    layout = f'dpdk-test-msi layout -a vfio_msi:{nic}'
    root, user, text = _answers(
        platform, (), f'vfio-bind {nic}; chmod 666 /dev/vfio/*; {layout} --json',
        f'{nobody} {layout} --json', f'{nobody} {layout}')
    expect('from: resources' in text and 'a lower bound, what devices use' in text, text)
    root, user = schema.load(root, 'layout'), schema.load(user, 'layout')
    keys = ('bridge_windows_from', 'bridge_windows_complete', 'bridge_windows_shifted',
            'bridge_windows_offset_assumed')
    expect_equal([root['devices'][0][key] for key in keys], ['iomem', True, False, False], 'root')
    expect_equal([user['devices'][0][key] for key in keys], ['resources', False, False, False],
                 'without root')
    expect(_windows(user), 'no window is known without root')
    for first, last in _windows(user):
        expect(any(a <= first and last <= b for a, b in _windows(root)),
               f'{first:#x}-{last:#x} is in no window of {_windows(root)}')
