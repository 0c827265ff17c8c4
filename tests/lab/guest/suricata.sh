#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# suricata.sh FIRST SECOND FIRST_PORT SECOND_PORT: Suricata as an IPS between two wires, on the
# pci bus and on this bus, with the configuration of Debian's package except for two sections.
# The first two NICs are the generator's.  Prints facts.

. "$(dirname "$0")/wires.sh"
generator="$1 $2" first=$3 second=$4
CONFIG=/etc/suricata/suricata.yaml
LOGS=/var/log/suricata

# interface BDF OTHER: an interface that copies to the other
interface()
{
	cat <<-END
	    - interface: "$1"
	      threads: 1
	      promisc: true
	      mtu: 1500
	      mempool-size: 8191
	      mempool-cache-size: 250
	      rx-descriptors: 1024
	      tx-descriptors: 1024
	      copy-mode: ips
	      copy-iface: "$2"
	END
}

# configure ALLOW EAL_PARAM: replace the sections "dpdk" and "threading"
configure()
{
	awk '/^[a-z]/ { skip = /^(dpdk|threading):/ } !skip' $CONFIG
	cat <<-END
	threading:
	  set-cpu-affinity: yes
	  cpu-affinity:
	    - management-cpu-set:
	        cpu: [ 0 ]
	    - worker-cpu-set:
	        cpu: [ 2, 3 ]
	        mode: "exclusive"
	dpdk:
	  eal-params:
	    proc-type: primary
	    allow: ["$1$first", "$1$second"]
	    $2
	  interfaces:
	END
	interface "$first" "$second"
	interface "$second" "$first"
}

# suricata_run ALLOW EAL_PARAM: ALLOW is what comes before each address in the list "allow"
suricata_run()
{
	rm -rf $LOGS
	mkdir -p $LOGS /var/run/suricata /var/lib/suricata/rules
	configure "$1" "$2" >/tmp/suricata.yaml
	app_start suricata -c /tmp/suricata.yaml -S /usr/share/vfio-msi/local.rules --dpdk -v
	app_await 'Engine started' 120 || return 1
	# The links come up later, and nothing says when.
	sleep 15
	# shellcheck disable=SC2086
	wires_pass out up down $sizes
	# Suricata hides what the bus logs. This file is there while a process has devices of it.
	fact_if ours test -e /var/run/dpdk/rte/bus_vfio_msi
	app_stop
	fact_text alerts <$LOGS/fast.log
	grep '"event_type":"alert"' $LOGS/eve.json | fact_text events
	grep '"event_type":"stats"' $LOGS/eve.json | tail -n 1 | fact_text stats
}

vfio-bind "$1" "$2" "$3" "$4" || exit 1
# What must arrive on each wire.
sizes="$(stat -c %s $FRAMES/wanted0.pcap) $(stat -c %s $FRAMES/wanted1.pcap)"
# shellcheck disable=SC2086
wires_start $generator || exit 1
facts_of pci_ suricata_run '' '' || exit 1
# The pci bus must not try the NICs of the generator.
facts_of bus_ suricata_run vfio_msi: 'no-pci: ""' || exit 1
testpmd_quit
