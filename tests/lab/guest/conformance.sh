#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# conformance.sh BDF BDF BACKEND...: what the kernel does, by each of the backends. With
# "compat", which comes last, the container's node is an iommufd's.
# Sections that begin with "@@ BACKEND"; see tests/lab/conformance.py.

first=$1 second=$2
shift 2
vfio-bind "$first" "$second" || exit 1
for backend; do
	echo "@@ $backend"
	[ "$backend" != compat ] || ln -sf /dev/iommu /dev/vfio/vfio
	timeout -k 5 180 vfio-msi-rules "$backend" "$first" "$second" 2>&1
	echo "status $?"
done
exit 0
