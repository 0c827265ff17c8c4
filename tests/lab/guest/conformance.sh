#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# conformance.sh BDF BDF BACKEND...: check the behavior of the kernel with each backend.
# With "compat", which must be the last one, the node of the container is that of iommufd.
# With "fail-BACKEND" allocations inside of the system calls fail, with "fail-all-BACKEND" each.
# Prints facts: output and exit status for each.  See tests/lab/conformance.py.

. "$(dirname "$0")/facts.sh"
first=$1 second=$2
shift 2
vfio-bind "$first" "$second" || exit 1
for backend; do
	case $backend in
	*compat) ln -sf /dev/iommu /dev/vfio/vfio ;;
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
