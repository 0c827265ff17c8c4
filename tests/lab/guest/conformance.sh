#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# conformance.sh BDF BDF BACKEND...: what the kernel does, by each of the backends. With
# "compat", which comes last, the container's node is an iommufd's.
# Prints facts: output and exit status for each; see tests/lab/conformance.py.

. "$(dirname "$0")/facts.sh"
first=$1 second=$2
shift 2
vfio-bind "$first" "$second" || exit 1
for backend; do
	[ "$backend" != compat ] || ln -sf /dev/iommu /dev/vfio/vfio
	fact_status "$backend" timeout -k 5 180 vfio-msi-rules "$backend" "$first" "$second"
done
