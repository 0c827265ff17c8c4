#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# iommufd.sh BDF BDF: two ports by their character devices, with no other node of VFIO
# in the guest: a burst, what is mapped and pinned, interrupts; then they come and go; a
# process that is killed; one that comes second.  In sections that begin with "@@ NAME".

. "$(dirname "$0")/testpmd.sh"
. "$(dirname "$0")/oracle.sh"
first=$1 second=$2

both="-a vfio_msi:$first -a vfio_msi:$second -l 0,1 -n 1 --log-level=bus.vfio_msi:info"
vfio-bind "$first" "$second" || exit 1
rm -f /dev/vfio/vfio /dev/vfio/[0-9]*

before=$(pins)
oracle_start
testpmd_start $both -- -i --total-num-mbufs=8192 || status=1
testpmd_say 'set verbose 1'
testpmd_burst || status=1
pinned=$(($(pins) - before))
oracle_testpmd
echo '@@ second'
timeout -k 5 180 dpdk-test-msi layout -a "vfio_msi:$first" 2>&1
testpmd_quit || status=1
echo '@@ testpmd'
cat $TESTPMD_LOG
echo '@@ pages'
echo "$pinned pinned, $(($(pins) - before)) after the end"

echo '@@ rxintr'
timeout -k 5 180 dpdk-test-msi rxintr -n 20 "vfio_msi:$first" "vfio_msi:$second" 2>&1
echo "status $?"

echo '@@ hotplug'
testpmd_start -l 0,1 -n 1 --no-pci -- -i --total-num-mbufs=4096 || status=1
for round in 2 3 4; do
	testpmd_say "port attach vfio_msi:$first"
	testpmd_say "port attach vfio_msi:$second"
	testpmd_say 'port start all'
	testpmd_say 'port stop all'
	testpmd_say 'port detach 1'
	testpmd_say 'port detach 0'
	testpmd_say "show port info $round"
	testpmd_await "Invalid port $round\$" 30 || status=1
	echo "descriptors: $(ls -l /proc/$testpmd_pid/fd | grep -cE 'vfio|/dev/iommu|eventfd')"
done
testpmd_quit || status=1
grep 'Now total ports' $TESTPMD_LOG
echo "$(($(pins) - before)) pinned"

echo '@@ killed'
testpmd_start $both -- -i --total-num-mbufs=8192 || status=1
testpmd_say 'set fwd txonly'
testpmd_say 'start'
testpmd_await 'packet forwarding - ports=2' 5 || status=1
sleep 1
kill -KILL $testpmd_pid
exec 3>&-
wait $testpmd_pid
echo "killed: status $?"
echo "$(($(pins) - before)) pinned"
testpmd_start $both -- -i --total-num-mbufs=8192 || status=1
testpmd_burst || status=1
testpmd_quit || status=1
grep 'RX-packets: ' $TESTPMD_LOG
exit ${status:-0}
