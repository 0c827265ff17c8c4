#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# ovs.sh FIRST_BDF SECOND_BDF OTHER_BDF ALLOW FRAME... -- FRAME...: Open vSwitch between two ports
# on one wire.  OTHER is bound to vfio-pci too, but is not the switch's.  ALLOW is what comes
# before each address after EAL's -a.  The frames (in hex) leave by both ports in turn.  Each
# goes back and forth until its TTL is 1; then it goes to the controller, which prints it.  The
# frames after "--" are for the second time, when one port has been taken away and added again.
# Prints facts.

. "$(dirname "$0")/facts.sh"
. "$(dirname "$0")/await.sh"
first=$1 second=$2 other=$3 allow=$4
shift 4
RUN=/var/run/openvswitch
LOG=/var/log/openvswitch/ovs-vswitchd.log
PACKETS=/tmp/packets

# fail WHAT: end with the log of the switch
fail()
{
	echo "ovs.sh: no $1" >&2
	tail -c 3000 $LOG >&2
	exit 1
}

switch_start()
{
	rm -rf /var/run/openvswitch /etc/openvswitch /var/lib/openvswitch /var/log/openvswitch
	mkdir -p /var/run/openvswitch /etc/openvswitch /var/lib/openvswitch /var/log/openvswitch
	ovsdb-tool create /etc/openvswitch/conf.db /usr/share/openvswitch/vswitch.ovsschema ||
		fail database
	ovsdb-server --remote=punix:/var/run/openvswitch/db.sock --pidfile --detach \
		--log-file || fail 'server of the database'
	ovs-vsctl --no-wait set Open_vSwitch . other_config:dpdk-init=true \
		other_config:dpdk-lcore-mask=0x1 other_config:pmd-cpu-mask=0x2 \
		"other_config:dpdk-extra=-a $allow$first -a $allow$second $EXTRA" || fail settings
	/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk --pidfile=$RUN/switch.pid \
		--unixctl=$RUN/switch.ctl --detach --log-file=$LOG ||
		fail switch
}

# port_add NUMBER BDF: add the port p<NUMBER>; its address is the same on each bus
port_add()
{
	ovs-vsctl add-port br0 "p$1" -- set Interface "p$1" type=dpdk ofport_request="$1" \
		options:dpdk-devargs="$2"
}

up()
{
	[ "$(ovs-vsctl get Interface "$1" link_state)" = up ]
}

# A frame comes back by the port by which it came, until its TTL is 1.
flows()
{
	ovs-ofctl del-flows br0
	for port in 1 2; do
		echo "priority=2,in_port=$port,ip,nw_ttl=1,actions=CONTROLLER:max_len=2048"
		echo "priority=1,in_port=$port,ip,actions=dec_ttl,in_port"
	done | ovs-ofctl add-flows br0 -
}

seen()
{
	[ "$(grep -c '^NXT_PACKET_IN' $PACKETS)" -ge "$1" ]
}

# bounce NAME FRAME...
bounce()
{
	name=$1 port=1
	shift
	: >$PACKETS
	ovs-ofctl -m monitor br0 2048 >>$PACKETS 2>&1 &
	monitor=$!
	await 20 sh -c "ls -l /proc/$monitor/fd | grep -q socket:"
	# After it has connected, it asks for the packets.
	sleep 2
	for frame; do
		ovs-ofctl packet-out br0 "in_port=LOCAL packet=$frame actions=output:$port"
		port=$((3 - port))
	done
	await 30 seen $#
	sleep 1
	kill $monitor
	wait $monitor 2>/dev/null
	fact_text "${name}_packets" <$PACKETS
	for port in p1 p2; do
		ovs-ofctl dump-ports br0 $port | fact_text "${name}_${port}"
	done
}

# other_open: the number of descriptors of the device that is not the switch's
other_open()
{
	device=/sys/bus/pci/devices/$other
	group=$(basename "$(readlink $device/iommu_group)")
	node=$(ls $device/vfio-dev 2>/dev/null)
	ls -l /proc/[0-9]*/fd 2>/dev/null | grep -cE "/dev/vfio/($group|devices/${node:-none})\$"
}

vfio-bind "$first" "$second" "$other" || exit 1
modprobe tun || exit 1
switch_start
ovs-vsctl add-br br0 -- set bridge br0 datapath_type=netdev || fail bridge
fact_status add_1 port_add 1 "$first"
fact_status add_2 port_add 2 "$second"
await 30 up p1
await 30 up p2
flows
fact vfio_open "$(ls -l /proc/[0-9]*/fd 2>/dev/null | grep -cE '/dev/(vfio|iommu)')"
fact other_open "$(other_open)"
once=
while [ $# -gt 0 ] && [ "$1" != -- ]; do
	once="$once $1"
	shift
done
shift
# shellcheck disable=SC2086
bounce once $once

fact_status del ovs-vsctl del-port br0 p1
fact_status add_again port_add 1 "$first"
await 30 up p1
bounce twice "$@"

switch=$(cat $RUN/switch.pid)
ovs-appctl -t $RUN/switch.ctl exit --cleanup >/dev/null
ovs-appctl -t ovsdb-server exit >/dev/null
# Of a process that nobody waits for, /proc has an entry without a program.
fact_if ended await 20 test ! -e "/proc/$switch/exe"
fact_text log <$LOG
