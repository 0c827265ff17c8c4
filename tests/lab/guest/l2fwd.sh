#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# l2fwd.sh FIRST SECOND FIRST_PORT SECOND_PORT: DPDK's l2fwd between two wires, on the pci bus
# and on this bus.  The first two NICs are the generator's.  Prints facts.

. "$(dirname "$0")/wires.sh"
generator="$1 $2" first=$3 second=$4

# has_blocks NUMBER: whether l2fwd has printed statistics so often
has_blocks()
{
	[ "$(grep -c 'Port statistics' $APP_LOG)" -ge "$1" ]
}

# l2fwd ALLOW [EAL_ARG]: ALLOW is what comes before each address after EAL's -a
l2fwd()
{
	# shellcheck disable=SC2086
	app_start /usr/lib/dpdk-examples/l2fwd -l 0 -n 1 -m 64 --huge-unlink --no-telemetry \
		--log-level=bus.vfio_msi:info $2 -a "$1$first" -a "$1$second" -- -p 0x3 -q 2 -P -T 1
	app_await 'entering main loop' 60 || return 1
	wires_pass out up down
	# The statistics come once a second. The block after the next one has all packets.
	await 20 has_blocks $(($(grep -c 'Port statistics' $APP_LOG) + 2))
	app_stop
}

vfio-bind "$@" || exit 1
# shellcheck disable=SC2086
wires_start $generator || exit 1
facts_of pci_ l2fwd '' || exit 1
# The pci bus must not try the NICs of the generator.
facts_of bus_ l2fwd vfio_msi: --no-pci || exit 1
testpmd_quit
