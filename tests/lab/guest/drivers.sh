#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# drivers.sh [--stay|--compat] BDF...: pairs of ports on the bus, see tests/lab/drivers.py.
# Send a burst within each pair, then use receive interrupts within the last pair. Without
# --stay, attach and detach the last pair, and unbind a device in use. With --compat, send another burst with type1 and
# iommufd as the node of the container, and compare stock DPDK there, and the page tables
# of VT-d that both leave.  Prints facts.

. "$(dirname "$0")/testpmd.sh"
. "$(dirname "$0")/facts.sh"
. "$(dirname "$0")/oracle.sh"

stay= compat=
case $1 in
--stay) stay=1; shift ;;
--compat) compat=1; shift ;;
esac
vfio-bind "$@" || exit 1
arguments=
for bdf; do
	arguments="$arguments -a vfio_msi:$bdf"
	before=$last last=$bdf
done

oracle_start
testpmd_start $arguments -l 0,1 -n 1 -- -i --total-num-mbufs=8192
testpmd_say 'set verbose 1'
fact_if burst testpmd_burst $((256 * $#))
oracle_testpmd
testpmd_quit
fact status $?
fact_text log <$TESTPMD_LOG

fact_status rxintr timeout -k 5 180 dpdk-test-msi rxintr -v -n 20 "vfio_msi:$before" "vfio_msi:$last"

[ -z "$stay" ] || exit 0
testpmd_start -l 0,1 -n 1 --no-pci -- -i --total-num-mbufs=4096
for round in 7 8 9; do
	for bdf in $before $last; do
		testpmd_say "port attach vfio_msi:$bdf"
	done
	testpmd_say 'port start all'
	testpmd_say 'port stop all'
	testpmd_say 'port detach 1'
	testpmd_say 'port detach 0'
	testpmd_say "show port info $round"
	fact_if "detached_$round" testpmd_await "Invalid port $round\$" 30
	fact "descriptors_$round" "$(ls /proc/$testpmd_pid/fd | wc -l)"
	fact "nodes_$round" "$(ls -l /proc/$testpmd_pid/fd | grep -cE 'vfio/[0-9]|vfio-dev|eventfd')"
done
fact_text hotplug <$TESTPMD_LOG
: >$TESTPMD_LOG
# The driver maps the device, so EAL has its interrupt for requests, and the bus can't revoke it.
testpmd_say "port attach vfio_msi:$last"
testpmd_await 'Now total ports is 1' 20
timeout 90 sh -c "echo $last >/sys/bus/pci/drivers/vfio-pci/unbind" &
fact_if wanted testpmd_await 'the kernel wants the device back' 20
fact_if irrevocable testpmd_await "the bus can't revoke it" 20
testpmd_say 'port stop 0'
testpmd_say 'port detach 0'
wait $!
fact unbound_status $?
testpmd_quit
fact hotplug_status $?
fact_text unbound <$TESTPMD_LOG
vfio-bind "$last" || exit 1

[ -n "$compat" ] || exit 0
# tables NAME: the hugepages of testpmd, and the page tables of VT-d for the first device
tables()
{
	awk '/rtemap/ { print $1 }' /proc/$testpmd_pid/maps | fact_text "$1_hugepages"
	qemu-monitor tables vtd "$first" | fact_text "$1_tables"
}

first=$1
ln -sf /dev/iommu /dev/vfio/vfio
arguments=
for bdf; do
	arguments="$arguments -a vfio_msi:$bdf,backend=type1"
done
pins=$(pins)
testpmd_start $arguments -l 0,1 -n 1 -- -i --total-num-mbufs=8192
testpmd_say 'set verbose 1'
fact_if compat_burst testpmd_burst $((256 * $#))
tables compat
fact compat_pinned $((($(pins) - pins) * $(getconf PAGESIZE)))
testpmd_quit
fact compat_status $?
fact compat_left $(($(pins) - pins))
fact_text compat <$TESTPMD_LOG
rm -f /dev/hugepages/*
testpmd_start -a "$first" -l 0,1 -n 1 -m 16 -- -i --total-num-mbufs=2048
tables stock
testpmd_quit
fact stock_status $?
fact_text stock_log <$TESTPMD_LOG
rm -f /dev/hugepages/*
dpdk-test-msi map --bench --json -m 128 "$1" >/tmp/map.json 2>/tmp/map.log
fact compat_map_status $?
fact_text compat_map </tmp/map.json
fact_text compat_map_log </tmp/map.log
dpdk-test-msi bench map --json -n 1 -m 64 "$1" >/tmp/bench.json 2>/tmp/bench.log
fact compat_bench_status $?
fact_text compat_bench </tmp/bench.json
fact_text compat_bench_log </tmp/bench.log
exit 0
