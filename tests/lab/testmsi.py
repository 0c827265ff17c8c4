# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""dpdk-test-msi: output and exit status of list, layout, map and capture."""

import base64
import io
import pathlib
import re
import tarfile
import tempfile
from xml.etree import ElementTree

from labkit import (apt, benches, build, explained, facts, findings, guest, interrupted, interrupts, oracle,
                    rootfs, schema)
from labkit.platforms import PLATFORMS
from labkit.progress import run
from labkit.testing import each_backend, expect, expect_equal, figure, part, test

USAGE = ('', 'nothing', 'list --nothing', 'list more', 'layout', 'layout -a',
         'layout -a 0000:00:03.0', 'layout -a vfio_msi:3',
         'layout -a vfio_msi:0000:00:03.0,key=value',
         'layout -a vfio_msi:0000:00:03.0,hole=2-1', 'layout -a vfio_msi:all,msi=maybe',
         'list --root', 'layout -a vfio_msi:all --root / --aperture 2-1 --page-sizes 4K',
         'layout -a vfio_msi:all --root / --aperture 1-2', 'capture', 'capture file.tar vfio_msi:3',
         'irq', 'irq -n 0 0000:00:03.0', 'irq vfio_msi:all', 'map', 'map -m 3 0000:00:03.0', 'map all',
         'map vfio_msi:all', 'map vfio_msi:0000:00:03.0,msi=off',
         'bench', 'bench map', 'bench map vfio_msi:0000:00:03.0,msi=off', 'bench layout more',
         'bench layout --ranges 99', 'bench startup 0000:00:03.0',
         'bench startup 0000:00:03.0 vfio_msi:0000:00:03.0', 'capture --json -', 'list --json more',
         'doctor 3', 'doctor vfio_msi:0000:00:03.0,key=value', 'doctor --user nobody',
         'doctor --root / --unit a.service', 'doctor --unit a/b',
         'explain /dev/null more', 'explain 0xg', 'explain 0x1 3', 'explain 0x1 0000:00:03.0 more')
HELP = ('--help', 'rxintr --help', 'list --help', 'layout --help', 'irq --help', 'map --help', 'capture --help',
        'doctor --help', 'explain --help', 'bench --help', 'bench layout --help', 'bench map --help', 'bench startup --help')


def _run(platform, *lines, backend='', **options):
    """Run all lines in one guest; returns (output, exit status) of each."""
    result = guest.run(platform, ['/usr/share/vfio-msi/lines.sh', *lines], seconds=200,
                       backend=backend, **options)
    said = facts.read(result)
    answers = [(said[f'{number}'], said[f'{number}_status']) for number in range(len(lines))]
    made = answers.pop()[0] if 'explain.sh' in lines[-1] else ''
    expect_equal(explained.faults_before(result, made), [], 'IOMMU faults')
    if made:
        explained.check(platform, made, result.qemu_stderr)
    return answers


def _give(platform):
    return ' '.join(f'-a vfio_msi:{nic}' for nic in PLATFORMS[platform].nics)


def _bind(platform):
    return f'vfio-bind {" ".join(PLATFORMS[platform].nics)}'


def _has_hole(plan, first, last, origin):
    keys = {(hole['first'], hole['last'], hole['origin']) for hole in plan['holes']}
    expect((first, last, origin) in keys, f'no hole {origin} {first}-{last} in {sorted(keys)}')


def _check_backend(text, backend):
    """The layout uses this backend for every device."""
    found = set(re.findall(r'^    backend         (\w+), chosen for all: ', text, re.MULTILINE))
    expect_equal(found, {backend}, f'backends in\n{text}\n')


def _free_is_sane(plan):
    """Free ranges are inside allowed ranges and overlap no hole."""
    def ranges(key):
        return [(int(item['first'], 16), int(item['last'], 16)) for item in plan[key]]
    expect(plan['free'], 'nothing is free')
    for first, last in ranges('free'):
        expect(any(a <= first <= last <= b for a, b in ranges('allowed')),
               f'free {first:#x}-{last:#x} is not allowed')
        expect(all(last < a or b < first for a, b in ranges('holes')),
               f'free {first:#x}-{last:#x} overlaps a hole')


