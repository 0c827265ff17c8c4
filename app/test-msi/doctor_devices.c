/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Facts about devices, from files. The kernel is not asked, as that opens devices and may
 * reset them: either a capture or a trial has its answers, or the limits of the IOMMUs are assumed.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bsd/string.h>

#include "doctor.h"
#include "sysfs/sysfs.h"
#include "uapi/vfio_uapi.h"

#define USUAL_BITS 48	/* of most IOMMUs */
#define USUAL_PAGES UINT64_C(0x40201000)	/* 4 KiB, 2 MiB, 1 GiB */
#define POWER_BITS 59	/* the large window begins at 1 << 59: see ioas_spapr.c */
#define POWER_PAGES UINT64_C(0x10000)	/* 64 KiB */

static int
device_add(struct doctor_facts *f, const struct topo_addr *addr, const struct doctor_keys *keys)
{
	struct doctor_device *v = reallocarray(f->v, f->n + 1, sizeof(*v));

	if (v == NULL)
		return -ENOMEM;
	f->v = v;
	v += f->n++;
	memset(v, 0, sizeof(*v));
	v->plan.topo.addr = *addr;
	v->keys = *keys;
	topology_format_bdf(addr, v->bdf, sizeof(v->bdf));
	return 0;
}

static int
odd_add(struct doctor_facts *f, struct topo_snapshot *snap, const struct topo_device *odd)
{
	struct plan_device *v = reallocarray(f->odd, f->n_odd + 1, sizeof(*v));

	if (v == NULL)
		return -ENOMEM;
	f->odd = v;
	v += f->n_odd++;
	memset(v, 0, sizeof(*v));
	strlcpy(v->topo.bdf, odd->bdf, sizeof(v->topo.bdf));
	plan_odd_text(snap, odd, v->msi_why, sizeof(v->msi_why));
	return 0;
}

/* All devices that are bound to a VFIO driver. */
static int
choose_all(struct topo_snapshot *snap, const struct doctor_keys *keys, struct doctor_facts *f)
{
	struct topo_set all;
	size_t i;
	int ret = topology_snapshot_all(snap, &all);

	for (i = 0; ret == 0 && i < all.n; i++)
		if (topology_is_vfio(all.v[i]) && !all.v[i]->is_bridge)
			ret = device_add(f, &all.v[i]->addr, keys);
	for (i = all.n; ret == 0 && i < all.n + all.n_odd; i++)
		ret = odd_add(f, snap, all.v[i]);
	return ret;
}

/* A container shows devices whose nodes it does not have. */
static void
node_set(const char *root, struct doctor_node *node, const char *path)
{
	strlcpy(node->path, path, sizeof(node->path));
	node->absent = sysfs_exists(root, "%s", path) == -ENOENT;
}

/* The nodes of both ways to the device. Those of another machine can't be tried. */
static void
nodes_set(const char *root, const struct doctor_facts *f, struct doctor_device *d)
{
	const struct topo_device *t = &d->plan.topo;
	char group[VFIO_UAPI_NODE_LEN];

	if (t->bdf[0] == '\0' || !topology_is_vfio(t) || f->machine.elsewhere || d->keys.fds)
		return;
	if (t->group >= 0) {
		vfio_uapi_group_node(t->group, t->group_noiommu, group);
		node_set(root, &d->node[0], "/dev/vfio/vfio");
		node_set(root, &d->node[1], group);
	}
	if (d->plan.cdev[0] != '\0') {
		node_set(root, &d->node[2], "/dev/iommu");
		node_set(root, &d->node[3], d->plan.cdev);
	}
}

