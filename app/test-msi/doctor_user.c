/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* What systemd says about a unit, "NAME=VALUE" lines in any order. */

#include <errno.h>
#include <fnmatch.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "doctor.h"

#define VALUE_LEN 256
#define CAPS_LEN 2048	/* all capabilities by name */

/* Copy the value of the first line "KEY=VALUE". @return the end of the line, or NULL. */
static const char *
value_find(const char *text, const char *key, char *out, size_t size)
{
	const size_t len = strlen(key);
	const char *line;

	*out = '\0';
	for (line = text; *line != '\0'; line += *line == '\n') {
		if (strncmp(line, key, len) == 0 && line[len] == '=') {
			snprintf(out, size, "%.*s", (int)strcspn(line + len + 1, "\n"), line + len + 1);
			return line + strcspn(line, "\n");
		}
		line += strcspn(line, "\n");
	}
	return NULL;
}

static int
limit_parse(const char *word, uint64_t *out)
{
	char *end;

	if (strcmp(word, "infinity") == 0) {
		*out = UINT64_MAX;
		return 0;
	}
	if (*word < '0' || *word > '9')
		return -EBADMSG;
	errno = 0;
	*out = strtoull(word, &end, 10);
	return errno == 0 && *end == '\0' ? 0 : -EBADMSG;
}

/* The name of a node's driver in /proc/devices, as entries of DeviceAllow= have it. */
static const char *
type_of(const char *node)
{
	if (strncmp(node, "/dev/vfio/devices/", strlen("/dev/vfio/devices/")) == 0)
		return "char-vfio-dev";
	return strcmp(node, "/dev/vfio/vfio") != 0 && strncmp(node, "/dev/vfio/", strlen("/dev/vfio/")) == 0 ?
		"char-vfio" : "char-misc";
}

bool
doctor_entry_allows(const char *entry, const char *nodes)
{
	const size_t len = strcspn(entry, " ");
	const char *rights = entry + len;
	char name[VALUE_LEN];

	/* Without rights it has all. */
	if (len >= sizeof(name) || (*rights != '\0' && (strchr(rights, 'r') == NULL || strchr(rights, 'w') == NULL)))
		return false;
	memcpy(name, entry, len);
	name[len] = '\0';
	return fnmatch(nodes, name, 0) == 0 || fnmatch(name, type_of(nodes), 0) == 0;
}

/* Does DeviceAllow= give one of the nodes that fit a pattern? */
static bool
allows(const char *text, const char *nodes)
{
	char entry[VALUE_LEN];

	while ((text = value_find(text, "DeviceAllow", entry, sizeof(entry))) != NULL)
		if (doctor_entry_allows(entry, nodes))
			return true;
	return false;
}

/* The node of a group has a number, or in no-IOMMU mode noiommu-NUMBER. Which one is judged with the devices. */
static bool
allows_group(const char *text)
{
	return allows(text, "/dev/vfio/[0-9]*") || allows(text, "/dev/vfio/noiommu-*");
}

/* Which setting keeps the unit from both ways to VFIO: groups, and iommufd? */
static void
hides_find(const char *text, char *out, size_t size)
{
	char value[VALUE_LEN], policy[VALUE_LEN];
	bool listed;

	value_find(text, "PrivateDevices", value, sizeof(value));
	if (strcmp(value, "yes") == 0) {
		strlcpy(out, "PrivateDevices=yes", size);
		return;
	}
	/* One entry is enough to forbid all others. */
	listed = value_find(text, "DeviceAllow", value, sizeof(value)) != NULL && value[0] != '\0';
	value_find(text, "DevicePolicy", policy, sizeof(policy));
	if (!listed && strcmp(policy, "closed") != 0 && strcmp(policy, "strict") != 0)
		return;
	if ((allows(text, "/dev/vfio/vfio") && allows_group(text)) ||
	    (allows(text, "/dev/iommu") && allows(text, "/dev/vfio/devices/*")))
		return;
	if (listed)
		strlcpy(out, "DeviceAllow= without VFIO's nodes", size);
	else
		snprintf(out, size, "DevicePolicy=%.16s", policy);
}

