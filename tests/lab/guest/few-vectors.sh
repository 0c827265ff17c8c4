#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# few-vectors.sh MANY N NVME BDF BDF: let vfio-msi-native request MANY vectors for an NVMe
# device, so that none remains for the other two, then N. While it has these, run "dpdk-test-msi
# rxintr" with the other two devices, for two numbers of queues.  Prints facts.

. "$(dirname "$0")/facts.sh"
. "$(dirname "$0")/await.sh"

many=$1 n=$2 nvme=$3
shift 3
held=/tmp/held

# native SOURCES: until the end of the input
native()
{
	timeout -k 5 300 vfio-msi-native --no-pci -a "vfio_msi:$nvme" -l 0 -n 1 -m 32 --huge-unlink \
		--file-prefix=nvme --log-level=bus.vfio_msi:info -- hold "$1" 2>&1
}

# hold SOURCES: until release
hold()
{
	rm -f $held
	{
		native "$1" </tmp/hold >$held
		echo $? >$held.status
	} &
	exec 9>/tmp/hold
	await 60 grep '"step": "held"' $held
}

release()
{
	exec 9>&-
	wait
}

vfio-bind "$nvme" "$@" || exit 1
fact_status short native "$many" </dev/null
mkfifo /tmp/hold
hold "$many"
fact_status none dpdk-test-msi rxintr -q 1 -n 5 "vfio_msi:$1" "vfio_msi:$2" -- \
	--log-level=bus.vfio_msi:info
fact_status irq dpdk-test-msi irq "vfio_msi:$1"
release
hold "$n"
for queues in 3 8; do
	fact_status queues$queues dpdk-test-msi rxintr -v -q $queues -n $((queues * 5)) \
		"vfio_msi:$1" "vfio_msi:$2" -- --log-level=bus.vfio_msi:info
done
release
fact held_status "$(cat $held.status)"
fact_text held <$held
