#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# container.sh BDF BDF COMMAND: the bus in a pod: no /sys/firmware, a read-only /sys, no
# capabilities, a user whose group may open the nodes, no access to the first processor. COMMAND
# is that of the pod in the guide. Prints facts.  See tests/lab/container.py.

. "$(dirname "$0")/testpmd.sh"
. "$(dirname "$0")/facts.sh"
first=$1 second=$2 command=$3
user=1000 group=2000

# The first process runs outside and sets up the cgroup, as a container runtime does.
outside()
{
	vfio-bind "$first" "$second" || exit 1
	# The command of the guide reads this variable of the pod.
	KEYS=$(dpdk-test-msi layout -a "vfio_msi:$first" | sed -n "s/.*can't read them: -a vfio_msi:$first//p")
	export KEYS
	mkdir -p /sys/fs/cgroup
	mount -t cgroup2 none /sys/fs/cgroup || exit 1
	echo +cpuset >/sys/fs/cgroup/cgroup.subtree_control
	mkdir /sys/fs/cgroup/pod
	echo 1-2 >/sys/fs/cgroup/pod/cpuset.cpus || exit 1
	echo $$ >/sys/fs/cgroup/pod/cgroup.procs || exit 1
	exec unshare -m --propagation private "$0" --inside "$first" "$second" "$command"
}

# furnish: mount file systems as in a container
furnish()
{
	umount /sys/kernel/tracing /sys/kernel/debug /sys/fs/cgroup
	mount -t tmpfs -o ro,size=0 none /sys/firmware || exit 1
	mount -o remount,bind,ro /sys || exit 1
	mkdir -p /run/user/$user /tmp/dev
	mount -t tmpfs none /tmp/dev
	mkdir -p /tmp/dev/vfio/devices /tmp/dev/hugepages /tmp/dev/shm
	for node in null zero urandom iommu vfio/vfio vfio/[0-9]* vfio/devices/*; do
		node=$(cd /dev && echo $node)
		for node in $node; do
			[ -c "/dev/$node" ] || continue
			: >"/tmp/dev/$node"
			mount --bind "/dev/$node" "/tmp/dev/$node"
		done
	done
	chgrp $group /dev/iommu /dev/vfio/[0-9]* /dev/vfio/devices/*
	chmod 660 /dev/iommu /dev/vfio/[0-9]* /dev/vfio/devices/*
	chmod 666 /dev/vfio/vfio
	mount --bind /dev/hugepages /tmp/dev/hugepages
	mount -t tmpfs none /tmp/dev/shm
	mount --move /tmp/dev /dev
	ln -s /proc/self/fd /dev/fd
	chown $user:$group /dev/hugepages /run/user/$user
	chmod 700 /dev/hugepages
	chmod 1777 /tmp
}

# as_user [PRLIMIT_ARG]... -- COMMAND...: run without capabilities, in the group of the nodes
as_user()
{
	limits=
	while [ "$1" != -- ]; do
		limits="$limits $1"
		shift
	done
	shift
	# shellcheck disable=SC2086
	prlimit ${limits:---memlock=unlimited} setpriv --reuid $user --regid $user --groups ${groups-$group} \
		--bounding-set=-all --inh-caps=-all --no-new-privs \
		env XDG_RUNTIME_DIR=/run/user/$user "$@"
}

# try NAME [PRLIMIT_ARG]... -- COMMAND...: print output and exit status as facts
try()
{
	name=$1
	shift
	fact_status "$name" as_user "$@"
	rm -f /dev/hugepages/*
}

# pairs KEYS...: what the tool reports for each
pairs()
{
	for keys; do
		as_user -- dpdk-test-msi layout -a "vfio_msi:$first,$keys" 2>&1
	done | fact_text pairs
}

# burst NAME KEYS: send packets between the ports, with these device arguments of the bus
burst()
{
	testpmd_start -a "vfio_msi:$first$2" -a "vfio_msi:$second$2" -l 1,2 -n 1 -m 64 \
		--in-memory -- -i --total-num-mbufs=8192
	testpmd_say 'set verbose 1'
	testpmd_burst
	grep vfio /proc/interrupts | fact_text "$1_interrupts"
	testpmd_quit
	fact "$1_status" $?
	fact_text "$1" <$TESTPMD_LOG
}

# pod COMMAND: run it with the variable that a device plugin sets, until it forwards. KEYS has the
# holes that root sees outside
pod()
{
	: >$TESTPMD_LOG
	PCIDEVICE_EXAMPLE_COM_VFIO_NIC=$first stdbuf -oL sh -c "$1" >>$TESTPMD_LOG 2>&1 </dev/null &
	testpmd_pid=$!
	fact_if pod_forwards testpmd_await 'rxonly packet forwarding - ports=1' 60
	tr '\000' '\n' </proc/$testpmd_pid/cmdline | grep '^vfio_msi:' | fact_text pod_device
	sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/$testpmd_pid/task/*/status | sort -u |
		fact_text pod_processors
	kill -TERM $testpmd_pid
	wait $testpmd_pid
	fact_text pod <$TESTPMD_LOG
}

# given_argument BDF: what testpmd was given for a device
given_argument()
{
	tr '\000' '\n' </proc/$testpmd_pid/cmdline | grep "^vfio_msi:$1,"
}

