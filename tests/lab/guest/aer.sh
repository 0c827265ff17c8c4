#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# aer.sh: uncorrectable errors of a NIC below a root port (nic9, see
# tests/lab/hotplug.py): testpmd detaches it, and attaches it again. Prints facts.

. "$(dirname "$0")/testpmd.sh"
. "$(dirname "$0")/facts.sh"
fixed=0000:00:03.0
broken=0000:01:00.0

# error NAME: inject the error, wait until testpmd has detached the device, attach it again
error()
{
	: >$TESTPMD_LOG
	fact_if injected qemu-monitor pcie_aer_inject_error nic9 $1
	fact_if logged testpmd_await 'an uncorrectable PCI Express error ' 20
	fact_if detached testpmd_await 'Now total ports is 1' 20
	testpmd_ask /vfio_msi/errors | fact_text errors
	testpmd_say "port attach vfio_msi:$broken"
	fact_if attached testpmd_await 'Now total ports is 2' 20
	fact_text log <$TESTPMD_LOG
}

vfio-bind $fixed $broken || exit 1
testpmd_start -a vfio_msi:$fixed -a "vfio_msi:$broken" --no-pci -l 0,1 -n 1 \
	-- -i --total-num-mbufs=4096 --hot-plug || exit 1
fact descriptors_before "$(ls /proc/$testpmd_pid/fd | wc -l)"
facts_of nonfatal_ error COMP_TIME
facts_of fatal_ error MALF_TLP
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
