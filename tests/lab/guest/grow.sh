#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# grow.sh BDF[,KEY=VALUE]... SMALL LARGE MEGABYTES [EAL_ARG...]: EAL's memory grows and
# shrinks under a device of the bus; see grow.c, which runs "grow.sh at PINNED WHEN" at
# each point.  Prints the facts of grow.c and, for each point, what the process holds, what
# the IOMMU maps, and how much is pinned.  If $TABLES is set, also prints the page tables of
# the IOMMU while memory is held.

. "$(dirname "$0")/facts.sh"
. "$(dirname "$0")/oracle.sh"

# net_events: the map events that no unmap event ends.  Each call reads what the trace has
# since the call before, from /tmp/net the map events that remained then, and the count of
# unmap events from /tmp/unmaps.  An unmap event that ends no map event is printed as it is.
net_events()
{
	dd if=$tracing/trace_pipe iflag=nonblock bs=64k status=none 2>/dev/null |
		cat /tmp/net - | awk -v unmaps="$(cat /tmp/unmaps)" '
		{ range = $3 $4 $5 }
		$1 == "map:" {
			mapped[range]++
			line[range] = $0
		}
		$1 == "unmap:" {
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
					print line[range]
			print unmaps + 0 >"/tmp/unmaps"
		}' >/tmp/events
	grep '^map: ' /tmp/events >/tmp/net
	sed 's/^/ /' /tmp/events
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
	[ -z "$TABLES" ] || [ "$3" != held ] ||
		qemu-monitor tables "$TABLES" "${device%%,*}" | fact_text "$3_tables"
	exit
fi
device=$1 small=$2 large=$3 megabytes=$4
shift 4

vfio-bind "${device%%,*}" || exit 1
before=$(pins)
oracle_start
# Only what events say: no process, processor or time.
echo 0 >$tracing/options/context-info
: >/tmp/net
echo 0 >/tmp/unmaps
export device
timeout -k 5 3000 vfio-msi-grow "$small" "$large" "$megabytes" "exec $0 at $before" \
	-a "vfio_msi:$device" -l 0,1 -n 1 -m 4 --no-pci --huge-unlink \
	--log-level=bus.vfio_msi:info "$@" >/tmp/grow.log 2>&1
fact status $?
echo 1 >$tracing/options/context-info
grep '^{"fact"' /tmp/grow.log
grep -v '^{"fact"' /tmp/grow.log | fact_text log
fact left $((($(pins) - before) * $(getconf PAGESIZE)))
