#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# collectd.sh FIRST SECOND: collectd's plugin dpdkstat, a secondary process of testpmd with two
# ports on one wire, on the pci bus and on this bus.  Prints facts.

. "$(dirname "$0")/testpmd.sh"
. "$(dirname "$0")/facts.sh"
first=$1 second=$2
CSV=/tmp/csv

configure()
{
	cat <<-END
	Interval 1
	Hostname "lab"
	FQDNLookup false
	TypesDB "/usr/share/collectd/types.db"
	LoadPlugin logfile
	<Plugin logfile>
	  LogLevel info
	  File STDOUT
	</Plugin>
	LoadPlugin csv
	<Plugin csv>
	  DataDir "$CSV"
	  StoreRates false
	</Plugin>
	LoadPlugin dpdkstat
	<Plugin dpdkstat>
	  <EAL>
	    Coremask "0x1"
	    MemoryChannels "1"
	    FilePrefix "rte"
	  </EAL>
	  SharedMemObj "dpdk_collectd_stats"
	  EnabledPortMask 0xffff
	  PortName "first"
	  PortName "second"
	</Plugin>
	END
}

# counted: whether both ports are in the files
counted()
{
	[ "$(find $CSV -path '*dpdkstat*rx_good_packets*' | wc -l)" -eq 2 ]
}

# collected ALLOW: ALLOW is what comes before each address after EAL's -a
collected()
{
	rm -rf $CSV
	mkdir -p $CSV
	testpmd_start -l 0,1 -n 1 -m 64 -a "$1$first" -a "$1$second" \
		-- -i --total-num-mbufs=4096 || return 1
	fact_if burst testpmd_burst
	testpmd_say 'stop'
	testpmd_await 'Done\.' 20
	collectd -f -C /tmp/collectd.conf >/tmp/collectd.log 2>&1 &
	collectd_pid=$!
	limit=$(($(date +%s) + 90))
	until counted || [ "$(date +%s)" -ge $limit ] || ! kill -0 $collectd_pid; do
		sleep 0.2
	done
	# Two more intervals.
	sleep 3
	kill -TERM $collectd_pid
	wait $collectd_pid
	fact collectd_status $?
	fact_text collectd </tmp/collectd.log
	find $CSV -type f -path '*dpdkstat*' | while read -r file; do
		echo "${file#"$CSV"/lab/dpdkstat-} $(tail -n 1 "$file")"
	done | fact_text values
	testpmd_say 'show port xstats all'
	testpmd_say 'show port info 99'
	testpmd_await 'Invalid port 99' 20
	testpmd_quit
	fact status $?
	fact_text log <$TESTPMD_LOG
}

vfio-bind "$first" "$second" || exit 1
configure >/tmp/collectd.conf
facts_of pci_ collected '' || exit 1
facts_of bus_ collected vfio_msi: || exit 1
