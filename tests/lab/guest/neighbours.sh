#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# neighbours.sh WHAT [TIMES]: the bus together with other buses and drivers. See
# tests/lab/neighbours.py.  Prints facts.

. "$(dirname "$0")/testpmd.sh"
. "$(dirname "$0")/facts.sh"
plugin=$(ls /usr/lib/*/dpdk/pmds-*/librte_bus_vfio_msi.so)

# Record what testpmd logs and opens without a device argument for the bus.
quiet_run()
{
	timeout -k 5 180 strace --seccomp-bpf -f -e trace=openat,mmap,ioctl -o /tmp/strace \
		dpdk-testpmd -l 0,1 -n 1 --log-level=bus.vfio_msi:info -a 0000:00:03.0 \
		-- --total-num-mbufs=4096 </dev/null >"/tmp/$1.log" 2>&1
	fact "$1_status" $?
	grep -vE 'link state change|^$' "/tmp/$1.log" >"/tmp/$1.said"
	sed 's/^[0-9]* *//' /tmp/strace | grep -oE '/(dev/vfio|sys|proc/(iomem|self/maps))[^"]*' |
		sort | uniq -c >"/tmp/$1.opened"
	# Only the measurement of the end of user space uses this flag.
	grep -c MAP_FIXED_NOREPLACE /tmp/strace >"/tmp/$1.reserved"
}

# net_bonding takes ports of the bus by their numbers, but not by their addresses.
bonding()
{
	both="-a vfio_msi:0000:00:03.0 -a vfio_msi:0000:00:05.0 --no-pci -l 0,1 -n 1"
	# shellcheck disable=SC2086
	fact_status bond_by_address timeout -k 5 180 dpdk-testpmd $both \
		--vdev=net_bonding0,mode=1,member=0000:00:03.0 -- --total-num-mbufs=4096 </dev/null
	# shellcheck disable=SC2086
	testpmd_start $both --vdev=net_bonding0,mode=1,member=0,member=1,primary=1 -- -i --total-num-mbufs=8192
	testpmd_say 'show bonding config 2'
	fact_if bond_members testpmd_await 'Members \(2\): \[0 1\]' 10
	fact_if bond_primary testpmd_await 'User Defined Primary: \[1\]' 10
	testpmd_quit
	fact bond_status $?
	fact_text bond <$TESTPMD_LOG
}

case $1 in
quiet)
	vfio-bind 0000:00:03.0
	quiet_run with
	mv "$plugin" "$plugin.away"
	quiet_run without
	for part in said opened reserved; do
		diff "/tmp/with.$part" "/tmp/without.$part" 2>&1 | fact_text "difference_$part"
	done
	exit 0
	;;
pci)
	vfio-bind 0000:00:07.0 0000:00:03.0 0000:00:05.0
	bonding
	testpmd_start -a vfio_msi:0000:00:03.0 -a vfio_msi:0000:00:05.0 -a 0000:00:07.0 \
		-l 0,1 -n 1 -- -i --total-num-mbufs=8192 --portmask=0x6
	testpmd_say 'show port summary all'
	testpmd_burst
	testpmd_quit
	fact status $?
	fact received "$(testpmd_count RX-packets)"
	;;
hotplug)
	# Attach and detach both devices repeatedly, and count the descriptors of the process.
	vfio-bind 0000:00:03.0 0000:00:05.0
	testpmd_start -l 0,1 -n 1 --no-pci -- -i --total-num-mbufs=4096
	for round in $(seq "$2"); do
		for device in 03.0 05.0; do
			testpmd_say "port attach vfio_msi:0000:00:$device"
		done
		testpmd_say 'port start all'
		testpmd_say 'port stop all'
		for port in 1 0; do
			testpmd_say "port detach $port"
		done
		testpmd_say "show port info $round"
		testpmd_await "Invalid port $round\$" 30 || break
		[ "$round" -gt 1 ] || fact descriptors_before "$(ls /proc/$testpmd_pid/fd | wc -l)"
	done
	fact rounds "$round"
	fact descriptors_after "$(ls /proc/$testpmd_pid/fd | wc -l)"
	# The devices still work.
	for device in 03.0 05.0; do
		testpmd_say "port attach vfio_msi:0000:00:$device"
	done
	testpmd_say 'port start all'
	testpmd_burst
	fact received "$(testpmd_count RX-packets)"
	# Not to the pci bus, which finds no device in this process.
	testpmd_say 'stop'
	testpmd_say 'port stop 1'
	testpmd_say 'port detach 1'
	testpmd_say 'port attach 0000:00:05.0'
	fact_if not_found testpmd_await 'Cannot find device \(0000:00:05.0\)' 20
	testpmd_quit
	fact status $?
	;;
unbind)
	vfio-bind 0000:00:03.0 0000:00:05.0
	testpmd_start -a vfio_msi:0000:00:03.0 -a vfio_msi:0000:00:05.0 -l 0,1 -n 1 \
		-- -i --total-num-mbufs=4096 --hot-plug
	testpmd_say 'set fwd io'
	testpmd_say 'start tx_first'
	testpmd_await 'packet forwarding - ports=2' 5
	fact_if unbound_in_time \
		timeout 60 sh -c 'echo 0000:00:05.0 >/sys/bus/pci/drivers/vfio-pci/unbind'
	fact_if detached testpmd_await 'Now total ports is 1' 10
	fact open_devices "$(testpmd_devices)"
	testpmd_quit
	fact status $?
	;;
uio)
	modprobe uio_pci_generic
	echo uio_pci_generic >/sys/bus/pci/devices/0000:00:07.0/driver_override
	echo 0000:00:07.0 >/sys/bus/pci/drivers_probe
	testpmd_start -l 0,1 -n 1 -- -i --total-num-mbufs=4096
	vfio-bind 0000:00:03.0
	testpmd_say 'port attach vfio_msi:0000:00:03.0'
	fact_if attached testpmd_await 'Port 1 is attached' 20
	testpmd_say 'port detach 1'
	fact_if detached testpmd_await 'Now total ports is 1' 20
	fact open_nodes "$(ls -l /proc/$testpmd_pid/fd | grep -c /dev/vfio)"
	testpmd_quit
	fact status $?
	;;
esac
fact_text log <$TESTPMD_LOG
exit 0
