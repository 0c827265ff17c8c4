#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# assigned.sh FIRST SECOND SPARE: devices whose IOVAs are assigned, because no address above
# 4 GiB is good, and by the key. Then memory grows and shrinks, a secondary process looks at
# the ports, all devices come and go, the mapping of an application stays over that, and
# some configurations are rejected, as is growth without free IOVAs. See tests/lab/steer.py.
# Prints facts.

scripts=$(dirname "$0")
. "$scripts/testpmd.sh"
. "$scripts/facts.sh"
. "$scripts/oracle.sh"
first=$1 second=$2 spare=$3
above=dma_bits=32

# settled: wait until testpmd has executed all commands
mark=1000
settled()
{
	mark=$((mark + 1))
	testpmd_say "show port info $mark"
	testpmd_await "Invalid port $mark\$" 60 || testpmd_failed
}

# pages WHEN: the number of hugepages of the process, and how many more bytes are pinned
pages()
{
	fact "pages_$1" "$(grep -c rtemap /proc/$testpmd_pid/maps)"
	fact "pinned_$1" $((($(pins) - before) * $(getconf PAGESIZE)))
}

try()
{
	name=$1
	shift
	fact_status "$name" timeout -k 5 120 "$@" -l 0,1 -n 1 -m 64 \
		-- --total-num-mbufs=$mbufs </dev/null
}
mbufs=4096

vfio-bind "$first" "$second" || exit 1
fact_status layout dpdk-test-msi layout --json -a "vfio_msi:$first,$above" -a "vfio_msi:$second"
fact_status layout_above dpdk-test-msi layout --json \
	-a "vfio_msi:$first,hole=0x100000000-0xffffffffffffffff" -a "vfio_msi:$second"
facts_of hole_ "$scripts/traffic.sh" "$first,$above" "$second" -m 64 || exit 1

testpmd_start --proc-type=auto -a "vfio_msi:$first,iova=assigned" -a "vfio_msi:$second" \
	-l 0,1 -n 1 -m 32 -- -i --total-num-mbufs=8192 --noisy-lkup-memory=32 --no-mlockall \
	--no-lsc-interrupt || testpmd_failed
before=$(pins)
pages before
for round in 1 2; do
	testpmd_say 'set fwd noisy'
	testpmd_say 'start'
	testpmd_await 'noisy packet forwarding - ports=2' 10 || testpmd_failed
	settled
	pages "started_$round"
	testpmd_say 'stop'
	settled
	pages "stopped_$round"
done
fact_status info timeout -k 5 180 dpdk-proc-info -a "vfio_msi:$first" -a "vfio_msi:$second" \
	-- -p 0x3 --stats
# Without a device memory grows. It is there for the devices that return, and is freed then.
gone()
{
	testpmd_say 'port stop all'
	testpmd_say "device detach vfio_msi:$first"
	testpmd_say "device detach vfio_msi:$second"
	settled
	fact "pinned_$1" $((($(pins) - before) * $(getconf PAGESIZE)))
}
back()
{
	testpmd_say "port attach vfio_msi:$first"
	testpmd_say "port attach vfio_msi:$second"
	settled
}
gone gone
testpmd_say 'port attach net_null0'
testpmd_say 'port start all'
testpmd_say 'set fwd noisy'
testpmd_say 'start'
testpmd_await 'packet forwarding - ports=1' 20 || testpmd_failed
back
pages null
testpmd_say 'stop'
settled
pages freed
gone gone_again
testpmd_say 'port detach 0'
oracle_start >/dev/null
back
testpmd_say 'port start all'
testpmd_say 'clear port stats all'
testpmd_say 'set verbose 1'
fact_if burst testpmd_burst
oracle_testpmd
vfio-bind "$spare" || exit 1
testpmd_say "port attach $spare"
settled
testpmd_quit
fact status $?
fact_text log <$TESTPMD_LOG

facts_of restored_ "$scripts/restore.sh" "$first,iova=assigned" -m 4 --no-pci
facts_of legacy_ "$scripts/traffic.sh" "$first,iova=assigned" "$second" -m 448 --no-pci \
	--legacy-mem || exit 1
try no_huge dpdk-testpmd --no-pci --no-huge -a "vfio_msi:$first,iova=assigned"
try mixed dpdk-testpmd -a "vfio_msi:$first,iova=assigned" -a "$spare"
try unable setpriv --bounding-set=-sys_admin dpdk-testpmd --no-pci -a "vfio_msi:$first,iova=assigned"
try unable_auto setpriv --bounding-set=-sys_admin dpdk-testpmd --no-pci -a "vfio_msi:$first,$above"
try twice dpdk-testpmd --no-pci -a "vfio_msi:$first,iova=assigned" -a "vfio_msi:$second,iova=va"
try mode dpdk-testpmd --no-pci --iova-mode=va -a "vfio_msi:$first,iova=assigned"
# 128 MiB of IOVAs, and packets for 230 MiB.
mbufs=100000
try crowded dpdk-testpmd --no-pci -a "vfio_msi:$second" \
	-a "vfio_msi:$first,iova=assigned,hole=0x0-0x3fffffff,hole=0x48000000-0xffffffffffffffff"
