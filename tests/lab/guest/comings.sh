#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# comings.sh FIRST OTHER LATE STEP...: attach and detach devices, see tests/lab/hotplug.py.
# FIRST is attached at the start. LATE is given too, but bound later, for somebody else. OTHER is
# first rejected, then attached in either syntax. Then each step attaches +BDF or detaches -BDF.
# Prints facts.

. "$(dirname "$0")/testpmd.sh"
. "$(dirname "$0")/oracle.sh"
. "$(dirname "$0")/facts.sh"

# settled: wait until testpmd has executed all commands
mark=1000
settled()
{
	mark=$((mark + 1))
	testpmd_say "show port info $mark"
	testpmd_await "Invalid port $mark\$" 60 || exit 1
}

# held NAME: the numbers of all descriptors, of those of VFIO and iommufd nodes, and of devices
held()
{
	settled
	fact "descriptors_$1" "$(ls /proc/$testpmd_pid/fd | wc -l)"
	fact "nodes_$1" "$(ls -l /proc/$testpmd_pid/fd | grep -cE ' /dev/(vfio/|iommu)')"
	fact "devices_$1" "$(testpmd_devices)"
}

# come DEVARGS: attach a device. go BDF: detach it
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

first=$1 other=$2 late=$3
shift 3
vfio-bind $first $other || exit 1
oracle_start >/dev/null
testpmd_start --no-pci -a bus=vfio_msi,addr=$first,msi=off/driver=any,foo=1 -a vfio_msi:0000:00:1e.0 \
	-a vfio_msi:$late -l 0,1 -n 1 --log-level=bus.vfio_msi:info -- -i --total-num-mbufs=4096 || exit 1

page=$(awk '/rtemap/ { split($1, at, "-"); print "0x" at[1]; exit }' /proc/$testpmd_pid/maps)
held before
vfio-bind $late || exit 1
fact mapped "$page"
come vfio_msi:$other,hole=$page-${page%???}fff
held refused
come vfio_msi:$other,dma_bits=32
held refused_again
timeout 15 sh -c "echo $late >/sys/bus/pci/drivers/vfio-pci/unbind"
fact unbound_status $?
vfio-bind $late || exit 1

come bus=vfio_msi,addr=$other,msi=off
testpmd_say 'show device info all'
settled
grep -A2 'Infos for device' $TESTPMD_LOG | fact_text shown
go $other
held syntax

go $first
held gone
# No device is in use now, but memory can't be mapped with this hole.
come vfio_msi:$first,hole=$page-${page%???}fff
held hole
come vfio_msi:$first
go $first
held gone_again

number=0
for step; do
	number=$((number + 1))
	case $step in
	+*)	come vfio_msi:${step#+}
		testpmd_say 'port start all'
		settled ;;
	-*)	go ${step#-} ;;
	esac
	fact "vectors_$number" "$(grep -c vfio /proc/interrupts)"
	case $(grep 'Now total ports' $TESTPMD_LOG | tail -n 1) in
	*' 0') held "step_$number" ;;
	esac
done
grep vfio /proc/interrupts | fact_text interrupts
oracle_events dpdk-testpmd
testpmd_quit
fact status $?
fact_text log <$TESTPMD_LOG
exit 0
