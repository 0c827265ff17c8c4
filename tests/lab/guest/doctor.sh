#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# doctor.sh BDF...: what doctor finds about these devices for other users, for units of systemd, in
# this process with less rights, and in a capture.  Prints facts.

. "$(dirname "$0")/facts.sh"

# doctor NAME ARG...: the object and the exit status
doctor()
{
	name=$1
	shift
	$under dpdk-test-msi doctor --json "$@" >/tmp/doctor 2>/tmp/doctor_said
	fact "${name}_status" $?
	fact_text "$name" </tmp/doctor
	fact_text "${name}_said" </tmp/doctor_said
}

# Files of root's runs before this are a finding for other users.
rm -f /dev/hugepages/rtemap_*

# systemd is not in the guest. This prints what its "systemctl show" does.
mkdir -p /tmp/bin
cat >/tmp/bin/systemctl <<'END'
#!/bin/sh
[ "$1 $2 $4 $#" = 'show --property -- 5' ] || exit 1
properties()
{
	printf '%s\n' LimitMEMLOCK=infinity AmbientCapabilities= PrivateDevices=no PrivateUsers=no DevicePolicy=auto \
		'CapabilityBoundingSet=cap_chown cap_ipc_lock' User=alice Group= LoadState=loaded "$@"
}
case $5 in
good.service) properties LimitMEMLOCKSoft=infinity SupplementaryGroups=vfio DeviceAllow= ;;
small.service) properties LimitMEMLOCKSoft=65536 SupplementaryGroups= 'DeviceAllow=/dev/null rw' \
	ProtectSystem=strict PrivateTmp=no ;;
later.service) properties LimitMEMLOCKSoft=infinity SupplementaryGroups=created-at-start DeviceAllow= ;;
broken.service) echo LoadState=loaded ;;
*) echo LoadState=not-found ;;
esac
END
chmod 755 /tmp/bin /tmp/bin/systemctl
printf '%s\n' alice:x:1001:1001::/:/bin/sh bob:x:1002:1002::/:/bin/sh >>/etc/passwd
echo vfio:x:4711:bob >>/etc/group

doctor asked --unit no.service "$@"
PATH=/tmp/bin:$PATH
doctor denied --user alice "$@"
chgrp vfio /dev/vfio/[0-9]* /dev/hugepages
chmod 660 /dev/vfio/[0-9]*
chmod 1775 /dev/hugepages
doctor member --user bob "$@"
: >/dev/hugepages/rtemap_0
doctor left --user bob "$@"
rm /dev/hugepages/rtemap_0
for unit in good small later broken gone; do
	doctor "unit_$unit" --unit $unit.service "$@"
done
# The user of the command line, and the limits of the unit.
doctor both --user bob --unit small.service "$@"
under='env RUNTIME_DIRECTORY=/sys prlimit --memlock=1048576 setpriv --reuid=1001 --regid=1001 --clear-groups'
doctor self "$@"
doctor other --user bob "$@"
under=
doctor nobody --user no-such-user "$@"
doctor name --unit '../x y' "$@"
dpdk-test-msi capture /tmp/machine.tar >/dev/null
doctor captured --root /tmp/machine.tar "$@"
doctor captured_user --root /tmp/machine.tar --user alice "$@"
exit 0
