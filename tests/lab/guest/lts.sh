#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# lts.sh BDF BDF: a short test of all functions of the bus with one release of DPDK. At the end
# the second device goes to the pci bus. Prints facts.  See tests/lab/lts.py.

. "$(dirname "$0")/testpmd.sh"
. "$(dirname "$0")/facts.sh"
. "$(dirname "$0")/oracle.sh"
first=vfio_msi:$1 second=vfio_msi:$2
# EAL's default base address.
hole=hole=0x100000000-0x1ffffffff

# all_printed: whether testpmd has printed the packets of both bursts
all_printed()
{
	[ "$(grep -c 'Receive queue=' $TESTPMD_LOG)" -ge 1024 ]
}

vfio-bind "$1" "$2" || exit 1
fact_status layout dpdk-test-msi layout --json -a "$first,$hole" -a "$second"
fact_status rxintr timeout -k 5 180 dpdk-test-msi rxintr -v -n 20 "$first" "$second"
fact_status example timeout -k 5 300 /usr/lib/vfio-msi/examples/own_memory \
	-a "$first" -a "$second" -l 0,1 -n 1 -m 64 --huge-unlink

oracle_start
testpmd_start -v -a "$first,$hole" -a "$second" -l 0,1 -n 1 --log-level=bus.vfio_msi:info -- -i ||
	testpmd_failed
testpmd_say 'set verbose 1'
fact_if burst testpmd_burst
oracle_testpmd

# Detach both devices, attach them again and send packets.
testpmd_say 'stop'
testpmd_say 'port stop all'
testpmd_say 'port detach 1'
testpmd_say 'port detach 0'
fact_if detached testpmd_await 'Now total ports is 0' 20
cp $TESTPMD_LOG /tmp/before.log
testpmd_say "port attach $first"
testpmd_say "port attach $second"
fact_if attached testpmd_await 'Port 1 is attached' 20
testpmd_say 'port start all'
testpmd_say 'set verbose 1'
testpmd_say 'start tx_first 8'
await 20 all_printed
testpmd_say 'stop'
testpmd_say 'port stop 1'
testpmd_say 'port detach 1'
testpmd_say "port attach $2"
testpmd_quit
fact status $?
fact_text before </tmp/before.log
tail -c "+$(($(wc -c </tmp/before.log) + 1))" $TESTPMD_LOG | fact_text after
