/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What the bus logs about memory of an application that has its IOVA already: of
 * rte_eal_iommu.h and of rte_dev_dma_map().
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <rte_errno.h>

#include "eal/dma_sync.h"
#include "own_memory_space.h"
#include "space.h"
#include "text_count.h"

#define VA UINT64_C(0x140000000)
#define HUGE UINT64_C(0x200000)
#define OTHERS "; the kernel has put these hugepages out of the device's reach: use others, reserve fewer, or earlier (hugepages= on the kernel command line), or use another device"
#define KEY "; hole= or dma_bits= excludes these hugepages: drop that key if the device reaches them, else use others, reserve fewer, or earlier (hugepages= on the kernel command line), or use another device"
#define PHYSICAL "; check that packets arrive, or use a machine with an IOMMU\n"

struct vfio_msi_bus vfio_msi_bus;
int vfio_msi_logtype;
enum rte_iova_mode fake_iova_mode = RTE_IOVA_PA;
static char said[4096];
static struct vfio_msi_device device = { .label = "vfio_msi:0000:01:07.0" };

void
fake_eal_log(const char *level, const char *format, ...)
{
	size_t at = strlen(said);
	va_list ap;

	at += (size_t)snprintf(said + at, sizeof(said) - at, "%s: ", level);
	va_start(ap, format);
	if (at < sizeof(said))
		vsnprintf(said + at, sizeof(said) - at, format, ap);
	va_end(ap);
}

void
dma_sync_restored(void)
{
}

static void
unmap_all(void)
{
	vfio_msi_dma_stop();
	if (vfio_msi_bus.ioas != NULL)
		ioas_unmap_all(vfio_msi_bus.ioas);
}

static void
up(void)
{
	vfio_msi_bus.ioas = open_space();
	attach_group(vfio_msi_bus.ioas, 7);
	vfio_msi_own_memory_start();
}

static void
down(void)
{
	own_memory_down(unmap_all);
	ioas_close(vfio_msi_bus.ioas);
	vfio_msi_bus.ioas = NULL;
}

static int
setup(void **state)
{
	if (machine_setup(state) < 0)
		return -1;
	add_group(7)->aperture = RANGE(0, OWN_SPACE_LIMIT);
	said[0] = '\0';
	vfio_msi_bus.layout = layout;
	up();
	return 0;
}

static int
teardown(void **state)
{
	down();
	own_memory_forget();
	vfio_msi_dma_free();
	return machine_teardown(state);
}

static int
own_map(uint64_t va)
{
	uint64_t iova;

	return own_memory_dma_map(va, HUGE, 0, &iova);
}

static int
device_map(uint64_t va)
{
	return vfio_msi_dma_map(&device.pci.device.device, (void *)(uintptr_t)va, va, HUGE);
}

static void
add_key(uint64_t first)
{
	const struct iova_hole hole = { .range = { first, UINT64_MAX },
		.origin = IOVA_ORIGIN_USER, .hardness = IOVA_HARD, .detail = "dma_bits=28",
		.owner = "0000:01:00.0" };

	assert_int_equal(iova_layout_add_hole(layout, &hole, NULL), 0);
}

/* Check what was logged, and forget it. */
static void
expect(const char *text)
{
	if (text_count(said, text) != 1)
		fail_msg("no \"%s\" in:\n%s", text, said);
	said[0] = '\0';
}

static void
test_memory_of_the_api(void **state)
{
	add_hole(VA, VA + HUGE - 1, IOVA_SOFT);
	add_hole(VA + HUGE, VA + HUGE, IOVA_HARD);
	assert_int_equal(own_map(VA - HUGE), 0);
	assert_string_equal(said, "");
	assert_int_equal(own_map(VA), 0);
	expect("WARNING: vfio_msi: the application's memory at VA 0x140000000, IOVA 0x140000000-0x1401fffff, meets 0x140000000-0x1401fffff (reserved, from 0000:01:00.0): DMA there may not reach memory" PHYSICAL);
	assert_int_equal(own_map(VA + HUGE), -ENOSPC);
	expect("ERR: vfio_msi: can't map the application's memory at VA 0x140200000, IOVA 0x140200000-0x1403fffff: meets 0x140200000-0x140200000 (reserved, from 0000:01:00.0)" OTHERS "\n");
	add_key(VA + 2 * HUGE);
	assert_int_equal(own_map(VA + 2 * HUGE), -ENOSPC);
	expect("(user dma_bits=28, from 0000:01:00.0)" KEY "\n");
}

