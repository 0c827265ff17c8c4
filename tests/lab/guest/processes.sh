#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# processes.sh WHAT [BDF]: two processes share ports, which get the keys $KEYS. See
# tests/lab/processes.py and noiommu.py.  Prints facts.

. "$(dirname "$0")/testpmd.sh"
. "$(dirname "$0")/facts.sh"
. "$(dirname "$0")/oracle.sh"

SECOND_LOG=/tmp/second.log
EAL='-n 1 --log-level=bus.vfio_msi:info --proc-type=auto'
APP='-i --rxq=2 --txq=2 --num-procs=2 --txonly-multi-flow --rss-udp
	--total-num-mbufs=8192 --noisy-lkup-memory=32'
BOTH="-a vfio_msi:0000:00:03.0$KEYS -a vfio_msi:0000:00:05.0$KEYS"

# Ignore SIGPIPE: writing to a process that has ended must not end the script.
trap '' PIPE

# first_start EAL_ARG...: start the primary process with both ports
first_start()
{
	# shellcheck disable=SC2086
	testpmd_start -l 0,1 $EAL $BOTH "$@" -- $APP --proc-id=0 || testpmd_failed
}

# second_run ARG...: start another dpdk-testpmd in addition to that of testpmd.sh. Both share
# mempools, which have a cache for each logical core, so it uses other logical cores. If
# $SECOND_UNDER is set, this command runs it.
second_run()
{
	rm -f /tmp/second.in
	mkfifo /tmp/second.in
	: >$SECOND_LOG
	# shellcheck disable=SC2086
	stdbuf -oL $SECOND_UNDER dpdk-testpmd --lcores=2@0,3@1 $EAL "$@" </tmp/second.in >>$SECOND_LOG 2>&1 &
	second_pid=$!
	exec 4>/tmp/second.in
	second_await 'testpmd> ' 60 || TESTPMD_LOG=$SECOND_LOG testpmd_failed
}

# second_start EAL_ARG...: the same with queues of all ports
second_start()
{
	# shellcheck disable=SC2086
	second_run "$@" -- $APP --proc-id=1
}

second_say()
{
	echo "$1" >&4
}

second_await()
{
	(TESTPMD_LOG=$SECOND_LOG testpmd_pid=$second_pid && testpmd_await "$@")
}

both_say()
{
	testpmd_say "$1"
	second_say "$1"
}

# logs NAME: print and clear the logs of both processes
logs()
{
	fact_text "first_$1" <$TESTPMD_LOG
	fact_text "second_$1" <$SECOND_LOG
	: >$TESTPMD_LOG
	: >$SECOND_LOG
}

# bars NAME: print the addresses of BARs in each process
bars()
{
	awk '/vfio[-/]device/ { print $1, $3 }' "/proc/$testpmd_pid/maps" | sort | fact_text "first_$1"
	awk '/vfio[-/]device/ { print $1, $3 }' "/proc/$second_pid/maps" | sort | fact_text "second_$1"
}

# all_printed: whether the processes have printed the packets of a burst
all_printed()
{
	[ "$(cat $TESTPMD_LOG $SECOND_LOG | grep -c 'Receive queue')" -ge 512 ]
}

# burst: both processes send and receive, each on its own queues of both ports
burst()
{
	both_say 'set fwd rxonly'
	both_say 'set verbose 1'
	both_say 'start tx_first 4'
	await 20 all_printed
	second_say 'stop'
	second_await 'Done\.' 10
	testpmd_say 'stop'
	testpmd_await 'Done\.' 10
	both_say 'set verbose 0'
}

# forwarded: the number of packets that the first process received on port 0
forwarded()
{
	: >$TESTPMD_LOG
	testpmd_say 'show port stats 0'
	testpmd_await 'TX-packets' 5
	testpmd_count RX-packets
}

share()
{
	vfio-bind 0000:00:03.0 0000:00:05.0
	oracle_start
	first_start
	second_start -a vfio_msi:all
	bars bars
	burst
	logs burst

	# shellcheck disable=SC2086
	fact_status info timeout -k 5 180 dpdk-proc-info --no-pci $BOTH -- -p 0x3 --stats --xstats

	# The second process allocates memory when its forwarding engine starts.
	both_say 'set fwd noisy'
	second_say 'start'
	second_say 'show port info 100'
	second_await 'Invalid port 100$' 30
	awk '/rtemap/ { print $1 }' "/proc/$testpmd_pid/maps" | fact_text hugepages
	oracle_events 'dpdk-'
	second_say 'stop'
	second_await 'Done\.' 10
	logs noisy
}

