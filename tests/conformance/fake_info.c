/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * VFIO_IOMMU_GET_INFO: the chain of capabilities, valid or invalid.
 *
 * The chain is built in a separate buffer. Its offsets count from the start of the
 * answer, as in the kernel. An invalid answer is an edited valid one. A chain that does
 * not fit raises argsz and is not copied.
 */

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "fake_private.h"

const char *
fake_lie_name(enum fake_lie lie)
{
#define LIE(name) [FAKE_##name] = #name
	static const char *const names[FAKE_LIES] = {
		LIE(TRUTH), LIE(CAP_CYCLE), LIE(CAP_OUTSIDE), LIE(CAP_FAR), LIE(CAP_TAIL),
		LIE(CAP_LOW), LIE(CAP_ODD), LIE(CAP_TWICE), LIE(CAP_RANGES_CUT),
		LIE(CAP_AVAIL_CUT), LIE(IOVAS_MANY), LIE(IOVAS_HUGE), LIE(RANGE_INVERTED),
		LIE(ARGSZ_DOUBLES), LIE(ARGSZ_CREEPS), LIE(COUNT_ZERO), LIE(COUNT_LESS),
		LIE(COUNT_DOUBLES), LIE(COUNT_CREEPS), LIE(COUNT_HUGE), LIE(COUNT_OVER),
		LIE(ALIGN_ODD), LIE(ALIGN_ZERO), LIE(UNMAP_LESS), LIE(UNMAP_MORE),
		LIE(UNMAP_NOTHING),
	};
#undef LIE

	return names[lie];
}

bool
fake_lie_about_count(uint32_t room, uint32_t *n, int too_few, int *ret)
{
	*ret = fake.lie == FAKE_COUNT_ZERO || fake.lie == FAKE_COUNT_OVER ? 0 : too_few;
	switch (fake.lie) {
	case FAKE_COUNT_ZERO:
		*n = 0;
		return true;
	case FAKE_COUNT_LESS:
		*n = room - 1;
		return true;
	case FAKE_COUNT_DOUBLES:
		*n = room * 2;
		return true;
	case FAKE_COUNT_CREEPS:
	case FAKE_COUNT_OVER:
		*n = room + 1;
		return true;
	case FAKE_COUNT_HUGE:
		*n = UINT32_MAX;
		return true;
	default:
		return false;
	}
}

#define CHAIN_MAX 4096

struct chain {
	uint8_t buf[CHAIN_MAX];	/* the answer, fixed part first */
	size_t size;		/* of the answer */
	size_t last;		/* offset of the last capability; 0: none */
};

/* Append a capability of len bytes. Bodies may be unaligned, so return an offset. */
static size_t
chain_add(struct chain *ch, uint16_t id, const void *body, size_t len)
{
	struct vfio_info_cap_header h = { .id = id, .version = 1 };
	size_t off = ch->size;
	uint32_t next = (uint32_t)off;

	memcpy(ch->buf + off, &h, sizeof(h));
	memcpy(ch->buf + off + sizeof(h), body, len);
	if (ch->last != 0)
		memcpy(ch->buf + ch->last + offsetof(struct vfio_info_cap_header, next), &next,
				sizeof(next));
	ch->last = off;
	ch->size = off + sizeof(h) + len;
	if (!fake.packed_caps)
		ch->size = (ch->size + 7) & ~(size_t)7;
	return off;
}

static void
put32(struct chain *ch, size_t off, uint32_t v)
{
	memcpy(ch->buf + off, &v, sizeof(v));
}

static size_t
chain_ranges(struct chain *ch, const struct fake_container *c)
{
	struct iova_range list[FAKE_RANGES];
	struct {
		uint32_t n, reserved;
		struct vfio_iova_range v[FAKE_RANGES];
	} body = { 0 };
	size_t i, n = fake_iova_list(c, NULL, list, FAKE_RANGES);

	body.n = (uint32_t)n;
	for (i = 0; i < n; i++) {
		body.v[i].start = list[i].first;
		body.v[i].end = list[i].last;
	}
	if (fake.lie == FAKE_RANGE_INVERTED && n > 0) {
		body.v[n - 1].start = list[n - 1].last;
		body.v[n - 1].end = list[n - 1].first;
	}
	return chain_add(ch, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, &body,
			8 + n * sizeof(body.v[0]));
}

