/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Events that report to an application when the address space is opened and closed.
 */

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <rte_errno.h>

#include "eal/eal_iommu_api.h"
#include "own_memory_space.h"

#define VA ((char *)UINT64_C(0x7f0000000000))
#define MIB ((size_t)0x100000)
#define ROUNDS 200

static char events_seen[16];		/* a letter for each event */
static struct rte_eal_iommu_mapped last_lost;

static void
note(char letter)
{
	size_t n = strlen(events_seen);

	assert_true(n + 1 < sizeof(events_seen));
	events_seen[n] = letter;
}

static void
listen(enum rte_eal_iommu_event event, const struct rte_eal_iommu_mapped *lost, void *arg)
{
	static const char letters[] = { [RTE_EAL_IOMMU_SPACE_UP] = 'U',
		[RTE_EAL_IOMMU_SPACE_DOWN] = 'D', [RTE_EAL_IOMMU_MAPPING_LOST] = 'L' };

	(void)arg;
	note(letters[event]);
	assert_int_equal(lost != NULL, event == RTE_EAL_IOMMU_MAPPING_LOST);
	if (lost != NULL)
		last_lost = *lost;
}

static int
setup(void **state)
{
	if (own_space_setup_api(state) < 0)
		return -1;
	memset(events_seen, 0, sizeof(events_seen));
	return 0;
}

static void
no_more(void)
{
	note('u');
}

static void
count_mapped(enum rte_eal_iommu_event event, const struct rte_eal_iommu_mapped *lost, void *arg)
{
	(void)lost;
	if (event == RTE_EAL_IOMMU_SPACE_DOWN)
		*(size_t *)arg = mappings_count(own_ioas);
}

/* When applications get the event "space down", nothing is mapped. */
static void
test_unmapped_before(void **state)
{
	size_t n = 7;
	rte_iova_t iova;

	assert_int_equal(rte_eal_iommu_event_register(count_mapped, &n), 0);
	assert_int_equal(rte_eal_iommu_dma_map(VA, MIB, 0, &iova), 0);
	own_space_down();
	assert_int_equal(n, 0);
}

static void
test_comes_and_goes(void **state)
{
	assert_int_equal(rte_eal_iommu_event_register(listen, NULL), 0);
	own_space_down();
	assert_string_equal(events_seen, "D");
	own_memory_down(no_more);
	assert_string_equal(events_seen, "Du");
	own_space_up();
	assert_string_equal(events_seen, "DuU");
	assert_int_equal(rte_eal_iommu_event_unregister(listen, NULL), 0);
	own_space_down();
	assert_string_equal(events_seen, "DuU");
}

static void
test_errors(void **state)
{
	assert_fails(rte_eal_iommu_event_register(NULL, NULL), EINVAL);
	assert_fails(rte_eal_iommu_event_unregister(NULL, NULL), ENOENT);
	assert_fails(rte_eal_iommu_event_unregister(listen, NULL), ENOENT);
	assert_int_equal(rte_eal_iommu_event_register(listen, NULL), 0);
	assert_fails(rte_eal_iommu_event_register(listen, NULL), EEXIST);
	assert_int_equal(rte_eal_iommu_event_register(listen, events_seen), 0);
	assert_fails(rte_eal_iommu_event_unregister(listen, &last_lost), ENOENT);
	own_space_down();
	assert_string_equal(events_seen, "DD");
}

static void
test_lost(void **state)
{
	struct rte_eal_iommu_mapped mapped;
	struct rte_eal_iommu_mapping *handle;
	const struct rte_eal_iommu_map_conf conf = { .addr = VA, .len = MIB };
	rte_iova_t iova;

	assert_int_equal(rte_eal_iommu_event_register(listen, NULL), 0);
	assert_int_equal(rte_eal_iommu_map(&conf, &handle), 0);
	assert_int_equal(rte_eal_iommu_dma_map(VA + MIB, MIB, 0, &iova), 0);
	assert_int_equal(rte_eal_iommu_mapping_get(handle, &mapped), 0);
	own_space_down();
	add_hole(mapped.iova, mapped.iova + PAGE - 1, IOVA_HARD);
	own_space_up();
	assert_string_equal(events_seen, "DLU");
	assert_int_equal(last_lost.iova, mapped.iova);
	assert_ptr_equal(last_lost.addr, VA);
	assert_int_equal(last_lost.len, MIB);
	own_space_down();
	add_hole(iova, iova + PAGE - 1, IOVA_HARD);
	own_space_up();
	assert_string_equal(events_seen, "DLUDLU");
	assert_int_equal(last_lost.iova, iova);
	assert_int_equal(rte_eal_iommu_unmap(handle), 0);
}

/* Map the memory again when the space is up, and unregister. */
static void
map_again(enum rte_eal_iommu_event event, const struct rte_eal_iommu_mapped *lost, void *arg)
{
	rte_iova_t iova;

	(void)lost;
	note('m');
	if (event == RTE_EAL_IOMMU_SPACE_UP) {
		assert_int_equal(rte_eal_iommu_dma_map(VA, MIB, 0, &iova), 0);
		assert_int_equal(rte_eal_iommu_event_unregister(map_again, arg), 0);
		assert_int_equal(rte_eal_iommu_event_register(listen, NULL), 0);
	}
}

static void
test_a_callback_calls_back(void **state)
{
	assert_int_equal(rte_eal_iommu_event_register(map_again, NULL), 0);
	assert_int_equal(rte_eal_iommu_event_register(map_again, events_seen), 0);
	own_space_down();
	assert_string_equal(events_seen, "mm");
	assert_int_equal(rte_eal_iommu_event_unregister(map_again, events_seen), 0);
	own_space_up();
	/* A callback that another callback registers gets the same event, too. */
	assert_string_equal(events_seen, "mmmU");
	assert_int_equal(mappings_count(own_ioas), 1);
	own_space_down();
	assert_string_equal(events_seen, "mmmUD");
}

