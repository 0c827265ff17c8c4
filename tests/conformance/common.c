/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "common.h"

struct iova_layout *layout;
enum ioas_backend backend = IOAS_BACKEND_TYPE1;
bool over_iommufd;

static void
name_of(int group, char *out, size_t size)
{
	snprintf(out, size, "0000:01:%02x.0", (unsigned int)group);
}

struct fake_group *
add_group(int id)
{
	struct fake_group *g = fake_group_add(id);
	char name[24];

	g->noiommu = backend == IOAS_BACKEND_NOIOMMU;
	name_of(id, name, sizeof(name));
	fake_device_add(g, name, 1);
	return g;
}

/* Up to 8 results may be in use at once. */
const struct ioas_member *
member(int group)
{
	static struct ioas_member v[8];
	static char names[8][24];
	static unsigned int next;
	unsigned int i = next++ % 8;

	name_of(group, names[i], sizeof(names[i]));
	v[i] = (struct ioas_member){ .group = group, .group_fd = -1, .name = names[i],
		.noiommu = backend == IOAS_BACKEND_NOIOMMU };
	if (backend == IOAS_BACKEND_IOMMUFD) {
		v[i].cdev = fake_cdev(names[i]);
		if (v[i].cdev == NULL)
			v[i].cdev = "/dev/vfio/devices/none";
	}
	return &v[i];
}

struct ioas *
open_space(void)
{
	struct ioas *ioas = NULL;

	assert_int_equal(ioas_open(backend, NULL, layout, &ioas, NULL), 0);
	return ioas;
}

void
attach_group(struct ioas *ioas, int group)
{
	bool viable = false;

	assert_int_equal(ioas_attach(ioas, MEMBER(group), &viable), 0);
	assert_true(viable);
}

void
machine_reset(void)
{
	fake_reset();
	fake.compat = over_iommufd;
	per_group_choose();
}

int
machine_setup(void **state)
{
	machine_reset();
	return iova_layout_create(&layout);
}

int
machine_teardown(void **state)
{
	int ret = iova_layout_check(layout, stderr);

	iova_layout_destroy(layout);
	layout = NULL;
	return ret < 0 || fake_leaks(stderr) > 0 ? -1 : 0;
}

void
obey(struct ioas *ioas, const char *owner)
{
	struct ioas_info info;

	assert_int_equal(ioas_info_get(ioas, &info), 0);
	assert_int_equal(iova_layout_allow(layout, info.ranges, info.n_ranges, owner, NULL), 0);
	ioas_info_free(&info);
}

void
add_hole(uint64_t first, uint64_t last, enum iova_hardness hardness)
{
	const struct iova_hole hole = {
		.range = RANGE(first, last),
		.origin = IOVA_ORIGIN_RESERVED,
		.hardness = hardness,
		.owner = "0000:01:00.0",
	};

	assert_int_equal(iova_layout_add_hole(layout, &hole, NULL), 0);
}

/* A walk that compares the record with the mappings of one space of the kernel. */
struct walk {
	struct ioas *ioas;
	const struct fake_mapping *next, *end;
	size_t n_mapped, n_parked;
};

static int
same_step(const struct iova_used *used, void *arg)
{
	struct walk *w = arg;
	struct ioas_mapping m;
	bool mapped = ioas_lookup(w->ioas, used->range.first, &m) == 0;
	bool there = w->next < w->end &&
		memcmp(&w->next->iova, &used->range, sizeof(used->range)) == 0;

	w->n_mapped += mapped;
	w->n_parked += !mapped;
	if (mapped && (!there || memcmp(&m.iova, &used->range, sizeof(used->range)) != 0 ||
		       w->next->read_only != m.read_only || (!w->next->file && w->next->va != m.va)))
		return 1;
	w->next += there;
	return 0;
}

/* @return the number of parked mappings. */
static size_t
expect_record(struct ioas *ioas, const struct fake_mapping *maps, size_t n)
{
	struct walk w = { .ioas = ioas, .next = maps, .end = maps + n };

	assert_int_equal(iova_layout_foreach_used(layout, same_step, &w), 0);
	assert_ptr_equal(w.next, w.end);
	assert_int_equal(w.n_mapped, mappings_count(ioas));
	return w.n_parked;
}

size_t
expect_same_or_parked(struct ioas *ioas)
{
	size_t c, n, spaces = 0, parked = 0;
	const struct fake_mapping *maps;

	for (c = 0; c < FAKE_SPACES; c++)
		if (fake_space_mappings(c, &maps, &n)) {
			spaces++;
			parked = expect_record(ioas, maps, n);
		}
	if (spaces == 0)
		parked = expect_record(ioas, NULL, 0);
	else if (mappings_count(ioas) > 0)
		assert_int_equal(spaces, per_group || fake.power.on ? ioas_n_attached(ioas) : 1);
	assert_int_equal(iova_layout_check(layout, stderr), 0);
	return parked;
}

void
expect_same(struct ioas *ioas)
{
	assert_int_equal(expect_same_or_parked(ioas), 0);
}
