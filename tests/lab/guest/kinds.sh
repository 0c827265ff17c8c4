#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# kinds.sh PREFIX BDF BDF: packets from every kind of memory that testpmd has for them
# (but "anon", which it fails to register, on the pci bus too); PREFIX names the bus.
# A section "@@ KIND" for each, which ends with the number of calls that mapped memory
# and how many pages are pinned in the end.

. "$(dirname "$0")/testpmd.sh"
. "$(dirname "$0")/oracle.sh"
bus=$1 first=$2 second=$3
vfio-bind "$first" "$second" || exit 1
TESTPMD_UNDER='strace --seccomp-bpf -f -D -e trace=ioctl -o /tmp/strace'

for kind in native xmem xmemhuge xbuf; do
	before=$(pins)
	testpmd_start -a "$bus$first" -a "$bus$second" -l 0,1 -n 1 \
		-- -i --total-num-mbufs=4096 --mp-alloc=$kind || status=1
	testpmd_say 'set verbose 1'
	testpmd_burst || status=1
	testpmd_quit || status=1
	echo "@@ $kind"
	cat $TESTPMD_LOG
	echo
	echo "calls $(calls 'VFIO_IOMMU_MAP_DMA|IOMMU_IOAS_MAP|IOMMU_IOAS_MAP_FILE|0x3b, 0x8f, 0\)')"
	echo "left $(($(pins) - before))"
done
exit ${status:-0}
