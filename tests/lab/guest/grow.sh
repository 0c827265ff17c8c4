#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# grow.sh BDF[,KEY=VALUE]... SMALL LARGE MEGABYTES [EAL_ARG...]: EAL's memory grows and
# shrinks under a device of the bus; see grow.c, which runs "grow.sh at PINNED WHEN" at
# each point.  Prints the facts of grow.c and, for each point, what the process holds, what
# the IOMMU maps, and how much is pinned.

. "$(dirname "$0")/facts.sh"
. "$(dirname "$0")/oracle.sh"

# net_events: the map events of the trace that no unmap event ends, and how many unmap
# events there are.  An unmap event that ends no map event is printed as it is.
net_events()
{
	awk '/ (map|unmap): IOMMU: / {
			match($0, /iova=0x[0-9a-f]+ - 0x[0-9a-f]+/)
			range = substr($0, RSTART, RLENGTH)
		}
		/ map: IOMMU: / {
			mapped[range]++
			rest[range] = substr($0, RSTART + RLENGTH)
		}
		/ unmap: IOMMU: / {
			unmaps++
			if (!mapped[range])
				print
			else if (!--mapped[range])
				delete mapped[range]
		}
		/LOST/ { print "events are lost" }
		END {
			for (range in mapped)
				for (i = 0; i < mapped[range]; i++)
					print " map: IOMMU: " range rest[range]
			print unmaps + 0 >"/tmp/unmaps"
		}' $tracing/trace
}

# "grow.sh limit WHEN" is run instead by a program that may lock no more memory.
if [ "$1" = limit ]; then
	[ "$2" != start ] || prlimit --pid $PPID --memlock=4096
	exit
fi
if [ "$1" = at ]; then
	fact "$3_pinned" $((($(pins) - $2) * $(getconf PAGESIZE)))
	awk '/rtemap|memfd|hugepage/ { print $1 }' /proc/$PPID/maps | fact_text "$3_hugepages"
	net_events | fact_text "$3_events"
	fact "$3_unmaps" "$(cat /tmp/unmaps)"
	exit
fi
device=$1 small=$2 large=$3 megabytes=$4
shift 4

vfio-bind "${device%%,*}" || exit 1
before=$(pins)
oracle_start
timeout -k 5 900 vfio-msi-grow "$small" "$large" "$megabytes" "exec $0 at $before" \
	-a "vfio_msi:$device" -l 0,1 -n 1 -m 4 --no-pci --huge-unlink \
	--log-level=bus.vfio_msi:info "$@" >/tmp/grow.log 2>&1
fact status $?
grep '^{"fact"' /tmp/grow.log
grep -v '^{"fact"' /tmp/grow.log | fact_text log
fact left $((($(pins) - before) * $(getconf PAGESIZE)))
