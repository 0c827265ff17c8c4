# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# To be sourced: control an interactive dpdk-testpmd.  Its output is in $TESTPMD_LOG. If
# $TESTPMD_UNDER is set, this command runs it.

TESTPMD_LOG=/tmp/testpmd.log

# testpmd_start ARG...: start testpmd; fail if no prompt appears
testpmd_start()
{
	rm -f /tmp/testpmd.in
	mkfifo /tmp/testpmd.in
	: >$TESTPMD_LOG
	stdbuf -oL $TESTPMD_UNDER dpdk-testpmd --log-level=bus.vfio_msi:info "$@" \
		</tmp/testpmd.in >>$TESTPMD_LOG 2>&1 &
	testpmd_pid=$!
	exec 3>/tmp/testpmd.in
	testpmd_await 'testpmd> ' 60
}

# testpmd_await REGEX SECONDS: wait until a line of the log matches. The limit is three
# times as long, for busy hosts. It is not a measurement.
testpmd_await()
{
	tries=$(($2 * 15))
	until grep -Eq "$1" $TESTPMD_LOG; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] && kill -0 $testpmd_pid 2>/dev/null || return 1
		sleep 0.2
	done
}

# testpmd_say COMMAND: type one line if testpmd is running
testpmd_say()
{
	kill -0 $testpmd_pid 2>/dev/null && echo "$1" >&3
}

# testpmd_count NAME: the sum of a counter over all ports, as last printed
testpmd_count()
{
	awk -v name="$1:" '
		/ statistics for / { port = /NIC/ ? $6 : "" }
		port != "" { for (i = 1; i < NF; i++) if ($i == name) count[port] = $(i + 1) }
		END { for (port in count) sum += count[port]; print sum + 0 }' $TESTPMD_LOG
}

# testpmd_seen: the number of packets printed because of "set verbose 1"
testpmd_seen()
{
	grep -o 'src=[0-9A-F:]* - dst=' $TESTPMD_LOG | wc -l
}

# testpmd_burst [PACKETS]: send 256 packets from each port to its neighbour. Wait until
# PACKETS (512) have arrived and, in verbose mode, have been printed
testpmd_burst()
{
	seen=$(($(testpmd_seen) + ${1:-512}))
	testpmd_say 'set fwd rxonly'
	testpmd_say 'start tx_first 8'
	testpmd_await 'packet forwarding - ports=[1-9]' 5 || return 1
	for _ in $(seq 30); do
		sleep 1
		testpmd_say 'show port stats all'
		sleep 0.5
		[ "$(testpmd_count RX-packets)" -lt ${1:-512} ] || break
	done
	grep -q 'Change verbose level from 0' $TESTPMD_LOG || return 0
	for _ in $(seq 150); do
		[ "$(testpmd_seen)" -lt $seen ] || break
		sleep 0.2
	done
}

# testpmd_devices: the number of devices that testpmd has open. Devices of iommufd have
# names and several descriptors each
testpmd_devices()
{
	ls -l /proc/$testpmd_pid/fd | awk '
		/vfio-device/ || (/vfio\/devices\// && !seen[$11]++) { n++ }
		END { print n + 0 }'
}

# testpmd_ask COMMAND...: print the replies of testpmd's telemetry, one a line
testpmd_ask()
{
	printf '%s\n' "$@" | dpdk-telemetry.py
}

# testpmd_quit: stop forwarding and end testpmd; return its exit status
testpmd_quit()
{
	testpmd_say 'stop'
	testpmd_say 'quit'
	exec 3>&-
	wait $testpmd_pid
}