# Where a capture is tested, and the reason why a user can't open a node there.
CAPTURED = (('x86-vtd', 'type1'), ('arm-smmuv3', 'iommufd'))
REFUSED = {'type1': 'the kernel refuses it', 'iommufd': '/dev/vfio/devices/vfio0'}


def _capture_lines(platform, backend):
    """The commands for _check_capture()."""
    nics = PLATFORMS[platform].nics
    if (platform, backend) not in CAPTURED:
        return ()
    power = ' '.join(f'/sys/bus/pci/devices/{nic}/power/{name}' for nic in nics
                     for name in ('runtime_status', 'runtime_active_time'))
    return (f'if [ -e {power.split()[0]} ]; then sleeping=$(cat {power}); '
            'dpdk-test-msi capture /tmp/asleep.tar >/dev/null && '
            f'diff - <(cat {power}) <<<"$sleeping" && grep -c suspended <<<"$sleeping"; '
            'else echo none; fi',
            'ls /proc/device-tree/chosen 2>&1; '
            'dpdk-test-msi capture --json /tmp/root.tar all >/tmp/capture.json',
            'cat /tmp/capture.json',
            'dpdk-test-msi layout -a vfio_msi:all',
            'dpdk-test-msi layout --plot --root /tmp/root.tar -a vfio_msi:all',
            'dpdk-test-msi list --root /tmp/root.tar',
            'mkdir -m 777 /tmp/user; setpriv --reuid=1000 --regid=1000 --clear-groups '
            'dpdk-test-msi capture /tmp/user/user.tar',
            'dpdk-test-msi layout --root /tmp/user/user.tar -a vfio_msi:all',
            'busybox gzip /tmp/root.tar; dpdk-test-msi list --root /tmp/root.tar.gz >/dev/null; '
            'ls -d /tmp/dpdk-test-msi*',
            'base64 /tmp/root.tar.gz')


def _elsewhere(data):
    """Run layout for a capture on this host, which does not have the devices."""
    arch = apt.host_arch()
    libraries = f'usr/lib/{rootfs.TRIPLET[arch]}'
    sysroot = rootfs.sysroot(arch)
    with build.installed(arch) as stage, tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, 'machine.tar.gz')
        path.write_bytes(data)
        return run([next((sysroot / libraries).glob('ld-linux*.so.*')), '--library-path',
                    f'{stage / libraries}:{sysroot / libraries}',
                    stage / 'usr/bin/dpdk-test-msi', 'layout', '--plot', '--root',
                    path, '-a', 'vfio_msi:all'])


def _check_capture(answers, bound, platform, backend):
    """A capture by root is complete, that of a user lists missing data; no device is woken."""
    asleep, taken, as_json, live, past, listed, user, lacking, left, encoded = answers
    nics = PLATFORMS[platform].nics
    expect_equal([asleep[1], taken[1], live[1], past[1], listed[1], user[1]], [0] * 6,
                 f'exit statuses of\n{answers}\n')
    expect_equal(schema.load(as_json[0], 'capture')['file'], '/tmp/root.tar', 'file')
    figure('devices that stay suspended', asleep[0].strip())
    # The kernel of the lab does not suspend devices.
    expect_equal(asleep[0].strip(), 'none' if platform == 'arm-smmuv3' else str(len(nics)),
                 'devices that sleep before and after')
    expect('missing:' not in taken[0] or 'run as root' not in taken[0], taken[0])
    expect(', to 0xffffffffffffffff\n' in past[0], f'no plot in:\n{past[0]}')
    expect_equal(past[0].split("\nEAL's memory")[0], live[0].split("\nEAL's memory")[0],
                 'layout of the capture')
    # A capture does not have the users of other devices (mounts, interfaces).
    rows = [[line for line in text.splitlines() if line.startswith(nics)] for text in
            (listed[0], bound)]
    expect_equal(rows[0], rows[1], 'list of the capture')
    for words in ('/proc/iomem: the kernel shows addresses to CAP_SYS_ADMIN only',
                  f'{nics[0]}, {backend}: {REFUSED[backend]}: Permission denied'):
        expect(words in user[0], f'no "{words}" in:\n{user[0]}')
    expect(lacking[1] == 1 and 'no permission to open /dev/vfio/' in lacking[0], lacking[0])
    expect('No such file' in left[0], f'a folder is left: {left[0]}')
    data = base64.b64decode(encoded[0])
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        names = tar.getnames()
        content = b''.join(tar.extractfile(member).read() for member in tar if member.isfile())
    expect('MANIFEST' in names and 'answers.json' in names, str(names[-5:]))
    # Secrets of an emulated machine: MAC addresses, seeds in the device tree.
    expect_equal('kaslr-seed' in taken[0], SOURCES.get(platform) == 'device tree', 'a seed is there')
    for secret in (b'52:54:00', b'\x52\x54\x00\x12\x34', b'kaslr-seed', b'rng-seed', b'bootargs'):
        expect(secret not in content, f'{secret} is in the capture')
    expect_equal(_elsewhere(data).rstrip('\n'), past[0], 'the layout on this host')


