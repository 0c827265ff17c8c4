#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# forwarder.sh SENDER PORT PORT RECEIVER: the example forwarder connects two wires. rxintr
# sends on one and checks what arrives on the other.  No program gets -d.  Prints facts.

. "$(dirname "$0")/facts.sh"
. "$(dirname "$0")/await.sh"

# The forwarder has mapped BARs of both devices.
has_both()
{
	[ "$(grep -c "vfio[-/]device" /proc/$pid/maps)" -ge 2 ]
}

vfio-bind "$@" || exit 1
# Without --no-pci, the pci bus would probe the other two devices.
LD_DEBUG=files LD_DEBUG_OUTPUT=/tmp/files /usr/lib/vfio-msi/examples/forwarder \
	-a "vfio_msi:$2" -a "vfio_msi:$3" -l 0 -n 1 -m 64 --huge-unlink --no-pci \
	--file-prefix=forwarder --log-level=bus.vfio_msi:info >/tmp/forwarder 2>&1 &
pid=$!
await 10 has_both

fact_status rxintr timeout -k 5 300 dpdk-test-msi rxintr "vfio_msi:$1" "vfio_msi:$4" \
	-- -l 1 -n 1 -m 64 --huge-unlink --no-pci
kill -TERM $pid
wait $pid
fact forwarder_status $?
fact_text forwarder </tmp/forwarder
grep -h 'librte_bus_vfio_msi.so' /tmp/files.* | fact_text loader