/* Make an answer invalid in its last capability, which has the ranges. */
static void
chain_spoil(struct chain *ch, size_t ranges)
{
	const size_t next = offsetof(struct vfio_info_cap_header, next);
	uint32_t n;

	memcpy(&n, ch->buf + ranges + 8, sizeof(n));
	switch (fake.lie) {
	case FAKE_CAP_CYCLE:
		put32(ch, sizeof(struct vfio_iommu_type1_info) + next,
				sizeof(struct vfio_iommu_type1_info));
		break;
	case FAKE_CAP_OUTSIDE:
		put32(ch, ch->last + next, (uint32_t)ch->size);
		break;
	case FAKE_CAP_FAR:
		put32(ch, ch->last + next, UINT32_MAX - 3);
		break;
	case FAKE_CAP_TAIL:
		put32(ch, ch->last + next, (uint32_t)ch->size - 4);
		break;
	case FAKE_CAP_LOW:
		/* The page sizes look like a capability that ends the chain. */
		put32(ch, ch->last + next, offsetof(struct vfio_iommu_type1_info, iova_pgsizes));
		break;
	case FAKE_IOVAS_MANY:
		put32(ch, ranges + 8, n + 1);
		break;
	case FAKE_IOVAS_HUGE:
		put32(ch, ranges + 8, UINT32_C(0x10000000) + n);
		break;
	default:
		break;
	}
}

static void
chain_build(struct chain *ch, const struct fake_container *c)
{
	const uint32_t migration[6] = { 0, 0, 0x1000, 0, 0x1000 };
	const uint32_t no_limit = UINT32_MAX;
	size_t ranges;

	memset(ch, 0, sizeof(*ch));
	ch->size = sizeof(struct vfio_iommu_type1_info);
	if (fake.no_caps)
		return;
	if (c->ctx == NULL)
		chain_add(ch, VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION, migration, sizeof(migration));
	if (fake.lie != FAKE_CAP_AVAIL_CUT)
		chain_add(ch, VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL,
				c->ctx == NULL ? &c->dma_avail : &no_limit, sizeof(no_limit));
	if (fake.no_ranges)
		return;
	if (fake.lie == FAKE_CAP_RANGES_CUT) {
		chain_add(ch, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, "", 0);
		return;
	}
	ranges = chain_ranges(ch, c);
	if (fake.lie == FAKE_CAP_TWICE)
		chain_ranges(ch, c);
	else if (fake.lie == FAKE_CAP_ODD) {
		ch->size += 2;
		chain_add(ch, VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION, migration, sizeof(migration));
	} else if (fake.lie == FAKE_CAP_AVAIL_CUT)
		chain_add(ch, VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, "", 0);
	chain_spoil(ch, ranges);
}

int
vfio_uapi_iommu_info(int container, struct vfio_iommu_type1_info *info)
{
	struct fake_container *c;
	struct chain ch;
	int ret = fake_type1_call(__func__, container, &c);

	if (ret < 0)
		return ret;
	if (c->type == VFIO_NOIOMMU_IOMMU)
		return -ENOTTY;
	if ((c->type == 0 && c->ctx == NULL) || info->argsz < offsetof(struct vfio_iommu_type1_info, cap_offset))
		return -EINVAL;
	info->flags = VFIO_IOMMU_INFO_PGSIZES;
	info->iova_pgsizes = fake.page_sizes;
	chain_build(&ch, c);
	if (ch.size == sizeof(*info))
		return 0;
	info->flags |= VFIO_IOMMU_INFO_CAPS;
	if (fake.lie == FAKE_ARGSZ_DOUBLES || fake.lie == FAKE_ARGSZ_CREEPS) {
		info->cap_offset = 0;
		info->argsz += fake.lie == FAKE_ARGSZ_CREEPS ? 8 : info->argsz;
	} else if (info->argsz < ch.size) {
		info->cap_offset = 0;
		info->argsz = (uint32_t)ch.size;
	} else {
		info->cap_offset = sizeof(*info);
		memcpy((uint8_t *)info + sizeof(*info), ch.buf + sizeof(*info),
				ch.size - sizeof(*info));
	}
	return 0;
}