@test('list shows usable devices and how to make others usable; layout uses them',
      each_backend())
def lists(platform, backend):
    nics = PLATFORMS[platform].nics
    tries, faults = ((platform, backend) in machines for machines in (TRIES, FAULTS))
    before, bound, as_json, with_bridges, plan, picture, reserved, iomem, *more = _run(
        platform, 'dpdk-test-msi list', f'{_bind(platform)}; dpdk-test-msi list',
        'dpdk-test-msi list --json', 'dpdk-test-msi list --all --json',
        'dpdk-test-msi layout --json -a vfio_msi:all',
        'dpdk-test-msi layout --plot --svg /tmp/layout.svg -a vfio_msi:all && cat /tmp/layout.svg',
        f'cat /sys/bus/pci/devices/{nics[0]}/iommu_group/reserved_regions', oracle.IOMEM,
        *_capture_lines(platform, backend), *_more_lines(platform), *_bench_lines(platform, backend),
        *_irq_lines(platform, backend), *_try_lines(platform) * tries,
        *_explain_lines(platform) * faults, backend=backend,
        kernel_args=explained.KERNEL_ARGS * faults)
    more = _check_tried(platform, backend, more) if tries else more
    more = _check_irq(platform, backend, more)
    more = _check_benches(platform, backend, more)
    for nic in PLATFORMS[platform].nics:
        cure = f'is bound to no driver; bind it with: dpdk-devbind.py -b vfio-pci {nic}'
        expect(cure in before[0], f'no "{cure}" in:\n{before[0]}')
        row = next(line for line in bound[0].splitlines() if line.startswith(nic))
        expect('vfio-pci' in row and '/dev/vfio/' in row and row.endswith(' yes'), row)
        row = next(item for item in schema.load(as_json[0], 'list')['devices'] if item['bdf'] == nic)
        expect(row['usable'] and row['driver'] == 'vfio-pci' and row['group'] >= 0, str(row))
    expect_equal([before[1], bound[1], as_json[1], with_bridges[1], plan[1], picture[1]], [0] * 6,
                 'exit statuses')
    plan = schema.load(plan[0], 'layout')
    _layout_picture(plan, picture[0])
    expect_equal({item['backend'] for item in plan['devices']}, {backend}, 'backends')
    _free_is_sane(plan)
    forbidden = oracle.holes({'reserved': reserved[0], 'iomem': iomem[0]})
    expect(len(forbidden) > 1, 'the kernel lists no region or window')
    for first, last in forbidden:
        expect(all(int(free['last'], 16) < first or last < int(free['first'], 16)
                   for free in plan['free']),
               f'the kernel reserves {first:#x}-{last:#x}, which is free in\n{plan["free"]}')
    long = [line for line in bound[0].splitlines() if len(line) > 100 and line[0] != ' ']
    expect_equal(long, [], 'rows of more than 100 columns')
    expect(not any(item['bridge'] for item in schema.load(as_json[0], 'list')['devices']),
           as_json[0])
    expect(any(item['bridge'] for item in schema.load(with_bridges[0], 'list')['devices']),
           with_bridges[0])
    captured, more = more[:-len(_more_lines(platform))], more[-len(_more_lines(platform)):]
    if captured:
        with part('a capture gives the same layout on another machine'):
            _check_capture(captured, bound[0], platform, backend)
    if platform in SOURCES:
        with part('layout shows SW_MSI, both bridge windows and their source'):
            _layout_smmu(platform, backend, *more[:2])
    if platform == 'arm-reserved':
        with part('layout shows the moved MSI window and the reserved region'):
            _layout_reserved(backend, *more[:2])
    if platform == 'arm-smmuv3':
        with part('map counts many calls on the pci bus and one on this bus'):
            _map_calls(backend, *more[2])
            _check_objects(backend, nics[0], *more[3:])


