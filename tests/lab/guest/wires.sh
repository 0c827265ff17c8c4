# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# To be sourced: an application between two wires.  A testpmd on the pci bus has a NIC on
# each wire; it sends the frames of pcap files and writes what it receives into others.

. /usr/share/vfio-msi/testpmd.sh
. /usr/share/vfio-msi/facts.sh
. /usr/share/vfio-msi/await.sh

WIRES=/tmp/wires
FRAMES=/usr/share/vfio-msi/frames
APP_LOG=/tmp/app.log

# wires_start FIRST SECOND: the NICs on the first and on the second wire
wires_start()
{
	mkdir -p $WIRES
	cp $FRAMES/none.pcap $WIRES/in0.pcap
	cp $FRAMES/none.pcap $WIRES/in1.pcap
	# Ports 2 and 3 are the files.
	testpmd_start -l 0,1 -n 1 -m 64 --huge-unlink --file-prefix=wires --no-telemetry \
		-a "$1" -a "$2" \
		--vdev "net_pcap0,rx_pcap=$WIRES/in0.pcap,tx_pcap=$WIRES/out0.pcap" \
		--vdev "net_pcap1,rx_pcap=$WIRES/in1.pcap,tx_pcap=$WIRES/out1.pcap" \
		-- -i --total-num-mbufs=16384 --rxd=2048 --txd=512 --no-flush-rx \
		--portlist=0,2,1,3 || return 1
	testpmd_say 'set fwd io retry'
}

# wires_say COMMAND...: type lines and wait until the last one is done
wires_say()
{
	wires_number=$((101 + $(grep -c 'Invalid port' $TESTPMD_LOG)))
	for line; do
		testpmd_say "$line"
	done
	testpmd_say "show port info $wires_number"
	testpmd_await "Invalid port $wires_number\$" 60
}

# wires_size OF BYTES: whether what was received on a wire has this size
wires_size()
{
	[ "$(stat -c %s "$WIRES/out$1.pcap")" -ge "$2" ]
}

# wires_pass NAME FIRST SECOND [BYTES0 BYTES1]: send the files of these names on the wires and
# print what arrives, facts NAME_0 and NAME_1.  A file of BYTES is expected on each wire,
# else the one sent on the other
wires_pass()
{
	wires_say 'port stop 2' 'port stop 3'
	cp "$FRAMES/$2.pcap" $WIRES/in0.pcap
	cp "$FRAMES/$3.pcap" $WIRES/in1.pcap
	wires_say 'port start 2' 'port start 3' 'start'
	await 40 wires_size 0 "${4:-$(stat -c %s $WIRES/in1.pcap)}"
	await 40 wires_size 1 "${5:-$(stat -c %s $WIRES/in0.pcap)}"
	# Time for frames that must not be there.
	sleep 1
	wires_say 'stop' 'port stop 2' 'port stop 3'
	for wire in 0 1; do
		busybox gzip -c $WIRES/out$wire.pcap | base64 | fact_text "$1_$wire"
	done
}

# app_start COMMAND...: run the application, its output goes to $APP_LOG
app_start()
{
	: >$APP_LOG
	stdbuf -oL "$@" >>$APP_LOG 2>&1 &
	app_pid=$!
}

# app_await REGEX SECONDS: wait until a line of its output matches; print the output if not
app_await()
{
	await "$2" app_said "$1" && grep -Eq "$1" $APP_LOG && return
	echo "no \"$1\"" >&2
	tail -c 3000 $APP_LOG >&2
	return 1
}

app_said()
{
	grep -Eq "$1" $APP_LOG || ! kill -0 $app_pid 2>/dev/null
}

# app_stop: end it; print its output and exit status
app_stop()
{
	kill -INT $app_pid
	wait $app_pid
	fact status $?
	fact_text log <$APP_LOG
}
