#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# surprise.sh: two slots lose their power under traffic without notice, so the registers of
# their NICs do not respond (see tests/lab/hotplug.py).  The first application does not
# handle hotplug events, the second one does.  Prints facts.

. "$(dirname "$0")/testpmd.sh"
. "$(dirname "$0")/facts.sh"
fixed=0000:00:03.0

# pull NIC [TESTPMD_ARG]...: with MSI, the kernel itself does not access a BAR
pull()
{
	pulled=$1
	slot=$(basename "$(dirname "$(readlink -f "/sys/bus/pci/devices/$pulled")")")
	shift
	testpmd_start -a vfio_msi:$fixed -a "vfio_msi:$pulled" --vfio-intr=msi --no-pci \
		-l 0,1 -n 1 -- -i --total-num-mbufs=4096 "$@" || exit 1
	testpmd_say 'set fwd io'
	testpmd_say 'start tx_first'
	testpmd_await 'packet forwarding - ports=2' 5
	sleep 1
	# QEMU removes the NIC when the power controller and the indicator are off.
	setpci -s "$slot" CAP_EXP+18.w=0700:0700
}

vfio-bind $fixed 0000:01:00.0 0000:02:00.0 || exit 1
pull 0000:01:00.0
exec 3>&-
wait $testpmd_pid
fact deaf_status $?
fact_text deaf_log <$TESTPMD_LOG

pull 0000:02:00.0 --hot-plug
# The driver polls registers 145000 times for bits that are never set, and sleeps 5 us each
# time. This takes about a minute in an emulator, and several minutes on a busy host.
fact_if detached testpmd_await 'Now total ports is 1' 200
fact open_devices "$(testpmd_devices)"
testpmd_quit
fact listens_status $?
fact_text listens_log <$TESTPMD_LOG
exit 0
