#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# only-iommufd.sh BDF BDF: MSI-X by stock DPDK, by the bus with iommufd and with type1.
# Prints facts.  See tests/lab/iommufd.py.

. "$(dirname "$0")/facts.sh"
first=$1 second=$2
tell='--log-level=bus.vfio_msi:info'

# try NAME COMMAND...
try()
{
	name=$1
	shift
	fact_status "$name" timeout -k 5 240 "$@" </dev/null
}

vfio-bind "$first" "$second" || exit 1
try stock dpdk-testpmd -a "$first" -l 0,1 -n 1 -- --total-num-mbufs=4096
try stock_rxintr dpdk-test-msi rxintr -L -v -n 20 "$first" "$second"
try rxintr dpdk-test-msi rxintr -v -n 20 "vfio_msi:$first" "vfio_msi:$second" -- $tell
try irq dpdk-test-msi irq --self-test --endurance 1000 "vfio_msi:$first"
try type1 dpdk-test-msi irq "vfio_msi:$first,backend=type1"
