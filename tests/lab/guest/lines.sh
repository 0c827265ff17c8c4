#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# lines.sh LINE...: run each line.  Prints facts: the output and the exit status of each
# line, with its number from 0 as the name.

. "$(dirname "$0")/facts.sh"
lines=0
for line; do
	fact_status $lines eval "$line"
	lines=$((lines + 1))
done
