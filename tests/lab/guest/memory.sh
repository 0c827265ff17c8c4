#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# memory.sh MEGABYTES: map so much preallocated memory, once by the bus and once
# by stock DPDK, and count: "WHO: N calls to map, N calls to unmap, N bytes".

tracing=/sys/kernel/tracing
vfio-bind 0000:00:03.0 || exit 1

# The events name the process that called; testpmd's main thread is the one.
measure()
{
	who=$1
	shift
	echo >$tracing/trace
	echo 1 >$tracing/events/iommu/map/enable
	timeout -k 5 200 strace --seccomp-bpf -f -e trace=ioctl -o /tmp/strace \
		dpdk-testpmd -l 0,1 -n 1 "$@" -- --total-num-mbufs=4096 </dev/null >/tmp/log 2>&1
	status=$?
	echo 0 >$tracing/events/iommu/map/enable
	maps=$(grep -c 'VFIO_IOMMU_MAP_DMA.* = 0' /tmp/strace)
	unmaps=$(grep -c 'VFIO_IOMMU_UNMAP_DMA.* = 0' /tmp/strace)
	# Doorbell pages, if any, are the only ones below 4 GiB.
	bytes=$(grep -o 'iova=0x0000000[1-9a-f][0-9a-f]\{8\} .* size=[0-9]*' $tracing/trace |
		awk -F= '{ sum += $NF } END { printf "%.0f", sum }')
	echo "$who: $maps calls to map, $unmaps calls to unmap, $bytes bytes, status $status"
	grep VFIO_MSI /tmp/log
}

echo 65536 >$tracing/buffer_size_kb
measure ours -a vfio_msi:0000:00:03.0 --log-level=bus.vfio_msi:info -m "$1" --huge-unlink
measure stock -a 0000:00:03.0 -m "$1" --huge-unlink
