#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# restore.sh BDF[,KEY=VALUE]... EAL_ARG...: run vfio-msi-restore with this device, which is bound
# to vfio-pci.  Prints facts: its output, its exit status and its mappings in the IOMMU.

. "$(dirname "$0")/facts.sh"
. "$(dirname "$0")/oracle.sh"
device=$1
shift

oracle_start >/dev/null
fact_status restore timeout -k 5 120 vfio-msi-restore -a "vfio_msi:$device" -l 0 -n 1 "$@" \
	-- "vfio_msi:${device%%,*}"
oracle_events vfio-msi
