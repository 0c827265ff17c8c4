/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* The backend of POWER: which windows it creates, registered memory, failures. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common.h"

#define VA UINT64_C(0x7f0000000000)
#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)
#define LARGE (UINT64_C(1) << 59)
#define CALLS_LEAST 30	/* the sequence makes more calls */

static struct ioas *ioas;

static int
setup(void **state)
{
	backend = IOAS_BACKEND_TYPE1;
	if (machine_setup(state) < 0)
		return -1;
	fake.power.on = true;
	add_group(7);
	add_group(8);
	ioas = open_space();
	return 0;
}

static int
teardown(void **state)
{
	ioas_close(ioas);
	ioas = NULL;
	return machine_teardown(state);
}

static int
attach(int group)
{
	bool viable;

	return ioas_attach(ioas, member(group), &viable);
}

static int
map(uint64_t va, uint64_t iova)
{
	return ioas_map(ioas, IOAS_EAL, va, iova, 2 * MIB, NULL);
}

static int
unmap(uint64_t iova)
{
	return ioas_unmap(ioas, IOAS_EAL, iova, 2 * MIB);
}

static void
test_choice(void **state)
{
	enum ioas_backend ask;
	struct ioas *other;

	assert_int_equal(ioas_backend_of(ioas), IOAS_BACKEND_SPAPR);
	assert_string_equal(ioas_backend_name(IOAS_BACKEND_SPAPR), "spapr");
	assert_int_equal(ioas_backend_parse("spapr", &ask), 0);
	assert_int_equal(ioas_open(ask, NULL, NULL, &other, NULL), 0);
	ioas_close(other);
	assert_true(ioas_backend_serves(IOAS_BACKEND_AUTO, IOAS_BACKEND_SPAPR));
	assert_true(ioas_backend_serves(IOAS_BACKEND_TYPE1, IOAS_BACKEND_SPAPR));
	assert_false(ioas_backend_serves(IOAS_BACKEND_IOMMUFD, IOAS_BACKEND_SPAPR));
	fake.power.on = false;
	assert_int_equal(ioas_open(ask, NULL, NULL, &other, NULL), -ENOTSUP);
}

/* The window that an attach gives. */
static void
expect_window(const struct ioas_need *need, uint64_t start, uint64_t size, uint64_t page)
{
	struct ioas_info info;

	ioas_need_set(ioas, need);
	assert_int_equal(attach(7), 0);
	assert_int_equal(ioas_info_get(ioas, &info), 0);
	assert_int_equal(info.n_ranges, 1);
	assert_int_equal(info.ranges[0].first, start);
	assert_int_equal(info.ranges[0].last, start + size - 1);
	assert_int_equal(info.page_sizes, page);
	ioas_info_free(&info);
	ioas_detach(ioas, member(7));
}

static void
test_windows(void **state)
{
	const struct ioas_need nothing = { 0 }, some = { 3 * GIB, 2 * MIB };
	const struct ioas_need much = { UINT64_MAX / 2, 2 * MIB };

	/* Base pages, unless larger ones are known. */
	expect_window(&nothing, LARGE, 256 * MIB, 0x1000);
	expect_window(&some, LARGE, 8 * GIB, 0x10000);
	fake.power.page_sizes |= 16 * MIB | 2 * MIB;
	expect_window(&some, LARGE, 8 * GIB, 2 * MIB);
	fake.power.page_sizes = 0x11000;
	/* What is too large is halved. */
	expect_window(&much, LARGE, fake.power.largest, 0x10000);
	fake.power.windows = 1;
	expect_window(&some, LARGE, 8 * GIB, 0x10000);
	fake.power.windows = UINT32_MAX;	/* the kernel has switched it off */
	expect_window(&some, 0, GIB, 0x1000);
	fake.power.windows = 0;
	expect_window(&some, 0, GIB, 0x1000);
}

