# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Devices are removed and added again, under traffic."""

import random
import re

from labkit import facts, guest, oracle, rootfs, telemetry
from labkit.platforms import PLATFORMS
from labkit.testing import each_backend, expect, expect_equal, test

SCRIPT = '/usr/share/vfio-msi/hotplug.sh'

# A hotplug slot with a NIC on the wire of the platform's first NIC.
SLOT = ('-device', 'pcie-root-port,id=rp9,chassis=9,addr=9',
        '-netdev', 'hubport,id=net9,hubid=0',
        '-device', 'igb,id=nic9,bus=rp9,netdev=net9,romfile=')


def _pull(platform, backend, *arguments):
    result = guest.run(platform, [SCRIPT, *arguments], seconds=200, qemu_args=SLOT,
                       backend=backend)
    said = facts.read(result)
    said.check('log', removal_requested=True, gone=True, empty=True, alive=True)
    expect('DEVICE_DELETED' in result.monitor, result.monitor)
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
    oracle.check_backend(said['log'], backend)
    return said


@test('removed under traffic: an application with a device event callback removes the port',
      [('arm-smmuv3', 'iommufd'), ('x86-vtd', 'iommufd')],
      tail=each_backend('arm-smmuv3', 'x86-vtd'))
def listens(platform, backend):
    said = _pull(platform, backend, '--hot-plug')
    expect('the kernel wants the device back' in said['log'], said['log'][-4000:])
    expect('revoke' not in said['log'], 'the bus revokes a device that the application removes')
    said.check('log', **oracle.RETURNED, descriptors_after=said['descriptors_before'])


@test('removed under traffic: an application without a callback loses the device and survives',
      [('arm-smmuv3', 'type1')],
      tail=each_backend('arm-smmuv3'))
def deaf(platform, backend):
    said = _pull(platform, backend)
    for words in ('the kernel wants the device back', 'the kernel still waits for the device',
                  'revoked, as the application did not release it'):
        expect(words in said['log'], f'no "{words}" in\n{said["log"][-4000:]}')
    said.check('log', revoked=1, answers=True, open_devices=1, stopped=True)
    expect(said['mapped_bars'] > 0, 'the other device lost its BARs')


# An access without a response aborts, as on some Arm machines, instead of reading as ones.
# All processors run in one thread: otherwise QEMU 10.0 may free the NIC while another thread
# writes to its registers, and crash (e1000e_start_recv, once in 130 removals).
POWERED = ('-global', 'gpex-pcihost.allow-unmapped-accesses=off',
           *(word for slot in ('9', 'a') for word in (
               '-device', f'pcie-root-port,id=rp{slot},chassis={int(slot, 16)},addr={slot}',
               '-netdev', f'hubport,id=net{slot},hubid=0',
               '-device', f'e1000e,id=nic{slot},bus=rp{slot},netdev=net{slot},romfile=')))


@test('a slot loses its power under traffic: an application that handles SIGBUS survives',
      [('arm-smmuv3', 'iommufd')],
      tail=each_backend('arm-smmuv3'))
def surprise(platform, backend):
    result = guest.run(platform, ['/usr/share/vfio-msi/surprise.sh'], seconds=300,
                       qemu_args=POWERED, backend=backend, threads='single')
    said = facts.read(result)
    expect_equal(result.monitor.count("DEVICE_DELETED {'device': 'nic"), 2, 'NICs pulled')
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
    # 128 plus the number of SIGBUS: the application does not handle this signal.
    said.check('deaf_log', deaf_status=135)
    listens = said['listens_log']
    for words in ('02:00.0: its registers do not respond', 'The device: 0000:02:00.0 has been removed!'):
        expect(words in listens, f'no "{words}" in\n{listens[-4000:]}')
    said.check('listens_log', detached=True, open_devices=1, listens_status=0)
    expect('kernel wants the device back' not in listens, f'the kernel asked first\n{listens[-4000:]}')


# igb and e1000e have AER, but delivered no report: the bits of Device Control that enable the
# reports were 0, and on igb could not be set.
REPORTS = (*SLOT[:4], '-device', 'virtio-net-pci,id=nic9,bus=rp9,netdev=net9,romfile=,aer=on,'
           'disable-legacy=on,iommu_platform=on')


@test('after an error that AER reports the application resets the device by detach and attach',
      [('arm-smmuv3', 'type1')], soak=True)
def reports_errors(platform, backend):
    result = guest.run(platform, ['/usr/share/vfio-msi/aer.sh'], seconds=200, qemu_args=REPORTS,
                       backend=backend)
    said = facts.read(result)
    for kind, words in (('nonfatal', '(Non-Fatal)'), ('fatal', '(Fatal)')):
        expect(f'AER: Uncorrectable {words} error message received from 0000:01:00.0' in result.dmesg,
               f'the kernel got no error\n{result.dmesg[-3000:]}')
        said.of(f'{kind}_').check('log', injected=True, logged=True, detached=True, attached=True)
    # A place in the source logged one error, then two.
    expect_equal([telemetry.read(said[f'{kind}_errors'])['errors'][0]['times']
                  for kind in ('nonfatal', 'fatal')], [1, 2], 'errors counted')
    said.check('log', status=0, received_after=512, descriptors_after=said['descriptors_before'])
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')


def _steps(devices, rounds):
    """Attach and detach each device ROUNDS times, in a reproducible random order."""
    order, there = random.Random(rounds), set()
    left = {device: 2 * rounds for device in devices}
    while any(left.values()):
        device = order.choice([device for device, count in left.items() if count])
        left[device] -= 1
        yield ('-' if device in there else '+') + device
        there ^= {device}