# Where "irq" runs in the guest of lists(), and what becomes of MSI-X and MSI there.
IRQ = {('arm-reserved', 'type1'): 'not supported', ('arm-virtio-iommu', 'type1'): 'refused',
       ('arm-virtio-iommu', 'iommufd'): 'done'}


def _irq_lines(platform, backend):
    return interrupts.commands(PLATFORMS[platform].nics[0]) if (platform, backend) in IRQ else ()


# Where lists() tries interrupts and makes faults; the other machines are for "lab soak".
TRIES = (('arm-smmuv3', 'type1'), ('x86-vtd', 'iommufd'))
FAULTS = (('arm-smmuv3', 'iommufd'), ('x86-vtd', 'type1'), ('x86-amdvi', 'iommufd'))


@test('doctor --try and explain on the other machines',
      [machine for machine in {**findings.TRIED, **dict.fromkeys(explained.BACKENDS.items())}
       if machine not in TRIES + FAULTS], soak=True)
def elsewhere(platform, backend):
    tries = (platform, backend) in findings.TRIED
    faults = explained.runs(platform, backend)
    _, *answers = _run(platform, _bind(platform), *_try_lines(platform) * tries,
                       *_explain_lines(platform) * faults, backend=backend,
                       kernel_args=explained.KERNEL_ARGS)
    expect_equal(len(answers), tries, 'answers')
    if tries:
        _check_tried(platform, backend, answers)


def _try_lines(platform):
    return [f'/usr/share/vfio-msi/try.sh {" ".join(PLATFORMS[platform].nics)}']


def _explain_lines(platform):
    return [explained.command(platform)] if platform in explained.BACKENDS else []


def _check_tried(platform, backend, answers):
    """Check the last answer, that of _try_lines(); returns the others."""
    with part('doctor --try tests interrupts, leaves nothing, and no device that is in use'):
        findings.check_tried(facts.Facts(answers[-1][0] + '\n'), PLATFORMS[platform].nics,
                             *findings.TRIED[platform, backend])
    return answers[:-1]


def _check_irq(platform, backend, answers):
    """Check the last answers, those of _irq_lines(); returns the others."""
    if (platform, backend) not in IRQ:
        return answers
    *answers, every, required = answers
    with part('every kind of interrupt arrives, or is refused with the reason'):
        interrupts.check(IRQ[platform, backend], every[0], required[0])
    return answers


BENCH_SIZE = 64


def _bench_lines(platform, backend):
    """Benchmarks for the guest of lists(), where the kernel has every backend."""
    nics = PLATFORMS[platform].nics
    if (platform, backend) != ('arm-smmuv3', 'iommufd'):
        return ()
    return (f'dpdk-test-msi bench map --json -n 1 -m {BENCH_SIZE} --svg /tmp/map.svg {nics[0]} '
            '2>/tmp/said', 'cat /tmp/said', 'cat /tmp/map.svg',
            f'dpdk-test-msi bench startup --json -n 1 -m 64 --svg /tmp/startup.svg {" ".join(nics)} '
            '2>/tmp/said', 'cat /tmp/said', 'cat /tmp/startup.svg', interrupted.command(nics))


def _progress(said, first):
    """A pipe gets a line at the first step, and no escape sequence."""
    expect(re.search(rf'^dpdk-test-msi: {re.escape(first)} \(step 1 of \d+, \d+ s\)$', said, re.MULTILINE),
           said)
    expect('\033' not in said and '\r' not in said, repr(said))


