#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# comings.sh FIRST OTHER STEP...: devices that come and go, see tests/lab/hotplug.py.
# FIRST is there at the start, OTHER is refused, and comes in either syntax.  Then each
# step is +BDF or -BDF.  In sections that begin with "@@ NAME".

. "$(dirname "$0")/testpmd.sh"
. "$(dirname "$0")/oracle.sh"

# settled: testpmd has done all that it was told
mark=1000
settled()
{
	mark=$((mark + 1))
	testpmd_say "show port info $mark"
	testpmd_await "Invalid port $mark\$" 60 || exit 1
}

# held: all descriptors, those of nodes of VFIO and iommufd, and devices
held()
{
	settled
	echo "descriptors: $(ls /proc/$testpmd_pid/fd | wc -l)," \
		"$(ls -l /proc/$testpmd_pid/fd | grep -cE ' /dev/(vfio/|iommu)'), $(testpmd_devices)"
}

# come WORDS...: attach what they say; go BDF
come()
{
	testpmd_say "port attach $1"
	settled
}

go()
{
	testpmd_say 'port stop all'
	testpmd_say "device detach vfio_msi:$1"
	settled
}

first=$1 other=$2
shift 2
vfio-bind $first $other $(printf '%s\n' "$@" | sed -n 's/^+//p' | sort -u) || exit 1
oracle_start
testpmd_start --no-pci -a bus=vfio_msi,addr=$first,msi=off/driver=any,foo=1 -a vfio_msi:0000:00:1e.0 \
	-l 0,1 -n 1 --log-level=bus.vfio_msi:info -- -i --total-num-mbufs=4096 || exit 1

echo '@@ refused'
page=$(awk '/rtemap/ { split($1, at, "-"); print "0x" at[1]; exit }' /proc/$testpmd_pid/maps)
held
echo "mapped: $page"
come vfio_msi:$other,hole=$page-${page%???}fff
held
come vfio_msi:$other,hole=$page-${page%???}fff
held

echo '@@ syntax'
come bus=vfio_msi,addr=$other,msi=off
testpmd_say 'show device info all'
settled
grep -A2 'Infos for device' $TESTPMD_LOG
go $other
held

echo '@@ again'
go $first
held
# Nothing is in use now, but memory can't be mapped beside this hole.
come vfio_msi:$first,hole=$page-${page%???}fff
held
come vfio_msi:$first
go $first
held

echo '@@ steps'
for step; do
	case $step in
	+*)	come vfio_msi:${step#+}
		testpmd_say 'port start all'
		settled ;;
	-*)	go ${step#-} ;;
	esac
	echo "$step $(grep -c vfio /proc/interrupts)"
	case $(grep 'Now total ports' $TESTPMD_LOG | tail -n 1) in
	*' 0') held ;;
	esac
done
echo '@@ interrupts'
grep vfio /proc/interrupts
oracle_events dpdk-testpmd
testpmd_quit
status=$?
echo '@@ testpmd'
cat $TESTPMD_LOG
exit $status
