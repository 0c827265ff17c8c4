/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Processor and IOMMU of the machine below the root. A captured tree may lack any of the
 * files, so several are tried.
 */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <bsd/string.h>

#include "sysfs/sysfs.h"
#include "topology/topology_internal.h"
#include "topology/topology_machine.h"

#define CPUINFO_LEN 4096	/* enough for the first processor */
#define EARLY_GROUPS 6015	/* since then, all IOMMUs create groups at boot */

static bool
exists(const char *root, const char *path)
{
	char **names;
	size_t n;

	if (sysfs_list(root, &names, &n, "%s", path) != 0)
		return false;
	sysfs_free_names(names, n);
	return true;
}

static bool
starts_with(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

unsigned int
topology_kernel_version(const char *root)
{
	unsigned int major, minor;
	char text[64];
	size_t len;

	if (sysfs_read_start(root, text, sizeof(text) - 1, &len, "/proc/sys/kernel/osrelease") < 0)
		return 0;
	text[len] = '\0';
	return sscanf(text, "%3u.%3u", &major, &minor) == 2 ? 1000 * major + minor : 0;
}

/* Detect the IOMMU by the names that kernel drivers give their instances. */
static void
instances_look(const char *root, struct topo_machine *m)
{
	char **names;
	size_t n, i;

	if (sysfs_list(root, &names, &n, "/sys/class/iommu") != 0)
		return;
	for (i = 0; i < n; i++) {
		if (starts_with(names[i], "dmar") || starts_with(names[i], "ivhd")) {
			m->arch = TOPO_ARCH_X86;
			m->iommu = TOPO_IOMMU_EARLY;
			break;
		}
		if (starts_with(names[i], "smmu"))
			m->arch = TOPO_ARCH_ARM;
		m->iommu = topology_kernel_version(root) >= EARLY_GROUPS ?
			TOPO_IOMMU_EARLY : TOPO_IOMMU_LATE;
	}
	sysfs_free_names(names, n);
}

static enum topo_arch
arch_of_cpuinfo(const char *root)
{
	char text[CPUINFO_LEN + 1];
	size_t len = 0;

	if (sysfs_read_start(root, text, CPUINFO_LEN, &len, "/proc/cpuinfo") != 0)
		return TOPO_ARCH_UNKNOWN;
	text[len] = '\0';
	if (strstr(text, "CPU implementer") != NULL)
		return TOPO_ARCH_ARM;
	if (strstr(text, "vendor_id\t:") != NULL)
		return TOPO_ARCH_X86;
	if (strstr(text, ": POWER") != NULL)
		return TOPO_ARCH_POWER;
	return TOPO_ARCH_UNKNOWN;
}

/*
 * Detect the processor by ACPI tables that exist on one kind only. Only root may read
 * their contents.
 */
static enum topo_arch
arch_of_tables(const char *root)
{
	static const struct {
		const char *name;
		enum topo_arch arch;
	} tables[] = {
		{ "DMAR", TOPO_ARCH_X86 }, { "IVRS", TOPO_ARCH_X86 },
		{ "IORT", TOPO_ARCH_ARM }, { "GTDT", TOPO_ARCH_ARM },
	};
	enum topo_arch arch = TOPO_ARCH_UNKNOWN;
	char **names;
	size_t n, i, j;

	if (sysfs_list(root, &names, &n, "/sys/firmware/acpi/tables") != 0)
		return arch;
	for (i = 0; i < n; i++)
		for (j = 0; j < sizeof(tables) / sizeof(*tables); j++)
			if (strcmp(names[i], tables[j].name) == 0)
				arch = tables[j].arch;
	sysfs_free_names(names, n);
	return arch;
}

static bool
has_property(const char *root, const char *node, const char *name)
{
	size_t len;
	char c;

	return sysfs_read_start(root, &c, 1, &len, "%s/%s", node, name) == 0;
}

/*
 * If the host bridge has a device tree node, it has an IOMMU only if the node names one.
 * The link to the node may be at the bridge or at the platform device above it.
 */
static bool
is_unwired(const char *root, const struct topo_device *dev)
{
	char path[SYSFS_PATH_MAX], bridge[sizeof("/pci") + TOPO_BDF_LEN], node[SYSFS_PATH_MAX + 32];
	char *at;
	int i;

	if (sysfs_read_link_path(root, path, sizeof(path), "/sys/bus/pci/devices/%s", dev->bdf) != 0)
		return false;
	snprintf(bridge, sizeof(bridge), "/pci%s", dev->root_bus);
	at = strstr(path, bridge);
	if (at == NULL)
		return false;
	at += strlen(bridge);
	for (i = 0; i < 2; i++) {
		*at = '\0';
		snprintf(node, sizeof(node), "%s/of_node", path);
		/* A dangling link can't be listed, a node can. */
		if (exists(root, node))
			return !has_property(root, node, "iommu-map") &&
				!has_property(root, node, "iommus");
		at = strrchr(path, '/');
		if (at == NULL)
			return false;
	}
	return false;
}

static void
machine_look(const char *root, struct topo_machine *out)
{
	*out = (struct topo_machine){ 0 };
	instances_look(root, out);
	if (out->arch == TOPO_ARCH_UNKNOWN)
		out->arch = arch_of_cpuinfo(root);
	if (out->arch == TOPO_ARCH_UNKNOWN)
		out->arch = arch_of_tables(root);
}

void
topology_machine(const char *root, const struct topo_device *dev, struct topo_machine *out)
{
	machine_look(root, out);
	if (out->iommu != TOPO_IOMMU_EARLY && is_unwired(root, dev))
		out->iommu = TOPO_IOMMU_UNWIRED;
	if (out->arch == TOPO_ARCH_X86 && out->iommu == TOPO_IOMMU_UNSEEN)
		topology_off_look(root, &out->off);
}

bool
topology_depends(const char *root, const struct topo_device *dev,
		const struct topo_device *other)
{
	char path[SYSFS_PATH_MAX], name[TOPO_NAME_LEN], above[TOPO_BDF_LEN + 2];
	int ret;

	snprintf(above, sizeof(above), "/%s/", other->bdf);
	ret = sysfs_read_link_path(root, path, sizeof(path), "/sys/bus/pci/devices/%s", dev->bdf);
	if (ret != 0 || strstr(path, above) != NULL)
		return ret != -ENOENT;
	ret = sysfs_read_link_name(root, name, sizeof(name), "/sys/bus/pci/devices/%s/physfn",
			dev->bdf);
	return ret == 0 ? strcmp(name, other->bdf) == 0 : ret != -ENOENT;
}

bool
topology_foreign_member(const char *root, int group, char *name, char *driver)
{
	struct topo_addr addr;
	bool found = false;
	char **names;
	size_t n, i;

	if (sysfs_list(root, &names, &n, "/sys/kernel/iommu_groups/%d/devices", group) != 0)
		return false;
	for (i = 0; i < n && !found; i++) {
		found = topology_parse_bdf(names[i], &addr) != 0 &&
			sysfs_read_link_name(root, driver, TOPO_NAME_LEN,
				"/sys/kernel/iommu_groups/%d/devices/%s/driver", group,
				names[i]) == 0 && strstr(driver, "vfio") == NULL;
		if (found) {
			strlcpy(name, names[i], TOPO_NAME_LEN);
			sysfs_mask(name);
			sysfs_mask(driver);
		}
	}
	sysfs_free_names(names, n);
	return found;
}
