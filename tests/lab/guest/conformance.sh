#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# conformance.sh BDF BDF BACKEND...: check the behavior of the kernel with each backend.
# With "compat", which must be the last one, the node of the container is that of iommufd.
# With "fail-BACKEND" allocations inside of the system calls fail, with "fail-all-BACKEND" each.
# Prints facts: output and exit status for each.  See tests/lab/conformance.py.

. "$(dirname "$0")/facts.sh"

# Allocations in drivers/acpi do not fail: without memory its interpreter damages the kernel's
# (Linux 7.2.12: a fault in acpi_ut_update_object_reference()), and each opening of a device
# runs it on x86. Machines with a device tree have no ACPI, and their kernel no such filter.
keep_acpi()
{
	# Code for the boot only, and code that is seldom reached, lies elsewhere.
	set -- $(sort /proc/kallsyms | sed '/ _etext$/q' | grep -v '\.cold$' |
		grep -E ' [Tt] acpi_(pci_irq|pci_link|ns|ps|ds|ex|rs|ut)_' | cut -d ' ' -f 1 | sed -n '1p;$p')
	for folder in /sys/kernel/debug/failslab /sys/kernel/debug/fail_page_alloc; do
		[ -e $folder/reject-start ] || return 0
		echo 32 >$folder/stacktrace-depth
		echo "0x$1" >$folder/reject-start
		echo "0x$2" >$folder/reject-end
	done
}

first=$1 second=$2
shift 2
vfio-bind "$first" "$second" || exit 1
for backend; do
	case $backend in
	*compat) ln -sf /dev/iommu /dev/vfio/vfio ;;
	esac
	case $backend in
	fail-*) keep_acpi ;;
	esac
	case $backend in
	fail-all-*)
		fact_status "$backend" vfio-msi-fail-nth "${backend#fail-all-}" "$first" all
		continue ;;
	fail-*)
		fact_status "$backend" timeout -k 5 180 vfio-msi-fail-nth "${backend#fail-}" "$first"
		continue ;;
	esac
	fact_status "$backend" timeout -k 5 180 vfio-msi-rules "$backend" "$first" "$second"
done
