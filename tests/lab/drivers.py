# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Drivers other than those of the platforms' NICs, and devices without a driver."""

import re

from labkit import benches, facts, guest, oracle, schema, tables
from labkit.platforms import PLATFORMS
from labkit.testing import each_backend, expect, expect_equal, figure, part, test

PAIR = ('0000:00:09.0', '0000:00:0a.0')
MODERN = 'virtio-net-pci,disable-legacy=on,iommu_platform=on,vectors=4'
PORT = re.compile(r'^Port \d+: [0-9A-F:]{17}', re.MULTILINE)
RXINTR = 'sent 20, received 20, wake-ups 20, bytes wrong 0'


def _pair(model):
    """QEMU's arguments for two NICs of this model on one wire."""
    words = []
    for slot in (9, 10):
        words += ['-netdev', f'hubport,id=wire{slot},hubid=9',
                  '-device', f'{model},netdev=wire{slot},addr={slot:#x},romfile=']
    return words


def _check_ports(said, driver, ports):
    """All packet headers arrived, memory is mapped once, each device has vectors."""
    log = said['log']
    said.check('log', burst=True, status=0)
    expect_equal(log.count(f'probe by {driver} '), 2, f'probes by {driver}\n{log[:3000]}\n')
    oracle.check_mappings(said)
    oracle.check_payloads(log, ports)
    vectors = {name for name in re.findall(r'vfio-msix\[0\]\((\S+)\)', said['interrupts'])}
    expect(set(PAIR) <= vectors, f'no vectors of {PAIR}:\n{said["interrupts"]}')


def _check_compat(said, ports):
    """All packet headers arrived; the kernel pinned all of EAL's memory and nothing else."""
    oracle.check_payloads(said['compat'], ports)
    oracle.check_backend(said['compat'], 'type1-over-iommufd')
    said.check('compat', compat_burst=True, compat_status=0, compat_left=0,
               compat_pinned=oracle.size(oracle.held(said.of('compat_'))))


MAP_MIB = 128
# A page table of 4 KiB has 512 entries: for these MiB in pages of 4 KiB, and of 2 MiB. Some
# tables are of upper levels, or for doorbells.
SMALL_TABLES, LARGE_TABLES = MAP_MIB // 2 * 4096, 16 * 4096


def _check_large_pages(said):
    """Where an iommufd is the container, stock DPDK loses large pages and this bus does not."""
    said.check('compat_map_log', compat_map_status=0)
    found = schema.load(said['compat_map'], 'map')
    expect(found['type1_over_iommufd'], 'type1 is not over iommufd')
    rows = {(row['by'], row['backend']): row for row in found['measurements']}
    stock = rows.pop(('pci bus of DPDK', None))
    expect_equal(len(rows), 4, 'measurements of this project')
    expect(stock['iommu_page_tables'] >= SMALL_TABLES,
           f'stock DPDK has large pages: {stock["iommu_page_tables"]} bytes of tables')
    for who, row in rows.items():
        expect(0 <= row['iommu_page_tables'] <= LARGE_TABLES,
               f'{who}: {row["iommu_page_tables"]} bytes of tables')
    for who, row in {('stock', ''): stock, **rows}.items():
        pinning = row['open']['nanoseconds'] / 1e6 / (MAP_MIB / 1024)
        figure(f'{" ".join(who)}, iommufd as container: calls, KiB of page tables',
               f'{row["map"]["calls"]}, {row["iommu_page_tables"] >> 10}', varies=True)
        figure(f'{" ".join(who)}, iommufd as container: ms per GiB to map, to open the device',
               f'{row["map"]["nanoseconds"] / 1e6 / (MAP_MIB / 1024):.2f}, {pinning:.2f}',
               varies=True)


