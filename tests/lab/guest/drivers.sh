#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# drivers.sh [--stay|--compat] BDF...: pairs of ports on the bus, see
# tests/lab/drivers.py.  A burst within each pair; interrupts of receive queues within the
# last pair; then, without --stay, the last pair comes and goes; with --compat another
# burst, by type1 with an iommufd as the container's node.  In sections that begin with
# "@@ NAME".

. "$(dirname "$0")/testpmd.sh"
. "$(dirname "$0")/oracle.sh"

descriptors()
{
	ls -l /proc/$testpmd_pid/fd | grep -cE "$1"
}

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
testpmd_start $arguments -l 0,1 -n 1 --log-level=bus.vfio_msi:info \
	-- -i --total-num-mbufs=8192 || status=1
testpmd_say 'set verbose 1'
testpmd_burst $((256 * $#)) || status=1
oracle_testpmd
testpmd_quit || status=1
echo '@@ left'
grep vfio /proc/interrupts
echo '@@ testpmd'
cat $TESTPMD_LOG

echo '@@ rxintr'
timeout -k 5 180 dpdk-test-msi rxintr -v -n 20 "vfio_msi:$before" "vfio_msi:$last" 2>&1
echo "status $?"

[ -z "$stay" ] || exit ${status:-0}
echo '@@ hotplug'
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
	testpmd_await "Invalid port $round\$" 30 || status=1
	echo "descriptors: $(descriptors .), of VFIO $(descriptors 'vfio/[0-9]|vfio-dev|eventfd')"
done
testpmd_quit || status=1
grep 'Now total ports' $TESTPMD_LOG

[ -n "$compat" ] || exit ${status:-0}
echo '@@ compat'
ln -sf /dev/iommu /dev/vfio/vfio
arguments=
for bdf; do
	arguments="$arguments -a vfio_msi:$bdf,backend=type1"
done
pins=$(pins)
testpmd_start $arguments -l 0,1 -n 1 -- -i --total-num-mbufs=8192 || status=1
testpmd_say 'set verbose 1'
testpmd_burst $((256 * $#)) || status=1
pages=$(grep -c rtemap /proc/$testpmd_pid/maps)
pinned=$(($(pins) - pins))
testpmd_quit || status=1
cat $TESTPMD_LOG
echo "$pages hugepages, $((pinned * $(getconf PAGESIZE))) bytes pinned, left $(($(pins) - pins))"
exit ${status:-0}
