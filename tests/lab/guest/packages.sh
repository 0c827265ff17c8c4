#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# packages.sh ARCHIVE OLD NEW [BDF BDF]: install the packages of version OLD from a package
# archive, upgrade them, try them (with two NICs on one wire in a guest, as programs elsewhere),
# purge them.  Prints facts.  See tests/lab/packages.py.

here=$(dirname "$0")
. "$here/facts.sh"
archive=$1 old=$2 new=$3
shift 3
export DEBIAN_FRONTEND=noninteractive
packages='librte-eal-iommu1 librte-eal-iommu-dev librte-bus-vfio-msi librte-bus-vfio-msi-dev
	dpdk-test-msi'
# A guest has no compiler and no DPDK to compile against.
[ $# = 0 ] || packages='librte-eal-iommu1 librte-bus-vfio-msi dpdk-test-msi'

# from_archive ARG...: apt-get with this archive only
from_archive()
{
	apt-get -o Dir::Etc::SourceList=/tmp/sources.list -o Dir::Etc::SourceParts=/dev/null \
		-o APT::Sandbox::User=root -y "$@"
}

# files: all files of the system, without the state of apt and dpkg, caches and logs
files()
{
	find / -xdev | grep -Ev "^($archive|/tmp|/root|/var/(log|cache|lib/apt|tmp)|/var/lib/dpkg/(status|available|lock|diversions|statoverride|triggers|updates|alternatives))" |
		LC_ALL=C sort
}

# versions: the packages that dpkg knows, with their versions and states
versions()
{
	dpkg-query -W -f '${Package} ${Version} ${db:Status-Abbrev}\n' 2>/dev/null |
		grep -E '^(librte-(eal-iommu|bus-vfio-msi)|dpdk-test-msi)' || :
}

# try_devices BDF BDF: the tool, and packets between two NICs
try_devices()
{
	vfio-bind "$1" "$2" || exit 1
	fact_status list dpdk-test-msi list
	fact_status layout dpdk-test-msi layout --json -a "vfio_msi:$1" -a "vfio_msi:$2"
	facts_of burst_ "$here/burst.sh" --no-pci -a "vfio_msi:$1" -a "vfio_msi:$2" -l 0,1 -n 1
}

# depends NAME: the dependencies that a package with this example would have
depends()
{
	( cd /tmp/built && dpkg-shlibdeps -O "$1/$1" )
}

# read_pages NAME...: man finds and formats each page, which begins with its name
read_pages()
{
	for page; do
		LC_ALL=C MANWIDTH=120 man "$page" >/tmp/page || return 1
		grep -A 1 -x NAME /tmp/page | grep -E "^ +$page - ." && continue
		echo "$page has no NAME:"
		cat /tmp/page
		return 1
	done
}

# try_files: manual pages, completion, and the examples with the headers
try_files()
{
	mkdir -p /tmp/built/debian
	printf 'Source: user\n\nPackage: user\nArchitecture: any\n' >/tmp/built/debian/control
	fact_status pages read_pages vfio_msi dpdk-test-msi dpdk-test-msi-doctor dpdk-test-msi-explain
	fact_if guide test -s /usr/share/doc/dpdk-test-msi/doc/howto/non-root.rst
	fact_status completion bash -c '. /usr/share/bash-completion/completions/dpdk-test-msi &&
		complete -p dpdk-test-msi'
	for name in librte-eal-iommu-dev/examples/own_memory \
		librte-bus-vfio-msi-dev/examples/forwarder librte-bus-vfio-msi-dev/examples/edu; do
		mkdir -p "/tmp/built/${name##*/}"
		fact_status "made_${name##*/}" make -C "/usr/share/doc/$name" "O=/tmp/built/${name##*/}"
		fact_status "user_${name##*/}" depends "${name##*/}"
	done
	fact built "$(find /tmp/built -type f -perm -u+x | wc -l)"
}

echo "deb [trusted=yes] file:$archive ./" >/tmp/sources.list
from_archive update >/tmp/update 2>&1 || { cat /tmp/update; exit 1; }
files >/tmp/before
wanted=
for name in $packages; do
	wanted="$wanted $name=$old"
done
fact_status install from_archive --no-install-recommends install $wanted
fact old "$(versions)"
fact_status upgrade from_archive upgrade
fact new "$(versions)"
fact_status verify dpkg --verify $packages
dpkg -L $packages 2>&1 | sort -u | while read -r name; do
	[ -e "$name" ] || echo "$name"
done | fact_text missing
fact_status version dpdk-test-msi --version
if [ $# -gt 0 ]; then
	try_devices "$@"
else
	try_files
fi
fact_status purge from_archive purge $packages
fact purged "$(versions)"
files >/tmp/after
diff /tmp/before /tmp/after | fact_text left
if [ $# -gt 0 ]; then
	fact_status without timeout -k 5 60 dpdk-testpmd --no-pci -a "vfio_msi:$1" -l 0,1 -n 1
fi
