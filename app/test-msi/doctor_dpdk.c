/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Other releases of DPDK on this machine, by the names of their libraries. */

#include <stdio.h>
#include <string.h>

#include <bsd/string.h>

#include "doctor.h"
#include "sysfs/sysfs.h"

#define LIBRARY "librte_eal.so."
#define DIGITS "0123456789"
#define PLUGIN "librte_bus_vfio_msi.so"

/* The version of the file itself, MAJOR.MINOR: names with less are links to it. NULL for other names. */
static const char *
version_of(const char *name)
{
	const char *version = name + strlen(LIBRARY), *minor;

	if (strncmp(name, LIBRARY, strlen(LIBRARY)) != 0)
		return NULL;
	minor = version + strspn(version, DIGITS);
	if (minor == version || *minor != '.' || minor[1] == '\0' || minor[1 + strspn(minor + 1, DIGITS)] != '\0')
		return NULL;
	return version;
}

/* Is there a library that is not ours, and has no plugin in its folder? */
static bool
folder_look(const char *root, const char *folder, const char *own, char *out, size_t size)
{
	char path[SYSFS_PATH_MAX];
	bool found = false;
	char **names;
	size_t n, i;

	if (sysfs_list(root, &names, &n, "%s", folder) != 0)
		return false;
	for (i = 0; i < n && !found; i++) {
		const char *version = version_of(names[i]);

		if (version == NULL || sysfs_read_link_path(root, path, sizeof(path), "%s/%s", folder, names[i]) != 0 ||
				strcmp(path, own) == 0 ||
				sysfs_exists(root, "%s/dpdk/pmds-%s/" PLUGIN, folder, version) == 0)
			continue;
		strlcpy(out, sysfs_mask(path), size);
		found = true;
	}
	sysfs_free_names(names, n);
	return found;
}

bool
doctor_dpdk_other(const char *root, const char *own, char *out, size_t size)
{
	static const char *const folders[] = { "/usr/local/lib", "/usr/local/lib64", "/usr/lib64", "/usr/lib" };
	char folder[SYSFS_PATH_MAX], real[SYSFS_PATH_MAX];
	bool found = false;
	char **names;
	size_t i, j, n;

	/* Without our own name all would be others: a program that has DPDK inside. */
	if (sysfs_read_link_path(root, real, sizeof(real), "%s", own) != 0 || strstr(real, LIBRARY) == NULL)
		return false;
	for (i = 0; !found && i < sizeof(folders) / sizeof(*folders); i++) {
		found = folder_look(root, folders[i], real, out, size);
		if (sysfs_list(root, &names, &n, "%s", folders[i]) != 0)
			continue;
		for (j = 0; j < n && !found; j++) {
			if (strstr(names[j], "-linux-gnu") == NULL)
				continue;
			snprintf(folder, sizeof(folder), "%s/%s", folders[i], names[j]);
			found = folder_look(root, folder, real, out, size);
		}
		sysfs_free_names(names, n);
	}
	return found;
}
