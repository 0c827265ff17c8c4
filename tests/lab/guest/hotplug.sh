#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# hotplug.sh [TESTPMD_ARG]...: remove a NIC from its slot (nic9 in rp9, see
# tests/lab/hotplug.py) under traffic, insert it and attach it again.  Prints facts.

. "$(dirname "$0")/testpmd.sh"
. "$(dirname "$0")/facts.sh"
. "$(dirname "$0")/await.sh"
fixed=0000:00:03.0
pulled=$(basename "$(dirname "$(grep -l 0x10c9 /sys/bus/pci/devices/0000:0[1-9]:00.0/device)")")
slot=$(dirname "$(grep -lx "${pulled%.*}" /sys/bus/pci/slots/*/address | head -n 1)")

is_there()
{
	[ -e "/sys/bus/pci/devices/$pulled" ]
}

is_gone()
{
	! is_there
}

# The kernel switches the slot off, and QEMU takes the NIC out and reports that a second later.
is_empty()
{
	[ "$(cat "$slot/adapter")" = 0 ]
}

is_back()
{
	qemu-monitor device_add "igb,id=nic9,bus=rp9,netdev=net9,romfile="
}

vfio-bind $fixed "$pulled" || exit 1
testpmd_start -a vfio_msi:$fixed -a "vfio_msi:$pulled" --no-pci -l 0,1 -n 1 \
	-- -i --total-num-mbufs=4096 "$@" || exit 1
fact descriptors_before "$(ls /proc/$testpmd_pid/fd | wc -l)"
testpmd_say 'set fwd io'
testpmd_say 'start tx_first'
testpmd_await 'packet forwarding - ports=2' 5

fact_if removal_requested qemu-monitor device_del nic9
fact_if gone await 20 is_gone
fact_if empty await 10 is_empty
fact_if alive kill -0 $testpmd_pid
if testpmd_await 'revoked, as the application did not release it' 1; then
	fact revoked 1
	# No stop, no detach: drivers wait long for registers that do not respond.
	testpmd_say 'show port stats all'
	fact_if answers testpmd_await 'NIC statistics for port 1' 20
	fact open_devices "$(testpmd_devices)"
	fact mapped_bars "$(grep -c 'vfio[-/]device' /proc/$testpmd_pid/maps)"
	testpmd_say 'stop'
	fact_if stopped testpmd_await 'Forward statistics for port 1' 10
	kill -KILL $testpmd_pid
	fact_text log <$TESTPMD_LOG
	exit 0
fi
fact revoked 0
fact_if detached testpmd_await 'Now total ports is 1' 10
testpmd_say 'stop'

await 10 is_back
await 10 is_there && sleep 1
fact_if bound_again vfio-bind "$pulled"
testpmd_say "port attach vfio_msi:$pulled"
fact_if attached testpmd_await 'Now total ports is 2' 20
fact descriptors_after "$(ls /proc/$testpmd_pid/fd | wc -l)"
testpmd_say 'port start all'
testpmd_await 'Configuring Port 1' 10
testpmd_say 'clear port stats all'
testpmd_burst
testpmd_quit
fact status $?
fact received_after "$(testpmd_count RX-packets)"
fact_text log <$TESTPMD_LOG
exit 0