def _check_benches(platform, backend, answers):
    """Check the last answers, those of _bench_lines(); returns the others."""
    if not _bench_lines(platform, backend):
        return answers
    *answers, mapped, progress, drawn, started, progress_too, drawn_too, ended = answers
    with part('bench map needs one call beside the pci bus, and measures every side'):
        benches.check_map(*mapped, backend, BENCH_SIZE, '2M')
        _progress(progress[0], 'bench map: pages of 2M, round 1 of 1, pci bus of DPDK')
        _picture(drawn[0])
    with part('bench startup measures each phase on both buses'):
        benches.check_startup(*started, backend, 1)
        _progress(progress_too[0], 'bench startup: round 1 of 1, pci bus of DPDK')
        _picture(drawn_too[0])
    with part('commands that a signal ends leave nothing behind'):
        interrupted.check(ended[0], PLATFORMS[platform].nics)
    return answers


def _picture(text):
    tree = ElementTree.fromstring(text)
    expect_equal([tree.find(f'{{http://www.w3.org/2000/svg}}{name}') is None
                  for name in ('title', 'desc')], [False, False], 'for screen readers')


def _layout_picture(plan, text):
    """Both drawings have each range of the layout, and of EAL's memory."""
    text, svg = text.split('<svg ', 1)
    _picture('<svg ' + svg)
    plot = text.split('\nI/O virtual addresses of ', 1)[1]
    memory = plan['eal_memory']
    lists = memory['lists'] if memory and memory['iova'] == 'va' else []
    for item in plan['holes'] + plan['free'] + lists:
        first, last = item['first'], item['last']
        expect(f' {first}-{last}: ' in svg, f'no {first}-{last} in\n{svg}')
        expect(re.search(f'^ *{first} ', plot, re.MULTILINE), f'no line {first} in\n{plot}')
        expect(f', to {last}\n' in plot, f'no end {last} in\n{plot}')


def _more_lines(platform):
    """More commands for the guest of lists()."""
    hole = ',hole=0x100000000-0x1ffffffff' if platform in SOURCES else ''
    lines = [f'dpdk-test-msi layout {_give(platform)}',
             f'dpdk-test-msi layout --json -a vfio_msi:all{hole}']
    if platform == 'arm-smmuv3':
        nic = PLATFORMS[platform].nics[0]
        lines += [f'dpdk-test-msi map --bench --json -m {MAP_SIZE} {nic} >/tmp/map.json',
                  'cat /tmp/map.json', f'dpdk-test-msi irq --all --json {nic} 2>/dev/null',
                  'dpdk-test-msi irq --json 0000:00:1f.7 2>/dev/null', 'dpdk-test-msi --version']
    return lines


SOURCES = {'arm-smmuv3': 'device tree', 'arm-gicv2m': 'device tree', 'arm-smmuv3-acpi': 'iomem'}


def _layout_smmu(platform, backend, text, as_json):
    expect_equal([text[1], as_json[1]], [0, 0], 'exit statuses')
    _check_backend(text[0], backend)
    for words in ('0x0000000008000000-0x00000000080fffff  SW_MSI, hard',
                  '0x0000000010000000-0x000000003efeffff  host bridge 0000:00, soft',
                  '0x0000008000000000-0x000000ffffffffff  host bridge 0000:00, soft',
                  'MSI             not blocked', f'from: {SOURCES[platform]}\n'):
        expect(words in text[0], f'no "{words}" in:\n{text[0]}')
    plan = schema.load(as_json[0], 'layout')
    expect_equal([item['bdf'] for item in plan['devices']], list(PLATFORMS[platform].nics),
                 'devices')
    expect(all(item['used'] and not item['msi_blocked'] for item in plan['devices']), as_json[0])
    _has_hole(plan, '0x8000000', '0x80fffff', 'SW_MSI')
    _has_hole(plan, '0x10000000', '0x3efeffff', 'host bridge')
    _has_hole(plan, '0x8000000000', '0xffffffffff', 'host bridge')
    _has_hole(plan, '0x100000000', '0x1ffffffff', 'user')
    _free_is_sane(plan)


