#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# conformance.sh BDF BDF BACKEND...: what the kernel does, by each of the backends.
# Sections that begin with "@@ BACKEND"; see tests/lab/conformance.py.

first=$1 second=$2
shift 2
vfio-bind "$first" "$second" || exit 1
for backend; do
	echo "@@ $backend"
	timeout -k 5 60 vfio-msi-rules "$backend" "$first" "$second" 2>&1
	echo "status $?"
done
exit 0
