#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# To be sourced after facts.sh: print the view of the kernel as facts, which
# devtools/labkit/oracle.py checks.

. /usr/share/vfio-msi/await.sh

tracing=/sys/kernel/tracing

# oracle_start: print the holes that the kernel knows, start to record IOMMU mappings
oracle_start()
{
	cat /sys/kernel/iommu_groups/*/reserved_regions | fact_text reserved
	grep -E '^[0-9a-f].*(pcie@|PCI Bus )' /proc/iomem | fact_text iomem
	echo 65536 >$tracing/buffer_size_kb
	echo >$tracing/trace
	echo 1 >$tracing/events/iommu/map/enable
	echo 1 >$tracing/events/iommu/unmap/enable
}

# oracle_events PROGRAM: print the recorded IOMMU mappings of the program
oracle_events()
{
	grep -E ' (map|unmap): ' $tracing/trace | grep "$1" | fact_text events
}

# oracle_testpmd: print the hugepages of testpmd (see testpmd.sh), its mappings up to now,
# and its interrupts
oracle_testpmd()
{
	echo 0 >$tracing/events/iommu/map/enable
	awk '/rtemap|memfd|hugepage/ { print $1 }' /proc/$testpmd_pid/maps | fact_text hugepages
	oracle_events dpdk-testpmd
	grep vfio /proc/interrupts | fact_text interrupts
	(cd /proc/irq && grep . */smp_affinity_list) | fact_text affinity
	(cd /sys/bus/pci/devices && ls -l */iommu_group) | fact_text groups
}

# testpmd_failed: print the log of testpmd and end the script
testpmd_failed()
{
	fact_text log <$TESTPMD_LOG
	exit 1
}

# pins: the number of pages that are pinned for DMA now
pins()
{
	# Reading this file adds up the counters of all processors.
	cat /proc/sys/vm/stat_refresh
	awk '/nr_foll_pin_acquired/ { n += $2 } /nr_foll_pin_released/ { n -= $2 }
		END { print n + 0 }' /proc/vmstat
}

# calls REGEX: the number of successful calls that match, in the output of
# "strace -o /tmp/strace" for a testpmd that has ended
calls()
{
	await 10 grep "^$testpmd_pid .*exited with" /tmp/strace
	grep -cE "($1), .* = 0" /tmp/strace
}
