#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# kinds.sh BDF[,KEY=VALUE] BDF NAME=OPTION...: send packets from each kind of memory of testpmd, except
# "anon", which it can't register on the pci bus either, then once with each of EAL's
# options that change how it allocates memory.  Prints facts of each, including the number
# of calls that mapped memory and the number of pages that remain pinned.

. "$(dirname "$0")/testpmd.sh"
. "$(dirname "$0")/facts.sh"
. "$(dirname "$0")/oracle.sh"
first=$1 second=$2
shift 2
vfio-bind "${first%%,*}" "$second" || exit 1
TESTPMD_UNDER='strace --seccomp-bpf -f -D -e trace=ioctl -o /tmp/strace'

# packets_of NAME EAL_ARG... -- TESTPMD_ARG...
packets_of()
{
	name=$1
	shift
	before=$(pins)
	testpmd_start -a "vfio_msi:$first" -a "vfio_msi:$second" -l 0,1 -n 1 "$@" || testpmd_failed
	testpmd_say 'set verbose 1'
	fact_if "${name}_burst" testpmd_burst
	fact "${name}_files" "$(ls /dev/hugepages | wc -l)"
	fact "${name}_pinned" $((($(pins) - before) * $(getconf PAGESIZE)))
	testpmd_quit
	fact "${name}_status" $?
	fact_text "${name}_log" <$TESTPMD_LOG
	fact "${name}_calls" \
		"$(calls 'VFIO_IOMMU_MAP_DMA|IOMMU_IOAS_MAP|IOMMU_IOAS_MAP_FILE|0x3b, 0x8f, 0\)')"
	fact "${name}_left" $(($(pins) - before))
	rm -f /dev/hugepages/*
}

for kind in native xmem xmemhuge xbuf; do
	packets_of $kind -- -i --total-num-mbufs=4096 --mp-alloc=$kind
done
for mode; do
	packets_of "${mode%%=*}" ${mode#*=} -- -i --total-num-mbufs=4096
done
