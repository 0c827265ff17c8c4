#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# iommufd.sh BDF BDF: two ports by their character devices, without other VFIO nodes in the
# guest. Check a burst, mapped and pinned memory, interrupts, a second process, attaching
# and detaching, and a killed process.  Prints facts.

. "$(dirname "$0")/testpmd.sh"
. "$(dirname "$0")/facts.sh"
. "$(dirname "$0")/oracle.sh"
first=$1 second=$2

both="-a vfio_msi:$first -a vfio_msi:$second -l 0,1 -n 1 --log-level=bus.vfio_msi:info"
vfio-bind "$first" "$second" || exit 1
rm -f /dev/vfio/vfio /dev/vfio/[0-9]*

before=$(pins)
oracle_start
testpmd_start $both -- -i --total-num-mbufs=8192 || testpmd_failed
testpmd_say 'set verbose 1'
fact_if burst testpmd_burst
fact pinned $(($(pins) - before))
oracle_testpmd
fact_status second timeout -k 5 180 dpdk-test-msi layout -a "vfio_msi:$first"
testpmd_quit
fact status $?
fact_text log <$TESTPMD_LOG
fact left $(($(pins) - before))

fact_status rxintr timeout -k 5 180 dpdk-test-msi rxintr -n 20 "vfio_msi:$first" "vfio_msi:$second"

testpmd_start -l 0,1 -n 1 --no-pci -- -i --total-num-mbufs=4096 || testpmd_failed
for round in 2 3 4; do
	testpmd_say "port attach vfio_msi:$first"
	testpmd_say "port attach vfio_msi:$second"
	testpmd_say 'port start all'
	testpmd_say 'port stop all'
	testpmd_say 'port detach 1'
	testpmd_say 'port detach 0'
	testpmd_say "show port info $round"
	testpmd_await "Invalid port $round\$" 30 || break
	fact "descriptors_$round" \
		"$(ls -l /proc/$testpmd_pid/fd | grep -cE 'vfio|/dev/iommu|eventfd')"
done
testpmd_quit
fact hotplug_status $?
fact_text hotplug_log <$TESTPMD_LOG
fact hotplug_left $(($(pins) - before))

testpmd_start $both -- -i --total-num-mbufs=8192 || testpmd_failed
testpmd_say 'set fwd txonly'
testpmd_say 'start'
fact_if sends testpmd_await 'packet forwarding - ports=2' 5
sleep 1
kill -KILL $testpmd_pid
exec 3>&-
wait $testpmd_pid
fact killed_status $?
fact killed_left $(($(pins) - before))
testpmd_start $both -- -i --total-num-mbufs=8192 || testpmd_failed
fact_if next_burst testpmd_burst
testpmd_quit
fact next_status $?
fact_text next_log <$TESTPMD_LOG
