/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Vectors of a device and the sources that share them: granted one at a time or all at once,
 * too few of them, and each system call failing once.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "common.h"
#include "vectors/vectors.h"
#include "vectors/vectors_request.h"

#define MSIX VFIO_PCI_MSIX_IRQ_INDEX
#define HAS 8	/* vectors of the device */

static struct ioas *space;
static int nic;
static struct vectors vs;

static int
setup(void **state)
{
	bool viable;

	if (machine_setup(state) != 0)
		return -1;
	space = open_space();
	fake_device_add(fake_group_add(7), MEMBER(7)->name, HAS);
	if (ioas_attach(space, MEMBER(7), &viable) != 0)
		return -1;
	nic = ioas_open_device(space, MEMBER(7));
	return nic < 0 ? -1 : 0;
}

static int
teardown(void **state)
{
	vectors_stop(&vs);
	vfio_uapi_close(nic);
	ioas_close(space);
	return machine_teardown(state);
}

static const char *
name(void)
{
	return MEMBER(7)->name;
}

/* The device interrupts; the number that arrives at the vector. */
static uint64_t
raise_and_take(unsigned int vector)
{
	uint64_t n;

	assert_true(fake_irq_raise(name(), vector));
	assert_true(vectors_take(&vs, vector, &n));
	return n;
}

static void
test_all_at_once(void **state)
{
	uint64_t n;
	int i;

	assert_int_equal(vectors_start(&vs, nic, MSIX, 4, VECTORS_TRIES), 0);
	assert_false(vs.dynamic);
	/* One for each source and no more, before any is enabled. */
	assert_int_equal(fake_vectors(name()), 4);
	assert_int_equal(vectors_granted(&vs), 4);
	assert_false(fake_irq_raise(name(), 2));
	for (i = 3; i >= 0; i--)
		assert_int_equal(vectors_enable(&vs, (unsigned int)i, true), i);
	assert_int_equal(vectors_enable(&vs, 2, true), -EEXIST);
	assert_int_equal(vectors_enable(&vs, 4, true), -EINVAL);
	assert_int_equal(raise_and_take(3), 1);
	assert_false(vectors_take(&vs, 3, &n));
	assert_true(fake_irq_raise(name(), 1));
	/* A source that goes and comes does not disturb what has arrived at another. */
	vectors_disable(&vs, 2);
	vectors_disable(&vs, 2);
	assert_false(fake_irq_raise(name(), 2));
	assert_int_equal(vectors_enable(&vs, 2, true), 2);
	assert_int_equal(raise_and_take(1), 2);
	assert_int_equal(fake_vectors(name()), 4);
	vectors_stop(&vs);
	assert_int_equal(fake_vectors(name()), 0);
	vectors_stop(&vs);
}

static void
test_one_at_a_time(void **state)
{
	fake.dynamic_msix = true;
	assert_int_equal(vectors_start(&vs, nic, MSIX, 6, VECTORS_TRIES), 0);
	assert_true(vs.dynamic);
	/* The first request would grant all below it. */
	assert_int_equal(fake_vectors(name()), 1);
	assert_int_equal(vectors_enable(&vs, 5, true), 5);
	assert_int_equal(fake_vectors(name()), 2);
	assert_int_equal(vectors_enable(&vs, 2, true), 2);
	assert_int_equal(raise_and_take(5), 1);
	assert_int_equal(fake_vectors(name()), 3);
	/* The kernel keeps the vector. */
	vectors_disable(&vs, 5);
	assert_false(fake_irq_raise(name(), 5));
	assert_int_equal(vectors_enable(&vs, 5, true), 5);
	assert_int_equal(fake_vectors(name()), 3);
	/* More sources: nothing is requested until they are enabled. */
	assert_int_equal(vectors_resize(&vs, HAS), 0);
	assert_int_equal(fake_vectors(name()), 3);
	assert_int_equal(vectors_enable(&vs, 7, true), 7);
	assert_int_equal(raise_and_take(2), 1);
}

/* More sources than the device has vectors. */
static void
test_shared(void **state)
{
	static const int expected[] = { 0, 1, 2, 3, 4, 5, 6, 7, 1, 2, 3, 4, 5, 6, 7, 1, 2, 3 };
	unsigned int dynamic, i;

	for (dynamic = 0; dynamic < 2; dynamic++) {
		fake.dynamic_msix = dynamic != 0;
		assert_int_equal(vectors_start(&vs, nic, MSIX, ROWS(expected), VECTORS_TRIES), 0);
		assert_int_equal(vs.has, HAS);
		for (i = 0; i < ROWS(expected); i++)
			assert_int_equal(vectors_enable(&vs, i, true), expected[i]);
		assert_int_equal(fake_vectors(name()), HAS);
		assert_int_equal(vs.v[1].users, 3);
		/* The vector remains on until its last source goes. */
		vectors_disable(&vs, 1);
		vectors_disable(&vs, 8);
		assert_int_equal(raise_and_take(1), 1);
		vectors_disable(&vs, 15);
		assert_false(fake_irq_raise(name(), 1));
		/* The one with the fewest sources. */
		assert_int_equal(vectors_enable(&vs, 8, true), 1);
		vectors_stop(&vs);
	}
}

