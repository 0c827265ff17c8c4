# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""The command line of the lab."""

import argparse
import os
import shlex
import signal
import sys

from . import build, cache, clean, demo, emulator, guest, progress, rootfs, suites
from .platforms import PLATFORMS
from .progress import LabError


def _dpdk_option(parser):
    parser.add_argument('--dpdk', choices=list(rootfs.RELEASES), default=rootfs.DEFAULT,
                        help='the release of DPDK, which selects that of Debian '
                             '(default: %(default)s)')


def _add_option(parser):
    parser.add_argument('--add', metavar='FOLDER', default='',
                        help='copy the files in FOLDER to the root folder of each guest, where they '
                             'replace others')


def _guest_options(parser):
    parser.add_argument('platform', metavar='PLATFORM', choices=list(PLATFORMS))
    parser.add_argument('-m', dest='memory', metavar='MEM', default='', help='memory, as in 4G')
    parser.add_argument('-a', dest='kernel_args', metavar='ARGS', action='append', default=[],
                        help='additional kernel arguments')
    parser.add_argument('-q', dest='qemu_args', metavar='ARGS', action='append', default=[],
                        help='additional QEMU arguments')
    parser.add_argument('-k', dest='kernel', choices=list(guest.KERNELS), default='',
                        help="the kernel (default: the platform's)")
    parser.add_argument('-s', dest='smp', metavar='N', type=int, default=2, help='processors')
    parser.add_argument('-H', dest='hugepages', metavar='N', type=int, default=256,
                        help='number of 2 MiB hugepages (default: %(default)s)')
    _dpdk_option(parser)
    _add_option(parser)
    parser.add_argument('--stock', action='store_true', help='do not install this project')


def _parser():
    parser = argparse.ArgumentParser(prog='lab', description='The emulated lab.')
    commands = parser.add_subparsers(dest='command', required=True, metavar='COMMAND')
    commands.add_parser('list', help='list platforms and test suites')
    run = commands.add_parser('run', help='run a command in a guest',
                              usage='lab run PLATFORM [options] -- COMMAND [ARG]...')
    _guest_options(run)
    run.add_argument('-t', dest='seconds', metavar='SECONDS', type=float, default=600,
                     help='kill the guest after this time (default: %(default)g)')
    run.add_argument('--qmp', metavar='CMD@SECONDS', action='append', default=[],
                     help="run a command of QEMU's monitor SECONDS after the guest is up")
    _guest_options(commands.add_parser('shell', help='run a shell in a guest, on this terminal'))
    commands.add_parser('demo', help='run traffic between two NICs on the bus, print a verdict')
    test = commands.add_parser('test', help='run test suites (default: all)')
    test.add_argument('--results', action='store_true',
                      help='write doc/results/SUITE.rst for each suite without a failure')
    test.add_argument('--only', metavar='TEXT', default='',
                      help='run only the guest tests, those of "lab soak" included, whose '
                           '"NAME [PLATFORM]" contains TEXT; check no budget')
    soak = commands.add_parser('soak', help='run the long tests')
    for parser_of_suites in (test, soak):
        _add_option(parser_of_suites)
        parser_of_suites.add_argument('suites', metavar='SUITE', nargs='*')
        parser_of_suites.add_argument('-j', '--jobs', metavar='N', type=int, default=0,
                                      help='number of guest suites to run in parallel (default: '
                                           'as processors and memory allow)')
    make = commands.add_parser('build', help='build the project for guests')
    make.add_argument('arches', metavar='ARCH', nargs='*', default=[])
    _dpdk_option(make)
    commands.add_parser('setup', help='fetch and build everything that guests need')
    commands.add_parser('clean', help='remove leftovers of killed labs').add_argument(
        '--all', action='store_true', help='remove the cache as well')
    return parser


def _options(args):
    return {'memory': args.memory, 'kernel': args.kernel, 'smp': args.smp, 'hugepages': args.hugepages,
            'stock': args.stock, 'dpdk': args.dpdk, 'kernel_args': tuple(args.kernel_args),
            'qemu_args': tuple(word for text in args.qemu_args for word in shlex.split(text))}


def _run(args, command):
    if not command:
        raise LabError('no command: lab run PLATFORM [options] -- COMMAND [ARG]...')
    result = guest.run(args.platform, command, live=True, seconds=args.seconds, patience=1,
                       qmp=tuple(args.qmp), **_options(args))
    if not result.error:
        sys.stderr.write(result.qemu_stderr)
    return result.status


def _list():
    print('Platforms:')
    for platform in PLATFORMS.values():
        print(f'  {platform.name:16} {platform.about}')
    print('Suites:')
    for suite in suites.everything():
        print(f'  {suite.name:16} {suite.about}')
    return 0


def _setup():
    emulator.refresh()
    for arch in rootfs.USUAL:
        for kernel in guest.USUAL_KERNELS:
            guest.prepare(arch, flavour=kernel)
    return 0


def _build(arches, dpdk):
    unknown = set(arches) - set(rootfs.TRIPLET)
    if unknown:
        raise LabError(f'unknown architecture {", ".join(unknown)}; the lab has: '
                       + ', '.join(rootfs.TRIPLET))
    for arch in arches or rootfs.USUAL:
        print(build.cross(arch, dpdk=dpdk))
    return 0


def _add(folder, keep):
    """Guests get these files; suites in processes of their own inherit the variable."""
    if not os.path.isdir(folder):
        raise LabError(f'--add: {folder} is no folder')
    if keep:
        raise LabError('--add wants no --results: a page is about what this project installs')
    os.environ[guest.ADDED] = os.path.abspath(folder)


def _dispatch(args, command):
    actions = {
        'list': _list,
        'run': lambda: _run(args, command),
        'shell': lambda: guest.shell(args.platform, **_options(args)),
        'demo': lambda: 0 if demo.run() else 1,
        'test': lambda: 0 if suites.run_suites(args.suites, keep=args.results,
                                               jobs=args.jobs, only=args.only) else 1,
        'soak': lambda: 0 if suites.run_suites(args.suites, soak=True, jobs=args.jobs) else 1,
        'build': lambda: _build(args.arches, args.dpdk),
        'setup': _setup,
    }
    if getattr(args, 'add', ''):
        _add(args.add, getattr(args, 'results', False))
    if args.command == 'clean':
        return clean.clean(args.all)
    with cache.in_use():
        return actions[args.command]()


def main():
    """Run one command of the lab and return its exit status."""
    argv, command = sys.argv[1:], []
    if '--' in argv:
        split = argv.index('--')
        argv, command = argv[:split], argv[split + 1:]
    args = _parser().parse_args(argv)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    try:
        return _dispatch(args, command)
    except LabError as error:
        progress.say(f'failed: {error}')
        return guest.DIED if args.command in ('run', 'shell') else 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


if __name__ == '__main__':
    sys.exit(main())
