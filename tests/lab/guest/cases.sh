#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# cases.sh [--bind "BDF..."] CASE...: run dpdk-testpmd once per CASE, a string of EAL
# arguments, without traffic.  Prints facts of each case, numbered from $CASE or 0: the
# output and the exit status of testpmd.

. "$(dirname "$0")/facts.sh"
if [ "$1" = --bind ]; then
	vfio-bind $2 || exit 1
	shift 2
fi
number=${CASE:-0}
for arguments; do
	fact_status "case_$number" timeout -k 5 180 dpdk-testpmd -l 0,1 -n 1 $arguments \
		-- --total-num-mbufs=4096 </dev/null
	number=$((number + 1))
done
