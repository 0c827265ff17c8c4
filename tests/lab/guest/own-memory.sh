#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# own-memory.sh BDF BDF ARGS: the example own_memory between two ports, with ARGS
# behind the first device's name.  Sections that begin with "@@ NAME".

tracing=/sys/kernel/tracing

vfio-bind "$1" "$2" || exit 1
echo '@@ reserved'
cat /sys/kernel/iommu_groups/*/reserved_regions
echo '@@ iomem'
grep -E 'pcie@|PCI Bus 0000:00' /proc/iomem

echo 65536 >$tracing/buffer_size_kb
echo 1 >$tracing/events/iommu/map/enable
echo 1 >$tracing/events/iommu/unmap/enable
echo '@@ example'
timeout -k 5 100 /usr/lib/vfio-msi/examples/own_memory \
	-a "vfio_msi:$1$3" -a "vfio_msi:$2" -l 0,1 -n 1 -m 64 --huge-unlink -- -v 2>&1
status=$?
echo '@@ events'
grep -E ' (map|unmap): ' $tracing/trace | grep own_memory
# The second device comes by the pci bus: not for this memory.
echo '@@ one'
timeout -k 5 60 /usr/lib/vfio-msi/examples/own_memory \
	-a "vfio_msi:$1$3" -l 0,1 -n 1 -m 64 --huge-unlink 2>&1
echo "status $?"
exit $status