def _come_and_go(platform, backend, rounds, dpdk=rootfs.DEFAULT):
    """Attach and detach devices of one process and check what the kernel holds after each step."""
    first, other = PLATFORMS[platform].nics
    late = PLATFORMS[platform].spare
    devices = [first, other, late]
    steps = list(_steps(devices, rounds))
    result = guest.run(platform, ['/usr/share/vfio-msi/comings.sh', first, other, late, *steps],
                       seconds=120 + 8 * len(steps), dpdk=dpdk, backend=backend)
    said = facts.read(result)
    log = said['log']
    said.check('log', status=0)
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
    # The bus chooses the backend whenever a first device is attached.
    oracle.check_backend(log, backend, times=None)
    _check_refused(said, first, other)
    _check_late(said, late)
    _check_syntax(said, first, other)
    _check_again(said, first)
    _check_steps(said, steps)


def _held(said, when):
    """The numbers of descriptors, open VFIO nodes and devices."""
    return [said[f'{what}_{when}'] for what in ('descriptors', 'nodes', 'devices')]


def _check_refused(said, first, other):
    """A hole or dma_bits= excludes used memory: messages name both ranges, nothing leaks."""
    log = said['log']
    for when in ('refused', 'refused_again'):
        expect_equal(_held(said, when), _held(said, 'before'), f'open when it was {when}')
    page = int(said['mapped'], 16)
    found = re.findall(rf'{other}: not used: user (.*)0x([0-9a-f]+)-0x([0-9a-f]+) overlaps '
                       r'0x([0-9a-f]+)-0x([0-9a-f]+), which is in use', log)
    expect_equal([by for by, *_ in found], ['', 'dma_bits=32 '], f'rejections\n{log[:6000]}\n')
    holes = [(page, page + 0xfff), (1 << 32, (1 << 64) - 1)]
    for (_, *ends), hole in zip(found, holes):
        hole_first, hole_last, used_first, used_last = (int(end, 16) for end in ends)
        expect_equal((hole_first, hole_last), hole, 'the hole')
        expect(used_first <= hole_last and used_last >= hole_first,
               f'no used range in the hole: {ends}')
    # Every hotplug rescans and rejects this argument again.
    expect_equal(log.count('0000:00:1e.0: not used: '), 1, 'logs of a repeated rejection')
    expect(f'{first}: not used' not in log, f'the first device was rejected\n{log[:3000]}')


def _check_late(said, late):
    """A device that was rejected at the start is not touched while others are attached."""
    expect(f'vfio_msi:{late}: not used: ' in said['log'], f'no rejection\n{said["log"][:3000]}')
    # The facts of _check_refused() show that the bus did not open it.
    said.check('log', unbound_status=0)


def _check_syntax(said, first, other):
    """The layered syntax gives the same device name, and its keys apply."""
    log = said['log']
    expect_equal(log.count(f'{first}: interrupts are INTx'), 1, f'INTx by a layer\n{log[:3000]}')
    expect_equal(log.count(f'{other}: interrupts are INTx'), 1, f'INTx by a layer\n{log[:3000]}')
    shown = re.findall(r'Infos for device (\S+) \**\nBus name: vfio_msi', said['shown'])
    expect_equal(shown, [first, other], f'devices shown\n{said["shown"]}')
    expect_equal(said['devices_syntax'], 1, 'devices when the other one went')


def _check_again(said, first):
    """A device attached again with other keys is not rejected because of its old hole."""
    log = said['log']
    expect_equal(_held(said, 'gone_again'), _held(said, 'gone'), 'open before and after')
    refused = re.findall(r"EAL's memory can't be mapped for DMA: .*$", log, re.MULTILINE)
    expect(len(refused) == 1 and f'(user, from {first})' in refused[0],
           f'not one rejection because of the hole: {refused}')


def _check_steps(said, steps):
    """Without a device nothing is open, mapped or allocated."""
    empty, there = [], set()
    for number, step in enumerate(steps, 1):
        there ^= {step[1:]}
        vectors = said[f'vectors_{number}']
        # Detaching stops all ports, so the other devices may free their vectors.
        expect(vectors > 0 or step[0] == '-', f'no vector after step {number}, {step}')
        expect(vectors == 0 or there, f'{vectors} vectors after step {number}, {step}')
        if not there:
            empty.append(_held(said, f'step_{number}'))
    # EAL's own container is never closed.
    expect_equal(empty, [[empty[0][0], 1, 0]] * len(empty), 'open without devices, step by step')
    said.check(interrupts='')
    # The kernel itself maps doorbells in each new address space.
    events = [line for line in said['events'].splitlines()
              if not any(oracle.SW_MSI[0] <= int(first, 16) <= oracle.SW_MSI[1]
                         for _, first, _ in oracle.EVENT.findall(line))]
    expect(events, 'nothing was mapped at all')
    left = oracle.mapped('\n'.join(events))
    expect_equal(left, [], 'mappings at the end')


@test('three devices are attached and detached in random order, nothing is left',
      [('arm-smmuv3', 'iommufd')], tail=[('arm-smmuv3', 'type1')])
def come_and_go(platform, backend):
    _come_and_go(platform, backend, 3)


@test('three devices are attached and detached 30 times each', each_backend('arm-smmuv3', 'x86-vtd'),
      soak=True)
def come_and_go_long(platform, backend):
    _come_and_go(platform, backend, 30)


@test('the same with DPDK 22.11 and 25.11', each_backend('arm-smmuv3'), soak=True)
def come_and_go_releases(platform, backend):
    for dpdk in ('22.11', '25.11'):
        _come_and_go(platform, backend, 3, dpdk)
