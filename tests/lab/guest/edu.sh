#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# edu.sh EDU NIC [KEYS]: run the example edu with that device, for which the user may give fewer address
# bits than its driver (",dma_bits=27"), and a NIC beside it. Prints facts.

. "$(dirname "$0")/facts.sh"
. "$(dirname "$0")/oracle.sh"

vfio-bind "$1" "$2" || exit 1
oracle_start
fact_status edu timeout -k 5 180 /usr/lib/vfio-msi/examples/edu \
	-a "vfio_msi:$1$3" -a "vfio_msi:$2" -l 1 -n 1 -m 64 --huge-unlink \
	--log-level=bus.vfio_msi:info
oracle_events ' edu-'