def _layout_reserved(backend, text, as_json):
    expect_equal([text[1], as_json[1]], [0, 0], 'exit statuses')
    _check_backend(text[0], backend)
    plan = schema.load(as_json[0], 'layout')
    _has_hole(plan, '0xe0000000', '0xe00fffff', 'MSI')
    _has_hole(plan, '0x100000000', '0x13fffffff', 'reserved')
    _free_is_sane(plan)
    expect('the bus steers EAL' in text[0], text[0])
    expect_equal((plan['eal_memory']['quality'], plan['eal_memory']['steered']), ('whole', True),
                 "EAL's memory")
    expect_equal(plan['eal_memory']['lists'][0]['first'], '0x140000000', 'the first list')


@test('layout reports devices that it cannot use and continues', ['arm-smmuv3'])
def layout_faults(platform):
    nics = PLATFORMS[platform].nics
    unbound, nobody, mixed, held, bench, picture, unwritten, silent, unread, named, *answers = _run(
        platform, f'dpdk-test-msi layout -a vfio_msi:{nics[0]}',
        'dpdk-test-msi layout -a vfio_msi:all',
        f'vfio-bind {nics[0]}; dpdk-test-msi layout --json 2>/dev/null '
        f'-a vfio_msi:{nics[1]} -a vfio_msi:0000:00:19.0 -a vfio_msi:{nics[0]}',
        f'group=$(basename $(readlink /sys/bus/pci/devices/{nics[0]}/iommu_group)); '
        '(. /usr/share/vfio-msi/await.sh; sleep 1000 9<>/dev/vfio/$group >/dev/null 2>&1 & holder=$!; '
        'await 10 sh -c "ls -l /proc/$holder/fd | grep -q /dev/vfio/"; '
        f'dpdk-test-msi layout -a vfio_msi:{nics[0]}; status=$?; kill $holder; exit $status)',
        'dpdk-test-msi bench layout --ranges 1000 --svg /tmp/bench.svg --json 2>/dev/null',
        'cat /tmp/bench.svg', 'dpdk-test-msi bench layout --ranges 100 --svg /proc/no.svg',
        'dpdk-test-msi explain --json </dev/null 2>/dev/null',
        "dpdk-test-msi explain --json $'/tmp/caf\\xe9.log' 2>/dev/null",
        "dpdk-test-msi capture --json $'/tmp/caf\\xe9.tar' 2>/dev/null",
        *(f'dpdk-test-msi {words}' for words in USAGE + HELP), 'dpdk-test-msi list >/dev/full')
    with part('exit status is 2 for wrong usage, 0 for help'):
        _usage(answers)
    with part('bench layout has a row for each structure and number of ranges, and a picture'):
        _bench(bench[0], picture[0], *unwritten)
    expect_equal((schema.load(unread[0], 'explain', 1)['faults'][0]['about'],
                  schema.load(named[0], 'capture')['file']), ('/tmp/caf?.log', '/tmp/caf?.tar'), 'names in Latin-1')
    expect_equal(schema.load(silent[0], 'explain', 1)['faults'][0]['about'], 'stdin', 'no log')
    expect_equal([unbound[1], nobody[1], mixed[1], held[1]], [1] * 4, 'exit statuses')
    for answer, words in ((unbound, f'vfio_msi:{nics[0]}: not used: is bound to no driver; bind '
                                    f'it with: dpdk-devbind.py -b vfio-pci {nics[0]}'),
                          (nobody, 'vfio_msi:all: no device is bound to a VFIO driver'),
                          (held, 'is held by process')):
        expect(words in answer[0], f'no "{words}" in:\n{answer[0]}')
    plan = schema.load(mixed[0], 'layout', 1)
    expect_equal([fault['about'] for fault in plan['faults']],
                 [f'vfio_msi:{name}' for name in (nics[1], '0000:00:19.0')], 'faults')
    expect_equal([item['used'] for item in plan['devices']], [True, False, False], 'used')
    expect('no such PCI device' in plan['devices'][2]['why'], mixed[0])
    _free_is_sane(plan)


def _bench(said, picture, unwritten, status):
    rows = schema.load(said, 'bench')['results']
    expect_equal([(row['ranges'], row['by']) for row in rows],
                 [(ranges, by) for ranges in (100, 1000) for by in ('layout', 'array', 'tree')], 'rows')
    expect(all(row['place_ns'] > 0 and row['release_ns'] > 0 for row in rows), f'a time is 0\n{said}')
    _picture(picture)
    expect_equal(status, 1, 'exit status when the picture can not be written')
    expect("dpdk-test-msi: /proc/no.svg: can't be written" in unwritten, unwritten)