/* @return 0, -ENOENT */
static int
group_find(const char *name, gid_t *out)
{
	const struct group *group = getgrnam(name);
	uint64_t number;

	if (group != NULL) {
		*out = group->gr_gid;
		return 0;
	}
	if (limit_parse(name, &number) < 0 || number >= (gid_t)-1)
		return -ENOENT;
	*out = (gid_t)number;
	return 0;
}

int
doctor_groups_find(const struct doctor_unit *unit, struct doctor_groups *out)
{
	char names[sizeof(unit->groups)], *name, *save;

	*out = (struct doctor_groups){ .has_gid = unit->group[0] != '\0' };
	if (out->has_gid && group_find(unit->group, &out->gid) < 0)
		return -ENOENT;
	strlcpy(names, unit->groups, sizeof(names));
	for (name = strtok_r(names, " ", &save); name != NULL; name = strtok_r(NULL, " ", &save)) {
		if (out->n == DOCTOR_GROUPS)
			return -E2BIG;
		if (group_find(name, &out->more[out->n++]) < 0)
			return -ENOENT;
	}
	return 0;
}

/* What the capabilities of the unit allow. */
static void
caps_find(const char *text, struct doctor_user *out, struct doctor_unit *unit)
{
	char bound[CAPS_LEN], ambient[CAPS_LEN], value[VALUE_LEN];

	value_find(text, "CapabilityBoundingSet", bound, sizeof(bound));
	value_find(text, "AmbientCapabilities", ambient, sizeof(ambient));
	/* The kernel asks for capabilities outside of user namespaces. */
	value_find(text, "PrivateUsers", value, sizeof(value));
	out->namespaced = value[0] != '\0' && strcmp(value, "no") != 0;
	if (out->namespaced)
		return;
	/* A unit of root has all capabilities, unless its bounding set lacks them. */
	out->locks_all = (unit->user[0] == '\0' && strstr(bound, "cap_ipc_lock") != NULL) ||
		strstr(ambient, "cap_ipc_lock") != NULL;
	unit->user_sees_windows = strstr(ambient, "cap_sys_admin") != NULL;
	unit->root_sees_windows = unit->user_sees_windows || strstr(bound, "cap_sys_admin") != NULL;
}

/* The devices that it may open. A part of the list would forbid what is allowed. */
static void
allows_find(const char *text, struct doctor_user *out)
{
	char value[VALUE_LEN];
	bool whole = true;

	value_find(text, "DevicePolicy", value, sizeof(value));
	out->unit_closed = strcmp(value, "closed") == 0 || strcmp(value, "strict") == 0;
	while ((text = value_find(text, "DeviceAllow", value, sizeof(value))) != NULL) {
		out->unit_closed |= value[0] != '\0';
		strlcat(out->unit_allows, value, sizeof(out->unit_allows));
		whole &= strlcat(out->unit_allows, "\n", sizeof(out->unit_allows)) < sizeof(out->unit_allows);
	}
	out->unit_closed &= whole;
}

/* The paths that it can write to. */
static void
paths_find(const char *text, struct doctor_user *out)
{
	char value[sizeof(out->unit_sealed) / 2];

	value_find(text, "ProtectSystem", value, sizeof(value));
	out->unit_strict = strcmp(value, "strict") == 0;
	value_find(text, "ReadWritePaths", out->unit_writable, sizeof(out->unit_writable));
	value_find(text, "ReadOnlyPaths", value, sizeof(value));
	strlcpy(out->unit_sealed, value, sizeof(out->unit_sealed));
	strlcat(out->unit_sealed, " ", sizeof(out->unit_sealed));
	value_find(text, "InaccessiblePaths", value, sizeof(value));
	strlcat(out->unit_sealed, value, sizeof(out->unit_sealed));
	/* A part of these would seal what is writable. */
	if (strlen(out->unit_writable) == sizeof(out->unit_writable) - 1) {
		out->unit_strict = false;
		out->unit_sealed[0] = '\0';
	}
}

