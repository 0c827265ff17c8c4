#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# power.sh BDF BDF BDF: two NICs on one wire behind two host bridges of POWER, and one behind a
# bridge without a large window. What the tool says, stock DPDK beside it, hotplug, a window
# that is too small, and the kernel's driver afterwards.  Prints facts.

. "$(dirname "$0")/testpmd.sh"
. "$(dirname "$0")/facts.sh"
first=$1 second=$2 narrow=$3

# settled: wait until testpmd has executed all commands
mark=1000
settled()
{
	mark=$((mark + 1))
	testpmd_say "show port info $mark"
	testpmd_await "Invalid port $mark\$" 60
}

try()
{
	name=$1
	shift
	fact_status "$name" timeout -k 5 180 "$@" </dev/null
}

vfio-bind "$first" "$second" "$narrow" || exit 1
try list dpdk-test-msi list
try layout dpdk-test-msi layout -a "vfio_msi:$first" -a "vfio_msi:$second"
try narrow dpdk-test-msi layout -a "vfio_msi:$narrow"
try both dpdk-test-msi layout -a "vfio_msi:$first" -a "vfio_msi:$narrow"
try bits dpdk-test-msi layout -a "vfio_msi:$first,dma_bits=58"
try map sh -c 'dpdk-test-msi map --json -m 64 "$0" 2>/dev/null' "vfio_msi:$first"
try doctor dpdk-test-msi doctor "$first" "$second"
printf 'EEH: Recovering PHB#4-PE#0\nEEH: Frozen PHB#4-PE#0 detected\nPCI %s#0000: EEH: Invoking vfio-pci->error_detected(IO frozen)\n' \
	"$narrow" >/tmp/eeh
try frozen dpdk-test-msi explain /tmp/eeh
try stock dpdk-testpmd -l 0,1 -n 1 -a "$first" -- --total-num-mbufs=2048
try small dpdk-testpmd -l 0,1 -n 1 --no-pci -m 64 -a "vfio_msi:$narrow" -- --total-num-mbufs=2048
try large dpdk-testpmd -l 0,1 -n 1 --no-pci -m 320 -a "vfio_msi:$narrow" -- --total-num-mbufs=2048

if testpmd_start --no-pci -a "vfio_msi:$first" -l 0,1 -n 1 -m 64 -- -i --total-num-mbufs=4096; then
	testpmd_say "port attach vfio_msi:$narrow"
	settled
	testpmd_say "port attach vfio_msi:$second"
	settled
	fact_if attached testpmd_await 'Now total ports is 2' 10
	testpmd_say 'port start all'
	testpmd_say 'set verbose 1'
	settled
	fact_if burst testpmd_burst
fi
testpmd_quit
fact status $?
fact_text log <$TESTPMD_LOG

# The kernel's driver gets both devices, and sends frames from one to the other.
modprobe e1000e
for bdf in "$first" "$second"; do
	echo "$bdf" >/sys/bus/pci/devices/$bdf/driver/unbind
	echo >/sys/bus/pci/devices/$bdf/driver_override
	echo "$bdf" >/sys/bus/pci/drivers_probe
	name=$(basename /sys/bus/pci/devices/$bdf/net/*)
	ip link set "$name" up
	names="$names $name"
done
cat >/tmp/frames.py <<'END'
import socket, sys, time

TYPE = 0x88b5
ends = [socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(TYPE)) for _ in range(2)]
for end, name in zip(ends, sys.argv[1:]):
    end.bind((name, TYPE))
    end.settimeout(10)
for name in sys.argv[1:]:
    for _ in range(300):
        if open(f'/sys/class/net/{name}/carrier').read().strip() == '1':
            break
        time.sleep(0.1)
good = 0
for source, target in ((0, 1), (1, 0)):
    for number in range(64):
        data = bytes((number + i) % 256 for i in range(1400))
        ends[source].send(b'\xff' * 6 + bytes(6) + TYPE.to_bytes(2, 'big') + data)
        good += ends[target].recv(2048)[14:] == data
print('good frames', good)
END
try kernel python3 /tmp/frames.py $names
dmesg >/tmp/dmesg
fact_text dmesg </tmp/dmesg
exit 0
