#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# flags.sh BDF OTHER SECOND: vfio-msi-flags in each mode, on the pci bus and on this bus. OTHER is
# another device, SECOND one like BDF. See tests/lab/names.py.  Prints facts.
# flags.sh BDF: only the mode "kept".

. "$(dirname "$0")/facts.sh"
bdf=$1 other=$2 second=$3
vfio-bind "$bdf" || exit 1
vhost=$(echo /usr/lib/*/librte_vhost.so.??)

# run RUN MODE DRIVER EAL_ARG [PRELOAD]
more=
run()
{
	case $1 in *_pci) bus=pci ;; *) bus=vfio_msi ;; esac
	# shellcheck disable=SC2086
	LD_PRELOAD=$5 timeout -k 5 60 vfio-msi-flags "$1" "$2" "$3" "$bus" "$bdf" -l 0 -n 1 -m 64 \
		--huge-unlink --log-level=bus.vfio_msi:info -a "$4" $more >"/tmp/$1.out" 2>"/tmp/$1.log"
	fact "$1_status" $?
	grep '^{"fact": ' "/tmp/$1.out"
	cat "/tmp/$1.out" "/tmp/$1.log" | grep -v '^{"fact": ' | fact_text "$1_log"
}

export BETWEEN="echo $bdf >/sys/bus/pci/drivers/vfio-pci/unbind; vfio-bind $bdf"
if [ -z "$other" ]; then
	run kept_vfio_msi kept edu "vfio_msi:$bdf"
	exit 0
fi

for mode in again once keep drop; do
	run "${mode}_pci" $mode edu "$bdf,first=1"
	run "${mode}_vfio_msi" $mode edu "vfio_msi:$bdf,pmd.first=1"
done

# OTHER gets the first number of a character device, which was the device's.
export BETWEEN="echo $bdf >/sys/bus/pci/drivers/vfio-pci/unbind; vfio-bind $other $bdf"
run late_vfio_msi late edu "vfio_msi:$bdf,pmd.n=1"
fact late_taken "$(ls /sys/bus/pci/devices/$other/vfio-dev)"
echo "$other" >/sys/bus/pci/drivers/vfio-pci/unbind

export BETWEEN="echo $bdf >/sys/bus/pci/drivers/vfio-pci/unbind"
run listen_vfio_msi listen edu "vfio_msi:$bdf"
vfio-bind "$bdf" "$second" || exit 1
more="-a vfio_msi:$second"
run busy_vfio_msi busy edu "vfio_msi:$bdf"
more=
# The pci bus would probe it in each other run.
echo "$second" >/sys/bus/pci/drivers/vfio-pci/unbind

# Names of DPDK's drivers.
run container_pci once net_ntnic "$bdf"
run container_vfio_msi once net_ntnic "vfio_msi:$bdf"
run vdpa_vfio_msi once net_ifcvf "vfio_msi:$bdf,pmd.vdpa=1"
run vdpa_off_vfio_msi once net_ifcvf "vfio_msi:$bdf,pmd.vdpa=0"
run class_vfio_msi once nfp_common_pci "vfio_msi:$bdf,pmd.n=1,pmd.class=vdpa"
run class_eth_vfio_msi once nfp_common_pci "vfio_msi:$bdf,pmd.class=eth"
run cuda_vfio_msi once gpu_cuda "vfio_msi:$bdf,pmd.n=1"
run beside_vfio_msi beside net_sfc_vdpa "vfio_msi:$bdf"
run engine_vfio_msi once dmadev_ioat "vfio_msi:$bdf"
run engine_vhost_vfio_msi once dmadev_ioat "vfio_msi:$bdf" "$vhost"
run other_vhost_vfio_msi once edu "vfio_msi:$bdf" "$vhost"

# With assigned IOVAs: a driver that asks the kernel for addresses, one that needs IOVA as VA,
# and another one.
more=--no-pci
run reader_vfio_msi once CRYPTODEV_NAME_CCP_PMD "vfio_msi:$bdf,iova=assigned"
run needs_va_vfio_msi va edu "vfio_msi:$bdf,iova=assigned"
run assigned_vfio_msi once edu "vfio_msi:$bdf,iova=assigned"
exit 0