die()
{
	both_say 'set fwd io'
	testpmd_say 'start tx_first'
	second_say 'start tx_first'
	second_await 'packet forwarding' 10
	sleep 1
	kill -9 $second_pid
	wait $second_pid
	fact killed_status $?
	fact forwarded_before "$(forwarded)"
	sleep 1
	fact forwarded_after "$(forwarded)"
	# Restart the ports to remove what the killed process left in its queues.
	for command in 'stop' 'port stop all' 'port start all'; do
		testpmd_say "$command"
	done
	testpmd_await 'Checking link statuses' 20
	sleep 2
	: >$TESTPMD_LOG
	second_start -a vfio_msi:all
	burst
	logs again
}

# tool NAME COMMAND...: print output and exit status of a tool of DPDK
tool()
{
	name=$1
	shift
	fact_status "$name" timeout -k 5 180 "$@"
}

# info NAME COMMAND...: print output and exit status of another secondary process
info()
{
	tool "$@" --log-level=bus.vfio_msi:info -- -p 0x3 --stats
}

# The first process detaches a device, and the second process attaches it. In both
# processes, the unused NIC is on the pci bus.
hotplug()
{
	vfio-bind 0000:00:03.0 0000:00:05.0 0000:00:07.0
	first_start --iova-mode=pa -m 64
	second_start -a vfio_msi:all
	testpmd_say 'port stop all'
	testpmd_say 'port detach 1'
	testpmd_await 'Now total ports is 1' 20
	bars one
	second_say 'port attach vfio_msi:0000:00:03.0'
	testpmd_await 'Port 1: link state|new port' 2
	second_await 'is attached|ailed' 20
	bars two
	logs hotplug
	# The driver of this one maps it: the primary attaches it, and the second process does not use it.
	vfio-bind 0000:00:0a.0
	testpmd_say 'port attach vfio_msi:0000:00:0a.0'
	testpmd_say 'show port info 100'
	testpmd_await 'Invalid port 100$' 30
	fact mapped_failures "$(grep -c 'ailed to attach' $TESTPMD_LOG)"
	fact_if mapped_rejected second_await '0a.0: not used: its driver maps the device itself' 10
	# testpmd also sets up the port that the second process has attached, which has a lower number.
	mapped=$(sed -n 's/.*Port \([0-9]*\) is attached.*/\1/p' $TESTPMD_LOG | tail -n 1)
	testpmd_say "port detach $mapped"
	fact_if mapped_detached testpmd_await 'Device is detached' 20
	logs mapped
	# The pci bus would use it too.
	echo 0000:00:0a.0 >/sys/bus/pci/drivers/vfio-pci/unbind
}

# Secondary processes that get their devices, and others that are rejected.
refuse()
{
	info good dpdk-proc-info $BOTH
	info mode dpdk-proc-info $BOTH --iova-mode=va
	info odd dpdk-proc-info -a vfio_msi:0000:00:07.0 -a vfio_msi:0000:00:03.0,foo=1 \
		-a vfio_msi:0000:00:05.0,msi=off
	info twice dpdk-proc-info -a 0000:00:03.0 -a vfio_msi:0000:00:03.0
	kill -9 $testpmd_pid
	wait $testpmd_pid
	info gone dpdk-proc-info $BOTH
	# The second process detects that the primary has ended, and ends.
	wait $second_pid
	fact orphan_status $?
	fact_text orphan <$SECOND_LOG
}

# Without address randomization, the heap of a process is after its program, with 64 MiB
# here. The base address makes the primary put its BARs, which are 128 GiB and a few MiB
# above the base address, at the place of this heap.
HEAP='env MALLOC_TOP_PAD_=67108864 setarch -R'
AT_HEAP=--base-virtaddr=0xaa8aaa400000
occupy()
{
	first_start $AT_HEAP
	# shellcheck disable=SC2086
	tool occupied $HEAP dpdk-testpmd -l 0,1 -n 1 \
		--proc-type=secondary -a vfio_msi:0000:00:03.0 -- --total-num-mbufs=4096 </dev/null
	grep vfio-device "/proc/$testpmd_pid/maps" | fact_text occupied_bars
	testpmd_quit
}

# A secondary can't have the first device. The scan for another device, whose attach may fail for
# the same reason, must not bring it back: the primary could not remove either.
without_first()
{
	first_start --no-pci $AT_HEAP
	SECOND_UNDER=$HEAP
	second_run --no-pci -a vfio_msi:0000:00:03.0 -- -i --num-procs=2 --proc-id=1
	testpmd_say 'port attach vfio_msi:0000:00:07.0'
	testpmd_await 'Now total ports is 3|ailed to attach' 20
	testpmd_say 'port stop 0'
	testpmd_say 'port detach 0'
	fact_if first_left testpmd_await 'Now total ports is [12]$' 20
	testpmd_say 'port stop 2'
	testpmd_say 'port detach 2'
	fact_if both_left testpmd_await 'Now total ports is 1$' 20
	second_say quit
	wait $second_pid
	logs without
	testpmd_quit
}