/* A physical function with a VFIO driver may want a token of who uses its virtual ones. */
static void
physical_find(struct topo_snapshot *snap, struct doctor_device *d)
{
	const struct topo_device *pf;
	struct topo_addr addr;
	char name[TOPO_NAME_LEN];

	if (sysfs_read_link_name(snap->root, name, sizeof(name), "/sys/bus/pci/devices/%s/physfn", d->bdf) == 0 &&
			topology_parse_bdf(name, &addr) == 0 &&
			topology_snapshot_device(snap, &addr, &pf) == 0 && topology_is_vfio(pf))
		strlcpy(d->physical, pf->bdf, sizeof(d->physical));
}

/* The process that gives descriptors has the nodes open. */
static void
holder_find(struct topo_snapshot *snap, struct doctor_device *d)
{
	struct topo_holder holder;
	size_t i;

	if (d->keys.fds)
		return;
	plan_look_for_holder(snap, &d->plan);
	d->holder = 0;
	for (i = 1; d->holder == 0 && i < DOCTOR_NODES; i += 2)
		if (d->node[i].path[0] != '\0' && topology_snapshot_holder(snap, d->node[i].path, &holder) == 0)
			d->holder = holder.pid;
}

/* What the keys change. @return 0, -ENOMEM. */
static int
keys_apply(struct doctor_device *d)
{
	const struct hole_list *holes = d->keys.holes;
	struct iova_hole hole;
	size_t i;
	int ret = 0;

	for (i = 0; ret == 0 && holes != NULL && i < holes->n; i++) {
		hole = holes->v[i];
		strlcpy(hole.owner, d->bdf, sizeof(hole.owner));
		ret = holes_add(&d->plan.holes, &hole);
	}
	/* No IOMMU restricts it. */
	if (doctor_is_noiommu(d))
		ioas_info_free(&d->plan.info);
	return ret;
}

static int
survey(struct plan_scan *scan, struct plan_answers *answers, struct doctor_device *d,
		struct doctor_facts *f)
{
	const struct plan_request request = {
		.scan = scan,
		.answers = answers,
		.addr = d->plan.topo.addr,
		.backend = d->keys.backend,
	};
	struct ioas *space = NULL;
	char why[PLAN_WHY];
	int ret = plan_survey(&request, &space, &d->plan, why, sizeof(why));

	if (ret == -ENOMEM)
		return ret;
	if (f->layout == NULL) {
		if (iova_layout_create(&f->layout) != 0)
			return -ENOMEM;
	}
	if (keys_apply(d) < 0)
		return -ENOMEM;
	if (ret == 0 && d->trial.came != DOCTOR_CAME_REFUSED)
		d->used = plan_add(f->layout, &d->plan, d->why, sizeof(d->why)) == 0;
	nodes_set(scan->topo.root, f, d);
	physical_find(&scan->topo, d);
	if (!f->machine.elsewhere)
		holder_find(&scan->topo, d);
	return 0;
}

/* Without a usable device there is no layout. */
static void
layout_drop(struct doctor_facts *f)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (f->v[i].used)
			return;
	iova_layout_destroy(f->layout);
	f->layout = NULL;
}

/*
 * What the IOMMUs translate. That of POWER has a window which the kernel puts above all addresses of
 * processes; here it is larger than any.
 */
static void
limits_assume(struct doctor_facts *f, struct iova_range *limit)
{
	const bool power = f->machine.arch == TOPO_ARCH_POWER;

	f->assumed_bits = power ? POWER_BITS + 1 : f->machine.iommu_bits != 0 ? f->machine.iommu_bits : USUAL_BITS;
	f->assumed_first = power ? UINT64_C(1) << POWER_BITS : 0;
	limit->first = f->assumed_first;
	limit->last = UINT64_MAX >> (64 - f->assumed_bits);
}

/* As if each device were the first one, which chooses the backend. */
static int
survey_tried(struct plan_scan *scan, struct doctor_device *d, struct doctor_facts *f)
{
	struct doctor_trial *t = &d->trial;
	struct plan_answer answer = {
		.addr = d->plan.topo.addr,
		.backend = t->backend,
		.asked = true,
		.viable = true,
		.info = { .ranges = t->range, .n_ranges = t->n_ranges, .page_sizes = t->page_sizes,
			.dma_avail = t->dma_avail },
	};
	struct plan_answers answers = { .v = &answer, .n = 1, .page_size = (uint64_t)sysconf(_SC_PAGESIZE) };
	const int ret = survey(scan, &answers, d, f);

	f->asked += d->used;
	return ret;
}

