#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# peers.sh TEST...: DPDK's own tests, each without the bus and with two devices on
# it.  Prints facts; "devices" is how many the bus gave to a driver.

. "$(dirname "$0")/facts.sh"
vfio-bind 0000:00:03.0 0000:00:05.0 || exit 1

# The children that some tests start get the -a of their parent.
run()
{
	test=$1 run=${1%_autotest}_$2
	shift 2
	DPDK_TEST=$test timeout -k 5 600 dpdk-test -l 0,1 --no-telemetry \
		--log-level=bus.vfio_msi:info "$@" </dev/null >/tmp/peers 2>&1
	fact "${run}_status" $?
	fact "${run}_devices" "$(grep -c 'VFIO_MSI: .*: probe by' /tmp/peers)"
	tail -n 30 /tmp/peers | fact_text "$run"
	rm -f /dev/hugepages/*map_*
}

for name; do
	# No device at all: else the pci bus takes both.
	run "$name" without -a 0000:00:1f.7
	run "$name" with -a vfio_msi:0000:00:03.0 -a vfio_msi:0000:00:05.0
done
