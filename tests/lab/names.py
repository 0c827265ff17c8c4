# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Names, operations that are called again and flags of drivers, compared with the pci bus."""

import errno

from labkit import facts, guest, oracle, rootfs
from labkit.platforms import PLATFORMS
from labkit.testing import each_backend, expect, expect_equal, part, test

FRAMES = 64
RUNS = ('full', 'short', 'all')


def _wanted(first, other):
    """The result of each step, on any bus."""
    both, second = f'{first} {other} ', f'{other} '
    return {
        'start_ports': both, 'register': 0, 'device_map': 0, 'device_unmap': 0, 'unregister': 0,
        'started': 1, 'forwards': FRAMES,
        'probe': 0, 'forwards_after_probe': FRAMES, 'scan': 0, 'probe_after_scan': 0,
        'add_running': 0, 'forwards_after_add': FRAMES, 'more_descriptors': 0,
        'again_ports': both, 'again_devices': both, 'stop': 0,
        'remove': 0, 'removed_ports': second, 'removed_devices': second,
        'remove_again': -errno.EINVAL, 'probe_without': 0,
        'probed_without_ports': second, 'probed_without_devices': second,
        'remove_other': 0, 'add_other': 0, 'probe_other': 0,
        'other_ports': second, 'other_devices': second,
        'give': 0, 'scan_given': 0, 'more_after_scan': 0,
        'add': 0, 'restarted': 1, 'forwards_at_end': FRAMES, 'cleanup': 0, 'status': 0,
    }


# Steps that the pci bus does not have, and their results.
EACH_NAME = {f'{what}_by_{number}': 0 for what in ('add', 'remove') for number in range(3)}
# EAL's default container has no device of this bus.
NO_DEVICE = {'container_map': -errno.ENODEV}


def _check(said, run, wanted):
    said.check(f'{run}_log', **{f'{run}_{step}': value for step, value in wanted.items()})


def _again(platform, backend, dpdk=rootfs.DEFAULT):
    first, other = PLATFORMS[platform].nics
    result = guest.run(platform, ['/usr/share/vfio-msi/again.sh', first, other], seconds=300,
                       backend=backend, dpdk=dpdk)
    said = facts.read(result)
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
    with part('the pci bus'):
        _check(said, 'pci', {**_wanted(first, other), 'container_map': 0, 'container_unmap': 0})
    for run in RUNS:
        with part(f'this bus, {run} names'):
            _check(said, run, {**_wanted(first, other), **EACH_NAME, **NO_DEVICE,
                               'each_name_ports': f'{other} '})
            if run != 'all':  # this run has --no-pci
                _check(said, run, {'add_to_both': 1, 'remove_tried': 0, 'add_tried': 0,
                                   'add_to_pci': 0, 'on_pci_ports': f'{other} {first} ',
                                   'on_pci_devices': f'{other} ', 'probe_on_pci': 0,
                                   'remove_from_pci': 0})
            log = said.text(f'{run}_log')
            oracle.check_backend(log, backend, times=None)
            # Both at the start, then OTHER once, FIRST once by each name and once more, and after
            # the pci bus failed.
            for nic, times in ((first, 5 + (run != 'all')), (other, 2)):
                expect_equal(log.count(f'vfio_msi:{nic}: claimed: '), times, f'claims of {nic} in\n{log}')
                expect_equal(log.count(f'vfio_msi:{nic}: probe by '), times, f'probes of {nic} in\n{log}')
    with part('ports are numbered by address on both buses, in whatever order they are given'):
        for bus in ('pci', 'vfio_msi'):
            said.check(f'order_{bus}_log', **{f'order_{bus}': f'{first} {other} '})


@test('names are those of the pci bus; a second probe, scan or plug leaves devices untouched',
      [('x86-vtd', 'iommufd')], tail=each_backend('arm-smmuv3', 'x86-vtd'))
def again(platform, backend):
    _again(platform, backend)


@test('the same with DPDK 22.11 and 25.11', [('x86-vtd', 'iommufd')], soak=True)
def again_releases(platform, backend):
    for dpdk in ('22.11', '25.11'):
        _again(platform, backend, dpdk)


EDU = ('-device', 'edu,addr=a', '-device', 'edu,addr=b')


def _seen(step, probes, removes, mapped, args):
    """The facts of one state of the driver. Its registers respond while they are mapped."""
    return {f'{step}_probes': probes, f'{step}_removes': removes, f'{step}_mapped': mapped,
            f'{step}_answers': mapped, f'{step}_args': args}


