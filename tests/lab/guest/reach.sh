#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# reach.sh BDF[,KEY=VALUE]...: the plan for these devices, then testpmd with all of them, then
# the test of the first one's interrupts.  Prints facts.  See tests/lab/holes.py.

. "$(dirname "$0")/testpmd.sh"
. "$(dirname "$0")/facts.sh"
first=${1%%,*}
given=
for device; do
	vfio-bind "${device%%,*}" || exit 1
	given="$given -a vfio_msi:$device"
done
fact_status layout dpdk-test-msi layout $given
dpdk-test-msi layout --json $given 2>/dev/null | fact_text json
testpmd_start --no-pci $given -l 0,1 -n 1 -- -i --total-num-mbufs=4096 || exit 1
grep vfio /proc/interrupts | fact_text interrupts
testpmd_quit
fact status $?
fact_text log <$TESTPMD_LOG
fact_status irq timeout -k 5 180 dpdk-test-msi irq -n 4 "vfio_msi:$first"
