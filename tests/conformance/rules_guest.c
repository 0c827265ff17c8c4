/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * vfio-msi-rules BACKEND BDF BDF: check the rules on the running kernel. The devices are
 * bound to VFIO, alone in their groups, and have the same reserved ranges. The first one
 * is on a root bus. The second one has no virtual functions: devices with virtual
 * functions accept any token for them. For "compat" an iommufd provides the container's
 * node.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <linux/mman.h>

#include "rules.h"
#include "sysfs/sysfs.h"
#include "topology/topology.h"

void
rules_make_hollow(uint64_t first, uint64_t last)
{
}

void
rules_make_small(uint64_t first, uint64_t last)
{
}

uint64_t
rules_hugepage(bool shared)
{
	const int flags = MAP_ANONYMOUS | MAP_HUGETLB | MAP_HUGE_2MB;
	void *p;

	if (vfio_uapi_mmap(NULL, RULES_HUGEPAGE, PROT_READ | PROT_WRITE,
				flags | (shared ? MAP_SHARED : MAP_PRIVATE), -1, 0, &p) < 0)
		return 0;
	return (uintptr_t)p;
}

void
rules_make_unwritable(uint64_t first, uint64_t last)
{
}

/* Find the nodes of a device. @return its group or -1. */
static int
find(const char *name, struct rules_device *out)
{
	struct topo_device dev;
	struct topo_addr addr;

	if (topology_parse_bdf(name, &addr) < 0 || topology_read("", &addr, &dev) < 0 ||
			dev.group < 0) {
		fprintf(stderr, "rules: no device %s with a group\n", name);
		return -1;
	}
	topology_format_bdf(&addr, out->bdf, sizeof(out->bdf));
	vfio_uapi_group_node(dev.group, dev.group_noiommu, out->group);
	if (topology_cdev_node("", &dev, out->cdev, sizeof(out->cdev)) < 0)
		out->cdev[0] = '\0';
	return dev.group;
}

static int
read_reserved(struct rules_machine *m, int group)
{
	struct sysfs_lines lines;
	struct iova_range r;
	char *text, *line;
	const char *rest;
	size_t len;

	if (sysfs_read_file("", &text, &len, "/sys/kernel/iommu_groups/%d/reserved_regions",
				group) < 0)
		return -1;
	sysfs_lines_start(&lines, text, len);
	while ((line = sysfs_lines_next(&lines)) != NULL && m->n_reserved < RULES_RESERVED) {
		rest = sysfs_hex0x(line, &r.first);
		if (rest != NULL && rest[0] == ' ')
			rest = sysfs_hex0x(rest + 1, &r.last);
		else
			rest = NULL;
		if (rest == NULL)
			break;
		/* VFIO allows users to map "direct-relaxable" regions. */
		if (strcmp(rest, " direct-relaxable") != 0)
			m->reserved[m->n_reserved++] = r;
	}
	free(text);
	return line == NULL ? 0 : -1;
}

int
main(int argc, char **argv)
{
	struct rules_machine m = { 0 };
	int group;

	if (argc != 4) {
		fprintf(stderr, "usage: %s type1|iommufd|compat|spapr|noiommu|noiommu-denied BDF BDF\n", argv[0]);
		return 2;
	}
	group = find(argv[2], &m.nic);
	if (group < 0 || find(argv[3], &m.other) < 0 || read_reserved(&m, group) < 0)
		return 2;
	return rules_run(&m, argv[1]);
}
