/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * A map or unmap that takes long in the kernel: which calls of other threads proceed
 * meanwhile, and which wait for it.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common.h"
#include "slow.h"

#define VA UINT64_C(0x7f0000000000)
#define ELSEWHERE (UINT64_C(2) << 30)

static struct ioas *ioas;
static intptr_t
map_slow(void)
{
	return ioas_map(ioas, IOAS_EAL, VA, SLOW, PAGE, NULL);
}

/* Begin the slow map. Only its first leg is slow. */
static void
map_begin(struct call *c)
{
	slow_begin(c, map_slow, &fake_map_begins);
}

static intptr_t
unmap_slow(void)
{
	return ioas_unmap(ioas, IOAS_EAL, SLOW, 3 * PAGE);
}

/* Begin an unmap of two mappings. The unmap of the first one is slow. */
static void
unmap_begin(struct call *c)
{
	assert_int_equal(map_slow(), 0);
	assert_int_equal(ioas_map(ioas, IOAS_EAL, VA, SLOW + 2 * PAGE, PAGE, NULL), 0);
	slow_begin(c, unmap_slow, &fake_unmap_begins);
}

/* Groups 7 and 8 are attached, so a space may have two legs. Group 9 is not. */
static int
setup(void **state)
{
	int group, ret = machine_setup(state);
	bool viable;

	slow_setup();
	for (group = 7; group <= 9; group++)
		add_group(group);
	ioas = open_space();
	for (group = 7; group <= 8 && ret == 0; group++)
		ret = ioas_attach(ioas, member(group), &viable);
	return ret;
}

static int
teardown(void **state)
{
	ioas_close(ioas);
	slow_teardown();
	return machine_teardown(state);
}

static int
any_mapping(const struct ioas_mapping *m, void *arg)
{
	return 1;
}

static void
expect_dump(const char *line)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	ioas_layout_lock(ioas);
	iova_layout_dump(layout, f);
	ioas_layout_unlock(ioas);
	fclose(f);
	assert_non_null(strstr(text, line));
	free(text);
}

/* Other calls proceed. The range of the map is in use, but not mapped. */
static void
test_others_go_on(void **state)
{
	struct ioas_mapping m;
	struct ioas_info info;
	struct call slow;
	uint64_t iova;

	map_begin(&slow);
	assert_int_equal(ioas_lookup(ioas, SLOW, &m), -ENOENT);
	assert_int_equal(mappings_count(ioas), 0);
	assert_int_equal(ioas_foreach(ioas, any_mapping, NULL), 0);
	expect_dump("EAL's memory");
	assert_int_equal(ioas_info_get(ioas, &info), 0);
	ioas_info_free(&info);
	assert_int_equal(ioas_n_attached(ioas), 2);
	assert_int_equal(ioas_map(ioas, IOAS_EAL, VA, ELSEWHERE, PAGE, NULL), 0);
	assert_int_equal(ioas_lookup(ioas, ELSEWHERE, &m), 0);
	assert_int_equal(ioas_map(ioas, IOAS_EAL, VA, SLOW, PAGE, NULL), -EEXIST);
	assert_int_equal(ioas_map_any(ioas, IOAS_EAL, VA, PAGE, SLOW, ELSEWHERE + SLOW, &iova), 0);
	assert_int_equal(iova, 0);
	assert_int_equal(ioas_map_any(ioas, IOAS_EAL, VA, PAGE, SLOW, ELSEWHERE + PAGE, &iova),
			-ENOSPC);
	/* No owner can unmap a range that has a pending mapping. */
	assert_int_equal(ioas_unmap(ioas, IOAS_EAL, SLOW, PAGE), -EBUSY);
	assert_int_equal(ioas_unmap(ioas, IOAS_DEVICE, SLOW, PAGE), -EPERM);
	assert_int_equal(ioas_unmap(ioas, IOAS_EAL, SLOW, ELSEWHERE), -EBUSY);
	assert_int_equal(mappings_count(ioas), 2);
	assert_int_equal(ioas_unmap(ioas, IOAS_EAL, ELSEWHERE, PAGE), 0);
	slow_go_on();
	assert_int_equal(call_end(&slow), 0);
	assert_int_equal(ioas_lookup(ioas, SLOW, &m), 0);
	assert_int_equal(m.va, VA);
	assert_int_equal(mappings_count(ioas), 2);
	expect_same(ioas);
	assert_int_equal(ioas_unmap(ioas, IOAS_EAL, SLOW, PAGE), 0);
	expect_same(ioas);
}

