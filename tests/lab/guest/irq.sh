#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# irq.sh BDF[,KEY=VALUE]...: "dpdk-test-msi irq --all" on each device.  Prints facts: the
# output and the exit status with the name of the device, and what remains at the end.

. "$(dirname "$0")/facts.sh"
for bdf; do
	vfio-bind "${bdf%%,*}" || exit 1
	fact_status "$bdf" timeout -k 5 180 dpdk-test-msi irq --all -n 4 "vfio_msi:$bdf"
done
{ ls /dev/hugepages; grep vfio /proc/interrupts; } | fact_text left