/* A survey creates the window that the attach will have, and leaves nothing. */
static void
test_survey(void **state)
{
	const struct ioas_need need = { 3 * GIB, 2 * MIB };
	unsigned int left = fake_leaks(NULL);
	struct ioas_info info;
	bool viable;

	ioas_need_set(ioas, &need);
	assert_int_equal(ioas_survey(ioas, member(7), &info, &viable), 0);
	assert_int_equal(info.n_ranges, 1);
	assert_int_equal(info.ranges[0].first, LARGE);
	assert_int_equal(info.ranges[0].last, LARGE + 8 * GIB - 1);
	ioas_info_free(&info);
	assert_int_equal(fake_leaks(NULL), left);
}

/* The kernel lets nobody create a large window after an error, so it is not tried again. */
static void
test_no_window(void **state)
{
	unsigned int left = fake_leaks(NULL), calls, again;

	fake.power.create_error = EIO;
	calls = fake_calls();
	assert_int_equal(attach(7), -EIO);
	calls = fake_calls() - calls;
	assert_int_equal(fake_leaks(NULL), left);
	again = fake_calls();
	assert_int_equal(attach(7), -ENODEV);
	assert_int_equal(fake_calls() - again, calls);
	fake.power.create_error = 0;
	fake.power.largest = MIB;
	assert_int_equal(attach(7), -ERANGE);
	assert_int_equal(fake_leaks(NULL), left);
	fake.power.largest = GIB;
	assert_int_equal(attach(7), 0);
}

/* Our record is the only guard of what is mapped. */
static void
test_memory(void **state)
{
	struct fake_mapping m;

	assert_int_equal(attach(7), 0);
	assert_int_equal(map(VA, LARGE), 0);
	assert_int_equal(map(VA + 2 * MIB, LARGE), -EEXIST);
	assert_true(fake_mapping_get(0, &m));
	assert_int_equal(m.va, VA);
	/* The same memory once more, and neighbours. */
	assert_int_equal(map(VA, LARGE + 16 * MIB), 0);
	assert_int_equal(map(VA + 2 * MIB, LARGE + 2 * MIB), 0);
	expect_same(ioas);
	assert_int_equal(unmap(LARGE), 0);
	expect_same(ioas);
	/* The kernel would reject a part of what is registered. */
	assert_int_equal(ioas_map(ioas, IOAS_EAL, VA, LARGE, MIB, NULL), -EINVAL);
	assert_int_equal(map(VA, LARGE), 0);
	assert_int_equal(unmap(LARGE), 0);
	assert_int_equal(unmap(LARGE + 16 * MIB), 0);
	assert_int_equal(ioas_map(ioas, IOAS_EAL, VA, LARGE, MIB, NULL), 0);
	assert_int_equal(map(VA + 4 * MIB, GIB), -ERANGE);
	expect_same(ioas);
	fake.power.backing = PAGE;
	assert_int_equal(map(VA + 4 * MIB, LARGE + 4 * MIB), 0);
}

static void
test_small_pages(void **state)
{
	const struct ioas_need need = { GIB, 2 * MIB };
	unsigned int left;

	ioas_need_set(ioas, &need);
	assert_int_equal(attach(7), 0);
	left = fake_leaks(NULL);
	fake.power.backing = PAGE;
	assert_int_equal(map(VA, LARGE), -EINVAL);
	assert_non_null(strstr(ioas_hint(ioas, -EINVAL), "smaller"));
	assert_int_equal(fake_leaks(NULL), left);
	fake.memlock = MIB;
	assert_int_equal(map(VA, LARGE), -ENOMEM);
	assert_int_equal(fake_leaks(NULL), left);
}