# given NAME KEYS: the launcher opens the nodes, testpmd runs without them as the user. A
# port comes and goes, wrong descriptors are rejected, and packets are sent before and after
given()
{
	TESTPMD_UNDER="env XDG_RUNTIME_DIR=/run/user/$user /usr/lib/vfio-msi/examples/launcher -n -u $user -g $group"
	testpmd_start -a "vfio_msi:$first$2" -a "vfio_msi:$second$2" -l 1,2 -n 1 -m 64 \
		--in-memory -- -i --total-num-mbufs=8192
	argument=$(given_argument "$second")
	other=$(given_argument "$first")
	{
		ls /proc/$testpmd_pid/root/dev/vfio | wc -l
		ls -l /proc/$testpmd_pid/root/dev/iommu
		grep -E '^(Uid|Groups|Cap|NoNewPrivs)' /proc/$testpmd_pid/status
	} 2>&1 | fact_text "$1_view"
	fact "$1_argument" "$argument"
	fact "$1_other" "$other"
	testpmd_say 'set verbose 1'
	testpmd_burst
	fact "$1_descriptors" "$(ls /proc/$testpmd_pid/fd | wc -l)"
	testpmd_say 'stop'
	testpmd_say 'port stop 1'
	testpmd_say 'port detach 1'
	wrong_descriptors
	testpmd_say "port attach $argument"
	fact_if "$1_attached" testpmd_await 'is attached. Now total ports is 2' 20
	testpmd_say 'port start 1'
	fact "$1_descriptors_after" "$(ls /proc/$testpmd_pid/fd | wc -l)"
	testpmd_burst
	testpmd_quit
	fact "$1_status" $?
	fact_text "$1" <$TESTPMD_LOG
	TESTPMD_UNDER=
}

# wrong_descriptors: attach the second device with descriptors that are not its own
wrong_descriptors()
{
	space=${argument##*=} begin=${argument%=*}
	key=${begin##*,} begin=${begin%,*}
	node=${begin##*=} begin=${begin%=*}
	wrong=${other%,*}
	wrong=${wrong##*=}
	for keys in "$space,$key=$node" "$wrong,$key=$space" "$node,$key=0" "99,$key=$space" \
			"$node"; do
		testpmd_say "port attach $begin=$keys"
	done
	testpmd_await 'belong together' 20
}

# reused NAME KEY NODE KEY NODE: a process is killed while it sends. The next one gets the
# same descriptors, which this shell has open
reused()
{
	exec 5<>"$3" 6<>"$5"
	TESTPMD_UNDER="prlimit --memlock=unlimited setpriv --reuid $user --regid $user --clear-groups --bounding-set=-all --inh-caps=-all --no-new-privs env XDG_RUNTIME_DIR=/run/user/$user"
	testpmd_start -a "vfio_msi:$first,$2=5,$4=6" -l 1,2 -n 1 -m 64 --in-memory --no-pci \
		-- -i --total-num-mbufs=4096
	testpmd_say 'set fwd txonly'
	testpmd_say 'start'
	fact_if "$1_sends" testpmd_await 'packet forwarding - ports=1' 5
	kill -KILL $testpmd_pid
	exec 3>&-
	wait $testpmd_pid
	TESTPMD_UNDER=
	groups=3000 try "$1" -- timeout -k 5 180 dpdk-test-msi irq -n 4 "vfio_msi:$first,$2=5,$4=6"
	exec 5>&- 6>&-
}

case $1 in
--inside)
	shift
	first=$1 second=$2 command=$3
	furnish
	one="-a vfio_msi:$first,backend=type1 -l 1,2 -n 1 -m 64 --no-pci"
	fact_status view as_user -- sh -c 'ls /sys/firmware | wc -l; id; grep -E "Cap(Eff|Bnd)|Cpus_allowed_list" /proc/self/status; touch /sys/x; head -n 2 /proc/iomem'
	try list -- dpdk-test-msi list
	try layout -- dpdk-test-msi layout -a "vfio_msi:$first" -a "vfio_msi:$second"
	pairs device=7 container=7 device=7,group=7 device=7,iommufd=7,group=7,container=7 \
		backend=type1,device=7,iommufd=7 backend=iommufd,group=7,container=7 device=x,iommufd=7
	as_user -- "$0" --burst "$first" "$second" iommufd ''
	as_user -- "$0" --burst "$first" "$second" type1 ,backend=type1
	as_user -- "$0" --pod "$first" "$command"
	given given_iommufd ''
	given given_type1 ,backend=type1
	reused reused_iommufd device /dev/vfio/devices/"$(ls /sys/bus/pci/devices/"$first"/vfio-dev)" \
		iommufd /dev/iommu
	reused reused_type1 group /dev/vfio/"$(basename "$(readlink /sys/bus/pci/devices/"$first"/iommu_group)")" \
		container /dev/vfio/vfio
	try irq -- timeout -k 5 180 dpdk-test-msi irq -n 4 "vfio_msi:$first"
	try map --memlock=8388608 -- timeout -k 5 180 dpdk-test-msi map -m 16 "vfio_msi:$first"
	try frames --memlock=65536 -- timeout -k 5 180 dpdk-test-msi irq -n 1 --self-test "vfio_msi:$first"
	try memlock --memlock=8388608 -- timeout -k 5 180 dpdk-testpmd $one -- --total-num-mbufs=4096
	try space --as=8589934592 --memlock=unlimited -- timeout -k 5 180 dpdk-testpmd $one -- --total-num-mbufs=4096
	groups=3000 try group -- timeout -k 5 180 dpdk-testpmd $one -- --total-num-mbufs=4096
	umount /dev/vfio/[0-9]* /dev/vfio/devices/*
	rm -f /dev/vfio/[0-9]* /dev/vfio/devices/*
	try nodes -- timeout -k 5 180 dpdk-testpmd $one -- --total-num-mbufs=4096
	exit 0
	;;
--burst)
	first=$2 second=$3
	burst "$4" "$5"
	;;
--pod)
	first=$2
	pod "$3"
	;;
*)
	outside
	;;
esac
