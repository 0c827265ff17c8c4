#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# l3fwd-power.sh FIRST SECOND FIRST_PORT SECOND_PORT: DPDK's l3fwd-power --interrupt-only
# between two wires, on the pci bus and on this bus.  It is idle before each of the ROUNDS.
# The first two NICs are the generator's.  Prints facts.

. "$(dirname "$0")/wires.sh"
generator="$1 $2" first=$3 second=$4
ROUNDS='1 2 3 4 5'
IDLE=10

# ticks: the processor time of the application, in ticks of 10 ms
ticks()
{
	awk '{ print $14 + $15 }' "/proc/$app_pid/stat"
}

# woken NAME: print how often the kernel counted the interrupt of each port's queue
woken()
{
	for bdf in "$first" "$second"; do
		fact "$1_${bdf##*:}" "$(awk -v what="vfio-msix[1]($bdf)" '
			index($0, what) { for (i = 2; $i ~ /^[0-9]+$/; i++) n += $i }
			END { print n + 0 }' /proc/interrupts)"
	done
}

# The application must not be busy: nothing is sent.
idle()
{
	before=$(ticks)
	sleep $IDLE
	fact idle_ticks $(($(ticks) - before))
	fact idle_seconds $IDLE
}

# l3fwd_power ALLOW [EAL_ARG]: ALLOW is what comes before each address after EAL's -a
l3fwd_power()
{
	# shellcheck disable=SC2086
	app_start /usr/lib/dpdk-examples/l3fwd-power -l 0 -n 1 -m 128 --huge-unlink --no-telemetry \
		--log-level=bus.vfio_msi:info $2 -a "$1$first" -a "$1$second" \
		-- -p 0x3 -P --interrupt-only '--config=(0,0,0),(1,0,0)'
	app_await 'entering main interrupt loop' 60 || return 1
	idle
	woken before
	for round in $ROUNDS; do
		wires_pass "out$round" "up$round" "down$round"
		woken "round$round"
	done
	app_stop
}

vfio-bind "$@" || exit 1
# shellcheck disable=SC2086
wires_start $generator || exit 1
facts_of pci_ l3fwd_power '' || exit 1
# The pci bus must not try the NICs of the generator.
facts_of bus_ l3fwd_power vfio_msi: --no-pci || exit 1
testpmd_quit
