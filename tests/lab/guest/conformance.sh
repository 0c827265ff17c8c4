#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# conformance.sh BDF BDF BACKEND...: check the behavior of the kernel with each backend.
# With "compat", which must be the last one, the node of the container is that of iommufd.
# Prints facts: output and exit status for each.  See tests/lab/conformance.py.

. "$(dirname "$0")/facts.sh"
first=$1 second=$2
shift 2
vfio-bind "$first" "$second" || exit 1
for backend; do
	[ "$backend" != compat ] || ln -sf /dev/iommu /dev/vfio/vfio
	fact_status "$backend" timeout -k 5 180 vfio-msi-rules "$backend" "$first" "$second"
done