def _check_tables(said):
    """VT-d's own tables: this bus leaves pages of 2 MiB there, stock DPDK pages of 4 KiB only."""
    ours, stock = said.of('compat_'), said.of('stock_')
    figure("this bus, iommufd as container: pages in VT-d's tables",
           oracle.check_tables(ours['tables'], oracle.held(ours)), varies=True)
    said.check('stock_log', stock_status=0)
    runs = tables.read(stock['tables'])
    expect_equal(oracle.merged(run[:2] for run in runs), oracle.merged(oracle.held(stock)),
                 "what stock DPDK's page tables map")
    found = tables.pages(runs)
    expect_equal(found, {4096: oracle.size(oracle.held(stock)) // 4096},
                 'pages of stock DPDK, by bytes')
    figure("stock DPDK, iommufd as container: pages in VT-d's tables",
           f'{found[4096]} of 4 KiB', varies=True)


def _check_hotplug(said):
    """The pair was attached and detached three times, nothing is left open, and an unbind is logged."""
    text = said['hotplug']
    totals = re.findall(r'Now total ports is (\d)', text)
    expect_equal(totals, ['1', '2', '1', '0'] * 3, f'ports attached and detached\n{text}')
    said.check('unbound', wanted=True, irrevocable=True, unbound_status=0, hotplug_status=0)
    for number in (7, 8, 9):
        said.check('hotplug', **{f'detached_{number}': True, f'nodes_{number}': 0,
                                 f'descriptors_{number}': said['descriptors_7']})


def _pair_at_work(platform, model, driver, *options, others=(), backend=''):
    """Run and check a pair of NICs, together with OTHERS; returns (result, facts)."""
    ports = [*others, *PAIR]
    result = guest.run(platform, ['/usr/share/vfio-msi/drivers.sh', *options, *ports],
                       seconds=230, qemu_args=_pair(model), backend=backend)
    said = facts.read(result)
    _check_ports(said, driver, len(ports))
    rxintr = said['rxintr']
    expect(RXINTR in rxintr, rxintr)
    said.check('rxintr', rxintr_status=0)
    expect(re.search(r' 20 .*vfio-msix\[1\]\(' + PAIR[1] + r'\)', rxintr), rxintr)
    return result, said


@test('virtio, whose driver maps the device itself, together with igb',
      [('arm-smmuv3', 'type1'), ('x86-vtd', 'iommufd')],
      tail=each_backend('arm-smmuv3', 'x86-vtd'))
def virtio(platform, backend):
    # With iommufd, igb uses its character device and virtio its group. With an iommufd
    # instead of a container, all devices use their groups.
    options = ['--compat'] if backend == 'iommufd' else []
    nics = PLATFORMS[platform].nics
    result, said = _pair_at_work(platform, MODERN, 'net_virtio', *options, others=nics,
                                 backend=backend)
    if options:
        _check_compat(said, len(nics) + len(PAIR))
        with part('stock DPDK loses large pages where iommufd is the container, the bus keeps them'):
            _check_large_pages(said)
        with part('bench map there counts the time in which stock DPDK opens the device, which pins'):
            benches.check_open(said['compat_bench'], said['compat_bench_status'], said['compat_bench_log'])
    if options and platform == 'x86-vtd':
        with part("VT-d's tables there have pages of 4 KiB of stock DPDK, of 2 MiB of the bus"):
            _check_tables(said)
    expect(f'chooses backend {backend} ' in said['log'], said['log'][:1500])
    _check_hotplug(said)
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')


@test('vmxnet3', [('x86-vtd', 'type1')],
      tail=each_backend('x86-vtd'))
def vmxnet3(platform, backend):
    # The driver crashes when testpmd attaches a port, on the pci bus as well: no hotplug.
    result, _ = _pair_at_work(platform, 'vmxnet3', 'net_vmxnet3', '--stay', backend=backend)
    faults = guest.iommu_faults(result)
    # QEMU's device reads its shared area before the driver sets the address, on the pci
    # bus as well. The IOMMU blocks the read and the device retries later.
    others = [line for line in faults
              if not re.search(r'fault addr 0x0 |iova=0x18|handling fault status|New fault', line)]
    expect_equal(others, [], 'IOMMU faults')
    expect(faults, 'the faults are gone: remove this exception from the test')


@test('one vector of MSI is enough for a queue', [('x86-vtd', 'iommufd')],
      tail=each_backend('x86-vtd'))
def one_vector(platform, backend):
    script = ('. /usr/share/vfio-msi/facts.sh; vfio-bind "$@" || exit 1; '
              'dpdk-test-msi rxintr --json -L -v -n 20 vfio_msi:$1 vfio_msi:$2 '
              '-- --vfio-intr=msi --log-level=bus.vfio_msi:info >/tmp/json 2>/tmp/log; '
              'fact rxintr_status $?; fact_text json </tmp/json; fact_text rxintr </tmp/log')
    result = guest.run(platform, ['sh', '-c', script, 'sh', *PAIR], seconds=90,
                       qemu_args=_pair('e1000e'), backend=backend)
    said = facts.read(result)
    text = said['rxintr']
    said.check('rxintr', rxintr_status=0)
    expect(f'{PAIR[1]}: interrupts are MSI, 1 vectors' in text, text)
    expect(RXINTR in text, text)
    found = schema.load(said['json'], 'rxintr')
    expect_equal((found['sent'], found['queues'], found['wrong_bytes'], found['lost']),
                 (20, [{'packets': 20, 'wakeups': 20}], 0, 0), 'the JSON object')
    counts = re.search(r':((?: +\d+)+) .*vfio-msi\[0\]\(' + PAIR[1] + r'\)', text)
    expect_equal(sum(map(int, counts[1].split())) if counts else None, 20,
                 f'interrupts counted by the kernel\n{text}')
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')


# Devices without a driver, and devices that the bus rejects, by slot.
ODD = {
    0x0a: ('pci-testdev', 'no driver for 1b36:0005 is loaded'),  # I/O ports, no interrupt
    0x0b: ('edu', 'no driver for 1234:11e8 is loaded'),  # MSI only
    0x0c: ('virtio-balloon-pci', 'no driver for 1af4:1002 is loaded'),
    0x0e: ('nvme,serial=1', 'no driver for 1b36:0010 is loaded'),
    0x0f: ('virtio-net-pci,disable-legacy=off,disable-modern=on,romfile=',
           'is a legacy virtio device, which bypasses the IOMMU'),
    0x10: ('virtio-net-pci,disable-legacy=off,romfile=',
           'is a virtio device without ACCESS_PLATFORM, which bypasses the IOMMU if it is'),
    0x11: ('virtio-net-pci,disable-legacy=on,romfile=',
           'is a virtio device without ACCESS_PLATFORM, which bypasses the IOMMU if it is'),
    0x12: (MODERN + ',romfile=', 'no driver accepts the device'),
}
ALL = '''
vfio-bind "$@" || exit 1
dmesg -C
/usr/share/vfio-msi/cases.sh "-a vfio_msi:all,pmd.vdpa=1" \\
    "--no-pci --iova-mode=pa -a vfio_msi:0000:00:10.0,virtio_dma=iommu \\
    -a vfio_msi:0000:00:11.0,virtio_dma=iommu"
. /usr/share/vfio-msi/facts.sh
dmesg | fact_text kernel
'''


@test('devices without a usable driver are reported and skipped', [('x86-vtd', 'iommufd')],
      tail=each_backend('x86-vtd'))
def odd(platform, backend):
    extra = [word for slot, (model, _) in ODD.items()
             for word in ('-device', f'{model},addr={slot:#x}')]
    slots = [f'0000:00:{slot:02x}.0' for slot in ODD]
    result = guest.run(platform, ['sh', '-c', ALL, 'sh', *slots, *PLATFORMS[platform].nics],
                       seconds=120, qemu_args=extra, backend=backend)
    said = facts.read(result)
    log, kernel = said['case_0'], said['kernel']
    said.check('case_0', case_0_status=0)
    for slot, (model, message) in zip(slots, ODD.values()):
        if message.startswith('no driver for'):
            message = 'not used: ' + message
        expect(f'vfio_msi:{slot}: {message}' in log, f'{model}: no "{message}" in\n{log[:4000]}')
    expect_equal(len(PORT.findall(log)), 2, f'ports\n{log[:4000]}\n')
    # The key is for hardware. The bus knows QEMU's modern devices and still rejects them.
    # Its transitional devices look like hardware. They bypass the IOMMU, hence IOVA as PA.
    trusted = said['case_1']
    said.check('case_1', case_1_status=0)
    expect('vfio_msi:0000:00:10.0: a virtio device without ACCESS_PLATFORM, which is used as'
           in trusted and 'vfio_msi:0000:00:11.0: is a virtio device of QEMU without' in trusted,
           trusted[:4000])
    expect_equal(len(PORT.findall(trusted)), 1, f'ports\n{trusted[:4000]}\n')
    expect('0000:00:03.0: resetting' in kernel and '0000:00:0e.0: resetting' not in kernel,
           f'resets; the disk must not be reset:\n{kernel}')
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')


@test('virtio in a group with another device', each_backend('x86-vtd'))
def shared_group(platform, backend):
    bridge = ('-device', 'pcie-root-port,id=rp,chassis=1,addr=9',
              '-device', 'pcie-pci-bridge,id=pb,bus=rp',
              '-device', 'e1000,bus=pb,addr=1,romfile=',
              '-device', MODERN + ',bus=pb,addr=2,romfile=')
    result = guest.run(platform, ['sh', '-c', SHARED], seconds=150, qemu_args=bridge, backend=backend)
    said = facts.read(result)
    together, late = said['case_0'], said['late']
    expect_equal(len(PORT.findall(together)), 2, f'ports\n{together}\n')
    said.check('case_0', case_0_status=0)
    said.check('late', detached=True, both=True, one=True, open_nodes=0, status=0)
    expect(re.search(r':02\.0: its driver maps the device itself, so EAL must open IOMMU group '
                     r'\d+: another device of the group uses it already; give both',
                     late), late)
    expect(re.search(r':02\.0: its driver maps the device itself, so EAL must open IOMMU group '
                     r'\d+: EAL has closed it, but another device still uses it', late), late)
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')


# A group can be opened only once. A device whose driver maps it must be attached first, and
# can't be attached again while other devices of the group are attached.
SHARED = '''
first=$(basename /sys/bus/pci/devices/*:01.0) itself=$(basename /sys/bus/pci/devices/*:02.0)
vfio-bind $first $itself
/usr/share/vfio-msi/cases.sh "-a vfio_msi:$first -a vfio_msi:$itself"
. /usr/share/vfio-msi/testpmd.sh
. /usr/share/vfio-msi/facts.sh
testpmd_start -l 0,1 -n 1 -a vfio_msi:$first -- -i --total-num-mbufs=4096
testpmd_say "port attach vfio_msi:$itself"
testpmd_say 'port stop 0'
testpmd_say 'port detach 0'
fact_if detached testpmd_await 'Now total ports is 0' 20
testpmd_say "port attach vfio_msi:$itself"
testpmd_say "port attach vfio_msi:$first"
fact_if both testpmd_await 'Now total ports is 2' 20
testpmd_say 'port detach 0'
fact_if one testpmd_await 'Now total ports is 1' 20
testpmd_say "port attach vfio_msi:$itself"
testpmd_say 'show port info 7'
testpmd_await 'Invalid port 7' 20
testpmd_say 'port detach 1'
testpmd_say 'show port info 8'
testpmd_await 'Invalid port 8' 20
fact open_nodes "$(ls -l /proc/$testpmd_pid/fd | grep -cE 'vfio/[0-9]|vfio-dev')"
testpmd_quit
fact status $?
fact_text late <$TESTPMD_LOG
'''
