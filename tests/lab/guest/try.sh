#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# try.sh BDF OTHER: doctor --try of two devices on vfio-pci: what it finds, with one of them held by
# another process, and ended by signals while it has a device.  Prints facts.

. "$(dirname "$0")/facts.sh"
. "$(dirname "$0")/await.sh"
device=$1
# A trial is short.
AWAIT_PAUSE=0.02

# state NAME: what remains of a trial: interrupts, processes, and bits of the command register: bus
# mastering and INTx off.  The kernel leaves memory and I/O enabled after the first open.
state()
{
	command=$(setpci -s "$device" COMMAND)
	fact "$1" "$(grep -c 'vfio-' /proc/interrupts) $(pgrep -c dpdk-test-msi) $((0x$command & 0x404))"
}

# doctor NAME ARG...: the object
doctor()
{
	name=$1
	shift
	dpdk-test-msi doctor --json "$@" 2>/tmp/doctor_said | fact_text "$name"
	fact_text "${name}_said" </tmp/doctor_said
}

none_left()
{
	! pgrep dpdk-test-msi
}

doctor predicted "$@"
state before
doctor tried --try "$@"
state after
for signal in INT TERM KILL; do
	# A shell lets its children in the background ignore SIGINT.
	env --default-signal=INT dpdk-test-msi doctor --try "$device" >/dev/null 2>&1 &
	pid=$!
	fact_if "caught_$signal" await 10 grep vfio- /proc/interrupts
	kill -$signal $pid
	await 10 none_left
	state "left_$signal"
done
group=$(basename "$(readlink "/sys/bus/pci/devices/$device/iommu_group")")
# Either node keeps others from the device.
(exec 9<>"/dev/vfio/$group" && sleep 1000) &
holder=$!
await 10 sh -c "ls -l /proc/$holder/fd | grep -q /dev/vfio/"
doctor held --try "$@"
kill $holder
exit 0
