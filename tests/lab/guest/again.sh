#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# again.sh FIRST OTHER: vfio-msi-again on the pci bus, and on this bus with full names, with
# short names and with "all"; the ports of both buses if OTHER is given before FIRST. See
# tests/lab/names.py.  Prints facts.

. "$(dirname "$0")/facts.sh"
first=$1 other=$2
vfio-bind "$first" "$other" || exit 1

# again RUN BUS EAL_ARG...
again()
{
	run=$1
	timeout -k 5 240 vfio-msi-again "$run" "$2" "$first" "$other" -l 0 -n 1 -m 64 --huge-unlink \
		--log-level=bus.vfio_msi:info "$3" "$4" "$5" "$6" >"/tmp/$run.out" 2>"/tmp/$run.log"
	fact "${run}_status" $?
	grep '^{"fact": ' "/tmp/$run.out"
	cat "/tmp/$run.out" "/tmp/$run.log" | grep -v '^{"fact": ' | fact_text "${run}_log"
}

# order NAME EAL_ARG...: the names of all ports by their numbers
order()
{
	name=$1
	shift
	timeout -k 5 120 vfio-msi-foreach -l 0 -n 1 -m 64 --huge-unlink "$@" -- class=eth, 2>"/tmp/$name.log" |
		sed "s/\"ports_0\"/\"order_$name\"/"
	fact_text "order_${name}_log" <"/tmp/$name.log"
}

again pci pci -a "$first" -a "$other"
again full vfio_msi -a "vfio_msi:$first" -a "vfio_msi:$other"
again short vfio_msi -a "vfio_msi:${first#*:}" -a "bus=vfio_msi,addr=${other#*:}"
again all vfio_msi -a vfio_msi:all --no-pci --no-telemetry
order pci -a "$other" -a "$first"
order vfio_msi -a "vfio_msi:$other" -a "vfio_msi:$first"
exit 0
