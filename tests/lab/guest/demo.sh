#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# demo.sh BDF BDF: show step by step how the bus drives two NICs. Titles have the time
# since the guest booted.  The exit status is 0 if every step succeeded.

. "$(dirname "$0")/testpmd.sh"
tracing=/sys/kernel/tracing
failed=

title()
{
	read -r uptime _ </proc/uptime
	printf '\n== [%6.1f s] %s\n' "$uptime" "$*"
}

# must DESCRIPTION COMMAND...: note a failure and continue
must()
{
	what=$1
	shift
	"$@" || { failed="$failed; $what"; echo "FAILED: $what"; }
}

# show testpmd's mappings as ranges: first and last IOVA, size, number of mappings
mappings()
{
	awk '/dpdk-testpmd.* map: / {
		for (i = 1; i <= NF; i++) {
			if ($i ~ /^iova=/) { first = substr($i, 8); end = substr($(i + 2), 3) }
			if ($i ~ /^size=/) size = substr($i, 6)
		}
		print first, end, size
	}' $tracing/trace | sort | awk '
		function show() {
			if (count) printf "  0x%s up to 0x%s  %8d KiB in %d pieces\n",
				first, end, bytes / 1024, count
		}
		$1 != end { show(); first = $1; bytes = count = 0 }
		{ end = $2; bytes += $3; count++ }
		END { show(); exit !NR }'
}

# show the interrupts of VFIO devices; fail if none arrived
interrupts()
{
	awk '/vfio/ { print "  " $0; for (i = 2; i <= 3; i++) sum += $i }
		END { exit !sum }' /proc/interrupts
}

arrived()
{
	sed -n '/Accumulated/,/+++++$/p' $TESTPMD_LOG
	[ "$(testpmd_count TX-packets)" -eq 512 ] && [ "$(testpmd_count RX-packets)" -eq 512 ]
}

devices="-a vfio_msi:$1 -a vfio_msi:$2"

title "binding $1 and $2 to vfio-pci"
must 'binding' vfio-bind "$1" "$2"
title 'devices, groups and drivers (dpdk-test-msi list)'
must 'dpdk-test-msi list' dpdk-test-msi list
title 'the IOVA layout, every hole with its origin (dpdk-test-msi layout)'
must 'dpdk-test-msi layout' dpdk-test-msi layout $devices

echo 16384 >$tracing/buffer_size_kb
echo 1 >$tracing/events/iommu/map/enable

title "dpdk-testpmd --no-pci $devices"
if testpmd_start --no-pci $devices -l 0,1 -n 1 -- -i; then
	cat $TESTPMD_LOG
	must 'sending a burst' testpmd_burst
	echo 0 >$tracing/events/iommu/map/enable
	title 'mappings made for it (trace event iommu:map)'
	must 'mapping memory' mappings
	title 'interrupts wired and delivered (/proc/interrupts)'
	must 'delivering interrupts' interrupts
	must 'leaving testpmd' testpmd_quit
	title 'packets, 256 sent by each port to the other'
	must 'delivering 512 packets' arrived
else
	cat $TESTPMD_LOG
	must 'starting testpmd' false
fi

[ -z "$failed" ] || printf '\nfailed: %s\n' "${failed#; }"
[ -z "$failed" ]
