/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * IOVAs for memory whose addresses are no good IOVAs: chosen, mapped where they were chosen,
 * and reserved until then.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common.h"
#include "eal/dma_place.h"

#define MIB UINT64_C(0x100000)
#define GIB (1024 * MIB)
#define VA (UINT64_C(0x7f0000000000) + 6 * MIB)
#define TOP_IOVA ((UINT64_C(1) << 39) - 1)

static struct ioas *ioas;
static struct dma_pieces pieces;

static int
setup(void **state)
{
	if (machine_setup(state) < 0)
		return -1;
	add_group(7);
	ioas = open_space();
	attach_group(ioas, 7);
	/* A window of 62 MiB at 2 MiB, and one of 16 MiB at 128 MiB. */
	add_hole(0, 2 * MIB - 1, IOVA_HARD);
	add_hole(64 * MIB, 128 * MIB - 1, IOVA_HARD);
	add_hole(144 * MIB, UINT64_MAX, IOVA_HARD);
	return 0;
}

static int
teardown(void **state)
{
	dma_pieces_free(&pieces);
	ioas_close(ioas);
	return machine_teardown(state);
}

static int
place(uint64_t va, uint64_t len, uint64_t page)
{
	int ret;

	ioas_layout_lock(ioas);
	ret = dma_place(layout, va, len, page, &pieces);
	ioas_layout_unlock(ioas);
	return ret;
}

static void
end(void)
{
	ioas_layout_lock(ioas);
	dma_place_end(layout);
	ioas_layout_unlock(ioas);
}

static void
expect_piece(size_t i, uint64_t va, uint64_t iova, uint64_t len)
{
	assert_true(i < pieces.n);
	assert_int_equal(pieces.v[i].va, va);
	assert_int_equal(pieces.v[i].iova, iova);
	assert_int_equal(pieces.v[i].len, len);
}

static void
map_pieces(void)
{
	size_t i;

	for (i = 0; i < pieces.n; i++)
		assert_int_equal(ioas_map(ioas, IOAS_EAL, pieces.v[i].va, pieces.v[i].iova,
			pieces.v[i].len, NULL), 0);
}

static void
test_whole(void **state)
{
	assert_int_equal(place(VA, 32 * MIB, 2 * MIB), 0);
	assert_int_equal(pieces.n, 1);
	expect_piece(0, VA, 2 * MIB, 32 * MIB);
	map_pieces();
	end();
	expect_same(ioas);
	/* The next stretch follows, without the room of the first. */
	assert_int_equal(place(VA + GIB, 4 * MIB, 2 * MIB), 0);
	expect_piece(1, VA + GIB, 34 * MIB, 4 * MIB);
	end();
}

/* What is reserved is free for its owner only, and free again after the end. */
static void
test_reserved(void **state)
{
	uint64_t iova;

	assert_int_equal(place(VA, 62 * MIB, 2 * MIB), 0);
	assert_int_equal(ioas_map_any(ioas, IOAS_APPLICATION, VA + GIB, 2 * MIB, PAGE, TOP_IOVA,
		&iova), 0);
	assert_int_equal(iova, 128 * MIB);
	end();
	assert_int_equal(ioas_map_any(ioas, IOAS_APPLICATION, VA + 2 * GIB, 2 * MIB, PAGE,
		TOP_IOVA, &iova), 0);
	assert_int_equal(iova, 2 * MIB);
}

static void
test_halves(void **state)
{
	uint64_t iova;

	/* 72 MiB: 36 and 36. The second half: 18 and 18, the last of which 10 and 8. */
	assert_int_equal(place(VA, 72 * MIB, 2 * MIB), 0);
	assert_int_equal(pieces.n, 4);
	expect_piece(0, VA, 2 * MIB, 36 * MIB);
	expect_piece(1, VA + 36 * MIB, 38 * MIB, 18 * MIB);
	expect_piece(2, VA + 54 * MIB, 128 * MIB, 10 * MIB);
	expect_piece(3, VA + 64 * MIB, 56 * MIB, 8 * MIB);
	map_pieces();
	end();
	expect_same(ioas);
	assert_int_equal(dma_pieces_find(&pieces, VA + 55 * MIB, &iova), 0);
	assert_int_equal(iova, 129 * MIB);
	assert_int_equal(dma_pieces_find(&pieces, VA + 72 * MIB, &iova), -ENOENT);
	assert_int_equal(dma_pieces_find(&pieces, VA - 1, &iova), -ENOENT);
}

