#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# burst.sh EAL_ARG...: two ports on one wire send each other 256 packets.  Prints
# what testpmd said; status 0 when all were sent and all arrived.

. "$(dirname "$0")/testpmd.sh"

if testpmd_start "$@" -- -i; then
	testpmd_burst
	testpmd_quit
	status=$?
else
	exec 3>&-
	wait $testpmd_pid
	status=$?
fi
cat $TESTPMD_LOG
sent=$(testpmd_count TX-packets) received=$(testpmd_count RX-packets)
echo "burst: $sent sent, $received received, testpmd's exit status $status"
[ "$sent" -eq 512 ] && [ "$received" -eq 512 ] && [ $status -eq 0 ]