/* A second group has a container of its own. */
static void
test_groups(void **state)
{
	unsigned int left;

	assert_int_equal(attach(7), 0);
	assert_int_equal(map(VA, LARGE), 0);
	left = fake_leaks(NULL);
	assert_int_equal(attach(8), 0);
	assert_int_equal(fake_n_mappings(), 2);
	assert_int_equal(map(VA + 2 * MIB, LARGE + 2 * MIB), 0);
	expect_same(ioas);
	assert_int_equal(unmap(LARGE + 2 * MIB), 0);
	ioas_detach(ioas, member(8));
	assert_int_equal(fake_leaks(NULL), left);
	expect_same(ioas);
	/* What the second can't translate keeps it out. */
	fake.power.windows = 0;
	assert_int_equal(attach(8), -ERANGE);
	assert_int_equal(fake_leaks(NULL), left);
	expect_same(ioas);
}

/* A device that the hypervisor froze. */
static void
test_stopped(void **state)
{
	static const struct {
		int state, stopped;
	} rows[] = {
		{ -ENODEV, -ENODEV }, { -EIO, -EIO }, { VFIO_EEH_PE_STATE_NORMAL, 0 },
		{ VFIO_EEH_PE_STATE_RESET, 0 },
		{ VFIO_EEH_PE_STATE_STOPPED, IOAS_STOPPED_OR_UNKNOWN },
		{ VFIO_EEH_PE_STATE_STOPPED_DMA, 1 }, { VFIO_EEH_PE_STATE_UNAVAIL, 0 },
	};
	size_t i;

	assert_int_equal(ioas_stopped(ioas, member(7)), -ENODEV);
	assert_int_equal(attach(7), 0);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fake.power.eeh_state = rows[i].state;
		assert_int_equal(ioas_stopped(ioas, member(7)), rows[i].stopped);
	}
	assert_int_equal(ioas_stopped(ioas, member(8)), -ENODEV);
}

/* From open to close, going on after errors. @return the first error. */
static int
story(void)
{
	const struct ioas_need need = { GIB, 2 * MIB };
	int ret, first = 0;
	uint64_t i;

#define STEP(call) do { ret = (call); if (first == 0) first = ret; } while (0)
	STEP(ioas_open(IOAS_BACKEND_AUTO, member(7), layout, &ioas, NULL));
	if (ret < 0)
		return ret;
	ioas_need_set(ioas, &need);
	STEP(attach(7));
	for (i = 0; i < 3; i++)
		STEP(map(VA + 2 * i * MIB, LARGE + 2 * i * MIB));
	STEP(attach(8));
	STEP(map(VA, LARGE + 32 * MIB));
	for (i = 0; i < 2; i++)
		STEP(unmap(LARGE + 2 * i * MIB));
	ioas_detach(ioas, member(8));
	STEP(unmap(LARGE + 32 * MIB));
#undef STEP
	return first;
}

/* Each call fails once. */
static void
test_sweep(void **state)
{
	static const int errors[] = { EIO, EINVAL, EBUSY, EPERM, ENOMEM };
	unsigned int n, i, reached;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		for (n = 1, reached = 1; reached; n++) {
			teardown(state);
			assert_int_equal(machine_setup(state), 0);
			fake.power.on = true;
			fake.no_iommufd = true;
			add_group(7);
			add_group(8);
			fake_fail_nth(n, errors[i]);
			ioas = NULL;
			story();
			reached = fake_failed() != NULL;
			fake_fail_nth(0, 0);
			ioas_close(ioas);
			ioas = NULL;
			if (fake_leaks(stderr) > 0)
				fail_msg("left behind: call %u failed, %s", n, strerror(errors[i]));
			assert_true(reached || n > CALLS_LEAST);
		}
}

#define spapr_test(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		spapr_test(test_choice),
		spapr_test(test_windows),
		spapr_test(test_survey),
		spapr_test(test_no_window),
		spapr_test(test_memory),
		spapr_test(test_small_pages),
		spapr_test(test_groups),
		spapr_test(test_stopped),
		spapr_test(test_sweep),
	};

	return cmocka_run_group_tests_name("spapr", tests, NULL, NULL);
}
