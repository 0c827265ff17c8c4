#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# affinity.sh ROUNDS BDF BDF: vfio-msi-affinity on two igb, bound to vfio-pci. See
# tests/lab/interrupts.py.  Prints facts.

. "$(dirname "$0")/facts.sh"
. "$(dirname "$0")/oracle.sh"

oracle_start
timeout -k 5 $((60 + $1)) vfio-msi-affinity "$1" "$2" "$3" -l 0,1 -n 1 -m 64 --huge-unlink \
	--no-pci --log-level=bus.vfio_msi:info -a "vfio_msi:$2,irq_affinity=auto" \
	-a "vfio_msi:$3" >/tmp/affinity.out 2>/tmp/affinity.log
fact status $?
oracle_events vfio-msi
grep '^{"fact": ' /tmp/affinity.out
cat /tmp/affinity.out /tmp/affinity.log | grep -v '^{"fact": ' | fact_text log
fact_text requests </tmp/requests
