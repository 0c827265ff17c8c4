#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# traffic.sh BDF BDF [EAL_ARG...]: a burst between two ports of the bus, and
# everything a test needs to judge it, in sections that begin with "@@ NAME".

. "$(dirname "$0")/testpmd.sh"
tracing=/sys/kernel/tracing
first=$1 second=$2
shift 2

vfio-bind "$first" "$second" || exit 1
echo '@@ reserved'
cat /sys/kernel/iommu_groups/*/reserved_regions
echo '@@ iomem'
grep -E 'pcie@|PCI Bus 0000:00' /proc/iomem

echo 65536 >$tracing/buffer_size_kb
echo 1 >$tracing/events/iommu/map/enable
echo 1 >$tracing/events/iommu/unmap/enable
testpmd_start -d librte_bus_vfio_msi.so -a "vfio_msi:$first" -a "vfio_msi:$second" \
	-l 0,1 -n 1 --log-level=bus.vfio_msi:info "$@" -- -i || status=1
testpmd_say 'set verbose 1'
testpmd_burst || status=1
echo 0 >$tracing/events/iommu/map/enable
echo '@@ hugepages'
awk '/rtemap|memfd|hugepage/ { print $1 }' /proc/$testpmd_pid/maps
echo '@@ map'
grep -E ' (map|unmap): ' $tracing/trace | grep dpdk-testpmd
echo '@@ interrupts'
grep vfio /proc/interrupts
testpmd_quit || status=1
echo '@@ testpmd'
cat $TESTPMD_LOG
exit ${status:-0}
