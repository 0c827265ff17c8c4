#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# To be sourced after facts.sh: print the kernel's own view as facts, which
# devtools/labkit/oracle.py checks.

tracing=/sys/kernel/tracing

# oracle_start: the holes the kernel knows; record what the IOMMU is told from now on
oracle_start()
{
	cat /sys/kernel/iommu_groups/*/reserved_regions | fact_text reserved
	grep -E '^[0-9a-f].*(pcie@|PCI Bus )' /proc/iomem | fact_text iomem
	echo 65536 >$tracing/buffer_size_kb
	echo >$tracing/trace
	echo 1 >$tracing/events/iommu/map/enable
	echo 1 >$tracing/events/iommu/unmap/enable
}

# oracle_events PROGRAM: what the IOMMU was told on behalf of it
oracle_events()
{
	grep -E ' (map|unmap): ' $tracing/trace | grep "$1" | fact_text events
}

# oracle_testpmd: what testpmd (see testpmd.sh) holds, what was mapped for it up to
# now, and its interrupts
oracle_testpmd()
{
	echo 0 >$tracing/events/iommu/map/enable
	awk '/rtemap|memfd|hugepage/ { print $1 }' /proc/$testpmd_pid/maps | fact_text hugepages
	oracle_events dpdk-testpmd
	grep vfio /proc/interrupts | fact_text interrupts
}

# testpmd_failed: without testpmd a script can't go on; show its log
testpmd_failed()
{
	fact_text log <$TESTPMD_LOG
	exit 1
}

# pins: how many pages are pinned for DMA now
pins()
{
	# Each processor has counted for itself; reading this adds it all up.
	cat /proc/sys/vm/stat_refresh
	awk '/nr_foll_pin_acquired/ { n += $2 } /nr_foll_pin_released/ { n -= $2 }
		END { print n + 0 }' /proc/vmstat
}

# calls NAME...: how many of these calls (a regular expression) the kernel took of a
# testpmd that has ended, in what "strace -o /tmp/strace" saw
calls()
{
	tries=100
	until grep -q "^$testpmd_pid .*exited with" /tmp/strace || [ $tries -eq 0 ]; do
		tries=$((tries - 1))
		sleep 0.2
	done
	grep -cE "($1), .* = 0" /tmp/strace
}