/* The kernel rejects the slow map: the range is free again. */
static void
test_refused(void **state)
{
	struct call slow;

	map_begin(&slow);
	fake.hollow = RANGE(VA, VA);
	slow_go_on();
	assert_int_equal(call_end(&slow), -EFAULT);
	fake.hollow = RANGE(1, 0);
	expect_same(ioas);
	assert_int_equal(map_slow(), 0);
	expect_same(ioas);
}

static intptr_t
is_covered(void)
{
	return ioas_covers(ioas, VA, SLOW, PAGE);
}

/* ioas_covers() waits for the slow map. */
static void
test_covers_waits(void **state)
{
	struct call slow, ask;

	map_begin(&slow);
	assert_false(ioas_covers(ioas, VA + PAGE, SLOW, PAGE));
	assert_false(ioas_covers(ioas, VA, SLOW, 2 * PAGE));
	call_begin(&ask, is_covered);
	assert_true(call_waits(&ask));
	slow_go_on();
	assert_int_equal(call_end(&slow), 0);
	assert_true(call_end(&ask));
	ioas_unmap_all(ioas);
	map_begin(&slow);
	call_begin(&ask, is_covered);
	fake.hollow = RANGE(VA, VA);
	slow_go_on();
	assert_int_equal(call_end(&slow), -EFAULT);
	assert_false(call_end(&ask));
}

static intptr_t
attach_third(void)
{
	bool viable;

	return ioas_attach(ioas, member(9), &viable);
}

/* An attach waits for the slow map. A new leg gets the mapping, too. */
static void
test_attach_waits(void **state)
{
	struct call slow, other;

	map_begin(&slow);
	call_begin(&other, attach_third);
	assert_true(call_waits(&other));
	slow_go_on();
	assert_int_equal(call_end(&slow), 0);
	assert_int_equal(call_end(&other), 0);
	assert_int_equal(ioas_n_attached(ioas), 3);
	assert_int_equal(mappings_count(ioas), 1);
	expect_same(ioas);
}

static intptr_t
map_elsewhere(void)
{
	return ioas_map(ioas, IOAS_EAL, VA, ELSEWHERE, PAGE, NULL);
}

static intptr_t
map_anywhere(void)
{
	uint64_t iova;

	return ioas_map_any(ioas, IOAS_EAL, VA, PAGE, PAGE, SLOW, &iova);
}

/* Maps that begin later wait behind a thread that waits for all maps. */
static void
test_maps_wait_behind(void **state)
{
	struct call slow, attach, fixed, any;

	map_begin(&slow);
	call_begin(&attach, attach_third);
	assert_true(call_waits(&attach));
	call_begin(&fixed, map_elsewhere);
	assert_true(call_waits(&fixed));
	slow_go_on();
	assert_int_equal(call_end(&slow), 0);
	assert_int_equal(call_end(&attach), 0);
	assert_int_equal(call_end(&fixed), 0);
	expect_same(ioas);
	ioas_detach(ioas, member(9));
	ioas_unmap_all(ioas);
	map_begin(&slow);
	call_begin(&attach, attach_third);
	assert_true(call_waits(&attach));
	call_begin(&any, map_anywhere);
	assert_true(call_waits(&any));
	slow_go_on();
	assert_int_equal(call_end(&slow), 0);
	assert_int_equal(call_end(&attach), 0);
	assert_int_equal(call_end(&any), 0);
	expect_same(ioas);
}

static intptr_t
detach_all(void)
{
	ioas_detach(ioas, member(7));
	ioas_detach(ioas, member(8));
	return 0;
}

