#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# flags.sh BDF: vfio-msi-flags in each mode, on the pci bus and on this bus. See
# tests/lab/names.py.  Prints facts.

. "$(dirname "$0")/facts.sh"
bdf=$1
vfio-bind "$bdf" || exit 1

# try MODE BUS EAL_ARG
try()
{
	run=$1_$2
	timeout -k 5 60 vfio-msi-flags "$run" "$1" "$2" "$bdf" -l 0 -n 1 -m 64 --huge-unlink \
		--log-level=bus.vfio_msi:info -a "$3" >"/tmp/$run.out" 2>"/tmp/$run.log"
	fact "${run}_status" $?
	grep '^{"fact": ' "/tmp/$run.out"
	cat "/tmp/$run.out" "/tmp/$run.log" | grep -v '^{"fact": ' | fact_text "${run}_log"
}

for mode in again once keep drop; do
	try $mode pci "$bdf,first=1"
	try $mode vfio_msi "vfio_msi:$bdf,pmd.first=1"
done
exit 0
