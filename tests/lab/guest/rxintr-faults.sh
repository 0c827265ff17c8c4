#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# rxintr-faults.sh SENDER RECEIVER STRANGER: the reports of rxintr about lost interrupts
# (setpci masks MSI-X of the receiver) and about lost packets (STRANGER is on another
# wire).  Prints facts.

. "$(dirname "$0")/facts.sh"
. "$(dirname "$0")/await.sh"
vfio-bind "$@" || exit 1

dpdk-test-msi rxintr -n 100000 "vfio_msi:$1" "vfio_msi:$2" >/tmp/masked 2>&1 &
program=$!
# Wait until the second vector, which belongs to the queue, is used.
fact_if used await 10 awk '/vfio-msix\[1\]/ { for (i = 2; i <= 3; i++) n += $i } END { exit n < 10 }' \
	/proc/interrupts
setpci -s "$2" CAP_MSIX+2.w=4000:4000
wait $program
fact masked_status $?
fact_text masked </tmp/masked

fact_status stranger dpdk-test-msi rxintr "vfio_msi:$3" "vfio_msi:$2"
