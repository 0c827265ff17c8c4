#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# traffic.sh BDF[,KEY=VALUE]... BDF[,KEY=VALUE]... [EAL_ARG...]: a burst between two
# ports of the bus, and everything a test needs to judge it, in sections that begin
# with "@@ NAME".

. "$(dirname "$0")/testpmd.sh"
. "$(dirname "$0")/oracle.sh"
first=$1 second=$2
shift 2

vfio-bind "${first%%,*}" "${second%%,*}" || exit 1
oracle_start
testpmd_start -d librte_bus_vfio_msi.so -a "vfio_msi:$first" -a "vfio_msi:$second" \
	-l 0,1 -n 1 "$@" -- -i || status=1
testpmd_say 'set verbose 1'
testpmd_burst || status=1
oracle_testpmd
testpmd_quit || status=1
echo '@@ testpmd'
cat $TESTPMD_LOG
exit ${status:-0}
