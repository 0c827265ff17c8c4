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

	name_of(id, name, sizeof(name));
	fake_device_add(g, name, 1);
	return g;
}

/* A few may be in use at once. */
const struct ioas_member *
member(int group)
{
	static struct ioas_member v[8];
	static char names[8][24];
	static unsigned int next;
	unsigned int i = next++ % 8;

	name_of(group, names[i], sizeof(names[i]));
	v[i] = (struct ioas_member){ .group = group, .group_fd = -1, .name = names[i] };
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
machine_reset(void)
{
	fake_reset();
	fake.compat = over_iommufd;
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

static int
count_used(const struct iova_used *used, void *arg)
{
	(*(size_t *)arg)++;
	return 0;
}

static int
same_step(const struct ioas_mapping *m, void *arg)
{
	size_t *i = arg;
	const struct iova_used *used = iova_layout_lookup(layout, m->iova.first);
	struct fake_mapping k;

	if (!fake_mapping_get((*i)++, &k) || (!k.file && k.va != m->va) ||
			memcmp(&k.iova, &m->iova, sizeof(k.iova)) != 0)
		return 1;
	return used == NULL || memcmp(&used->range, &m->iova, sizeof(m->iova)) != 0 ? 2 : 0;
}

void
expect_same(struct ioas *ioas)
{
	size_t used = 0, n = ioas_n_mappings(ioas), i = 0;

	assert_int_equal(fake_n_mappings(), n);
	iova_layout_foreach_used(layout, count_used, &used);
	assert_int_equal(used, n);
	assert_int_equal(ioas_foreach(ioas, same_step, &i), 0);
	assert_int_equal(i, n);
	assert_int_equal(iova_layout_check(layout, stderr), 0);
}
