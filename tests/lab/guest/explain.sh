#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# explain.sh BDF OTHER HOLE WORDS: let a device of a running testpmd (an e1000e) read at addresses
# that are mapped for it now, but were not then, in a hole, never mapped, behind its memory, and of
# another testpmd, which has OTHER; then at memory that its program has freed. explain is asked with
# the processes, by a capture, and without them.  Prints facts. Where WORDS is not "kernel", the
# IOMMU is mute, and WORDS is what its driver would log, a format for printf with BDF and address.

. "$(dirname "$0")/testpmd.sh"
. "$(dirname "$0")/facts.sh"
. "$(dirname "$0")/await.sh"

base=0x1000000000 other_base=0x2000000000
never=0x70000000

# stray NAME ADDRESS
stray()
{
	fact "at_$1" "$(printf '0x%x' $(($2)))"
	"$(dirname "$0")/stray-dma.sh" "$device" "$2"
	[ "$words" = kernel ] || printf "$words\n" "$device" $(($2)) >>/tmp/log
}

# log ADDRESS: what the kernel has logged since the mark, when that has the address. A busy host is
# late with the interrupts of an IOMMU
log()
{
	[ "$words" = kernel ] || return 0
	address=$(printf %x $(($1)))
	for _ in $(seq 40); do
		dmesg | sed '1,/lab: stray DMA/d' >/tmp/log
		! grep -q "0x0*$address" /tmp/log || return 0
		sleep 0.5
	done
}

# explain NAME ARG...: the answers
explain()
{
	name=$1
	shift
	dpdk-test-msi explain --json "$@" 2>/dev/null | fact_text "$name"
}

# maps [ARG...]: "IOVA BYTES" of each mapping
maps()
{
	echo /vfio_msi/maps | dpdk-telemetry.py "$@" | python3 -c 'import json, sys
for entry in json.load(sys.stdin)["/vfio_msi/maps"]:
    print(entry["iova"], entry["len"])'
}

# "explain.sh at BDF WORDS WHEN" is run by a program that frees memory before "end".
if [ "$1" = at ]; then
	device=$2 words=$3
	[ "$4" = end ] || exit 0
	echo /vfio_msi/freed | dpdk-telemetry.py >/tmp/freed
	fact_text freed </tmp/freed
	at=$(python3 -c 'import json
print(json.load(open("/tmp/freed"))["/vfio_msi/freed"][0]["iova"])')
	stray freed "$at"
	log "$at"
	explain explained_freed /tmp/log
	exit
fi
device=$1 other=$2 hole=$3 words=$4

[ ! -e /sys/bus/pci/devices/$device/driver ] || echo $device >/sys/bus/pci/devices/$device/driver/unbind
: >/tmp/log
echo 'lab: stray DMA' >/dev/kmsg
stray mapped $((base + 0x300000))
vfio-bind "$device" "$other" || exit 1
mkfifo /tmp/other.in
dpdk-testpmd --no-pci -a "vfio_msi:$other" --file-prefix other -l 0,1 -n 1 -m 64 \
	--base-virtaddr $other_base -- -i --total-num-mbufs=2048 </tmp/other.in >/tmp/other.log 2>&1 &
other_pid=$!
exec 4>/tmp/other.in
testpmd_start --no-pci -a "vfio_msi:$device" -l 0,1 -n 1 -m 64 --base-virtaddr $base -- -i \
	--total-num-mbufs=2048
await 20 grep 'testpmd> ' /tmp/other.log
maps >/tmp/maps
maps -f other >/tmp/other.maps
fact_text maps </tmp/maps
fact_text other_maps </tmp/other.maps
fact pid $testpmd_pid
fact other_pid $other_pid
stray hole "$hole"
stray never $never
# The driver of SMMUv3 prints 10 events in 5 seconds; each of these makes 4.
[ "$words" != kernel ] || sleep 5
stray behind "$(awk 'END { print $1, "+", $2 }' /tmp/maps)"
at=$(awk 'NR == 1 { print $1 }' /tmp/other.maps)
stray other "$at"
log "$at"
fact_text log </tmp/log
fact_status text dpdk-test-msi explain /tmp/log
explain explained /tmp/log
explain address $never "$device"
dpdk-test-msi capture /tmp/explain.tar >/dev/null
explain captured --root /tmp/explain.tar /tmp/log
testpmd_quit
fact_text testpmd <$TESTPMD_LOG
echo quit >&4
exec 4>&-
wait $other_pid
fact_text other_testpmd </tmp/other.log
explain alone /tmp/log
timeout -k 5 300 vfio-msi-grow 10 1 64 "exec $0 at $device '$words'" -a "vfio_msi:$device" -l 0,1 -n 1 \
	-m 4 --no-pci --base-virtaddr $base >/tmp/grow.log 2>&1
fact grow_status $?
grep '^{"fact": "\(at_freed\|freed\|explained_freed\)"' /tmp/grow.log
grep -v '^{"fact"' /tmp/grow.log | fact_text grow
exit 0
