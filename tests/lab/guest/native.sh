#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# native.sh [--bench] IGB BDF...: run irq.sh with all devices, then vfio-msi-native, a driver of the bus,
# with the first, which declines it then.  Prints facts.

. "$(dirname "$0")/facts.sh"
"$(dirname "$0")/irq.sh" "$@" || exit 1
[ "$1" != --bench ] || shift
fact_status native_log timeout -k 5 180 vfio-msi-native -a "vfio_msi:$1" -l 0 -n 1 -m 32 \
	--huge-unlink --log-level=bus.vfio_msi:info
fact_status native_declined timeout -k 5 180 vfio-msi-native -a "vfio_msi:$1,dma_bits=32" -l 0 \
	-n 1 -m 32 --no-pci --huge-unlink --log-level=bus.vfio_msi:info -- decline
