/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bsd/string.h>
#include <rte_bus.h>
#include <rte_version.h>

#include "doctor_plugin.h"
#include "sysfs/sysfs.h"
#include "test_msi.h"

/* What is wrong with a plugin, or "". */
struct loaded {
	char why[PLAN_TEXT];
};

/* As EAL does. Without the bus the plugin was built for another release, and has said so. */
static int
load(void *arg, void *result)
{
	const char *path = arg, *error;
	struct loaded *out = result;

	*out = (struct loaded){ .why = "" };
	tool_be_quiet();
	if (dlopen(path, RTLD_NOW) == NULL) {
		error = dlerror();
		strlcpy(out->why, error != NULL ? error : "the loader names no reason", sizeof(out->why));
	} else if (rte_bus_find_by_name(VFIO_MSI_BUS) == NULL) {
		strlcpy(out->why, "it does not register the bus: it was built for another release of DPDK", sizeof(out->why));
	}
	return STATUS_GOOD;
}

int
doctor_plugin_read(struct doctor_dpdk *d)
{
	struct loaded loaded;
	Dl_info info;
	int ret;

	strlcpy(d->version, rte_version(), sizeof(d->version));
	strlcpy(d->plugin, TOOL_PLUGIN, sizeof(d->plugin));
	if (dladdr((const void *)(uintptr_t)rte_version, &info) != 0 && info.dli_fname != NULL)
		strlcpy(d->library, info.dli_fname, sizeof(d->library));
	(void)doctor_dpdk_other("", d->library, d->other, sizeof(d->other));
	/* What may not be read exists: the loader says what is wrong. */
	d->installed = access(d->plugin, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR) ? DOCTOR_YES : DOCTOR_NO;
	if (d->installed == DOCTOR_NO)
		return 0;
	ret = tool_child_run("doctor", load, d->plugin, &loaded, sizeof(loaded));
	if (ret == -ECHILD)
		strlcpy(loaded.why, "the process that loads it ends early", sizeof(loaded.why));
	else if (ret < 0)
		return ret;
	strlcpy(d->broken, sysfs_mask(loaded.why), sizeof(d->broken));
	return 0;
}
