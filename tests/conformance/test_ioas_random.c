/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Seeded random operations compared with a simple model: an array with one byte per page
 * of a small space, the number of the mapping that owns the page. The model predicts
 * errors as well as success.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common.h"
#include "tree.h"

#define ROUNDS 30000
#define PAGES 256		/* of the space; BEHIND more follow */
#define BEHIND 8
#define HOLE_FIRST 96
#define HOLE_LAST 103

static uint32_t owner[PAGES + BEHIND];	/* 0: free */
static bool moved[PAGES];	/* its memory is not that of step_map() */
static uint32_t n_owners;
static unsigned int n_covered;
static uint64_t seed;

static uint64_t
below(uint64_t n)
{
	return tree_random(&seed) % n;
}

static bool
in_hole(size_t page)
{
	return page >= HOLE_FIRST && page <= HOLE_LAST;
}

static int
model_test(size_t first, size_t n)
{
	size_t i;

	if (first + n > PAGES)
		return -ERANGE;
	for (i = first; i < first + n; i++)
		if (in_hole(i))
			return -EADDRINUSE;
	for (i = first; i < first + n; i++)
		if (owner[i] != 0)
			return -EEXIST;
	return 0;
}

static void
model_set(size_t first, size_t n, uint32_t who)
{
	size_t i;

	for (i = first; i < first + n; i++)
		owner[i] = who;
}

static int
model_unmap(size_t first, size_t n)
{
	bool any = false;
	size_t i;

	if (first > 0 && owner[first] != 0 && owner[first] == owner[first - 1])
		return -EBUSY;
	if (first + n < PAGES && owner[first + n] != 0 &&
			owner[first + n - 1] == owner[first + n])
		return -EBUSY;
	for (i = first; i < first + n; i++)
		any = any || owner[i] != 0;
	model_set(first, n, 0);
	return any ? 0 : -ENOENT;
}

static int
model_place(size_t n, size_t align, size_t limit, size_t *out)
{
	for (*out = 0; *out + n <= limit; *out += align)
		if (model_test(*out, n) == 0)
			return 0;
	return -ENOSPC;
}

static size_t
model_count(void)
{
	size_t i, n = 0;

	for (i = 0; i < PAGES; i++)
		n += owner[i] != 0 && (i == 0 || owner[i - 1] != owner[i]);
	return n;
}

static void
step_map(struct ioas *ioas)
{
	size_t first = below(PAGES + BEHIND / 2), n = 1 + below(BEHIND / 2);
	int want = model_test(first, n);

	assert_int_equal(ioas_map(ioas, IOAS_EAL, (first + 1) * PAGE, first * PAGE, n * PAGE, NULL), want);
	if (want == 0) {
		model_set(first, n, ++n_owners);
		memset(&moved[first], false, n);
	}
}

static void
step_map_any(struct ioas *ioas)
{
	size_t n = 1 + below(12), align = (size_t)1 << below(4), limit = 1 + below(PAGES), at;
	int want = model_place(n, align, limit, &at);
	uint64_t iova = 0;

	assert_int_equal(ioas_map_any(ioas, IOAS_EAL, PAGE, n * PAGE, align * PAGE, limit * PAGE - 1,
				&iova), want);
	if (want == 0) {
		assert_int_equal(iova, at * PAGE);
		model_set(at, n, ++n_owners);
		memset(&moved[at], at != 0, n);
	}
}

static void
step_unmap(struct ioas *ioas)
{
	size_t first = below(PAGES), n = 1 + below(below(4) == 0 ? 40 : 6);

	if (first + n > PAGES)
		n = PAGES - first;
	assert_int_equal(ioas_unmap(ioas, IOAS_EAL, first * PAGE, n * PAGE), model_unmap(first, n));
}

static void
step_refused(struct ioas *ioas)
{
	size_t first = below(PAGES), n = 1 + below(BEHIND);
	int want = model_test(first, n);

	fake_fail_nth(1, ENOMEM);
	assert_int_equal(ioas_map(ioas, IOAS_EAL, PAGE, first * PAGE, n * PAGE, NULL),
			want == 0 ? -ENOMEM : want);
	fake_fail_nth(0, 0);
}

static void
step_lookup(struct ioas *ioas)
{
	size_t page = below(PAGES);
	struct ioas_mapping m;
	int ret = ioas_lookup(ioas, page * PAGE + below(PAGE), &m);

	assert_int_equal(ret, owner[page] != 0 ? 0 : -ENOENT);
	if (ret < 0)
		return;
	assert_int_equal(owner[m.iova.first / PAGE], owner[page]);
	assert_int_equal(owner[m.iova.last / PAGE], owner[page]);
	assert_true(m.iova.last / PAGE + 1 == PAGES ||
			owner[m.iova.last / PAGE + 1] != owner[page]);
}

/* Bytes of several pages are covered if each page is mapped, also by different calls. */
static void
step_covers(struct ioas *ioas)
{
	size_t first = below(PAGES), n = 1 + below(6), cut = below(PAGE), i;
	bool all = first + n <= PAGES;

	for (i = first; all && i < first + n; i++)
		all = owner[i] != 0 && !moved[i];
	assert_int_equal(ioas_covers(ioas, (first + 1) * PAGE + cut, first * PAGE + cut,
				n * PAGE - cut), all);
	assert_false(ioas_covers(ioas, first * PAGE, first * PAGE, 0));
	n_covered += all;
}

static void
step(struct ioas *ioas, bool *viable)
{
	uint64_t what = below(1000);

	if (what < 300)
		step_map(ioas);
	else if (what < 450)
		step_map_any(ioas);
	else if (what < 850)
		step_unmap(ioas);
	else if (what < 900)
		step_refused(ioas);
	else if (what < 950)
		step_lookup(ioas);
	else if (what < 997)
		step_covers(ioas);
	else if (what < 998) {
		ioas_unmap_all(ioas);
		model_set(0, PAGES, 0);
	} else {
		ioas_detach(ioas, MEMBER(7));
		model_set(0, PAGES, 0);
		assert_int_equal(ioas_attach(ioas, MEMBER(7), viable), 0);
	}
}

static void
test_random(void **state)
{
	const char *chosen = getenv("SEED");
	struct fake_group *g = add_group(7);
	struct ioas *ioas;
	size_t most = 0;
	bool viable;
	int round;

	memset(owner, 0, sizeof(owner));
	seed = chosen != NULL ? strtoull(chosen, NULL, 0) : 1;
	g->aperture = RANGE(0, PAGES * PAGE - 1);
	fake_range(g, HOLE_FIRST * PAGE, (HOLE_LAST + 1) * PAGE - 1);
	ioas = open_space();
	assert_int_equal(ioas_attach(ioas, MEMBER(7), &viable), 0);
	assert_int_equal(iova_layout_allow(layout, &g->aperture, 1, "0000:01:00.0", NULL), 0);
	add_hole(HOLE_FIRST * PAGE, (HOLE_LAST + 1) * PAGE - 1, IOVA_HARD);
	for (round = 0; round < ROUNDS; round++) {
		step(ioas, &viable);
		assert_int_equal(mappings_count(ioas), model_count());
		expect_same(ioas);
		most = mappings_count(ioas) > most ? mappings_count(ioas) : most;
	}
	assert_in_range(most, 30, PAGES);
	assert_true(n_covered > 100);
	ioas_close(ioas);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_random),
	};

	return RUN_ON_BACKENDS("ioas_random", tests);
}
