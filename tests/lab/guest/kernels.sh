#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# kernels.sh BDF BDF: what users do first, on a kernel that they have: devices before they
# are bound, packets, interrupts, NICs behind a PCIe-to-PCI bridge, a NIC that is pulled
# out.  In sections that begin with "@@ NAME"; see tests/lab/kernels.py.

here=$(dirname "$0")
. "$here/facts.sh"
# The first gets its IOMMU group by its driver on some kernels: the order counts.
set -- "$1" "$2" $(grep -l 0x100e /sys/bus/pci/devices/*/device | cut -d/ -f6)

echo '@@ kernel'
uname -r
echo '@@ list'
dpdk-test-msi list 2>&1
echo '@@ burst'
"$here/traffic.sh" "$1" "$2" | sed 's/^@@ /@@ burst_/'
rm -f /dev/hugepages/*
"$here/irq.sh" "$1" | sed 's/^@@ [0-9].*/@@ irq/; s/^@@ left/@@ irq_left/'
echo '@@ bridge'
vfio-bind "$3" "$4"
dpdk-test-msi list 2>&1
echo '@@ behind'
"$here/cases.sh" "--no-pci -a vfio_msi:$3 -a vfio_msi:$4" | sed 's/^@@ /case /'
echo '@@ hotplug'
rm -f /dev/hugepages/*
# A port in the NIC's group has its interrupts, the button's too, stopped by an SMMU as soon as
# the group is VFIO's: then the NIC can't be pulled, and devices come and go by hand.
vfio-bind 0000:01:00.0
if [ /sys/bus/pci/devices/0000:01:00.0/iommu_group -ef /sys/bus/pci/devices/0000:00:09.0/iommu_group ]
then
	fact by_hand 1
	"$here/neighbours.sh" hotplug 3
else
	fact by_hand 0
	"$here/hotplug.sh" --hot-plug
fi
exit 0
