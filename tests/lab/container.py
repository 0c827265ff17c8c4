# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""In a pod: no firmware tables, read-only /sys, no capabilities, no root, few processors."""

import re

from labkit import build, facts, guest, oracle
from labkit.platforms import PLATFORMS
from labkit.testing import expect, expect_equal, part, test

PORT = re.compile(r'^Port \d+: [0-9A-F:]{17}', re.MULTILINE)
# The nodes of a device and of the address space.
NODES = {
    'iommufd': (r'/dev/vfio/devices/vfio\d+', '/dev/iommu'),
    'type1': (r'/dev/vfio/\d+', '/dev/vfio/vfio'),
}
# What the container lacks or limits, and the message that names it.
MISSING = {
    'memlock': 'must be locked for DMA, but RLIMIT_MEMLOCK is 8 MiB',
    'group': 'no permission',
    'nodes': 'does not exist here; load vfio-pci, or pass both nodes into the container',
    'space': 'check the limit of the address space (ulimit -v)',
}
# What the tool names if memory can't be locked: the memory, the cause, the remedies.
LOCKED = {
    'map': ("memory can't be mapped for it: 16 MiB at VA 0x", '; or map less with -m'),
    'frames': ("memory for frames can't be mapped: 68 KiB at VA 0x",),
}
# Half a pair, both pairs, another backend, no number: each in one line.
PAIRS = (
    'iommufd= is missing: device= and iommufd= belong together',
    'group= is missing: group= and container= belong together',
    *['device= and iommufd= conflict with group= and container=; give one of the two pairs'] * 2,
    'backend=type1 conflicts with device= and iommufd=; drop one of the two',
    'backend=iommufd conflicts with group= and container=; drop one of the two',
    'invalid value "x" for key "device"; the keys are ',
)


def _pod_command():
    """The command of the pod in the guide."""
    text = (build.SOURCE / 'doc/howto/kubernetes.rst').read_text(encoding='utf-8')
    return ' '.join(re.search(r'\n +args:\n +- (exec .*?)\n +env:', text, re.DOTALL)[1].split())


def _check_pod(said, nic):
    """Its two lcores may run on all processors of the pod, and its device has the holes."""
    log = said['pod']
    expect(said['pod_forwards'], f'the command of the guide does not forward\n{log[-4000:]}')
    expect(re.fullmatch(rf'vfio_msi:{nic}(,hole=0x[0-9a-f]+-0x[0-9a-f]+)+', said['pod_device']),
           f'the argument with the holes: {said["pod_device"]}')
    expect(' - cores=1 - ' in log, f'not one worker\n{log[-4000:]}')
    expect_equal(said['pod_processors'].split(), ['1-2'], 'processors of its threads')


def _check_view(said):
    """The test runs in a pod."""
    for words in ('CapEff:\t0000000000000000', 'CapBnd:\t0000000000000000', 'uid=1000',
                  'Cpus_allowed_list:\t1-2', 'Read-only file system', '00000000-00000000 : '):
        expect(words in said, f'no "{words}" in\n{said}')
    expect_equal(said.split('\n')[0], '0', 'entries of /sys/firmware')


def _keys(argument):
    """The descriptors in an argument that the launcher made: [(key, number), ...]."""
    return [(key, int(number)) for key, number in re.findall(r'(\w+)=(\d+)', argument)]


def _rejections(said, name, nic, nodes):
    """The messages for wrong descriptors of a device, in the order of container.sh."""
    (key, node), (space_key, space) = _keys(said[f'{name}_argument'])
    other = _keys(said[f'{name}_other'])[0][1]
    number, end = r'\(\d+:\d+\)', '; give the number of a descriptor of that node'
    own, space_node = nodes
    wrong = [rf'{key}={space} is {space_node} {number}, not {own} {number}{end}',
             rf'{key}={other} is {own} {number}, not {own} {number}{end}',
             rf'{space_key}=0 is \S+ \(no device\), not {space_node} {number}{end}',
             rf"{key}=99 can't be used: Bad file descriptor; open {own} without close-on-exec "
             'before this process starts, e\\.g\\. by a launcher',
             f'{space_key}= is missing: {key}= and {space_key}= belong together']
    return [f'VFIO_MSI: vfio_msi:{nic}: not used: {words}' for words in wrong]


