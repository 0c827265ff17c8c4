#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# leave.sh TIMES BDF BDF: end testpmd under full traffic, alternately by "quit", SIGINT and
# SIGKILL.  Prints facts of each run and of what remains at the end.

. "$(dirname "$0")/testpmd.sh"
. "$(dirname "$0")/facts.sh"
times=$1 first=$2 second=$3
vfio-bind "$first" "$second" || exit 1
fact hugepages_before "$(awk '/HugePages_Free/ { print $2 }' /proc/meminfo)"

for round in $(seq "$times"); do
	testpmd_start -a "vfio_msi:$first" -a "vfio_msi:$second" -l 0,1 -n 1 \
		--huge-unlink -- -i --total-num-mbufs=8192 || exit 1
	testpmd_say 'set fwd txonly'
	testpmd_say 'start'
	testpmd_await 'packet forwarding - ports=2' 5 || exit 1
	sleep 1
	case $((round % 3)) in
	0) kill -KILL $testpmd_pid ;;
	1) testpmd_say 'quit' ;;
	2) kill -INT $testpmd_pid ;;
	esac
	exec 3>&-
	wait $testpmd_pid
	fact "status_$round" $?
	fact_text "log_$round" <$TESTPMD_LOG
done
sleep 1
fact hugepages_after "$(awk '/HugePages_Free/ { print $2 }' /proc/meminfo)"
fact open_nodes "$(ls -l /proc/*/fd 2>/dev/null | grep -cE '/dev/(vfio|iommu)')"
fact vectors "$(grep -c vfio /proc/interrupts)"
exit 0
