#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# irq.sh [--bench] BDF[,KEY=VALUE]...: "dpdk-test-msi irq --all" on each device, and with --bench
# latencies of the first one.  Prints facts: the output and the exit status with the name of the
# device, and what remains at the end.

. "$(dirname "$0")/facts.sh"
bench=
if [ "$1" = --bench ]; then
	bench=$2
	shift
fi
for bdf; do
	vfio-bind "${bdf%%,*}" || exit 1
	fact_status "$bdf" timeout -k 5 180 dpdk-test-msi irq --all -n 4 --self-test \
		--endurance 1000 "vfio_msi:$bdf"
done
if [ -n "$bench" ]; then
	fact_status bench sh -c "timeout -k 5 180 dpdk-test-msi irq --bench --samples 1000 \
		--json --svg /tmp/bench.svg $bench 2>&1 >/tmp/bench.json"
	fact_text picture </tmp/bench.svg
	fact_text json </tmp/bench.json
fi
{ ls /dev/hugepages; grep vfio /proc/interrupts; } | fact_text left
