#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# reset.sh: two e1000 in one slot, which have no reset except that of their bus. A mark in
# a register of the second shows whether opening the first reset the second.
# Prints facts.

. "$(dirname "$0")/testpmd.sh"
. "$(dirname "$0")/facts.sh"

set -- $(grep -l 0x100e /sys/bus/pci/devices/*/device)
first=$(basename "${1%/device}") second=$(basename "${2%/device}")
info='-l 0,1 -n 1 --no-pci --log-level=bus.vfio_msi:info'

# The mark is in the base of the transmit ring: 0 after a reset, unused while it is off.
mark()
{
	busybox devmem $(($(awk 'NR == 1 { print $1 }' "/sys/bus/pci/devices/$second/resource") \
		+ 0x3800)) 32 "$@"
}

# first_alone NAME: start a process with only the first NIC
first_alone()
{
	setpci -s "$second" COMMAND=0002:0002
	mark 0x12345670
	fact "$1_mark_before" "$(mark)"
	testpmd_start $info -a "vfio_msi:$first" -- -i --total-num-mbufs=4096 || status=1
	fact "$1_mark_after" "$(mark)"
	testpmd_quit || status=1
	fact_text "$1_log" <$TESTPMD_LOG
}

vfio-bind "$first"
first_alone unbound
vfio-bind "$second"
first_alone bound

testpmd_start $info -a "vfio_msi:$first" -a "vfio_msi:$second" \
	-- -i --total-num-mbufs=4096 || status=1
testpmd_say 'port stop 1'
testpmd_say 'port detach 1'
testpmd_await 'Now total ports is 1' 20 || status=1
fact_text both_log <$TESTPMD_LOG
length=$(wc -c <$TESTPMD_LOG)
echo 'reset.sh: back' >/dev/kmsg
testpmd_say "port attach vfio_msi:$second"
testpmd_await 'Now total ports is 2' 20 || status=1
echo 'reset.sh: end' >/dev/kmsg
testpmd_quit || status=1
tail -c +$((length + 1)) $TESTPMD_LOG | fact_text back_log
dmesg | fact_text kernel
exit ${status:-0}
