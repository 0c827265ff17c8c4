#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# vf.sh PF BDF: use a virtual function of PF with and without the VF token, while another
# process drives PF, then both in one process. BDF is a NIC without SR-IOV.
# Prints facts: the first matching line of each output.

. "$(dirname "$0")/testpmd.sh"
. "$(dirname "$0")/facts.sh"
. "$(dirname "$0")/await.sh"
pf=$1 other=$2
token=2ab74924-c335-45f4-9b16-8569e5b08258
wrong=00000000-c335-45f4-9b16-8569e5b08258

vfio-bind "$pf" "$other" || exit 1
echo Y >/sys/module/vfio_pci/parameters/enable_sriov
echo 1 >"/sys/bus/pci/devices/$pf/sriov_numvfs" || exit 1
vf=$(basename "$(readlink "/sys/bus/pci/devices/$pf/virtfn0")")
vfio-bind "$vf" || exit 1

# This process drives the PF.
mkfifo /tmp/pf.in
dpdk-testpmd -l 0,1 -n 1 --file-prefix pf --no-pci -a "vfio_msi:$pf,vf_token=$token" \
	-- -i --total-num-mbufs=4096 </tmp/pf.in >/tmp/pf.log 2>&1 &
pf_pid=$!
exec 4>/tmp/pf.in
await 20 grep 'testpmd> ' /tmp/pf.log

# try NAME EAL_ARG...
try()
{
	try_name=$1
	shift
	stdbuf -oL dpdk-testpmd -l 0,1 -n 1 --file-prefix vf --no-pci "$@" \
		-- --total-num-mbufs=4096 </dev/null >/tmp/vf.log 2>&1 &
	try_pid=$!
	await 40 try_said
	# A probed port suffices, as waiting for its link and ending testpmd take long.
	kill -KILL $try_pid
	wait $try_pid
	grep -m 1 -E "$ANSWER" /tmp/vf.log | fact_text "$try_name"
}

# try_said: whether there is an answer, or none will come
ANSWER='VFIO_MSI|^Port [0-9]:'
try_said()
{
	grep -qE "$ANSWER" /tmp/vf.log || ! kill -0 $try_pid
}

try missing -a "vfio_msi:$vf"
try wrong -a "vfio_msi:$vf,vf_token=$wrong"
try right -a "vfio_msi:$vf,vf_token=$token"
try option -a "vfio_msi:$vf" --vfio-vf-token "$token"
try plain -a "vfio_msi:$other" --vfio-vf-token "$token"
try needless -a "vfio_msi:$other,vf_token=$token"
try malformed -a "vfio_msi:$other,vf_token=12"

echo quit >&4
exec 4>&-
wait $pf_pid
fact pf_status $?
# The process that opens the PF replaces its token: before that the kernel refuses the VF.
try both -a "vfio_msi:$vf,vf_token=$wrong" -a "vfio_msi:$pf,vf_token=$wrong"
fact_text pf_log </tmp/pf.log
exit 0
