#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# own-memory.sh BDF BDF ARGS [EDU]: run the example own_memory with two ports. ARGS are appended
# to the name of the first device. Then run the example edu with that device.  Prints facts.

. "$(dirname "$0")/facts.sh"
. "$(dirname "$0")/oracle.sh"

vfio-bind "$1" "$2" || exit 1
oracle_start
fact_status example timeout -k 5 300 /usr/lib/vfio-msi/examples/own_memory \
	-a "vfio_msi:$1$3" -a "vfio_msi:$2" -l 0,1 -n 1 -m 64 --huge-unlink \
	--log-level=bus.vfio_msi:info -- -v
oracle_events own_memory
# The pci bus probes the second device, which can't use this memory.
fact_status one timeout -k 5 180 /usr/lib/vfio-msi/examples/own_memory \
	-a "vfio_msi:$1$3" -l 0,1 -n 1 -m 64 --huge-unlink
[ -z "$4" ] || facts_of edu_ "$(dirname "$0")/edu.sh" "$4" "$1"
