/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Splitting BARs into mappable pieces, from valid and invalid data of kernel and device. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "row.h"
#include "vfio_msi_bar.h"

#define PAGE UINT64_C(0x1000)
#define AREAS_MAX 100

static const struct vfio_msi_bar_table table = {
	.bar = 0, .at = { .first = 0x2000, .last = 0x241f },
};

/* The kernel's answer: size and flags, followed by a chain of capabilities. */
struct answer {
	struct vfio_region_info info;
	uint8_t caps[64 + AREAS_MAX * sizeof(struct vfio_region_sparse_mmap_area)];
};

static void
begin(struct answer *a, uint64_t size)
{
	memset(a, 0, sizeof(*a));
	a->info.argsz = sizeof(a->info);
	a->info.flags = VFIO_REGION_INFO_FLAG_MMAP;
	a->info.size = size;
}

/* Append a capability and link it to the previous one. */
static size_t
append(struct answer *a, uint16_t id, const void *body, size_t len)
{
	struct vfio_info_cap_header h = { .id = id, .version = 1 }, last;
	uint32_t at = a->info.argsz, off = a->info.cap_offset;
	char *base = (char *)a;

	memcpy(base + at, &h, sizeof(h));
	if (len > 0)
		memcpy(base + at + sizeof(h), body, len);
	a->info.argsz += (uint32_t)(sizeof(h) + len);
	a->info.flags |= VFIO_REGION_INFO_FLAG_CAPS;
	if (off == 0) {
		a->info.cap_offset = at;
		return at;
	}
	for (;; off = last.next) {
		memcpy(&last, base + off, sizeof(last));
		if (last.next == 0)
			break;
	}
	last.next = at;
	memcpy(base + off, &last, sizeof(last));
	return at;
}

static size_t
append_areas(struct answer *a, uint32_t count, unsigned int n, const uint64_t *v)
{
	uint64_t body[1 + 2 * AREAS_MAX] = { 0 };

	memcpy(body, &count, sizeof(count));
	memcpy(body + 1, v, n * 16);
	return append(a, VFIO_REGION_INFO_CAP_SPARSE_MMAP, body, 8 + n * 16);
}

static int
pieces(const struct answer *a, const struct vfio_msi_bar_table *t,
		struct vfio_msi_bar_pieces *p)
{
	/* Allocate the exact length so that a sanitizer detects a read past the end. */
	size_t len = a->info.argsz < sizeof(a->info) ? sizeof(a->info) : a->info.argsz;
	struct vfio_region_info *copy = malloc(len);
	int ret;

	assert_non_null(copy);
	memcpy(copy, a, len);
	ret = vfio_msi_bar_pieces(copy, t, PAGE, p);
	free(copy);
	return ret;
}

#define ASSERT_PIECE(p, i, a, b) do { \
	assert_int_equal((p)->piece[i].first, a); \
	assert_int_equal((p)->piece[i].last, b); \
} while (0)

static void
whole_or_not_at_all(void **state)
{
	struct vfio_msi_bar_pieces p;
	struct answer a;

	begin(&a, 0x4000);
	assert_int_equal(pieces(&a, NULL, &p), 0);
	assert_int_equal(p.n, 1);
	ASSERT_PIECE(&p, 0, 0, 0x3fff);
	a.info.flags = 0;
	assert_int_equal(pieces(&a, NULL, &p), 0);
	assert_int_equal(p.n, 0);
	begin(&a, 0);
	assert_int_equal(pieces(&a, NULL, &p), 0);
	assert_int_equal(p.n, 0);
	begin(&a, UINT64_MAX);
	assert_int_equal(pieces(&a, NULL, &p), 0);
	ASSERT_PIECE(&p, 0, 0, UINT64_MAX - 1);
}

static void
table_is_left_out_on_old_kernels(void **state)
{
	struct vfio_msi_bar_table t = table;
	struct vfio_msi_bar_pieces p;
	struct answer a;

	begin(&a, 0x8000);
	assert_int_equal(pieces(&a, &t, &p), 0);
	assert_int_equal(p.n, 2);
	ASSERT_PIECE(&p, 0, 0, 0x1fff);
	ASSERT_PIECE(&p, 1, 0x3000, 0x7fff);
	t.at.last = 0x3000;	/* into the next page */
	assert_int_equal(pieces(&a, &t, &p), 0);
	ASSERT_PIECE(&p, 1, 0x4000, 0x7fff);
	t.at.first = 0;
	assert_int_equal(pieces(&a, &t, &p), 0);
	assert_int_equal(p.n, 1);
	ASSERT_PIECE(&p, 0, 0x4000, 0x7fff);
	t.at.last = 0x7fff;	/* nothing remains */
	assert_int_equal(pieces(&a, &t, &p), 0);
	assert_int_equal(p.n, 0);
	t.at.last = 0x8000;	/* outside the BAR */
	assert_int_equal(pieces(&a, &t, &p), -EBADMSG);
	t.bar = 1;		/* in another BAR */
	assert_int_equal(pieces(&a, &t, &p), 0);
	assert_int_equal(p.n, 1);
	ASSERT_PIECE(&p, 0, 0, 0x7fff);
}