# Mode: the facts on both buses.
MODES = {
    'again': {**_seen('start', 1, 0, 1, 'first=1'), 'add': 0, **_seen('added', 2, 0, 1, 'representor=1'),
              'probe': 0, **_seen('probed', 3, 0, 1, 'representor=1'),
              'remove': 0, **_seen('removed', 3, 1, 0, 'representor=1')},
    # EEXIST, which EAL hides.
    'once': {**_seen('start', 1, 0, 1, 'first=1'), 'add': 0, **_seen('added', 1, 0, 1, 'first=1'),
             'probe': 0, **_seen('probed', 1, 0, 1, 'first=1'),
             'remove': 0, **_seen('removed', 1, 1, 0, 'first=1')},
    'keep': _seen('start', 1, 0, 1, 'first=1'),
    'drop': _seen('start', 1, 0, 0, 'first=1'),
}

# A driver with the name of one of DPDK's: the facts on this bus.
OPENED = {**_seen('start', 1, 0, 1, ''), 'remove': 0, **_seen('removed', 1, 1, 0, '')}
CLOSED = {**_seen('start', 0, 0, 0, ''), 'add': -errno.ENODEV, **_seen('added', 0, 0, 0, '')}
# The argument of the attach has no vDPA.
CLOSED_ONCE = {**_seen('start', 0, 0, 0, ''), 'add': 0, **_seen('added', 1, 0, 1, 'representor=1')}
REJECTED = ('vfio_msi:{bdf}: not used: driver {driver} opens the IOMMU group for a VFIO container of '
            'its own, but a group can be open once only, and this bus opens it; give the device to '
            'the pci bus: -a {bdf}{args}\n')
CUDA = ('vfio_msi:{bdf}: not used: driver gpu_cuda does not use VFIO: the bus maps memory and '
        'interrupts that it does not use; bind the device as the guide of the driver says, and give '
        'it to the pci bus: -a {bdf},n=1\n')
BLOCKED = 'the IOMMU blocks copies by this engine'


def _check_own_containers(said, bdf):
    """Drivers with a VFIO container of their own are rejected before they are called."""
    with part('a driver with a container of its own'):
        _check(said, 'container_pci', {**OPENED, 'cleanup': 0, 'status': 0})
        for run, driver, args, wanted in (
                ('container', 'net_ntnic', '', CLOSED),
                ('vdpa', 'net_ifcvf', ',vdpa=1', CLOSED_ONCE),
                ('class', 'nfp_common_pci', ',n=1,class=vdpa', CLOSED_ONCE)):
            _check(said, f'{run}_vfio_msi', {**wanted, 'cleanup': 0, 'status': 0})
            log = said.text(f'{run}_vfio_msi_log')
            before, message, after = log.partition(
                REJECTED.format(bdf=bdf, driver=driver, args=args))
            expect(message and ': claimed: ' not in before, log)
            expect_equal(after.count(': claimed: '), wanted['added_probes'], f'claims in\n{after}')
    with part('a driver that does not use VFIO'):
        _check(said, 'cuda_vfio_msi', {**CLOSED, 'cleanup': 0, 'status': 0})
        log = said.text('cuda_vfio_msi_log')
        expect(CUDA.format(bdf=bdf) in log and ': claimed: ' not in log, log)
    with part('the same driver without vDPA'):
        for run, args in (('vdpa_off', 'vdpa=0'), ('class_eth', 'class=eth')):
            _check(said, f'{run}_vfio_msi', {**_seen('start', 1, 0, 1, args), 'cleanup': 0, 'status': 0})
    with part('a driver with a container of its own beside the driver of the device'):
        _check(said, 'beside_vfio_msi', {**OPENED, 'cleanup': 0, 'status': 0})
        log = said.text('beside_vfio_msi_log')
        expect(': probe by net_sfc_vdpa ' not in log, log)
        if ': chooses backend iommufd ' in log:
            expect_equal(said['beside_vfio_msi_groups'], 0, 'open groups')


def _check_engines(said, bdf):
    """A DMA engine is reported if the application has librte_vhost, not if only a plugin has it."""
    with part('a DMA engine, and librte_vhost'):
        for run, warnings in (('engine', 0), ('engine_vhost', 1), ('other_vhost', 0)):
            _check(said, f'{run}_vfio_msi', {**OPENED, 'cleanup': 0, 'status': 0})
            log = said.text(f'{run}_vfio_msi_log')
            expect_equal(log.count(BLOCKED), warnings, f'warnings in\n{log}')
        expect(f'give the engine to the pci bus: -a {bdf}\n' in said.text('engine_vhost_vfio_msi_log'),
               'no remedy')


