/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "doctor.h"
#include "explain_find.h"

/* The function with this bus address in any domain; the lowest domain of several. */
static int
any_domain(struct plan_scan *scan, struct topo_addr *addr, bool *several)
{
	struct topo_addr wanted = *addr;
	unsigned int found = 0;
	struct topo_set all;
	size_t i;
	int ret = topology_snapshot_all(&scan->topo, &all);

	if (ret < 0)
		return ret;
	for (i = 0; i < all.n; i++) {
		wanted.domain = all.v[i]->addr.domain;
		if (topology_addr_cmp(&wanted, &all.v[i]->addr) == 0 && found++ == 0)
			*addr = wanted;
	}
	*several = found > 1;
	return 0;
}

/* The holes of its group and of its host bridge. What can't be read is missing. */
static int
holes_read(struct plan_scan *scan, const struct topo_device *t, uint64_t page, struct hole_list *list)
{
	const char *root = scan->topo.root;
	struct topo_outer outer[TOPO_OUTER];
	struct holes_view view = { 0 };
	struct holes_look look;
	char bus[TOPO_BDF_LEN];
	size_t n = 0, i;
	int ret = holes_builtin(list, page);

	if (ret == 0 && t->group >= 0)
		ret = holes_reserved_regions(root, t->group, t->iommu, page, t->bdf, list, &look);
	strlcpy(bus, t->root_bus, sizeof(bus));
	if (ret == 0 && topology_outer(root, t, outer, &n) < 0)
		n = 0;
	for (i = 0; ret == 0 && i < n; i++) {
		ret = holes_endpoint(root, outer[i].via, bus, false, t->bdf, list);
		strlcpy(bus, outer[i].bus, sizeof(bus));
	}
	if (ret == 0)
		ret = holes_host_bridge(&scan->bridges, bus, false, t->bdf, list, &view);
	if (ret == 0)
		ret = holes_dma_ranges(&scan->bridges, bus, t->bdf, list, &look);
	return ret == -ENOMEM ? ret : 0;
}

/* Bits of the highest address that a kernel allowed the device. */
static unsigned int
answered_bits(const struct plan_answers *answers, const struct topo_addr *addr)
{
	uint64_t last = 0;
	unsigned int bits = 0;
	size_t i, j;

	for (i = 0; answers != NULL && i < answers->n; i++) {
		const struct ioas_info *info = &answers->v[i].info;

		if (topology_addr_cmp(&answers->v[i].addr, addr) != 0 || answers->v[i].surveyed != 0)
			continue;
		for (j = 0; j < info->n_ranges; j++)
			if (info->ranges[j].last > last)
				last = info->ranges[j].last;
	}
	for (; last != 0; last >>= 1)
		bits++;
	return bits;
}

void
explain_finder_begin(struct explain_finder *finder, const char *root, const struct plan_answers *answers,
		uint64_t page)
{
	*finder = (struct explain_finder){ .answers = answers, .page = page };
	plan_scan_begin(&finder->scan, root);
}

void
explain_finder_end(struct explain_finder *finder)
{
	size_t i;

	for (i = 0; i < finder->n_known; i++)
		holes_free(&finder->known[i].device.holes);
	free(finder->known);
	plan_scan_end(&finder->scan);
}

/* What does not exist, or can't be read, is empty. */
static int
device_read(struct explain_finder *finder, const struct topo_addr *addr, struct explain_device *out)
{
	struct plan_scan *scan = &finder->scan;
	const struct topo_device *t;
	int ret;

	*out = (struct explain_device){ 0 };
	topology_format_bdf(addr, out->bdf, sizeof(out->bdf));
	ret = topology_snapshot_device(&scan->topo, addr, &t);
	if (ret < 0)
		return ret == -ENOMEM ? ret : 0;
	out->exists = true;
	strlcpy(out->driver, t->driver, sizeof(out->driver));
	out->vfio = topology_is_vfio(t);
	out->iommu_bits = answered_bits(finder->answers, addr);
	if (out->iommu_bits == 0)
		out->iommu_bits = doctor_iommu_bits(scan->topo.root, t->iommu);
	ret = holes_read(scan, t, finder->page, &out->holes);
	if (ret < 0)
		holes_free(&out->holes);
	return ret;
}

static int
device_take(struct explain_finder *finder, const struct topo_addr *addr, const struct explain_device **out)
{
	struct explain_known *known;
	size_t i;
	int ret;

	for (i = 0; i < finder->n_known; i++)
		if (topology_addr_cmp(&finder->known[i].addr, addr) == 0) {
			*out = &finder->known[i].device;
			return 0;
		}
	known = reallocarray(finder->known, finder->n_known + 1, sizeof(*known));
	if (known == NULL)
		return -ENOMEM;
	finder->known = known;
	known += finder->n_known;
	known->addr = *addr;
	ret = device_read(finder, addr, &known->device);
	if (ret < 0)
		return ret;
	finder->n_known++;
	*out = &known->device;
	return 0;
}

/*
 * Does the fault name a function without its domain? An SMMU of each domain can number its
 * devices from 0, so an ID up to 16 bits does so too.
 */
static bool
lacks_domain(const struct explain_fault *f)
{
	if (f->has_addr)
		return f->any_domain;
	return (f->iommu == EXPLAIN_SMMUV3 || f->iommu == EXPLAIN_SMMUV2) && f->stream <= UINT16_MAX;
}

int
explain_device_find(struct explain_finder *finder, const struct explain_fault *f, struct explain_device *out)
{
	const struct explain_device *device;
	struct topo_addr addr = f->addr;
	bool several = false;
	int ret = 0;

	*out = (struct explain_device){ .assumed = !f->has_addr && f->has_stream };
	if (!f->has_addr && !f->has_stream)
		return 0;
	if (lacks_domain(f))
		ret = any_domain(&finder->scan, &addr, &several);
	if (ret < 0)
		return ret == -ENOENT ? 0 : ret;
	ret = device_take(finder, &addr, &device);
	if (ret < 0)
		return ret;
	*out = *device;
	out->assumed = several || !f->has_addr;
	out->several = several;
	return 0;
}

void
explain_device_facts(const struct explain_device *dev, struct explain_facts *facts)
{
	facts->hole = dev->holes.v;
	facts->n_holes = dev->holes.n;
	facts->iommu_bits = dev->iommu_bits;
	facts->driver = dev->driver[0] != '\0' ? dev->driver : NULL;
	facts->vfio = dev->vfio;
	facts->uncertain = dev->assumed;
}