static intptr_t
unmap_all(void)
{
	ioas_unmap_all(ioas);
	return 0;
}

static intptr_t
close_space(void)
{
	ioas_close(ioas);
	ioas = NULL;
	return 0;
}

/* Calls that unmap everything wait for the slow map and unmap it. */
static void
test_ends_wait(void **state)
{
	intptr_t (*const ends[])(void) = { unmap_all, detach_all, close_space };
	struct call slow, other;
	size_t i;

	for (i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		if (i == 2)
			assert_int_equal(attach_third(), 0);
		map_begin(&slow);
		call_begin(&other, ends[i]);
		assert_true(call_waits(&other));
		slow_go_on();
		assert_int_equal(call_end(&slow), 0);
		call_end(&other);
		assert_int_equal(fake_n_mappings(), 0);
		if (ioas != NULL)
			expect_same(ioas);
	}
}

/* Other calls proceed, also in a gap of the range. None of the range is mapped any more. */
static void
test_unmap_others_go_on(void **state)
{
	struct ioas_mapping m;
	struct call slow;

	unmap_begin(&slow);
	assert_int_equal(ioas_lookup(ioas, SLOW, &m), -ENOENT);
	assert_int_equal(ioas_lookup(ioas, SLOW + 2 * PAGE, &m), -ENOENT);
	assert_int_equal(mappings_count(ioas), 0);
	assert_int_equal(map_elsewhere(), 0);
	assert_int_equal(map_slow(), -EEXIST);
	assert_int_equal(ioas_map(ioas, IOAS_EAL, VA, SLOW + PAGE, PAGE, NULL), 0);
	assert_int_equal(unmap_slow(), -EBUSY);
	assert_int_equal(ioas_unmap(ioas, IOAS_EAL, ELSEWHERE, PAGE), 0);
	slow_go_on();
	assert_int_equal(call_end(&slow), 0);
	assert_int_equal(mappings_count(ioas), 1);
	assert_int_equal(ioas_lookup(ioas, SLOW + PAGE, &m), 0);
	expect_same(ioas);
	assert_int_equal(map_slow(), 0);
}

/* The kernel fails in a leg: the second mapping remains, and all can be unmapped later. */
static void
test_unmap_refused(void **state)
{
	struct ioas_mapping m;
	struct call slow;

	unmap_begin(&slow);
	fake_fail_nth(1, EIO);
	slow_go_on();
	assert_int_equal(call_end(&slow), -EIO);
	assert_int_equal(ioas_lookup(ioas, SLOW + 2 * PAGE, &m), 0);
	assert_int_equal(map_slow(), -EEXIST);
	assert_int_equal(unmap_slow(), 0);
	assert_int_equal(mappings_count(ioas), 0);
	expect_same(ioas);
}

/* A new leg does not get a mapping that is being unmapped. ioas_covers() waits for the unmap. */
static void
test_unmap_is_waited_for(void **state)
{
	struct call slow, other, ask;

	unmap_begin(&slow);
	call_begin(&other, attach_third);
	assert_true(call_waits(&other));
	call_begin(&ask, is_covered);
	assert_true(call_waits(&ask));
	slow_go_on();
	assert_int_equal(call_end(&slow), 0);
	assert_int_equal(call_end(&other), 0);
	assert_false(call_end(&ask));
	assert_int_equal(ioas_n_attached(ioas), 3);
	assert_int_equal(mappings_count(ioas), 0);
	expect_same(ioas);
}

int
main(void)
{
#define PENDING_TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		PENDING_TEST(test_others_go_on),
		PENDING_TEST(test_refused),
		PENDING_TEST(test_covers_waits),
		PENDING_TEST(test_attach_waits),
		PENDING_TEST(test_maps_wait_behind),
		PENDING_TEST(test_ends_wait),
		PENDING_TEST(test_unmap_others_go_on),
		PENDING_TEST(test_unmap_refused),
		PENDING_TEST(test_unmap_is_waited_for),
	};

	return RUN_ON_BACKENDS("ioas_pending", tests);
}