# Runs of flags.sh with assigned IOVAs, and the beginning of the message.
MISS_IOVAS = {
    'reader': 'driver CRYPTODEV_NAME_CCP_PMD gives the device physical addresses of its keys, but ',
    'needs_va': 'driver edu needs IOVA as VA, but ',
}


def _check_assigned(said, bdf):
    """Drivers that miss assigned IOVAs are rejected before they are called, another one runs."""
    with part('a driver that asks the kernel for physical addresses, and one that needs IOVA as VA, '
              'where IOVAs are assigned'):
        for run, words in MISS_IOVAS.items():
            _check(said, f'{run}_vfio_msi', {**_seen('start', 0, 0, 0, ''), **_seen('added', 0, 0, 0, ''),
                                             'cleanup': 0, 'status': 0})
            log = said.text(f'{run}_vfio_msi_log')
            expect(f'vfio_msi:{bdf}: {words}the IOVAs of this process are assigned; use the device in '
                   'another process, with iova=va' in log, log)
        _check(said, 'assigned_vfio_msi', {**OPENED, 'cleanup': 0, 'status': 0})
        expect('IOVAs are assigned, as ' in said.text('assigned_vfio_msi_log'), 'IOVAs are not assigned')


@test('flags of drivers have the effect that they have on the pci bus', [('x86-vtd', 'iommufd')],
      tail=each_backend('x86-vtd'))
def flags(platform, backend):
    bdf, second = '0000:00:0a.0', '0000:00:0b.0'
    other = PLATFORMS[platform].nics[0]
    result = guest.run(platform, ['/usr/share/vfio-msi/flags.sh', bdf, other, second],
                       seconds=250, backend=backend, qemu_args=EDU)
    said = facts.read(result)
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
    for bus in ('pci', 'vfio_msi'):
        for mode, wanted in MODES.items():
            with part(f'{mode}, {bus}'):
                _check(said, f'{mode}_{bus}', {**wanted, 'cleanup': 0, 'status': 0})
    with part('a thread reads the registers of a device without a port until after the cleanup'):
        # There is plain memory then.
        _check(said, 'keep_vfio_msi', {'reader': 0, 'left_mapped': 1, 'left_answers': 0})
    with part('the device is bound again between two attaches'):
        _check(said, 'late_vfio_msi', {**_seen('declined', 2, 0, 0, 'n=1'), 'between': 0, 'add': 0,
                                       **_seen('added', 3, 0, 1, 'n=1'), 'cleanup': 0, 'status': 0})
        expect_equal(said['late_taken'], 'vfio0', 'the number of the other device')
    with part('a callback of the removal event removes the device'):
        _check(said, 'listen_vfio_msi', {'register': 0, 'remove': 0, 'between': 0,
                                         **_seen('removed', 1, 1, 0, ''), 'cleanup': 0, 'status': 0})
    with part('a driver does not release its device at the end, and another device is behind it'):
        # The process ends without a panic of EAL, and the registers are plain memory.
        _check(said, 'busy_vfio_msi', {'cleanup': 0, 'left_removes': 2, 'left_mapped': 1,
                                       'left_answers': 0, 'status': 0})
        log = said.text('busy_vfio_msi_log')
        expect('driver edu does not release the device' in log and 'epoll_ctl' not in log, log)
    with part('the last argument counts'):
        _check(said, 'again_vfio_msi', {
            'full': 0, 'short': 0, **_seen('short', 5, 1, 1, 'n=2'),
            'full_again': 0, **_seen('full_again', 6, 1, 1, 'n=3')})
    _check_own_containers(said, bdf)
    _check_engines(said, bdf)
    _check_assigned(said, bdf)


@test('a device that stays open without a driver can be attached again after the bus has revoked it',
      each_backend('x86-vtd'), soak=True)
def kept(platform, backend):
    result = guest.run(platform, ['/usr/share/vfio-msi/flags.sh', '0000:00:0a.0'], seconds=120,
                       backend=backend, qemu_args=EDU)
    said = facts.read(result)
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
    # Where its registers were, there is plain memory.
    _check(said, 'kept_vfio_msi', {**_seen('start', 1, 0, 1, ''), 'between': 0, 'add': 0,
                                   **_seen('added', 2, 0, 1, 'n=1'), 'old': 0,
                                   'cleanup': 0, 'status': 0})
    log = said.text('kept_vfio_msi_log')
    for words in ('it has no port, so the bus revokes it in 20 s', 'revoked: ports of its driver'):
        expect(words in log, log)