/* Are limits assumed of a device in the layout, or would they be? */
static bool
any_assumed(const struct doctor_facts *f)
{
	bool any = false;
	size_t i;

	for (i = 0; i < f->n; i++) {
		if (f->v[i].used && !f->v[i].trial.asked && !doctor_is_noiommu(&f->v[i]))
			return true;
		any |= f->v[i].used;
	}
	return !any;
}

static int
survey_all(struct plan_scan *scan, struct plan_answers *answers, struct doctor_facts *f)
{
	struct iova_range limit = { 0, 0 };
	struct plan_answers assumed = { 0 };
	size_t i;
	int ret = 0;

	f->limits_given = answers != NULL && answers->assumed.page_sizes != 0;
	if (answers == NULL || (answers->n == 0 && answers->assumed.page_sizes == 0)) {
		limits_assume(f, &limit);
		assumed.page_size = answers != NULL ? answers->page_size :
			(uint64_t)sysconf(_SC_PAGESIZE);
		assumed.assumed = (struct ioas_info){ .ranges = &limit, .n_ranges = 1,
			.page_sizes = f->assumed_first != 0 ? POWER_PAGES : USUAL_PAGES, .dma_avail = UINT64_MAX };
		answers = &assumed;
	}
	for (i = 0; ret == 0 && i < f->n; i++)
		ret = f->v[i].trial.asked ? survey_tried(scan, &f->v[i], f) :
			survey(scan, answers, &f->v[i], f);
	if (!any_assumed(f)) {
		f->assumed_bits = 0;
		f->limits_given = false;
	}
	layout_drop(f);
	return ret;
}

/* The last argument for a device counts. */
static int
name(struct doctor_facts *f, const struct doctor_given *given)
{
	size_t i;

	for (i = 0; i < f->n; i++) {
		if (topology_addr_cmp(&f->v[i].plan.topo.addr, &given->addr) != 0)
			continue;
		f->v[i].keys = given->keys;
		return 0;
	}
	return device_add(f, &given->addr, &given->keys);
}

int
doctor_devices(const char *root, const struct doctor_given *given, size_t n,
		struct plan_answers *answers, struct doctor_facts *f)
{
	const struct doctor_given none = { .all = true }, *all = n == 0 ? &none : NULL;
	struct plan_scan scan;
	size_t i;
	int ret = 0;

	for (i = 0; i < n; i++)
		if (given[i].all)
			all = &given[i];
	f->named = all == NULL;
	plan_scan_begin(&scan, root);
	if (all != NULL)
		ret = choose_all(&scan.topo, &all->keys, f);
	for (i = 0; ret == 0 && i < n; i++)
		if (!given[i].all)
			ret = name(f, &given[i]);
	if (ret == 0)
		ret = survey_all(&scan, answers, f);
	plan_scan_end(&scan);
	return ret;
}

int
doctor_devices_tried(const char *root, struct plan_answers *answers, struct doctor_facts *f)
{
	struct plan_scan scan;
	size_t i;
	int ret;

	iova_layout_destroy(f->layout);
	f->layout = NULL;
	f->asked = 0;
	for (i = 0; i < f->n; i++) {
		struct topo_addr addr = f->v[i].plan.topo.addr;

		plan_device_free(&f->v[i].plan);
		f->v[i].plan = (struct plan_device){ .topo.addr = addr };
		f->v[i].used = false;
		f->v[i].why[0] = '\0';
	}
	plan_scan_begin(&scan, root);
	ret = survey_all(&scan, answers, f);
	plan_scan_end(&scan);
	return ret;
}