def _check_given(said, name, nic, nodes):
    """The launcher's descriptors serve a user without nodes, also after a port came back."""
    view, log = said[f'{name}_view'], said[name]
    for words in ('Uid:\t1000\t1000\t1000\t1000', 'CapEff:\t0000000000000000',
                  'CapBnd:\t0000000000000000', 'NoNewPrivs:\t1', '1, 3 '):
        expect(words in view, f'no "{words}" in\n{view}')
    expect_equal(view.split('\n')[0], '0', 'nodes in /dev/vfio')
    expect(said[f'{name}_attached'], f'the port does not come back\n{log[-4000:]}')
    said.check(name, **{f'{name}_status': 0,
                        f'{name}_descriptors_after': said[f'{name}_descriptors']})
    oracle.check_backend(log, name.removeprefix('given_'))
    expect('descriptors of its nodes were given' in log, log[:3000])
    macs = re.findall(r'^Port \d+: ([0-9A-F:]{17})', log, re.MULTILINE)[:2]
    senders = oracle.PACKET.findall(log)
    expect_equal({mac: senders.count(mac) for mac in set(senders)}, {mac: 512 for mac in macs},
                 'packets read back, by sender')
    lines = [line for line in log.split('\n') if ': not used: ' in line]
    wanted = _rejections(said, name, nic, nodes)
    expect_equal(len(lines), len(wanted), f'rejections\n{lines}\n')
    for line, words in zip(lines, wanted):
        expect(re.fullmatch(words, line), f'not "{words}" but "{line}"')


def _check_irq(said, name):
    expect('MSI-X  10 vectors, loopback 100 of 100, device (igb) 40 of 40' in said[name],
           said[name])
    said.check(name, **{f'{name}_status': 0})


def _check_burst(said, backend):
    said.check(backend, **{f'{backend}_status': 0})
    oracle.check_payloads(said[backend])
    oracle.check_backend(said[backend], backend)
    interrupts = said[f'{backend}_interrupts']
    expect('vfio-msix' in interrupts, f'no MSI-X\n{interrupts}')


@test('testpmd forwards in a pod, or a message names what is missing', ['arm-smmuv3'])
def pod(platform):
    # The pod of the guide takes 512 MiB.
    result = guest.run(platform, ['/usr/share/vfio-msi/container.sh', *PLATFORMS[platform].nics,
                                  _pod_command()],
                       seconds=360, kernel='lab', smp=4, hugepages=320, examples=True)
    said = facts.read(result)
    _check_view(said['view'])
    with part('descriptors come in pairs'):
        reports = [line for line in said['pairs'].split('\n') if 'vfio_msi:' in line]
        expect_equal(len(reports), len(PAIRS), f'reports in\n{said["pairs"]}\n')
        for line, words in zip(reports, PAIRS):
            expect(words in line, f'no "{words}" in "{line}"')
    for backend in ('iommufd', 'type1'):
        with part(f'512 packets with {backend}'):
            _check_burst(said, backend)
    with part('the command of the guide to Kubernetes'):
        _check_pod(said, PLATFORMS[platform].nics[0])
    for backend in ('iommufd', 'type1'):
        with part(f'a launcher opens the nodes for {backend}'):
            _check_given(said, f'given_{backend}', PLATFORMS[platform].nics[1],
                         NODES[backend])
    for name, words in MISSING.items():
        with part(f'a message names {name}'):
            expect(words in said[name], f'no "{words}" in\n{said[name]}')
            expect_equal(len(PORT.findall(said[name])), 0, f'ports\n{said[name]}\n')
    for name, words in LOCKED.items():
        with part(f'the tool names the limit of locked memory: {name}'):
            for word in (*words, ': Cannot allocate memory; is RLIMIT_MEMLOCK too low? (ulimit -l'):
                expect(word in said[name], f'no "{word}" in\n{said[name]}')
            said.check(name, **{f'{name}_status': 1})
    for backend in ('iommufd', 'type1'):
        with part(f'descriptors for {backend} outlive a process that is killed'):
            said.check(f'reused_{backend}', **{f'reused_{backend}_sends': True})
            _check_irq(said, f'reused_{backend}')
    with part('every vector arrives'):
        _check_irq(said, 'irq')
    with part('list and layout'):
        said.check('list', list_status=0)
        said.check('layout', layout_status=0)
        expect('a lower bound' in said['layout'], said['layout'])
    expect_equal(guest.iommu_faults(result), [], 'IOMMU faults')
