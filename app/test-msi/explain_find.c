/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "doctor.h"
#include "explain_find.h"
#include "topology/topology_machine.h"

#define LAST_DOMAIN UINT16_MAX	/* of firmware; VMD makes higher ones, whose devices have its ID */

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
		holes_free(&finder->known[i].holes);
	free(finder->known);
	free(finder->candidate);
	holes_free(&finder->holes);
	plan_scan_end(&finder->scan);
}

/* What can't be read is empty. */
static int
known_read(struct explain_finder *finder, const struct topo_device *t, struct explain_known *out)
{
	int ret;

	*out = (struct explain_known){ .addr = t->addr, .iommu_bits = answered_bits(finder->answers, &t->addr) };
	if (out->iommu_bits == 0)
		out->iommu_bits = doctor_iommu_bits(finder->scan.topo.root, t->iommu);
	ret = holes_read(&finder->scan, t, finder->page, &out->holes);
	if (ret < 0)
		holes_free(&out->holes);
	return ret;
}

/* @return 0; -ENOMEM */
static int
known_take(struct explain_finder *finder, const struct topo_device *t, const struct explain_known **out)
{
	struct explain_known *known;
	size_t i;
	int ret;

	for (i = 0; i < finder->n_known; i++)
		if (topology_addr_cmp(&finder->known[i].addr, &t->addr) == 0) {
			*out = &finder->known[i];
			return 0;
		}
	known = reallocarray(finder->known, finder->n_known + 1, sizeof(*known));
	if (known == NULL)
		return -ENOMEM;
	finder->known = known;
	ret = known_read(finder, t, &known[finder->n_known]);
	if (ret == 0)
		*out = &known[finder->n_known++];
	return ret;
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

/* Can it be of this function? A user and EEH name the function itself. */
static bool
is_candidate(struct explain_finder *finder, const struct explain_fault *f, const struct topo_device *t)
{
	struct topo_addr id = f->addr;

	if (!f->has_addr && !f->has_stream)
		return f->iommu == EXPLAIN_NO_IOMMU && topology_is_vfio(t);
	if (lacks_domain(f)) {
		if (t->addr.domain > LAST_DOMAIN)
			return false;
		id.domain = t->addr.domain;
	}
	return f->iommu == EXPLAIN_NO_IOMMU || f->iommu == EXPLAIN_EEH ? topology_addr_cmp(&id, &t->addr) == 0 :
		topology_snapshot_sends(&finder->scan.topo, t, &id);
}

/* A bridge makes no DMA of its own, but has interrupts. */
static void
candidates_choose(struct explain_finder *finder, const struct explain_fault *f)
{
	size_t i, n = 0, others = 0;

	for (i = 0; i < finder->n; i++)
		others += !finder->candidate[i]->is_bridge;
	for (i = 0; i < finder->n; i++)
		if (others == 0 || f->reason == EXPLAIN_INTERRUPT || !finder->candidate[i]->is_bridge)
			finder->candidate[n++] = finder->candidate[i];
	finder->n = n;
}

/* @return 0; -ENOMEM; errors of topology_snapshot_all(): -ENOENT without PCI */
static int
candidates_find(struct explain_finder *finder, const struct explain_fault *f)
{
	struct topo_set all;
	size_t i;
	int ret;

	finder->n = 0;
	if (!f->has_addr && !f->has_stream && f->iommu != EXPLAIN_NO_IOMMU)
		return 0;
	ret = topology_snapshot_all(&finder->scan.topo, &all);
	if (ret < 0)
		return ret;
	free(finder->candidate);
	finder->candidate = calloc(all.n + 1, sizeof(*finder->candidate));
	if (finder->candidate == NULL)
		return -ENOMEM;
	for (i = 0; i < all.n; i++)
		if (is_candidate(finder, f, all.v[i]))
			finder->candidate[finder->n++] = all.v[i];
	candidates_choose(finder, f);
	return 0;
}

/* The holes of all candidates, or those that every device has. */
static int
holes_collect(struct explain_finder *finder, struct explain_device *out)
{
	const struct explain_known *known;
	bool all_bits = true;
	size_t i, j;
	int ret = 0;

	finder->holes.n = 0;
	if (finder->n == 0)
		ret = holes_builtin(&finder->holes, finder->page);
	for (i = 0; ret == 0 && i < finder->n; i++) {
		ret = known_take(finder, finder->candidate[i], &known);
		for (j = 0; ret == 0 && j < known->holes.n; j++)
			ret = holes_add(&finder->holes, &known->holes.v[j]);
		if (ret != 0)
			break;
		all_bits &= known->iommu_bits != 0;
		if (known->iommu_bits > out->iommu_bits)
			out->iommu_bits = known->iommu_bits;
	}
	if (!all_bits)
		out->iommu_bits = 0;
	out->holes = finder->holes;
	out->holes_known = finder->n > 0;
	return ret == -ENOMEM ? ret : 0;
}

int
explain_device_find(struct explain_finder *finder, const struct explain_fault *f, struct explain_device *out)
{
	const bool named = f->has_addr || f->has_stream;
	const struct topo_device *first;
	int ret = candidates_find(finder, f);

	*out = (struct explain_device){ .assumed = !f->has_addr && f->has_stream };
	if (ret < 0 && ret != -ENOENT)
		return ret;
	if (named && (ret == 0 || !lacks_domain(f)))
		topology_format_bdf(&f->addr, out->bdf, sizeof(out->bdf));
	out->all_vfio = !named && finder->n > 0;
	if (named && finder->n > 0) {
		first = finder->candidate[0];
		out->exists = true;
		out->any_domain = lacks_domain(f);
		out->assumed |= finder->n > 1;
		out->candidate = finder->candidate;
		out->n = finder->n;
		if (f->addr.bus != first->addr.bus || f->addr.dev != first->addr.dev || f->addr.fn != first->addr.fn)
			strlcpy(out->id, out->bdf, sizeof(out->id));
		strlcpy(out->bdf, first->bdf, sizeof(out->bdf));
		strlcpy(out->driver, first->driver, sizeof(out->driver));
		out->vfio = topology_is_vfio(first);
	}
	return holes_collect(finder, out);
}

void
explain_device_facts(const struct explain_device *dev, struct explain_facts *facts)
{
	facts->hole = dev->holes.v;
	facts->n_holes = dev->holes.n;
	facts->holes_known = dev->holes_known;
	facts->all_vfio = dev->all_vfio;
	facts->several = dev->all_vfio || dev->n > 1;
	facts->iommu_bits = dev->iommu_bits;
	facts->driver = dev->driver[0] != '\0' ? dev->driver : NULL;
	facts->vfio = dev->vfio;
	facts->uncertain = dev->assumed;
}

bool
explain_unlogged(const char *root)
{
	const struct topo_device nobody = { .bdf = "-" };
	struct topo_machine machine;

	topology_machine(root, &nobody, &machine);
	return machine.arch == TOPO_ARCH_POWER;
}