/* Fewer vectors are available than the device has. */
static void
test_shortage(void **state)
{
	static const int expected[] = { 0, 1, 2, 1, 2, 1 };
	unsigned int dynamic, i;

	for (dynamic = 0; dynamic < 2; dynamic++) {
		fake.dynamic_msix = dynamic != 0;
		fake.vectors = 3;
		assert_int_equal(vectors_start(&vs, nic, MSIX, ROWS(expected), VECTORS_TRIES), 0);
		for (i = 0; i < ROWS(expected); i++)
			assert_int_equal(vectors_enable(&vs, i, true), expected[i]);
		assert_int_equal(vectors_granted(&vs), 3);
		assert_int_equal(vs.wanted, ROWS(expected));
		vectors_stop(&vs);
		fake.vectors = 1;
		assert_int_equal(vectors_start(&vs, nic, MSIX, 3, VECTORS_TRIES), 0);
		for (i = 0; i < 3; i++)
			assert_int_equal(vectors_enable(&vs, i, true), 0);
		assert_int_equal(vs.v[0].users, 3);
		vectors_stop(&vs);
		fake.vectors = 0;
		assert_int_equal(vectors_start(&vs, nic, MSIX, 3, VECTORS_TRIES), -ENOSPC);
		assert_int_equal(vectors_enable(&vs, 0, true), -EINVAL);
	}
}

/* Another process has vectors for a moment: a request waits for them. */
static void
test_moment(void **state)
{
	static const uint32_t few[] = { 0, 3 };
	unsigned int dynamic, i;

	for (dynamic = 0; dynamic < 2; dynamic++) {
		fake.dynamic_msix = dynamic != 0;
		for (i = 0; i < ROWS(few); i++) {
			fake.few_vectors = few[i];
			fake.few_times = 2;
			assert_int_equal(vectors_start(&vs, nic, MSIX, HAS, VECTORS_TRIES), 0);
			assert_int_equal(vectors_granted(&vs), dynamic ? 1 : HAS);
			assert_int_equal(fake.few_times, dynamic && few[i] > 0 ? 1 : 0);
			vectors_stop(&vs);
			fake.few_times = 0;
		}
	}
	fake.dynamic_msix = false;
	/* They become fewer with each request. */
	fake.vectors = 3;
	fake.few_vectors = 5;
	fake.few_times = 4;
	assert_int_equal(vectors_start(&vs, nic, MSIX, HAS, VECTORS_TRIES), 0);
	assert_int_equal(vectors_granted(&vs), 3);
}

/* One at a time: the caller waits, or shares at once. */
static void
test_moment_of_one(void **state)
{
	fake.dynamic_msix = true;
	assert_int_equal(vectors_start(&vs, nic, MSIX, HAS + 1, VECTORS_TRIES), 0);
	assert_int_equal(vectors_enable(&vs, 0, false), 0);
	fake.few_vectors = 1;
	fake.few_times = 2;
	assert_int_equal(vectors_enable(&vs, 3, false), -ENOSPC);
	assert_int_equal(vectors_enable(&vs, 3, false), -ENOSPC);
	assert_int_equal(vectors_enable(&vs, 3, false), 3);
	assert_int_equal(raise_and_take(3), 1);
	fake.few_times = 1;
	assert_int_equal(vectors_enable(&vs, 4, true), 3);
	/* The device has no vector for this one, so the kernel is not asked. */
	fake.few_times = 1;
	assert_int_equal(vectors_enable(&vs, HAS, false), 3);
	assert_int_equal(fake.few_times, 1);
}