static void
test_too_few(void **state)
{
	assert_int_equal(place(VA, 80 * MIB, 2 * MIB), -ENOSPC);
	end();
	dma_pieces_free(&pieces);
	assert_int_equal(place(VA, 62 * MIB, 2 * MIB), 0);
	end();
	assert_int_equal(place(VA, 128 * MIB, 128 * MIB), -EINVAL);
	assert_int_equal(place(0, 128 * MIB, 128 * MIB), -ENOSPC);
	assert_int_equal(mappings_count(ioas), 0);
}

static void
test_alignment(void **state)
{
	/* As the VA modulo 2 MiB, */
	assert_int_equal(place(VA + 3 * PAGE, 4 * MIB, PAGE), 0);
	expect_piece(0, VA + 3 * PAGE, 2 * MIB + 3 * PAGE, 4 * MIB);
	/* but not for less than a large page, which fills the gap before. */
	assert_int_equal(place(VA + GIB + 5 * PAGE, 3 * PAGE, PAGE), 0);
	expect_piece(1, VA + GIB + 5 * PAGE, 2 * MIB, 3 * PAGE);
	assert_int_equal(place(VA + PAGE, 3 * PAGE, 2 * PAGE), -EINVAL);
	assert_int_equal(place(VA, 0, PAGE), -EINVAL);
	end();
}

static void
test_sorted(void **state)
{
	uint64_t iova;

	assert_int_equal(place(VA + GIB, 2 * MIB, 2 * MIB), 0);
	assert_int_equal(place(VA, 2 * MIB, 2 * MIB), 0);
	dma_pieces_sort(&pieces);
	expect_piece(0, VA, 4 * MIB, 2 * MIB);
	assert_int_equal(dma_pieces_find(&pieces, VA + GIB + PAGE, &iova), 0);
	assert_int_equal(iova, 2 * MIB + PAGE);
	end();
}

/* The copy has the rules of devices that leave the layout, and is independent of it. */
static void
test_copy(void **state)
{
	const struct iova_range low = RANGE(0, GIB - 1);
	struct iova_layout *copy;
	struct iova_range out;

	assert_int_equal(iova_layout_allow(layout, &low, 1, "0000:01:07.0", NULL), 0);
	assert_int_equal(ioas_map(ioas, IOAS_EAL, VA, 2 * MIB, 2 * MIB, NULL), 0);
	assert_int_equal(dma_place_copy(layout, &copy), 0);
	iova_layout_forget(layout, "0000:01:07.0");
	assert_int_equal(iova_layout_test(copy, RANGE(GIB, GIB), false, NULL), -ERANGE);
	assert_int_equal(iova_layout_test(copy, RANGE(64 * MIB, 64 * MIB), false, NULL),
		-EADDRINUSE);
	dma_place_end(copy);
	assert_int_equal(iova_layout_test(copy, RANGE(GIB, GIB), false, NULL), -ERANGE);
	assert_int_equal(iova_layout_place(copy, MIB - 1, MIB, UINT64_MAX, "x", &out), 0);
	assert_int_equal(out.first, 2 * MIB);
	assert_int_equal(iova_layout_check(copy, NULL), 0);
	iova_layout_destroy(copy);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reserved, setup, teardown),
		cmocka_unit_test_setup_teardown(test_halves, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_few, setup, teardown),
		cmocka_unit_test_setup_teardown(test_alignment, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sorted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_copy, setup, teardown),
	};

	return RUN_ON_BACKENDS("assigned IOVAs", tests);
}
