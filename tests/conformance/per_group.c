/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <stdlib.h>

#include "fake_kernel.h"
#include "ioas/backend/ioas_node.h"
#include "ioas/ioas_ops.h"
#include "per_group.h"

bool per_group;

static int
window_prepare(void *leg, const struct ioas_need *need, struct ioas_info *out)
{
	const struct ioas_node *node = leg;
	int ret = ioas_type1_ops.prepare(leg, need, out);

	if (ret < 0 || !fake.windows)
		return ret;
	out->ranges = calloc(1, sizeof(*out->ranges));
	if (out->ranges == NULL)
		return -ENOMEM;
	out->n_ranges = 1;
	return fake_window_create(node->fd, out->ranges);
}

/* Unmap everything explicitly. With type1 the kernel does it when the last group leaves. */
static void
window_clear(void *leg)
{
	uint64_t done;

	ioas_type1_ops.unmap(leg, 0, 0, UINT64_C(1) << 63, &done);
	ioas_type1_ops.unmap(leg, 0, UINT64_C(1) << 63, UINT64_C(1) << 63, &done);
}

static struct ioas_ops type1;

/* Replaces the table of the product, which is not linked. */
const struct ioas_ops *const ioas_backends[] = {
	&ioas_iommufd_ops, &type1, &ioas_noiommu_ops, NULL
};

void
per_group_choose(void)
{
	type1 = ioas_type1_ops;
	fake.one_group = per_group;
	if (!per_group)
		return;
	type1.leg_per_group = true;
	type1.prepare = window_prepare;
	type1.clear = window_clear;
}

/* Initialize for tests that do not reset the machine. */
static void __attribute__((constructor))
begin(void)
{
	per_group_choose();
}
