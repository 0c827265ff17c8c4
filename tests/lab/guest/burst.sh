#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# burst.sh EAL_ARG...: two ports on one wire send 256 packets to each other.  Prints facts.

. "$(dirname "$0")/testpmd.sh"
. "$(dirname "$0")/facts.sh"

testpmd_start "$@" -- -i
testpmd_burst
testpmd_quit
fact status $?
fact sent "$(testpmd_count TX-packets)"
fact received "$(testpmd_count RX-packets)"
fact_text log <$TESTPMD_LOG