# Ports without an IOMMU: a burst, interrupts, growth of memory, hotplug of the device $1, and
# the kernel wants it back.
noiommu()
{
	first_start --no-pci
	second_start --no-pci -a vfio_msi:all
	bars bars
	burst
	grep vfio /proc/interrupts | fact_text interrupts
	logs burst
	fact pages_before "$(grep -c rtemap "/proc/$testpmd_pid/maps")"
	both_say 'set fwd noisy'
	second_say 'start'
	second_await 'packet forwarding' 30
	fact pages_after "$(grep -c rtemap "/proc/$testpmd_pid/maps")"
	second_say 'stop'
	second_await 'Done\.' 10
	second_say quit
	wait $second_pid
	fact second_status $?
	testpmd_say "port attach vfio_msi:$1$KEYS"
	testpmd_await 'Now total ports is 3' 20
	logs grown
	timeout 60 sh -c "echo $1 >/sys/bus/pci/drivers/vfio-pci/unbind" &
	testpmd_await 'the kernel wants the device back' 20
	testpmd_say 'port stop 2'
	testpmd_say 'port detach 2'
	wait $!
	fact unbound_status $?
	vfio-bind "$1"
	: >$TESTPMD_LOG
	testpmd_say "port attach vfio_msi:$1$KEYS"
	fact_if again testpmd_await 'Now total ports is 3' 20
	# A device is asked for without the key.
	testpmd_say 'port stop 2'
	testpmd_say 'port detach 2'
	testpmd_say "port attach vfio_msi:$1"
	fact_if rejected testpmd_await 'conflicts with' 20
	testpmd_quit
	fact first_status $?
	logs rest
}

# Tools without device arguments, which some do not accept, use the devices of the primary.
tools()
{
	vfio-bind 0000:00:03.0 0000:00:05.0
	first_start -m 64
	tool list dpdk-dumpcap -D
	tool statistics dpdk-proc-info -- -p 0x3 --stats
	tool other dpdk-proc-info -a 0000:00:07.0 -- -p 0x3 --stats
	tool none dpdk-proc-info --no-pci -- -p 0x3 --stats
	tool capture dpdk-dumpcap -i 0 -c 64 -w /tmp/packets.pcapng &
	await 10 test -s /tmp/packets.pcapng
	sleep 1
	testpmd_say 'set fwd io'
	testpmd_say 'start tx_first'
	wait $!
	testpmd_say 'stop'
	od -An -v -tx1 /tmp/packets.pcapng | tr -d ' \n' | fact_text packets
	kill -9 $testpmd_pid
	wait $testpmd_pid
	fact_text first <$TESTPMD_LOG
	ls /var/run/dpdk/rte | fact_text files
	# Files of the killed primary must not affect the next one.
	testpmd_start -l 0,1 -n 1 --no-pci --vdev=net_null0 -- -i --total-num-mbufs=4096 ||
		testpmd_failed
	tool next dpdk-proc-info -- -p 0x1 --stats
	testpmd_quit
	first_start -m 64
	testpmd_quit
	ls /var/run/dpdk/rte | fact_text files_after_quit
}

# Registers of the device $1 do not respond: its slot loses its power, and the second process reads them.
surprise()
{
	vfio-bind 0000:00:03.0 0000:00:05.0 "$1"
	slot=$(basename "$(dirname "$(readlink -f "/sys/bus/pci/devices/$1")")")
	APP="$APP --hot-plug"
	# With MSI the kernel itself does not access a BAR.
	first_start --no-pci --vfio-intr=msi -a "vfio_msi:$1"
	second_start --no-pci -a vfio_msi:all
	# QEMU removes the NIC when the power controller and the indicator are off.
	setpci -s "$slot" CAP_EXP+18.w=0700:0700
	sleep 2
	second_say 'show port stats 2'
	fact_if noticed second_await "$1: its registers do not respond" 20
	fact_if sent second_await "The device: $1 has been removed!" 20
	fact_if alive kill -0 $second_pid
	kill -9 $second_pid $testpmd_pid
	logs surprise
}

case $1 in
surprise)
	surprise "$2"
	;;
noiommu)
	noiommu "$2"
	;;
tools)
	tools
	;;
share)
	share
	die
	second_say quit
	wait $second_pid
	fact second_status $?
	testpmd_quit
	fact first_status $?
	;;
hotplug)
	hotplug
	refuse
	occupy
	without_first
	;;
esac