static void
test_memory_of_a_device(void **state)
{
	add_hole(VA, VA + HUGE - 1, IOVA_SOFT);
	add_hole(VA + HUGE, VA + HUGE, IOVA_HARD);
	assert_int_equal(device_map(VA - HUGE), 0);
	assert_string_equal(said, "");
	assert_int_equal(device_map(VA), 0);
	expect("WARNING: vfio_msi:0000:01:07.0: DMA map of IOVA 0x140000000-0x1401fffff, VA 0x140000000, meets 0x140000000-0x1401fffff (reserved, from 0000:01:00.0): DMA there may not reach memory" PHYSICAL);
	assert_int_equal(device_map(VA + HUGE), -1);
	assert_int_equal(rte_errno, EADDRINUSE);
	expect("0x1403fffff failed: meets 0x140200000-0x140200000 (reserved, from 0000:01:00.0)" OTHERS "\n");
	add_key(VA + 2 * HUGE);
	assert_int_equal(device_map(VA + 2 * HUGE), -1);
	expect("(user dma_bits=28, from 0000:01:00.0)" KEY "\n");
	/* The application passes an IOVA that is not the memory's. */
	fake.elsewhere = RANGE(VA + HUGE, VA + 2 * HUGE - 1);
	fake.distance = 8 * HUGE;
	assert_int_equal(device_map(VA + HUGE), -1);
	assert_int_equal(rte_errno, EADDRNOTAVAIL);
	expect("0x1403fffff failed: Cannot assign requested address; without an IOMMU the IOVA must be the physical address");
	assert_int_equal(device_map(VA - HUGE - HUGE / 2), -1);
	assert_int_equal(rte_errno, EEXIST);
	expect("which is mapped already (rte_dev_dma_map()); without an IOMMU memory is mapped once only: map only what is outside of that mapping\n");
}

/* The same memory would get the same IOVA. */
static void
test_lost_without_iommu(void **state)
{
	assert_int_equal(own_map(VA), 0);
	assert_int_equal(device_map(VA + HUGE), 0);
	down();
	add_hole(VA, VA, IOVA_HARD);
	add_hole(VA + HUGE, VA + HUGE, IOVA_SOFT);
	up();
	assert_int_equal(text_count(said, "0x1401fffff: meets 0x140000000-0x140000000 (reserved, from 0000:01:00.0); unmap it, and map other hugepages\n"), 1);
	expect("WARNING: vfio_msi: DMA map of IOVA 0x140200000-0x1403fffff, VA 0x140200000, meets");
}

/* The driver of a device sets the limit. */
static void
test_limit(void **state)
{
	struct plan_device pd = { .dma_last = VA - 1, .topo.bdf = "0000:01:07.0",
		.topo.group_noiommu = true };
	char why[PLAN_TEXT];

	assert_int_equal(plan_add(layout, &pd, why, sizeof(why)), 0);
	assert_int_equal(own_map(VA - HUGE), 0);
	assert_int_equal(own_map(VA), -ENOSPC);
	expect("ERR: vfio_msi: can't map the application's memory at VA 0x140000000, IOVA 0x140000000-0x1401fffff: is outside of what 0000:01:07.0 drives, which leaves out 0x140000000-0xffffffffffffffff" OTHERS "\n");
	plan_remove(layout, &pd);
	assert_int_equal(own_map(VA), 0);
}

/* The new device has a soft hole where memory is restored. */
static void
test_restored(void **state)
{
	uint64_t iova;

	assert_int_equal(own_memory_dma_map(VA, HUGE, 0, &iova), 0);
	down();
	add_hole(iova, iova, IOVA_SOFT);
	up();
	expect("DMA there may not reach memory; unmap it, map it again, and give devices the new IOVA\n");
	assert_int_equal(own_memory_dma_unmap(iova, HUGE), 0);
	/* The IOVA of rte_dev_dma_map() is the application's. */
	assert_int_equal(device_map(VA), 0);
	assert_string_equal(said, "");
	down();
	add_hole(VA, VA, IOVA_SOFT);
	up();
	expect("DMA there may not reach memory; use rte_eal_iommu_map(), which chooses a better IOVA\n");
	down();
	add_hole(VA + PAGE, VA + PAGE, IOVA_HARD);
	up();
	expect("; this VA is no good IOVA: map the memory with rte_eal_iommu_map(), which chooses an IOVA,");
}

int
main(void)
{
#define BUS_TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest without[] = {
		BUS_TEST(test_memory_of_the_api),
		BUS_TEST(test_memory_of_a_device),
		BUS_TEST(test_lost_without_iommu),
		BUS_TEST(test_limit),
	};
	const struct CMUnitTest tests[] = {
		BUS_TEST(test_restored),
	};
	int failed;

	backend = IOAS_BACKEND_NOIOMMU;
	failed = cmocka_run_group_tests_name("bus_own_memory without an IOMMU", without, NULL, NULL);
	return failed + RUN_ON_BACKENDS("bus_own_memory", tests);
}
