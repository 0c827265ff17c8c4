#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# noiommu.sh BDF BDF BDF: two NICs on one wire and another one, on a machine without an IOMMU.
# What is rejected, then a primary and a secondary process, hotplug, interrupts.  Prints facts.

. "$(dirname "$0")/facts.sh"
first=$1 second=$2 other=$3
key=,backend=noiommu
mode=/sys/module/vfio/parameters/enable_unsafe_noiommu_mode

# tool NAME ARG...: run dpdk-test-msi
tool()
{
	name=$1
	shift
	fact_status "$name" timeout -k 5 180 dpdk-test-msi "$@"
}

# without CAPABILITY COMMAND...: run a command without a capability
without()
{
	capability=$1
	shift
	setpriv --bounding-set "-$capability" --inh-caps "-$capability" "$@"
}

echo N >$mode
tool off layout -a "vfio_msi:$first$key"
echo Y >$mode
vfio-bind "$first" "$second" "$other" || exit 1
fact_status rules timeout -k 5 180 vfio-msi-rules noiommu "$first" "$other"
fact_status denied without sys_rawio timeout -k 5 60 vfio-msi-rules noiommu-denied "$first" "$other"
tool list list
dpdk-test-msi doctor --json 2>/dev/null | fact_text doctor
dpdk-test-msi doctor --json "vfio_msi:all$key" 2>/dev/null | fact_text doctor_given
tool auto layout -a "vfio_msi:$first"
tool layout layout -a "vfio_msi:$first$key"
echo N >$mode
tool left layout -a "vfio_msi:$first$key"
echo Y >$mode
fact_status rawio without sys_rawio timeout -k 5 60 dpdk-test-msi layout -a "vfio_msi:$first$key"
fact_status admin without sys_admin timeout -k 5 60 dpdk-testpmd -l 0,1 -n 1 --no-pci \
	-a "vfio_msi:$first$key" -- --total-num-mbufs=2048 </dev/null
KEYS=$key "$(dirname "$0")/processes.sh" noiommu "$other"
tool rxintr rxintr -n 20 "vfio_msi:$first$key" "vfio_msi:$second$key"
tool irq irq "vfio_msi:$first$key"
tool map map -m 64 "vfio_msi:$first"
tool bench_map bench map -m 64 "vfio_msi:$first"
tool frames irq -n 1 --self-test "vfio_msi:$first$key"
exit 0
