#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# kernels.sh BDF BDF: the first steps of users, on the kernel of a distribution: unbound
# devices, packets, interrupts, NICs behind a PCIe-to-PCI bridge, removal of a NIC.
# Prints facts.  See tests/lab/kernels.py.

here=$(dirname "$0")
. "$here/facts.sh"
# On some kernels, the first NIC gets its IOMMU group from its driver, so the order matters.
set -- "$1" "$2" $(grep -l 0x100e /sys/bus/pci/devices/*/device | cut -d/ -f6)

uname -r | fact_text kernel
fact_status list dpdk-test-msi list
facts_of burst_ "$here/traffic.sh" "$1" "$2" || exit 1
rm -f /dev/hugepages/*
fact_status irq timeout -k 5 180 dpdk-test-msi irq --all -n 4 --self-test --endurance 1000 \
	"vfio_msi:$1"
{ ls /dev/hugepages; grep vfio /proc/interrupts; } | fact_text irq_left
vfio-bind "$3" "$4"
fact_status bridge dpdk-test-msi list
fact_status behind timeout -k 5 180 dpdk-testpmd -l 0,1 -n 1 --no-pci -a "vfio_msi:$3" \
	-a "vfio_msi:$4" -- --total-num-mbufs=4096 </dev/null
rm -f /dev/hugepages/*
# If the port is in the group of the NIC, an SMMU blocks interrupts of the port, including the
# one of the button, when VFIO owns the group. The NIC can't be removed then, so the script
# attaches and detaches devices instead.
vfio-bind 0000:01:00.0
if [ /sys/bus/pci/devices/0000:01:00.0/iommu_group -ef /sys/bus/pci/devices/0000:00:09.0/iommu_group ]
then
	fact_if by_hand true
	facts_of hotplug_ "$here/neighbours.sh" hotplug 3
else
	fact_if by_hand false
	facts_of hotplug_ "$here/hotplug.sh" --hot-plug
fi
