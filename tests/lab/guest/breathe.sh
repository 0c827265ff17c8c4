#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# breathe.sh BDF BDF: EAL's memory grows and shrinks while both ports are attached. Each
# start of the "noisy" mode allocates 32 MiB per queue, and each stop releases them. Then
# the second port is attached late, with a hole where memory would grow.
# Prints facts, also the page tables of the IOMMU $TABLES.  See tests/lab/memory.py.

. "$(dirname "$0")/testpmd.sh"
. "$(dirname "$0")/facts.sh"
. "$(dirname "$0")/oracle.sh"

# pages WHEN: the number of hugepages of the process, and how many more bytes are pinned
pages()
{
	fact "pages_$1" "$(grep -c rtemap /proc/$testpmd_pid/maps)"
	fact "pinned_$1" $((($(pins) - before) * $(getconf PAGESIZE)))
}

vfio-bind "$1" "$2" || exit 1
oracle_start
testpmd_start -a "vfio_msi:$1" -a "vfio_msi:$2" -l 0,1 -n 1 -m 32 \
	-- -i --total-num-mbufs=8192 --noisy-lkup-memory=32 --no-mlockall || testpmd_failed
before=$(pins)
pages before
for round in 1 2 3; do
	testpmd_say 'set fwd noisy'
	testpmd_say 'start'
	testpmd_await 'noisy packet forwarding - ports=2' 10 || testpmd_failed
	testpmd_say "show port info 10$round"
	testpmd_await "Invalid port 10$round\$" 30 || testpmd_failed
	pages "started_$round"
	testpmd_say 'stop'
	testpmd_say "show port info 20$round"
	testpmd_await "Invalid port 20$round\$" 30 || testpmd_failed
	pages "stopped_$round"
done
testpmd_say 'set verbose 1'
fact_if burst testpmd_burst
oracle_testpmd
qemu-monitor tables "$TABLES" "$1" | fact_text tables
testpmd_quit
fact status $?
fact_text log <$TESTPMD_LOG

testpmd_start --no-pci -a "vfio_msi:$1" -l 0,1 -n 1 -m 32 \
	-- -i --total-num-mbufs=8192 --noisy-lkup-memory=32 --no-mlockall || testpmd_failed
end=$(awk '/rtemap/ { split($1, at, "-"); end = at[2] } END { print end }' /proc/$testpmd_pid/maps)
fact end "0x$end"
testpmd_say "port attach vfio_msi:$2,hole=0x$end-0x${end%???}fff"
testpmd_await 'Now total ports is 2' 30
testpmd_say 'port start all'
testpmd_say 'set fwd noisy'
testpmd_say 'start'
testpmd_await "can't grow by" 30
testpmd_quit
fact_text latecomer <$TESTPMD_LOG
