#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# firmware.sh FIRST OTHER SPARE ADDRESS: firmware keeps addresses from ADDRESS on from
# OTHER, and wants memory mapped for SPARE, see tests/lab/holes.py.  In sections that
# begin with "@@ NAME".

. "$(dirname "$0")/testpmd.sh"
. "$(dirname "$0")/oracle.sh"
first=$1 other=$2 spare=$3 address=$4
eal="--no-pci -l 0,1 -n 1 -m 64"

vfio-bind $first $other $spare || exit 1
echo '@@ kernel'
cat /sys/kernel/iommu_groups/*/reserved_regions

# Without --no-pci the pci bus takes what nobody else has.
echo '@@ stock'
testpmd_start -a vfio_msi:$first ${eal#--no-pci} --base-virtaddr=$address -- -i || status=1
testpmd_quit || status=1
cat $TESTPMD_LOG

echo '@@ held'
testpmd_start -a vfio_msi:$first ${eal#--no-pci} --base-virtaddr=0x200000000 -- -i || status=1
testpmd_say "port attach vfio_msi:$other"
testpmd_await "$other.*not used" 20 || status=1
testpmd_quit || status=1
cat $TESTPMD_LOG

echo '@@ latecomer'
testpmd_start -a vfio_msi:$first $eal --base-virtaddr=$address -- -i || status=1
for late in $other $spare; do
	testpmd_say "port attach vfio_msi:$late"
	testpmd_await "$late.*not used" 20 || status=1
done
testpmd_quit || status=1
cat $TESTPMD_LOG

echo '@@ elsewhere'
testpmd_start -a vfio_msi:$first $eal --base-virtaddr=0x200000000 -- -i || status=1
testpmd_say "port attach vfio_msi:$other"
testpmd_await 'Now total ports is 2' 20 || status=1
testpmd_say 'port start all'
testpmd_await 'Configuring Port 1' 10 || status=1
testpmd_say 'set verbose 1'
testpmd_burst || status=1
testpmd_quit || status=1
cat $TESTPMD_LOG

oracle_start
testpmd_start -a vfio_msi:$first -a vfio_msi:$other $eal --base-virtaddr=$address -- -i || status=1
testpmd_say 'set verbose 1'
testpmd_burst || status=1
oracle_testpmd
testpmd_quit || status=1
echo '@@ both'
cat $TESTPMD_LOG
exit ${status:-0}
