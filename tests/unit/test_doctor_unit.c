/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* What doctor learns from systemd about a unit: limits, device nodes, groups. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "doctor.h"
#include "row.h"

static void
test_unit(void **state)
{
	static const struct {
		const char *text;
		int ret;
		uint64_t limit;
		const char *user;
		bool locks, hides;
		const char *group, *groups;
	} cases[] = {
		{ "LoadState=loaded\nLimitMEMLOCK=8388608\nUser=alice\nPrivateDevices=no\n", 0, 8388608, "alice",
			false, false },
		{ "User=\nLimitMEMLOCK=infinity\nCapabilityBoundingSet=cap_chown cap_ipc_lock\nLoadState=loaded\n"
			"PrivateDevices=yes", 0, UINT64_MAX, "", true, true },
		{ "LoadState=loaded\nLimitMEMLOCK=1\nUser=root\nCapabilityBoundingSet=cap_chown\n", 0, 1, "",
			false, false },
		{ "LoadState=loaded\nLimitMEMLOCK=1\nUser=0\nCapabilityBoundingSet=cap_chown\n", 0, 1, "",
			false, false },
		{ "LoadState=loaded\nLimitMEMLOCK=1\nUser=bob\nAmbientCapabilities=cap_ipc_lock\n", 0, 1, "bob",
			true, false },
		/* The kernel ignores a capability of a user namespace here. */
		{ "LoadState=loaded\nLimitMEMLOCK=1\nUser=bob\nAmbientCapabilities=cap_ipc_lock\nPrivateUsers=yes\n", 0, 1,
			"bob", false, false },
		{ "LoadState=loaded\nLimitMEMLOCK=1\nPrivateUsers=identity\nCapabilityBoundingSet=cap_ipc_lock\n", 0, 1, "",
			false, false },
		{ "LoadState=loaded\nLimitMEMLOCK=1\nPrivateUsers=no\nCapabilityBoundingSet=cap_ipc_lock\n", 0, 1, "",
			true, false },
		{ "LoadState=loaded\nLimitMEMLOCK=1\nPrivateUsers=\nCapabilityBoundingSet=cap_ipc_lock\n", 0, 1, "",
			true, false },
		/* The soft limit counts; an old systemd shows the hard one only. */
		{ "LoadState=loaded\nLimitMEMLOCK=infinity\nLimitMEMLOCKSoft=65536\n", 0, 65536, "", false, false },
		{ "LoadState=loaded\nLimitMEMLOCKSoft=65536\nLimitMEMLOCK=infinity\n", 0, 65536, "", false, false },
		{ "LoadState=loaded\nLimitMEMLOCK=1\nLimitMEMLOCKSoft=x\n", -EBADMSG, 0, "", false, false },
		{ "LoadState=loaded\nLimitMEMLOCK=1\nUser=bob\nGroup=vfio\nSupplementaryGroups=huge 12\n", 0, 1, "bob",
			false, false, "vfio", "huge 12" },
		{ "LoadState=not-found\nLimitMEMLOCK=1\n", -ENOENT, 0, "", false, false },
		{ "LimitMEMLOCK=1\n", -EBADMSG, 0, "", false, false },
		{ "LoadState=loaded\nLimitMEMLOCK=-1\n", -EBADMSG, 0, "", false, false },
		{ "LoadState=loaded\nLimitMEMLOCK=1x\n", -EBADMSG, 0, "", false, false },
		{ "LoadState=loaded\nLimitMEMLOCK=99999999999999999999\n", -EBADMSG, 0, "", false, false },
		{ "", -EBADMSG, 0, "", false, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct doctor_user u = { 0 };
		struct doctor_unit unit = { 0 };

		assert_int_equal(doctor_unit_parse(cases[i].text, &u, &unit), cases[i].ret);
		assert_int_equal(u.memlock, cases[i].limit);
		assert_string_equal(unit.user, cases[i].user);
		assert_string_equal(unit.group, cases[i].group != NULL ? cases[i].group : "");
		assert_string_equal(unit.groups, cases[i].groups != NULL ? cases[i].groups : "");
		assert_int_equal(u.locks_all, cases[i].locks);
		assert_int_equal(u.unit_hides[0] != '\0', cases[i].hides);
	}
}

#define MANY "cap_chown cap_dac_override cap_dac_read_search cap_fowner cap_fsetid cap_kill cap_setgid cap_setuid cap_setpcap " \
	"cap_linux_immutable cap_net_bind_service cap_net_broadcast cap_net_admin cap_net_raw cap_ipc_lock cap_ipc_owner " \
	"cap_sys_module cap_sys_rawio cap_sys_chroot cap_sys_ptrace cap_sys_pacct"
#define LOADED "LoadState=loaded\nLimitMEMLOCK=1\n"

/* Can a unit read the addresses in /proc/iomem, with its own user, or as another one? */
static void
test_unit_windows(void **state)
{
	static const struct {
		const char *text;
		bool root, other;
	} rows[] = {
		{ LOADED "User=alice\nCapabilityBoundingSet=" MANY " cap_sys_admin\n", true, false },
		{ LOADED "CapabilityBoundingSet=" MANY " cap_sys_admin cap_wake_alarm\n", true, false },
		{ LOADED "CapabilityBoundingSet=" MANY "\n", false, false },
		{ LOADED "User=alice\nCapabilityBoundingSet=cap_sys_admin\nAmbientCapabilities=cap_sys_admin\n", true, true },
		{ LOADED "CapabilityBoundingSet=cap_sys_admin\nPrivateUsers=yes\n", false, false },
		{ LOADED "AmbientCapabilities=cap_sys_admin\nPrivateUsers=self\n", false, false },
	};
	size_t i;

	(void)state;
	EACH_ROW(i, rows, "%s", rows[i].text) {
		struct doctor_user u = { 0 };
		struct doctor_unit unit = { 0 };

		assert_int_equal(doctor_unit_parse(rows[i].text, &u, &unit), 0);
		assert_int_equal(unit.root_sees_windows, rows[i].root);
		assert_int_equal(unit.user_sees_windows, rows[i].other);
	}
}

/* The lines of a unit that is loaded. */
static void
parse(const char *lines, struct doctor_user *out)
{
	struct doctor_unit unit = { 0 };
	char text[512];

	*out = (struct doctor_user){ 0 };
	snprintf(text, sizeof(text), LOADED "%s", lines);
	assert_int_equal(doctor_unit_parse(text, out, &unit), 0);
}

#define OTHERS "DeviceAllow= without VFIO's nodes"

/* Which setting keeps a unit from the nodes; one way to VFIO is enough. */
static void
test_unit_devices(void **state)
{
	static const struct {
		const char *text, *hides;
	} rows[] = {
		{ "DevicePolicy=auto\nDeviceAllow=\n", "" },
		{ "PrivateDevices=yes\nDevicePolicy=closed\n", "PrivateDevices=yes" },
		{ "PrivateDevices=no\nDevicePolicy=closed\n", "DevicePolicy=closed" },
		{ "DevicePolicy=strict\n", "DevicePolicy=strict" },
		/* What an earlier version advised. */
		{ "PrivateDevices=no\nDevicePolicy=auto\nDeviceAllow=char-vfio rw\nDeviceAllow=/dev/iommu rw\n", OTHERS },
		{ "DevicePolicy=auto\nDeviceAllow=/dev/null rw\n", OTHERS },
		{ "DeviceAllow=/dev/vfio/vfio rw\nDeviceAllow=char-vfio rw\n", "" },
		{ "DeviceAllow=/dev/vfio/vfio rw\nDeviceAllow=/dev/vfio/12 rwm\n", "" },
		{ "DeviceAllow=/dev/vfio/vfio rw\nDeviceAllow=/dev/vfio/noiommu-0 rw\n", "" },
		{ "DeviceAllow=/dev/vfio/vfio rw\nDeviceAllow=/dev/vfio/devices/noiommu-vfio0 rw\n", OTHERS },
		{ "DevicePolicy=closed\nDeviceAllow=char-vfio-dev rw\nDeviceAllow=/dev/null rw\nDeviceAllow=/dev/iommu rw\n", "" },
		{ "DeviceAllow=/dev/iommu\nDeviceAllow=/dev/vfio/devices/vfio0\n", "" },
		{ "DeviceAllow=char-* rw\n", "" },
		{ "DeviceAllow=char-vfio* rw\n", OTHERS },
		{ "DeviceAllow=char-misc rw\nDeviceAllow=char-vfio* rw\n", "" },
		{ "DeviceAllow=/dev/vfio/vfio r\nDeviceAllow=char-vfio rw\n", OTHERS },
		{ "DeviceAllow=/dev/vfio/vfio rw\nDeviceAllow=char-vfio-dev rw\n", OTHERS },
	};
	size_t i;

	(void)state;
	EACH_ROW(i, rows, "%s", rows[i].text) {
		struct doctor_user u;

		parse(rows[i].text, &u);
		assert_string_equal(u.unit_hides, rows[i].hides);
	}
}

/* Commands that may prepare mounts. */
static void
test_unit_before(void **state)
{
	struct doctor_user u = { 0 };
	struct doctor_unit unit = { 0 };

	(void)state;
	assert_int_equal(doctor_unit_parse("LoadState=loaded\nExecStartPre={ argv[]=/bin/a ; }\nLimitMEMLOCK=1\n"
		"ExecStartPre={ argv[]=/bin/b ; }\n", &u, &unit), 0);
	assert_string_equal(u.unit_before, "{ argv[]=/bin/a ; }\n{ argv[]=/bin/b ; }\n");
}

/* What it may open and write to. */
static void
test_unit_paths(void **state)
{
	struct doctor_user u = { 0 };
	struct doctor_unit unit = { 0 };
	char text[4096] = LOADED;
	int i;

	(void)state;
	assert_int_equal(doctor_unit_parse(LOADED "DeviceAllow=/dev/vfio/12 rwm\nDeviceAllow=char-misc rw\n"
		"ProtectSystem=strict\nReadWritePaths=/mnt -/srv\nReadOnlyPaths=/a\nInaccessiblePaths=/b\n", &u, &unit), 0);
	assert_true(u.unit_closed);
	assert_string_equal(u.unit_allows, "/dev/vfio/12 rwm\nchar-misc rw\n");
	assert_true(u.unit_strict);
	assert_string_equal(u.unit_writable, "/mnt -/srv");
	assert_string_equal(u.unit_sealed, "/a /b");
	u = (struct doctor_user){ 0 };
	assert_int_equal(doctor_unit_parse(LOADED "DevicePolicy=auto\nDeviceAllow=\nProtectSystem=full\n", &u, &unit), 0);
	assert_false(u.unit_closed);
	assert_false(u.unit_strict);
	/* A list that is too long would forbid what it allows. */
	u = (struct doctor_user){ 0 };
	for (i = 0; i < 120; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "DeviceAllow=/dev/vfio/%d rw\n", 1000 + i);
	assert_int_equal(doctor_unit_parse(text, &u, &unit), 0);
	assert_false(u.unit_closed);
	snprintf(text, sizeof(text), LOADED "ProtectSystem=strict\nReadOnlyPaths=/a\nReadWritePaths=/%02000d\n", 0);
	assert_int_equal(doctor_unit_parse(text, &u, &unit), 0);
	assert_false(u.unit_strict);
	assert_string_equal(u.unit_sealed, "");
}

/* Where EAL makes the folder for its files. */
static void
test_unit_runtime(void **state)
{
	static const struct {
		const char *text, *folder;
		bool many;
	} rows[] = {
		{ "Environment=\nRuntimeDirectory=\nPrivateTmp=no\n", "/var/run", false },
		{ "User=root\nPrivateTmp=yes\n", "/var/run", false },
		{ "User=alice\nPrivateTmp=no\n", "/tmp", false },
		{ "User=alice\nPrivateTmp=yes\n", "", false },
		{ "User=alice\nPrivateTmp=disconnected\n", "", false },
		{ "RuntimeDirectory=app\nPrivateTmp=no\n", "", false },
		{ "RuntimeDirectory=app more\nPrivateTmp=no\n", "", true },
		{ "Environment=A=1 RUNTIME_DIRECTORY=/run/app\nRuntimeDirectory=app more\n", "", false },
		{ "User=alice\nEnvironment=XDG_RUNTIME_DIR=/srv/app\nPrivateTmp=no\n", "", false },
		{ "EnvironmentFiles=/etc/default/app (ignore_errors=yes)\n", "", false },
		{ "EnvironmentFiles=\nBindPaths=/srv:/run/dpdk:rbind\n", "", false },
		{ "TemporaryFileSystem=/run\n", "", false },
		{ "PassEnvironment=XDG_RUNTIME_DIR\n", "", false },
		{ "PAMName=login\n", "", false },
		{ "RootDirectory=/srv/root\n", "", false },
		{ "RootImage=/srv/image\n", "", false },
	};
	size_t i;

	(void)state;
	EACH_ROW(i, rows, "%s", rows[i].text) {
		struct doctor_user u;

		parse(rows[i].text, &u);
		assert_string_equal(u.runtime, rows[i].folder);
		assert_int_equal(u.runtime_many, rows[i].many);
	}
}

/* Where its limits are. */
static void
test_unit_control_group(void **state)
{
	struct doctor_user u = { 0 };
	struct doctor_unit unit = { 0 };

	(void)state;
	assert_int_equal(doctor_unit_parse(LOADED "ControlGroup=/system.slice/x.service\n", &u, &unit), 0);
	assert_string_equal(unit.control_group, "/system.slice/x.service");
	assert_int_equal(doctor_unit_parse(LOADED "ControlGroup=\n", &u, &unit), 0);
	assert_string_equal(unit.control_group, "");
}

static void
test_unit_groups(void **state)
{
	struct doctor_unit unit = { .user = "bob" };
	struct doctor_groups groups;
	size_t i;

	(void)state;
	assert_int_equal(doctor_groups_find(&unit, &groups), 0);
	assert_false(groups.has_gid);
	assert_int_equal(groups.n, 0);
	snprintf(unit.group, sizeof(unit.group), "root");
	snprintf(unit.groups, sizeof(unit.groups), "4711 root  12");
	assert_int_equal(doctor_groups_find(&unit, &groups), 0);
	assert_true(groups.has_gid);
	assert_int_equal(groups.gid, 0);
	assert_int_equal(groups.n, 3);
	assert_int_equal(groups.more[0], 4711);
	assert_int_equal(groups.more[1], 0);
	assert_int_equal(groups.more[2], 12);
	/* systemd may create it, so nothing is known. */
	snprintf(unit.groups, sizeof(unit.groups), "12 no group of this name");
	assert_int_equal(doctor_groups_find(&unit, &groups), -ENOENT);
	snprintf(unit.groups, sizeof(unit.groups), "4294967295");
	assert_int_equal(doctor_groups_find(&unit, &groups), -ENOENT);
	unit.groups[0] = '\0';
	for (i = 0; i < DOCTOR_GROUPS + 1; i++)
		snprintf(unit.groups + 2 * i, sizeof(unit.groups) - 2 * i, "7 ");
	assert_int_equal(doctor_groups_find(&unit, &groups), -E2BIG);
	snprintf(unit.group, sizeof(unit.group), "no such group");
	assert_int_equal(doctor_groups_find(&unit, &groups), -ENOENT);
}

/* Control groups of version 2, of version 1, and below the unit's. */
static void
test_control_group(void **state)
{
	struct doctor_user u = { 0 };
	struct doctor_unit unit = { 0 };

	(void)state;
	assert_int_equal(doctor_unit_parse("LoadState=loaded\nLimitMEMLOCK=1\nControlGroup=/system.slice/a.service\n",
		&u, &unit), 0);
	assert_string_equal(unit.control_group, "/system.slice/a.service");
	assert_true(doctor_in_control_group("0::/system.slice/a.service\n", unit.control_group));
	assert_true(doctor_in_control_group("0::/system.slice/a.service", unit.control_group));
	assert_true(doctor_in_control_group("0::/system.slice/a.service/worker\n", unit.control_group));
	assert_true(doctor_in_control_group("2:cpu,cpuacct:/\n1:name=systemd:/system.slice/a.service\n0::/x\n",
		unit.control_group));
	assert_false(doctor_in_control_group("0::/system.slice/a.service2\n", unit.control_group));
	assert_false(doctor_in_control_group("0::/x/system.slice/a.service\n", unit.control_group));
	assert_false(doctor_in_control_group("0:/system.slice/a.service\n", unit.control_group));
	assert_false(doctor_in_control_group("0:\n:\n:/system.slice/a.service", unit.control_group));
	/* A unit that does not run. */
	assert_false(doctor_in_control_group("0::\n", ""));
	assert_false(doctor_in_control_group("0::/\n", "/"));
	assert_false(doctor_in_control_group("", unit.control_group));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unit), cmocka_unit_test(test_unit_windows), cmocka_unit_test(test_unit_devices),
		cmocka_unit_test(test_unit_before), cmocka_unit_test(test_unit_paths), cmocka_unit_test(test_unit_runtime), cmocka_unit_test(test_unit_groups),
		cmocka_unit_test(test_unit_control_group), cmocka_unit_test(test_control_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
