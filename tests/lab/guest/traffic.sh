#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# traffic.sh BDF[,KEY=VALUE]... BDF[,KEY=VALUE]... [EAL_ARG...]: send a burst between two
# ports of the bus.  Prints facts, which oracle.check_burst() checks.  If $TELEMETRY is set,
# asks these commands of telemetry, too.  The shell command $TRAFFIC_DURING runs after the
# burst and prints more.

. "$(dirname "$0")/testpmd.sh"
. "$(dirname "$0")/facts.sh"
. "$(dirname "$0")/oracle.sh"
first=$1 second=$2
shift 2

vfio-bind "${first%%,*}" "${second%%,*}" || exit 1
oracle_start
testpmd_start -d librte_bus_vfio_msi.so -a "vfio_msi:$first" -a "vfio_msi:$second" \
	-l 0,1 -n 1 "$@" -- -i || testpmd_failed
testpmd_say 'set verbose 1'
fact_if burst testpmd_burst
[ -z "$TELEMETRY" ] || testpmd_ask $TELEMETRY | fact_text telemetry
oracle_testpmd
eval "$TRAFFIC_DURING"
testpmd_quit
fact status $?
fact_text log <$TESTPMD_LOG
exit 0
