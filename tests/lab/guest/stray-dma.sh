#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# stray-dma.sh BDF: make an unbound e1000e read a descriptor at an unmapped address, so that
# the IOMMU must fault.

device=/sys/bus/pci/devices/$1
[ "$(cat "$device/device")" = 0x10d3 ] || { echo "$1 is no e1000e" >&2; exit 2; }

setpci -s "$1" COMMAND=0006
bar=$(awk 'NR == 1 { print $1 }' "$device/resource")

# poke REGISTER VALUE
poke()
{
	busybox devmem $((bar + $1)) 32 "$2"
}

poke 0x3800 0x70000000 # TDBAL, address of the descriptors
poke 0x3804 0 # TDBAH
poke 0x3808 4096 # TDLEN
poke 0x3828 0x02000000 # TXDCTL, enable the queue
poke 0x0400 0x2 # TCTL, enable the transmitter
poke 0x3818 1 # TDT, one descriptor to send
sleep 1
