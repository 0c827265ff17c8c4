#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# irq.sh BDF[,KEY=VALUE]...: "dpdk-test-msi irq --all" on each device.  A section for each.

for bdf; do
	vfio-bind "${bdf%%,*}" || exit 1
	echo "@@ $(echo "$bdf" | tr -c 'a-z0-9\n' _)"
	timeout -k 5 180 dpdk-test-msi irq --all -n 4 "vfio_msi:$bdf" 2>&1
	echo "status $?"
done
echo '@@ left'
ls /dev/hugepages
grep vfio /proc/interrupts
exit 0
