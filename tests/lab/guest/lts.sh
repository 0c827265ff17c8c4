#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# lts.sh BDF BDF: all that the bus does with one release of DPDK, in short.
# Sections that begin with "@@ NAME"; see tests/lab/lts.py.

. "$(dirname "$0")/testpmd.sh"
. "$(dirname "$0")/oracle.sh"
first=vfio_msi:$1 second=vfio_msi:$2
# Where EAL would begin.
hole=hole=0x100000000-0x1ffffffff

vfio-bind "$1" "$2" || exit 1
echo '@@ layout'
dpdk-test-msi layout --json -a "$first,$hole" -a "$second" || status=1
echo '@@ rxintr'
timeout -k 5 180 dpdk-test-msi rxintr -v -n 20 "$first" "$second" 2>&1 || status=1
echo '@@ example'
timeout -k 5 300 /usr/lib/vfio-msi/examples/own_memory -a "$first" -a "$second" \
	-l 0,1 -n 1 -m 64 --huge-unlink 2>&1 || status=1

oracle_start
testpmd_start -v -a "$first,$hole" -a "$second" -l 0,1 -n 1 --log-level=bus.vfio_msi:info -- -i ||
	status=1
testpmd_say 'set verbose 1'
testpmd_burst || status=1
oracle_testpmd

# Both devices go and come back, and packets flow again.
testpmd_say 'stop'
testpmd_say 'port stop all'
testpmd_say 'port detach 1'
testpmd_say 'port detach 0'
testpmd_await 'Now total ports is 0' 20 || status=1
cp $TESTPMD_LOG /tmp/before.log
testpmd_say "port attach $first"
testpmd_say "port attach $second"
testpmd_await 'Port 1 is attached' 20 || status=1
testpmd_say 'port start all'
testpmd_say 'set verbose 1'
testpmd_say 'start tx_first 8'
for _ in 1 2 3 4 5 6 7 8 9 10; do
	sleep 1
	[ "$(grep -c 'Receive queue=' $TESTPMD_LOG)" -lt 1024 ] || break
done
testpmd_quit || status=1
echo '@@ before'
cat /tmp/before.log
echo
echo '@@ after'
tail -c "+$(($(wc -c </tmp/before.log) + 1))" $TESTPMD_LOG
echo
echo '@@ left'
ls -l /proc/*/fd 2>/dev/null | grep -c /dev/vfio
exit ${status:-0}
