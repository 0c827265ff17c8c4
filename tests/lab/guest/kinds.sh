#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# kinds.sh BDF BDF: send packets from each kind of memory of testpmd, except "anon", which
# it can't register on the pci bus either.  Prints facts of each, including the number of
# calls that mapped memory and the number of pages that remain pinned.

. "$(dirname "$0")/testpmd.sh"
. "$(dirname "$0")/facts.sh"
. "$(dirname "$0")/oracle.sh"
vfio-bind "$1" "$2" || exit 1
TESTPMD_UNDER='strace --seccomp-bpf -f -D -e trace=ioctl -o /tmp/strace'

for kind in native xmem xmemhuge xbuf; do
	before=$(pins)
	testpmd_start -a "vfio_msi:$1" -a "vfio_msi:$2" -l 0,1 -n 1 \
		-- -i --total-num-mbufs=4096 --mp-alloc=$kind || testpmd_failed
	testpmd_say 'set verbose 1'
	fact_if "${kind}_burst" testpmd_burst
	testpmd_quit
	fact "${kind}_status" $?
	fact_text "${kind}_log" <$TESTPMD_LOG
	fact "${kind}_calls" \
		"$(calls 'VFIO_IOMMU_MAP_DMA|IOMMU_IOAS_MAP|IOMMU_IOAS_MAP_FILE|0x3b, 0x8f, 0\)')"
	fact "${kind}_left" $(($(pins) - before))
done
