#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# peers.sh TEST...: run tests of DPDK, each without the bus and with two devices on the
# bus.  Prints facts. "devices" is the number of devices that the bus probed.

. "$(dirname "$0")/facts.sh"
vfio-bind 0000:00:03.0 0000:00:05.0 || exit 1

# Some tests start child processes, which get the -a of their parent.
run()
{
	test=$1 run=${1%_autotest}_$2
	shift 2
	# It chooses IOVAs from 4 GiB on. The bus rejects those if EAL's memory has them.
	[ $test != external_mem_autotest ] || set -- "$@" --base-virtaddr 0x200000000
	DPDK_TEST=$test timeout -k 5 600 dpdk-test -l 0,1 --no-telemetry \
		--log-level=bus.vfio_msi:info "$@" </dev/null >/tmp/peers 2>&1
	fact "${run}_status" $?
	fact "${run}_devices" "$(grep -c 'VFIO_MSI: .*: probe by' /tmp/peers)"
	tail -n 30 /tmp/peers | fact_text "$run"
	rm -f /dev/hugepages/*map_*
}

for name; do
	# This device does not exist. Without -a, the pci bus would probe both NICs.
	run "$name" without -a 0000:00:1f.7
	run "$name" with -a vfio_msi:0000:00:03.0 -a vfio_msi:0000:00:05.0
done