static void
table_is_mapped_where_the_kernel_lets(void **state)
{
	struct vfio_msi_bar_pieces p;
	struct answer a;

	begin(&a, 0x8000);
	append(&a, 77, NULL, 0);
	append(&a, VFIO_REGION_INFO_CAP_MSIX_MAPPABLE, NULL, 0);
	assert_int_equal(pieces(&a, &table, &p), 0);
	assert_int_equal(p.n, 1);
	ASSERT_PIECE(&p, 0, 0, 0x7fff);
	/* A table outside its BAR does not matter in this case. */
	a.info.size = 0x1000;
	assert_int_equal(pieces(&a, &table, &p), 0);
	ASSERT_PIECE(&p, 0, 0, 0xfff);
}

static void
areas_of_the_kernel(void **state)
{
	const uint64_t areas[] = { 0x6000, 0x2000, 0x3000, 0, 0, 0x1000, 0x2000, 0x800 };
	struct vfio_msi_bar_pieces p;
	struct answer a;

	begin(&a, 0x8000);
	append(&a, 77, areas, 8);
	append_areas(&a, 4, 4, areas);
	assert_int_equal(pieces(&a, &table, &p), 0);
	assert_int_equal(p.n, 3);
	ASSERT_PIECE(&p, 0, 0, 0xfff);
	ASSERT_PIECE(&p, 1, 0x2000, 0x27ff);
	ASSERT_PIECE(&p, 2, 0x6000, 0x7fff);
	begin(&a, 0x8000);
	append_areas(&a, 0, 0, areas);
	assert_int_equal(pieces(&a, NULL, &p), 0);
	assert_int_equal(p.n, 0);
}

static void
areas_that_make_no_sense(void **state)
{
	static const struct {
		const char *name;
		uint32_t count;
		uint64_t v[4];
	} bad[] = {
		{ "count above the number of areas", 3, { 0, 0x1000, 0x2000, 0x1000 } },
		{ "largest possible count", UINT32_MAX, { 0, 0x1000, 0x2000, 0x1000 } },
		{ "not aligned to a page", 2, { 0, 0x1000, 0x2800, 0x800 } },
		{ "beyond the BAR", 2, { 0, 0x1000, 0x8000, 0x1000 } },
		{ "a byte longer than the BAR", 2, { 0, 0x1000, 0x7000, 0x1001 } },
		{ "longer than the address space", 2, { 0, 0x1000, 0x7000, UINT64_MAX } },
		{ "at the end of the address space", 2, { UINT64_MAX - 0xfff, 0x1000, 0, 0x1000 } },
		{ "one area within the other", 2, { 0, 0x2000, 0x1000, 0x1000 } },
		{ "both areas in one page", 2, { 0x1000, 0x1000, 0, 0x1001 } },
		{ "the same area twice", 2, { 0, 0x1000, 0, 0x1000 } },
	};
	uint64_t many[2 * AREAS_MAX];
	struct vfio_msi_bar_pieces p;
	struct answer a;
	size_t i;

	EACH_ROW(i, bad, "%s", bad[i].name) {
		begin(&a, 0x8000);
		append_areas(&a, bad[i].count, 2, bad[i].v);
		assert_int_equal(pieces(&a, NULL, &p), -EBADMSG);
	}
	for (i = 0; i < AREAS_MAX; i++) {
		many[2 * i] = i * PAGE;
		many[2 * i + 1] = PAGE;
	}
	begin(&a, AREAS_MAX * PAGE);
	append_areas(&a, AREAS_MAX, AREAS_MAX, many);
	assert_int_equal(pieces(&a, NULL, &p), -E2BIG);
	begin(&a, AREAS_MAX * PAGE);
	append_areas(&a, VFIO_MSI_BAR_PIECES, VFIO_MSI_BAR_PIECES, many);
	assert_int_equal(pieces(&a, NULL, &p), 0);
	assert_int_equal(p.n, VFIO_MSI_BAR_PIECES);
}

static void
chains_that_make_no_sense(void **state)
{
	struct vfio_msi_bar_pieces p;
	struct answer a;
	uint32_t next;
	size_t at;

	begin(&a, 0x8000);
	at = append(&a, 77, NULL, 0);
	next = (uint32_t)at;			/* a cycle */
	memcpy((char *)&a + at + offsetof(struct vfio_info_cap_header, next),
		&next, sizeof(next));
	assert_int_equal(pieces(&a, NULL, &p), -EBADMSG);
	a.info.cap_offset = a.info.argsz - 4;	/* half past the end */
	assert_int_equal(pieces(&a, NULL, &p), -EBADMSG);
	a.info.cap_offset = UINT32_MAX;
	assert_int_equal(pieces(&a, NULL, &p), -EBADMSG);
	a.info.cap_offset = 8;			/* within the structure itself */
	assert_int_equal(pieces(&a, NULL, &p), -EBADMSG);
	a.info.cap_offset = sizeof(a.info);
	a.info.argsz = 4;			/* shorter than any answer */
	assert_int_equal(pieces(&a, NULL, &p), -EBADMSG);
	begin(&a, 0x8000);			/* a list of areas without its header */
	append(&a, VFIO_REGION_INFO_CAP_SPARSE_MMAP, NULL, 0);
	assert_int_equal(pieces(&a, NULL, &p), -EBADMSG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_or_not_at_all),
		cmocka_unit_test(table_is_left_out_on_old_kernels),
		cmocka_unit_test(table_is_mapped_where_the_kernel_lets),
		cmocka_unit_test(areas_of_the_kernel),
		cmocka_unit_test(areas_that_make_no_sense),
		cmocka_unit_test(chains_that_make_no_sense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
