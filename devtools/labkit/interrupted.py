# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
"""Commands of dpdk-test-msi that a signal ends leave nothing behind."""

import re
import signal

from .testing import expect_equal

# Arguments: signal, seconds after the first trace of its work, what that is, words of the command.
SCRIPT = r'''
left()
{
	ls -A /tmp /dev/hugepages
	ls -A /var/run/dpdk 2>/dev/null
	grep HugePages_Free /proc/meminfo
	grep -c vfio /proc/interrupts
	pgrep -xc dpdk-test-msi
	find /proc/[0-9]*/fd -lname '*vfio*' 2>/dev/null | wc -l
	readlink /sys/bus/pci/devices/*/driver
}
interrupt()
{
	sig=$1 seconds=$2 trace=$3
	shift 3
	# bash lets a job in the background ignore it.
	env --default-signal=INT dpdk-test-msi "$@" >/tmp/said 2>&1 &
	pid=$!
	# The next look may find the trace gone, as some live only in parts of the work.
	for ((end = SECONDS + 100; SECONDS < end;)); do
		compgen -G "$trace" >/dev/null && echo "$*: is there" && break
		# Those in /tmp are gone soon.
		[[ $trace == /tmp/* ]] || sleep 0.1
	done
	[ $seconds = 0 ] || sleep $seconds
	kill -$sig $pid
	wait $pid
	echo "$*: status $?"
	# The kernel frees pages of a file that iommufd had pinned after its last process is gone.
	for tries in {1..50}; do
		left >/tmp/after
		cmp -s /tmp/before /tmp/after && break
		sleep 0.1
	done
	diff /tmp/before /tmp/after && echo "$*: nothing left"
}
touch /tmp/said /tmp/before /tmp/after
dpdk-test-msi capture /tmp/whole.tar >/dev/null
left >/tmp/before
'''
FILE, FOLDER = '/dev/hugepages/dpdk-test-msi-*map_*', '/var/run/dpdk/dpdk-test-msi-*'
TAR, SCRATCH = '/tmp/cut.tar', '/tmp/dpdk-test-msi-*'


def _cases(first, second):
    """(signal, seconds, trace, command): in EAL's start, in its work, and in each kind of process.

    The devices that capture asks about and the many files of a capture take longer than a look.
    """
    return ((signal.SIGTERM, 0, FOLDER, f'map -m 64 {first}'),
            (signal.SIGINT, 0, FOLDER, f'bench map -n 100 -m 64 {first}'),
            (signal.SIGHUP, 3, FOLDER, f'bench startup -n 100 -m 64 {first} {second}'),
            (signal.SIGINT, 3, FILE, f'rxintr -n 100000 vfio_msi:{first} vfio_msi:{second}'),
            (signal.SIGTERM, 1, FOLDER, f'irq -n 100000 {first}'),
            (signal.SIGTERM, 2, FOLDER, f'irq --bench {first}'),
            (signal.SIGTERM, 0, TAR, f'capture {TAR} {first} {second}'),
            (signal.SIGINT, 0, SCRATCH, f'layout --root /tmp/whole.tar -a vfio_msi:{first}'))


def command(nics):
    """A line for bash that interrupts commands."""
    return SCRIPT + '\n'.join(f'interrupt {sig.name[3:]} {seconds} "{trace}" {words}'
                              for sig, seconds, trace, words in _cases(*nics)) + '\n'


def check(said, nics):
    """Each command was at work, ended by the signal, and all is as before."""
    for sig, _, _, words in _cases(*nics):
        expect_equal(re.findall(rf'^{re.escape(words)}: (.*)$', said, re.MULTILINE),
                     ['is there', f'status {128 + sig}', 'nothing left'], f'after {sig.name} in\n{said}\n')
