#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# firmware.sh FIRST OTHER SPARE ADDRESS NESTED: firmware reserves a range at ADDRESS for OTHER
# and requires a 1:1 mapping for SPARE, and one of SW_MSI for NESTED. See
# tests/lab/holes.py.  Prints facts.

. "$(dirname "$0")/testpmd.sh"
. "$(dirname "$0")/facts.sh"
. "$(dirname "$0")/oracle.sh"
first=$1 other=$2 spare=$3 address=$4
eal="--no-pci -l 0,1 -n 1 -m 64"

# ended NAME: end testpmd, print its output and exit status
ended()
{
	testpmd_quit
	fact "$1_status" $?
	fact_text "$1" <$TESTPMD_LOG
}

vfio-bind $first $other $spare $5 || exit 1
cat /sys/kernel/iommu_groups/*/reserved_regions | fact_text kernel
fact_status nested dpdk-test-msi layout -a vfio_msi:$5

# Without --no-pci, the pci bus probes the other devices.
testpmd_start -a vfio_msi:$first ${eal#--no-pci} --base-virtaddr=$address -- -i
ended stock

testpmd_start -a vfio_msi:$first ${eal#--no-pci} --base-virtaddr=0x200000000 -- -i
testpmd_say "port attach vfio_msi:$other"
testpmd_await "$other.*not used" 20
ended held

testpmd_start -a vfio_msi:$first $eal --base-virtaddr=$address -- -i
for late in $other $spare; do
	testpmd_say "port attach vfio_msi:$late"
	testpmd_await "$late.*not used" 20
done
ended latecomer

testpmd_start -a vfio_msi:$first $eal --base-virtaddr=0x200000000 -- -i
testpmd_say "port attach vfio_msi:$other"
fact_if attached testpmd_await 'Now total ports is 2' 20
testpmd_say 'port start all'
fact_if started testpmd_await 'Configuring Port 1' 10
testpmd_say 'set verbose 1'
fact_if elsewhere_burst testpmd_burst
ended elsewhere

oracle_start
testpmd_start -a vfio_msi:$first -a vfio_msi:$other $eal --base-virtaddr=$address -- -i
testpmd_say 'set verbose 1'
fact_if both_burst testpmd_burst
oracle_testpmd
ended both