/* A shortage during a resize: all is off meanwhile. */
static void
test_moment_of_resize(void **state)
{
	static const struct {
		const char *row;
		uint32_t few, times;
		int ret;
		unsigned int granted, left;
	} rows[] = {
		{ "lasts, with more than before", 5, 100, 0, 5, 98 },
		{ "lasts, with as many as before", 3, 100, 0, 3, 98 },
		/* Asked once for more, once for the one that there is; then it waits. */
		{ "is over soon", 1, 4, -ENOSPC, 3, 0 },
		{ "lasts, with fewer", 1, 100, -EIO, 0, 93 },
		{ "lasts, with none", 0, 100, -EIO, 0, 95 },
	};
	size_t i;

	EACH_ROW(i, rows, "%s", rows[i].row) {
		assert_int_equal(vectors_start(&vs, nic, MSIX, 3, VECTORS_TRIES), 0);
		fake.few_vectors = rows[i].few;
		fake.few_times = rows[i].times;
		assert_int_equal(vectors_resize(&vs, HAS), rows[i].ret);
		assert_int_equal(vectors_granted(&vs), rows[i].granted);
		assert_int_equal(fake_vectors(name()), rows[i].granted);
		assert_int_equal(fake.few_times, rows[i].left);
		fake.few_times = 0;
		vectors_stop(&vs);
	}
}

/* How many there are, without keeping them. */
static void
test_available(void **state)
{
	assert_int_equal(vectors_available(nic, MSIX, HAS, VECTORS_TRIES), HAS);
	assert_int_equal(fake_vectors(name()), 0);
	fake.vectors = 3;
	assert_int_equal(vectors_available(nic, MSIX, HAS, VECTORS_TRIES), 3);
	assert_int_equal(vectors_available(nic, MSIX, 2, VECTORS_TRIES), 2);
	assert_int_equal(fake_vectors(name()), 0);
	fake.vectors = HAS;
	fake.few_vectors = 1;
	fake.few_times = 3;
	assert_int_equal(vectors_available(nic, MSIX, HAS, VECTORS_TRIES), HAS);
	/* What fails otherwise is no number. */
	fake_fail_nth(1, EIO);
	assert_int_equal(vectors_available(nic, MSIX, HAS, VECTORS_TRIES), HAS);
	assert_non_null(fake_failed());
	fake_fail_nth(0, 0);
	assert_int_equal(vectors_request(nic, MSIX, &(int){ -1 }, 1, VECTORS_TRIES), 1);
	assert_int_equal(vfio_uapi_set_irqs(nic, MSIX, 0, NULL, 0), 0);
}

/* More sources, where all vectors are requested at once: no interrupt is lost in between. */
static void
test_resize(void **state)
{
	uint64_t n;

	assert_int_equal(vectors_start(&vs, nic, MSIX, 2, VECTORS_TRIES), 0);
	assert_int_equal(vectors_enable(&vs, 0, true), 0);
	assert_int_equal(vectors_enable(&vs, 1, true), 1);
	assert_true(fake_irq_raise(name(), 1));
	assert_int_equal(vectors_resize(&vs, 4), 0);
	assert_int_equal(fake_vectors(name()), 4);
	/* Both are signalled; the count has what the kernel signalled. */
	assert_true(vectors_take(&vs, 0, &n));
	assert_int_equal(n, 0);
	assert_true(vectors_take(&vs, 1, &n));
	assert_int_equal(n, 1);
	assert_int_equal(raise_and_take(1), 1);
	assert_int_equal(vectors_enable(&vs, 3, true), 3);
	assert_false(vectors_take(&vs, 3, &n));
	/* Fewer sources: the vectors remain. */
	assert_int_equal(vectors_resize(&vs, 3), -EBUSY);
	vectors_disable(&vs, 3);
	assert_int_equal(vectors_resize(&vs, 3), 0);
	assert_int_equal(fake_vectors(name()), 4);
	assert_int_equal(vectors_enable(&vs, 3, true), -EINVAL);
	assert_int_equal(vectors_resize(&vs, 4), 0);
	assert_false(vectors_take(&vs, 0, &n));
	assert_int_equal(vectors_enable(&vs, 3, true), 3);
	assert_int_equal(vectors_resize(&vs, 0), -EINVAL);
	/* Fewer are available than wanted, but more than before. */
	fake.vectors = 6;
	assert_int_equal(vectors_resize(&vs, HAS), 0);
	assert_int_equal(vectors_granted(&vs), 6);
	assert_int_equal(vectors_enable(&vs, 6, true), 2);
}

/* Another device has taken vectors while all were disabled. */
static void
test_resize_loses(void **state)
{
	uint64_t n;

	assert_int_equal(vectors_start(&vs, nic, MSIX, 3, VECTORS_TRIES), 0);
	assert_int_equal(vectors_enable(&vs, 0, true), 0);
	assert_int_equal(vectors_enable(&vs, 2, true), 2);
	fake.vectors = 2;
	assert_int_equal(vectors_resize(&vs, 5), -EIO);
	assert_int_equal(fake_vectors(name()), 0);
	assert_int_equal(vectors_enable(&vs, 0, true), -ENOSPC);
	/* The next one can have what there is. */
	assert_int_equal(vectors_resize(&vs, 5), 0);
	assert_int_equal(vectors_granted(&vs), 2);
	assert_int_equal(vectors_enable(&vs, 2, true), 1);
	assert_int_equal(vectors_enable(&vs, 0, true), 0);
	assert_false(vectors_take(&vs, 0, &n));
	assert_int_equal(raise_and_take(0), 1);
}

