#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# memory.sh MEGABYTES WHO...: map this amount of preallocated memory and measure. WHO is
# "stock" for stock DPDK, or a backend of the bus.  Prints facts.

. "$(dirname "$0")/testpmd.sh"
. "$(dirname "$0")/facts.sh"
. "$(dirname "$0")/oracle.sh"
megabytes=$1
shift

vfio-bind 0000:00:03.0 || exit 1
echo 65536 >$tracing/buffer_size_kb
# With -D, the process is a child of the shell, and strace is detached.
TESTPMD_UNDER='strace --seccomp-bpf -f -D -e trace=ioctl -o /tmp/strace'

# memory_of NAME: a size in bytes from the status of the process
memory_of()
{
	awk -v name="$1:" '$1 == name { printf "%.0f", $2 * 1024 }' "/proc/$testpmd_pid/status"
}

for who; do
	device=vfio_msi:0000:00:03.0,backend=$who
	[ "$who" != stock ] || device=0000:00:03.0
	before=$(pins)
	echo >$tracing/trace
	echo 1 >$tracing/events/iommu/map/enable
	testpmd_start -l 0,1 -n 1 -a "$device" -m "$megabytes" --huge-unlink \
		-- -i --no-mlockall --total-num-mbufs=4096 ||
		testpmd_await 'testpmd> ' 100 || testpmd_failed
	echo 0 >$tracing/events/iommu/map/enable
	# Count mappings above 4 GiB only. Those below, if any, are doorbell pages.
	fact "${who}_bytes" "$(grep -o 'iova=0x0000000[1-9a-f][0-9a-f]\{8\} .* size=[0-9]*' $tracing/trace |
		awk -F= '{ sum += $NF } END { printf "%.0f", sum }')"
	fact "${who}_pinned" $((($(pins) - before) * $(getconf PAGESIZE)))
	fact "${who}_VmLck" "$(memory_of VmLck)"
	fact "${who}_VmPin" "$(memory_of VmPin)"
	testpmd_quit
	fact "${who}_status" $?
	fact "${who}_map" "$(calls 'VFIO_IOMMU_MAP_DMA|IOMMU_IOAS_MAP')"
	fact "${who}_unmap" "$(calls 'VFIO_IOMMU_UNMAP_DMA|IOMMU_IOAS_UNMAP')"
	fact "${who}_left" $(($(pins) - before))
	fact_text "${who}_log" <$TESTPMD_LOG
done
