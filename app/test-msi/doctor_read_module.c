/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* The modules of a kernel: kernels for clouds have no VFIO. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "sysfs/sysfs.h"

/* Does a list of modules, as depmod or the build of the kernel writes it, have this one? */
static enum doctor_known
lists(const char *root, const char *release, const char *file)
{
	enum doctor_known known;
	char *text;

	if (sysfs_read_file(root, &text, NULL, "/lib/modules/%s/%s", release, file) != 0)
		return DOCTOR_UNKNOWN;
	/* The name of the file may have an ending more, as .xz. */
	known = strstr(text, "/vfio-pci.ko") != NULL ? DOCTOR_YES : DOCTOR_NO;
	free(text);
	return known;
}

enum doctor_known
doctor_module_read(const char *root, const char *release)
{
	enum doctor_known built, loadable;

	if (*release == '\0' || strchr(release, '/') != NULL)
		return DOCTOR_UNKNOWN;
	built = lists(root, release, "modules.builtin");
	loadable = lists(root, release, "modules.dep");
	if (built == DOCTOR_YES || loadable == DOCTOR_YES)
		return DOCTOR_YES;
	return built == DOCTOR_NO && loadable == DOCTOR_NO ? DOCTOR_NO : DOCTOR_UNKNOWN;
}