MAP_SIZE = 256


def _map_calls(backend, said, status):
    # A kernel with iommufd also has type1, so one boot gives all rows.
    ours = ['type1'] if backend == 'type1' else ['iommufd', 'type1']
    rows = {who: [float(word) for word in words.split()] for who, words in
            re.findall(r'^([a-z].*?)  +([0-9][0-9. ]+)$', said, re.MULTILINE)}
    expect_equal(status, 0, f'exit status, after\n{said}\n')
    expect_equal(list(rows), ['pci bus of DPDK'] + [f'{who}, {name}' for name in ours
                                                    for who in ('one call', 'vfio_msi')],
                 f'rows of\n{said}\n')
    expect_equal([row[0] for row in rows.values()], [MAP_SIZE] * len(rows), f'MiB mapped in\n{said}\n')
    expect_equal(rows['pci bus of DPDK'][1], MAP_SIZE / 2, 'calls of the pci bus')
    for who, row in rows.items():
        figure(f'{who}: calls to map, to unmap', f'{row[1]:.0f}, {row[3]:.0f}')
        figure(f'{who}: ms per GiB', f'{row[2]}, {row[4]}', varies=True)
        if who != 'pci bus of DPDK':
            expect_equal((row[1], row[3]), (1, 1), f'calls of {who}')
    expect(all(row[2] > 0 and row[4] > 0 for row in rows.values()), f'a time is 0\n{said}')


def _check_objects(backend, nic, mapped, raised, absent, version):
    """The JSON objects of map and irq have the same data as the text."""
    rows = schema.load(mapped[0], 'map')['measurements']
    # A kernel with iommufd also has type1.
    iommufd = ([('one call', 'iommufd', 'not available')] if backend == 'type1' else
               [(by, 'iommufd', 'measured') for by in ('one call', 'vfio_msi')])
    expect_equal([(row['by'], row['backend'], row['result']) for row in rows],
                 [('pci bus of DPDK', None, 'measured')] + iommufd +
                 [(by, 'type1', 'measured') for by in ('one call', 'vfio_msi')], 'rows')
    rows = [row for row in rows if row['result'] == 'measured']
    expect_equal({row['map']['bytes'] for row in rows}, {MAP_SIZE << 20}, 'bytes mapped')
    expect_equal([row['map']['calls'] for row in rows], [MAP_SIZE // 2] + [1] * (len(rows) - 1),
                 'calls')
    # 4 KiB of tables for each GiB in pages of 2 MiB, and those of upper levels; 2 MiB for
    # each GiB in pages of 4 KiB.
    tables = [row['iommu_page_tables'] for row in rows]
    expect(all(0 < size <= 16 * 4096 for size in tables), f'page tables: {tables} bytes')
    found = schema.load(raised[0], 'irq')
    expect_equal((found['device']['bdf'], found['device']['backend'], found['faults']),
                 (nic, backend, []), 'the device')
    expect_equal([(kind['kind'], kind['vectors']) for kind in found['kinds']],
                 [('MSI-X', 10), ('MSI', 1), ('INTx', 1)], 'types')
    for kind in found['kinds']:
        for count in (kind['loopback'], kind['device']):
            expect(count['raised'] == count['arrived'] > 0, f'{kind}')
    found = schema.load(absent[0], 'irq', 1)
    expect_equal((found['device']['used'], len(found['faults'])), (False, 1), 'an absent device')
    expect(re.fullmatch(r'dpdk-test-msi \d+\.\d+\.\d+, built for DPDK 2\d\.\d\d\.\d+', version[0]),
           version[0])


def _usage(answers):
    for words, (text, status) in zip(USAGE, answers):
        expect_equal(status, 2, f'exit status of "{words}"')
        expect(text, f'"{words}" prints nothing')
    for words, (text, status) in zip(HELP, answers[len(USAGE):]):
        expect_equal(status, 0, f'exit status of "{words}"')
        expect(text.startswith('usage: dpdk-test-msi'), text)
    expect_equal(answers[-1][1], 1, 'exit status when the disk is full')