/* rte_dev_dma_map() uses the lowest IOVA, and needs it again. */
static void
map_device(void)
{
	assert_int_equal(ioas_map(own_ioas, IOAS_DEVICE, (uintptr_t)VA, 0, MIB, NULL), 0);
}

/* Map memory at any IOVA on each event. */
static void
map_more(enum rte_eal_iommu_event event, const struct rte_eal_iommu_mapped *lost, void *arg)
{
	rte_iova_t iova;

	(void)lost;
	(void)arg;
	if (event != RTE_EAL_IOMMU_SPACE_DOWN)
		note(rte_eal_iommu_dma_map(VA + MIB, MIB, 0, &iova) == 0 && iova >= MIB ? 'm' : '!');
}

/* A callback of "space up" does not get an IOVA that must be restored. */
static void
test_others_are_restored_first(void **state)
{
	struct ioas_mapping m;
	rte_iova_t iova;

	own_restore = map_device;
	map_device();
	assert_int_equal(rte_eal_iommu_dma_map(VA, MIB, 0, &iova), 0);
	assert_int_equal(rte_eal_iommu_event_register(map_more, NULL), 0);
	own_space_down();
	add_hole(iova, iova + PAGE - 1, IOVA_HARD);
	own_space_up();
	assert_string_equal(events_seen, "mm");
	assert_int_equal(ioas_lookup(own_ioas, 0, &m), 0);
	assert_int_equal(m.owner, IOAS_DEVICE);
	assert_int_equal(mappings_count(own_ioas), 3);
}

/* The flag says whether the callback runs. */
static void
slow(enum rte_eal_iommu_event event, const struct rte_eal_iommu_mapped *lost, void *arg)
{
	unsigned int *runs = arg;

	(void)event;
	(void)lost;
	__atomic_store_n(runs, 1, __ATOMIC_SEQ_CST);
	usleep(20000);
	__atomic_store_n(runs, 2, __ATOMIC_SEQ_CST);
}

static void *
unregister_slow(void *arg)
{
	unsigned int *runs = arg;

	while (__atomic_load_n(runs, __ATOMIC_SEQ_CST) == 0)
		usleep(100);
	if (rte_eal_iommu_event_unregister(slow, arg) < 0)
		return NULL;
	return __atomic_load_n(runs, __ATOMIC_SEQ_CST) == 2 ? arg : NULL;
}

static void
test_unregister_waits(void **state)
{
	unsigned int runs = 0;
	pthread_t thread;
	void *ret;

	assert_int_equal(rte_eal_iommu_event_register(slow, &runs), 0);
	assert_int_equal(pthread_create(&thread, NULL, unregister_slow, &runs), 0);
	own_space_down();
	pthread_join(thread, &ret);
	assert_ptr_equal(ret, &runs);
}

static int
any(const struct rte_eal_iommu_mapped *m, void *arg)
{
	(void)m;
	return __atomic_load_n((const unsigned int *)arg, __ATOMIC_RELAXED) != 0;
}

static void
count(enum rte_eal_iommu_event event, const struct rte_eal_iommu_mapped *lost, void *arg)
{
	(void)lost;
	__atomic_fetch_add((unsigned int *)arg, event == RTE_EAL_IOMMU_SPACE_UP, __ATOMIC_RELAXED);
}

/* Every call succeeds, or fails because there is no space. */
static void *
use(void *arg)
{
	const struct rte_eal_iommu_map_conf conf = { .addr = VA, .len = MIB };
	const unsigned int *stop = arg;
	struct rte_eal_iommu_mapping *handle;
	struct rte_eal_iommu_mapped mapped;
	unsigned int heard = 0;
	rte_iova_t iova;
	size_t len;

	while (__atomic_load_n(stop, __ATOMIC_RELAXED) == 0) {
		if (rte_eal_iommu_event_register(count, &heard) < 0)
			return NULL;
		if (rte_eal_iommu_map(&conf, &handle) == 0) {
			len = MIB;
			if (rte_eal_iommu_virt2iova(VA, &len, &iova) < 0 && rte_errno != ENODEV)
				return NULL;
			if (rte_eal_iommu_mapping_get(handle, &mapped) < 0 && rte_errno != ENODEV)
				return NULL;
			rte_eal_iommu_mapping_foreach(any, &heard);
			if (rte_eal_iommu_unmap(handle) < 0)
				return NULL;
		}
		if (rte_eal_iommu_event_unregister(count, &heard) < 0)
			return NULL;
	}
	return arg;
}

static void
test_space_goes_meanwhile(void **state)
{
	unsigned int stop = 0;
	pthread_t thread;
	void *ret;

	assert_int_equal(pthread_create(&thread, NULL, use, &stop), 0);
	own_space_restart(ROUNDS);
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread, &ret);
	assert_ptr_equal(ret, &stop);
	assert_int_equal(own_n_lost, 0);
	assert_int_equal(mappings_count(own_ioas), 0);
}

int
main(void)
{
#define EVENT_TEST(t) cmocka_unit_test_setup_teardown(t, setup, own_space_teardown)
	const struct CMUnitTest tests[] = {
		EVENT_TEST(test_comes_and_goes),
		EVENT_TEST(test_unmapped_before),
		EVENT_TEST(test_errors),
		EVENT_TEST(test_lost),
		EVENT_TEST(test_a_callback_calls_back),
		EVENT_TEST(test_others_are_restored_first),
		EVENT_TEST(test_unregister_waits),
		EVENT_TEST(test_space_goes_meanwhile),
	};

	return RUN_ON_BACKENDS("own_memory_events", tests);
}