/*
 * Where EAL makes the folder for its files: in that of RuntimeDirectory=, or if there is none, where it
 * does so for every process. Other settings may name a folder, or make one writable.
 */
static void
runtime_find(const char *text, bool root, struct doctor_user *out)
{
	static const char *const unsure[] = { "EnvironmentFiles", "PassEnvironment", "PAMName", "TemporaryFileSystem",
		"BindPaths", "RootDirectory", "RootImage" };
	char value[CAPS_LEN];
	size_t i;

	value_find(text, "Environment", value, sizeof(value));
	if (strstr(value, "RUNTIME_DIR") != NULL || strlen(value) == sizeof(value) - 1)
		return;
	value_find(text, "RuntimeDirectory", value, sizeof(value));
	out->runtime_many = strchr(value, ' ') != NULL;
	if (value[0] != '\0')
		return;
	for (i = 0; i < sizeof(unsure) / sizeof(*unsure); i++) {
		value_find(text, unsure[i], value, sizeof(value));
		if (value[0] != '\0')
			return;
	}
	value_find(text, "PrivateTmp", value, sizeof(value));
	if (root)
		strlcpy(out->runtime, "/var/run", sizeof(out->runtime));
	else if (strcmp(value, "no") == 0)
		strlcpy(out->runtime, "/tmp", sizeof(out->runtime));
}

int
doctor_unit_parse(const char *text, struct doctor_user *out, struct doctor_unit *unit)
{
	char value[VALUE_LEN], *user = unit->user;
	const char *line;
	uint64_t limit;

	if (!value_find(text, "LoadState", value, sizeof(value)))
		return -EBADMSG;
	if (strcmp(value, "loaded") != 0) {
		out->unit_found = DOCTOR_NO;
		return -ENOENT;
	}
	/* The kernel counts against the soft limit. An old systemd shows only the hard one. */
	if ((!value_find(text, "LimitMEMLOCKSoft", value, sizeof(value)) &&
			!value_find(text, "LimitMEMLOCK", value, sizeof(value))) || limit_parse(value, &limit) < 0)
		return -EBADMSG;
	out->unit_found = DOCTOR_YES;
	out->memlock_known = true;
	out->memlock = limit;
	value_find(text, "User", user, sizeof(unit->user));
	value_find(text, "Group", unit->group, sizeof(unit->group));
	value_find(text, "SupplementaryGroups", unit->groups, sizeof(unit->groups));
	value_find(text, "ControlGroup", unit->control_group, sizeof(unit->control_group));
	if (strcmp(user, "root") == 0 || strcmp(user, "0") == 0)
		*user = '\0';
	out->locks_all = false;
	caps_find(text, out, unit);
	for (line = text; (line = value_find(line, "ExecStartPre", value, sizeof(value))) != NULL;) {
		strlcat(out->unit_before, value, sizeof(out->unit_before));
		strlcat(out->unit_before, "\n", sizeof(out->unit_before));
	}
	hides_find(text, out->unit_hides, sizeof(out->unit_hides));
	allows_find(text, out);
	paths_find(text, out);
	runtime_find(text, *user == '\0', out);
	return 0;
}

bool
doctor_in_control_group(const char *text, const char *group)
{
	const size_t len = strlen(group);
	const char *line, *path;

	/* "/" is of all processes. */
	for (line = text; len > 1 && *line != '\0'; line += *line == '\n') {
		const size_t size = strcspn(line, "\n");

		/* NUMBER:CONTROLLERS:PATH */
		path = memchr(line, ':', size);
		if (path != NULL)
			path = memchr(path + 1, ':', size - (size_t)(path + 1 - line));
		if (path != NULL && strncmp(path + 1, group, len) == 0 &&
				(path[1 + len] == '/' || path[1 + len] == '\n' || path[1 + len] == '\0'))
			return true;
		line += size;
	}
	return false;
}
