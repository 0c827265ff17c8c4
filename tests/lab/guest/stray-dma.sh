#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# stray-dma.sh BDF [ADDRESS]: make an e1000e read a descriptor at ADDRESS (0x70000000), where
# nothing is mapped, so that the IOMMU must fault. No kernel driver may use the device; a program may
# have it, and its port does not work any more then.

device=/sys/bus/pci/devices/$1
address=$((${2:-0x70000000}))
[ "$(cat "$device/device")" = 0x10d3 ] || { echo "$1 is no e1000e" >&2; exit 2; }

setpci -s "$1" COMMAND=0006
bar=$(awk 'NR == 1 { print $1 }' "$device/resource")

# poke REGISTER VALUE
poke()
{
	busybox devmem $((bar + $1)) 32 "$2"
}

poke 0x0400 0 # TCTL, stop the transmitter
poke 0x3818 0 # TDT
poke 0x3810 0 # TDH, the first descriptor is the next
poke 0x3800 $((address & 0xffffffff)) # TDBAL, address of the descriptors
poke 0x3804 $((address >> 32)) # TDBAH
poke 0x3808 4096 # TDLEN
poke 0x3828 0x02000000 # TXDCTL, enable the queue
poke 0x0400 0x2 # TCTL, enable the transmitter
poke 0x3818 1 # TDT, one descriptor to send
sleep 1
