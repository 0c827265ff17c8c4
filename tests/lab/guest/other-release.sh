#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# other-release.sh BDF RELEASE: load the plugin into a release of DPDK for which it was not
# built.  Prints facts.  See tests/lab/lts.py.

. "$(dirname "$0")/facts.sh"
device=vfio_msi:$1 other=/opt/dpdk-$2
own=$(ls /usr/lib/*/dpdk/pmds-*/librte_bus_vfio_msi.so)
vfio-bind "$1" || exit 1

# try NAME [VARIABLE=VALUE] [EAL_ARG...]
try()
{
	name=$1 variable=
	shift
	case $1 in
	LD_*) variable=$1; shift ;;
	esac
	fact_status "$name" env $variable timeout -k 5 180 dpdk-testpmd "$@" -a "$device" \
		-l 0,1 -n 1 --no-pci -- --total-num-mbufs=4096 </dev/null
}

# The plugin detects a later release with the same SONAME.
try soname LD_PRELOAD=/opt/later-release.so
# The other release is installed beside this one.
try beside LD_LIBRARY_PATH=$other/dpdk -d $other/librte_bus_vfio_msi.so
# The other release is not installed.
try alone -d $other/librte_bus_vfio_msi.so
# Only the directory of the other release has the plugin. This release does not look there.
mv "$own" /tmp
try none