static void
test_intx(void **state)
{
	const unsigned int intx = VFIO_PCI_INTX_IRQ_INDEX;
	uint64_t n;

	fake.vectors = 0;
	assert_int_equal(vectors_start(&vs, nic, intx, 3, VECTORS_TRIES), 0);
	assert_int_equal(fake_vectors(name()), 0);
	assert_int_equal(vectors_enable(&vs, 2, true), 0);
	assert_int_equal(vectors_enable(&vs, 0, true), 0);
	assert_int_equal(raise_and_take(0), 1);
	vectors_disable(&vs, 2);
	assert_int_equal(raise_and_take(0), 1);
	vectors_disable(&vs, 0);
	assert_false(fake_irq_raise(name(), 0));
	assert_int_equal(vectors_resize(&vs, 9), 0);
	assert_int_equal(vectors_enable(&vs, 8, true), 0);
	assert_false(vectors_take(&vs, 0, &n));
}

static void
test_wrong(void **state)
{
	assert_int_equal(vectors_start(&vs, nic, MSIX, 0, VECTORS_TRIES), -EINVAL);
	assert_int_equal(vectors_start(&vs, nic, VFIO_PCI_NUM_IRQS, 1, VECTORS_TRIES), -EINVAL);
	vectors_disable(&vs, 0);
	assert_int_equal(vectors_granted(&vs), 0);
}

/* All operations, until one fails. @return its result */
static int
live(void)
{
	unsigned int i;
	int ret = vectors_start(&vs, nic, MSIX, 3, VECTORS_TRIES);

	for (i = 0; ret >= 0 && i < 3; i++)
		ret = vectors_enable(&vs, i, true);
	if (ret >= 0)
		ret = vectors_resize(&vs, 6);
	for (i = 3; ret >= 0 && i < 6; i++)
		ret = vectors_enable(&vs, i, true);
	return ret < 0 ? ret : 0;
}

/* The state is right after each failure: it can be used and ended. */
static void
test_failures(void **state)
{
	unsigned int dynamic, nth, i, j;
	bool failed = true;

	for (dynamic = 0; dynamic < 2; dynamic++, failed = true) {
		fake.dynamic_msix = dynamic != 0;
		for (nth = 1; failed; nth++) {
			fake_fail_nth(nth, EIO);
			i = live() < 0;
			failed = fake_failed() != NULL;
			fake_fail_nth(0, 0);
			assert_int_equal(i, failed);
			assert_int_equal(fake_vectors(name()), vectors_granted(&vs));
			for (j = 0; j < vs.sources; j++)
				if (vs.source[j] >= 0)
					assert_true(fake_irq_raise(name(), (unsigned int)vs.source[j]));
			vectors_stop(&vs);
			assert_int_equal(fake_vectors(name()), 0);
		}
		assert_true(nth > 8);
	}
}

/* What is left to a call that undoes another: as above, with two failures. */
static void
test_disable_fails(void **state)
{
	assert_int_equal(vectors_start(&vs, nic, MSIX, 2, VECTORS_TRIES), 0);
	assert_int_equal(vectors_enable(&vs, 1, true), 1);
	fake_fail_nth(1, ENODEV);
	vectors_disable(&vs, 1);
	assert_non_null(fake_failed());
	assert_int_equal(vectors_enable(&vs, 1, true), 1);
	assert_int_equal(raise_and_take(1), 1);
	fake_fail_nth(1, ENODEV);
	vectors_stop(&vs);
	assert_non_null(fake_failed());
}

#define VECTORS_TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		VECTORS_TEST(test_all_at_once),
		VECTORS_TEST(test_one_at_a_time),
		VECTORS_TEST(test_shared),
		VECTORS_TEST(test_shortage),
		VECTORS_TEST(test_moment),
		VECTORS_TEST(test_moment_of_one),
		VECTORS_TEST(test_moment_of_resize),
		VECTORS_TEST(test_available),
		VECTORS_TEST(test_resize),
		VECTORS_TEST(test_resize_loses),
		VECTORS_TEST(test_intx),
		VECTORS_TEST(test_wrong),
		VECTORS_TEST(test_failures),
		VECTORS_TEST(test_disable_fails),
	};

	return RUN_ON_BACKENDS("vectors", tests);
}
