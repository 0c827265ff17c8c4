/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Memory that has its IOVA already: without translation the layout can't choose one. */

#include <errno.h>

#include "ioas/ioas_private.h"

int
ioas_verify(const struct ioas *ioas, uint64_t va, struct iova_range range, int ret)
{
	const struct ioas_memory mem = { .va = va };

	if (ioas->ops->verify == NULL || (ret != -ERANGE && ret != -EADDRINUSE && ret != -EEXIST))
		return ret;
	return ioas->ops->verify(ioas_first_leg(ioas), &mem, range.first,
		iova_range_size(range)) == -EADDRNOTAVAIL ? -EADDRNOTAVAIL : ret;
}

int
ioas_locate(const struct ioas *ioas, const struct ioas_memory *mem, uint64_t size,
		const struct ioas_place *place, uint64_t *iova)
{
	const uint64_t align = place->align_min != 0 ? place->align_min : place->align;
	struct iova_range range;
	int ret;

	ret = ioas->ops->locate(ioas_first_leg(ioas), mem, iova);
	if (ret < 0)
		return ret;
	return iova_range_make(*iova, size, &range) && range.last <= place->limit &&
		(*iova & (align - 1)) == 0 ? 0 : -ENOSPC;
}
