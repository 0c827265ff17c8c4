#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# steer.sh MEGABYTES FIRST SECOND [short]: print the place of EAL's memory that the tool
# predicts, and send packets with this amount of memory. With "short", also try three
# configurations with too few usable addresses, and send packets with two page sizes.
# Prints facts.

scripts=$(dirname "$0")
. "$scripts/facts.sh"
megabytes=$1 first=$2 second=$3
vfio-bind "$first" "$second" || exit 1

fact_status layout dpdk-test-msi layout --json -a "vfio_msi:$first" -a "vfio_msi:$second"
"$scripts/traffic.sh" "$first" "$second" -m "$megabytes" || exit 1
[ "$4" = short ] || exit 0

# This hole leaves 512 MiB of usable addresses above 4 GiB.
at=$(dpdk-test-msi layout --json -a "vfio_msi:$first" | sed -n '/"lists"/,$s/.*"first": "\(.*\)".*/\1/p' |
	head -n 1)
cut=$(printf 'hole=0x%x-0xfffffffffffff' $((at + (512 << 20))))
try()
{
	name=$1
	shift
	fact_status "$name" timeout -k 5 300 "$@" </dev/null
}
try grow dpdk-testpmd -a "vfio_msi:$first,$cut" -a "vfio_msi:$second" -l 0,1 -n 1 -m 64 \
	-- --total-num-mbufs=400000 --stats-period=1
try start dpdk-testpmd -a "vfio_msi:$first,$cut" -a "vfio_msi:$second" -l 0,1 -n 1 -m 1024 -- --tx-first
try nowhere dpdk-test-msi layout -a "vfio_msi:$first,iova=va,hole=0x100000000-0xfffffffffffff"

# EAL reserves addresses for each page size, and few usable addresses have room for one.
mkdir -p /mnt && mount -t hugetlbfs -o pagesize=1G none /mnt || exit 1
rm -f /dev/hugepages/*
fact_status sizes_layout dpdk-test-msi layout --json -a "vfio_msi:$first" -a "vfio_msi:$second"
facts_of sizes_ "$scripts/traffic.sh" "$first" "$second" -m 1088
