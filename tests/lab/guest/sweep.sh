#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# sweep.sh ERROR FIRST STEP BDF BDF: start and end testpmd with two devices repeatedly. In
# each run, another system call on VFIO or iommufd fails with ERROR: the FIRST one, then
# each STEPth after it.  Prints facts of each run.

. "$(dirname "$0")/facts.sh"
error=$1 first=$2 step=$3
shift 3
calls=openat,ioctl,mmap,pread64,pwrite64
vfio-bind "$@" || exit 1

trace=(strace --seccomp-bpf -f -q -y -o /tmp/trace -e "trace=$calls" -P 'anon_inode:[vfio-device]')
for node in /dev/vfio/vfio /dev/iommu /dev/vfio/[0-9]* /dev/vfio/devices/*; do
	[ -e "$node" ] && trace+=(-P "$node")
done
program=(dpdk-testpmd -l 0,1 -n 1 --no-pci -m 32 --huge-unlink --no-telemetry)
for bdf in "$@"; do
	program+=(-a "vfio_msi:$bdf")
done
program+=(-- --total-num-mbufs=2048)

# Record what testpmd holds while it runs, then make it end: the kernel releases all at its end.
visit()
{
	until grep -q '^Press enter to exit' /tmp/log; do
		[ ! -e /tmp/over ] || return
		sleep 0.1
	done
	grep vfio /proc/interrupts >/tmp/vectors
	pid=$(pgrep -x dpdk-testpmd)
	ls -l "/proc/$pid/fd" | sed -n 's/.* -> //p' >/tmp/open
	grep 'vfio[-/]device' "/proc/$pid/maps" >/tmp/bars
	echo
}

# run NAME [STRACE_ARG]...
run()
{
	run=$1
	shift
	rm -f /tmp/over
	: >/tmp/log >/tmp/vectors >/tmp/open >/tmp/bars
	visit | {
		timeout -k 5 270 stdbuf -oL "${trace[@]}" "$@" "${program[@]}" >>/tmp/log 2>&1
		fact "${run}_status" $?
		touch /tmp/over
	}
	fact_text "${run}_log" </tmp/log
	fact_text "${run}_vectors" </tmp/vectors
	fact_text "${run}_open" </tmp/open
	fact_text "${run}_bars" </tmp/bars
}

run whole
# Print a line per call: its name, and its number among the calls of that name.
awk '{ sub(/\(.*/, "", $2) } $2 ~ /^[a-z0-9]+$/ { print $2, ++n[$2] }' /tmp/trace >/tmp/calls
fact calls "$(wc -l </tmp/calls)"
number=0
while read -r name nth; do
	number=$((number + 1))
	[ $number -ge "$first" ] && [ $(((number - first) % step)) -eq 0 ] || continue
	fact "call_${number}_wanted" "$name"
	run "call_$number" -e "inject=$name:error=$error:when=$nth"
	grep INJECTED /tmp/trace | fact_text "call_${number}_injected"
done </tmp/calls
