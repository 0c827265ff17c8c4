/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "capture_text.h"
#include "sysfs/sysfs.h"

#define HUGEPAGES "hugepages"
#define N(table) (sizeof(table) / sizeof(*(table)))

/* @return false if it is not available; this was recorded. */
static bool
text_read(struct capture *c, const char *path, char **text, size_t *len)
{
	int ret = sysfs_read_file(c->root, text, len, "%s", path);

	if (ret != 0)
		capture_miss(c, "%s: %s", path, strerror(-ret));
	return ret == 0;
}

static void
take_iomem(struct capture *c)
{
	static const char path[] = "/proc/iomem";
	struct capture_iomem found;
	char *text, *out;
	size_t len;
	int ret;

	if (!text_read(c, path, &text, &len))
		return;
	ret = capture_iomem(text, len, &out, &found);
	free(text);
	if (ret != 0) {
		capture_miss(c, "%s: %s", path, strerror(-ret));
		return;
	}
	if (found.hidden)
		capture_miss(c, "%s: the kernel shows addresses to CAP_SYS_ADMIN only; run as root, outside of a container",
			path);
	if (found.renamed > 0)
		capture_miss(c, "%s: %u names of resources are replaced by \"other\", as drivers choose them",
			path, found.renamed);
	capture_put(c, path, out, strlen(out));
	free(out);
}

static void
take_part(struct capture *c, const char *path, int (*part)(char *text, char **out))
{
	char *text, *out;
	size_t len;

	if (!text_read(c, path, &text, &len))
		return;
	if (part(text, &out) == 0) {
		capture_put(c, path, out, strlen(out));
		free(out);
	} else {
		c->error = -ENOMEM;
	}
	free(text);
}

/* Pass each folder in @p folder whose name begins with @p prefix to @p take. */
static void
for_each(struct capture *c, const char *folder, const char *prefix,
		void (*take)(struct capture *, const char *folder, const char *name))
{
	char **names;
	size_t n, i;

	if (sysfs_list(c->root, &names, &n, "%s", folder) != 0)
		return;
	capture_folder(c, "%s", folder);
	for (i = 0; i < n; i++)
		if (strncmp(names[i], prefix, strlen(prefix)) == 0)
			take(c, folder, names[i]);
	sysfs_free_names(names, n);
}

static void
take_pool(struct capture *c, const char *folder, const char *name)
{
	capture_file(c, "%s/%s/nr_hugepages", folder, name);
	capture_file(c, "%s/%s/free_hugepages", folder, name);
	/* Nodes do not have this one. */
	capture_file(c, "%s/%s/nr_overcommit_hugepages", folder, name);
	capture_file(c, "%s/%s/surplus_hugepages", folder, name);
}

static void
take_node(struct capture *c, const char *folder, const char *name)
{
	char pools[SYSFS_PATH_MAX];

	if (strspn(name + strlen("node"), "0123456789") != strlen(name + strlen("node")))
		return;
	capture_folder(c, "%s/%s", folder, name);
	capture_file(c, "%s/%s/cpulist", folder, name);
	if ((size_t)snprintf(pools, sizeof(pools), "%s/%s/" HUGEPAGES, folder, name) <
			sizeof(pools))
		for_each(c, pools, HUGEPAGES "-", take_pool);
}

static void
take_vfio_node(struct capture *c, const char *folder, const char *name)
{
	static const char *const begins[] = { "noiommu-", "vfio", "" };
	size_t i = 0;

	while (strncmp(name, begins[i], strlen(begins[i])) != 0)
		i++;
	if (name[strlen(begins[i]) + strspn(name + strlen(begins[i]), "0123456789")] == '\0')
		capture_name(c, "%s/%s", folder, name);
}

void
capture_machine(struct capture *c)
{
	static const char *const files[] = {
		"/proc/sys/kernel/osrelease",
		"/proc/sys/vm/mmap_min_addr",
		"/proc/sys/vm/overcommit_memory",
		"/sys/module/iommufd/parameters/allow_unsafe_interrupts",
		"/sys/module/vfio/parameters/enable_unsafe_noiommu_mode",
		"/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts",
		"/sys/module/vfio_iommu_type1/parameters/dma_entry_limit",
		"/sys/module/vfio_pci/parameters/disable_denylist",
		"/sys/module/vfio_pci/parameters/disable_idle_d3",
		"/sys/devices/system/node/online",
	};
	size_t i;

	take_iomem(c);
	take_part(c, "/proc/cmdline", capture_cmdline);
	take_part(c, "/proc/cpuinfo", capture_cpuinfo);
	take_part(c, "/proc/self/mounts", capture_mounts);
	for (i = 0; i < N(files); i++)
		capture_file(c, "%s", files[i]);
	for_each(c, "/sys/kernel/mm/" HUGEPAGES, HUGEPAGES "-", take_pool);
	for_each(c, "/sys/devices/system/node", "node", take_node);
	capture_name(c, "/dev/iommu");
	for_each(c, "/dev/vfio", "", take_vfio_node);
	for_each(c, "/dev/vfio/devices", "vfio", take_vfio_node);
}
