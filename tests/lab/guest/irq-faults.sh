#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# irq-faults.sh BDF: the reports of "dpdk-test-msi irq" about lost interrupts. The script
# makes each interrupt get lost by means that the tool can't notice: setpci, /dev/mem (the
# kernel is booted with iomem=relaxed), strace.  Prints facts.

. "$(dirname "$0")/facts.sh"
. "$(dirname "$0")/await.sh"
bdf=$1
table=$(sed -n 4p "/sys/bus/pci/devices/$bdf/resource" | cut -d' ' -f1)
vfio-bind "$bdf" || exit 1

# lose NAME COMMAND: run the command after a few interrupts of the device
lose()
{
	dpdk-test-msi irq -n 100000 "$bdf" >/tmp/irq 2>&1 &
	program=$!
	await 10 awk '/vfio-msix\[0\]/ { for (i = 2; i <= 3; i++) n += $i } END { exit n < 5 }' \
		/proc/interrupts
	eval "$2"
	wait $program
	fact "$1_status" $?
	fact_text "$1" </tmp/irq
}

lose master "setpci -s $bdf COMMAND=0:4"
lose masked "setpci -s $bdf CAP_MSIX+2.w=4000:4000"
lose address "busybox devmem $table 32 0x12340000"
# From the 31st call on, ioctls on the device return 0 without effect.
node=$(ls "/sys/bus/pci/devices/$bdf/vfio-dev" 2>/dev/null)
fact_status eventfd strace --seccomp-bpf -f -q -o /dev/null -P 'anon_inode:[vfio-device]' \
	-P "/dev/vfio/devices/${node:-none}" -e trace=ioctl \
	-e inject=ioctl:retval=0:when=31+ dpdk-test-msi irq "$bdf"
# The first call that maps memory returns 0 without effect: the device accesses unmapped memory.
traced="strace --seccomp-bpf -f -q -P /dev/iommu -P /dev/vfio/vfio -e trace=ioctl"
$traced -o /tmp/calls dpdk-test-msi irq -n 1 --self-test "$bdf" >/dev/null 2>&1
call=$(grep -nE 'VFIO_IOMMU_MAP_DMA|IOMMU_IOAS_MAP|0x3b, 0x85' /tmp/calls | head -n 1 | cut -d: -f1)
fact_status unmapped $traced -o /dev/null -e "inject=ioctl:retval=0:when=${call:-0}" \
	dpdk-test-msi irq -n 1 --self-test "$bdf"
group=$(basename "$(readlink "/sys/bus/pci/devices/$bdf/iommu_group")")
sleep 1000 9<>"/dev/vfio/$group" &
holder=$!
await 10 sh -c "ls -l /proc/$holder/fd | grep -q /dev/vfio/"
fact_status held dpdk-test-msi irq "$bdf"
kill $holder
