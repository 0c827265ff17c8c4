#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# leave.sh TIMES BDF BDF: end testpmd under full traffic, alternately by "quit", SIGINT and
# SIGKILL.  Prints facts of each run and of what remains at the end.

. "$(dirname "$0")/testpmd.sh"
. "$(dirname "$0")/facts.sh"
. "$(dirname "$0")/await.sh"
times=$1 first=$2 second=$3

free_hugepages()
{
	awk '/HugePages_Free/ { print $2 }' /proc/meminfo
}

all_free()
{
	[ "$(free_hugepages)" -eq "$before" ]
}

vfio-bind "$first" "$second" || exit 1
before=$(free_hugepages)
fact hugepages_before "$before"

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
# The kernel may free pages that were pinned after the process is gone.
await 10 all_free
fact hugepages_after "$(free_hugepages)"
exit 0
