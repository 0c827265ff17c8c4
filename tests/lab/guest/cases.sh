#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# cases.sh [--bind "BDF..."] CASE...: run dpdk-testpmd once per CASE, a string
# of EAL arguments, without traffic.  Prints "@@ N STATUS" and what EAL said, and
# "held" when a VFIO node is still open afterwards.

if [ "$1" = --bind ]; then
	vfio-bind $2 || exit 1
	shift 2
fi
number=0
for arguments; do
	timeout -k 5 180 dpdk-testpmd -l 0,1 -n 1 $arguments \
		-- --total-num-mbufs=4096 </dev/null >/tmp/case.log 2>&1
	echo "@@ $number $?"
	cat /tmp/case.log
	ls -l /proc/*/fd 2>/dev/null | grep -q /dev/vfio && echo held
	number=$((number + 1))
done
true
