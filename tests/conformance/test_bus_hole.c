/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * A device with a hole where EAL's memory would grow is added while other devices run: the growth
 * is rejected at once, before the end of the scan.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "claim.h"
#include "common.h"
#include "fake_eal_growth.h"
#include "neighbours.h"
#include "policy.h"
#include "space.h"
#include "sync_space.h"
#include "vfio_msi_growth.h"
#include "vfio_msi_native.h"
#include "vfio_msi_values.h"
#include <rte_eal_memconfig.h>

#define PAGES 8u		/* of EAL's memory, before the hole */
#define HOLE (EAL_VA + PAGES * LARGE)

struct vfio_msi_bus vfio_msi_bus;
struct vfio_msi_natives vfio_msi_natives = TAILQ_HEAD_INITIALIZER(vfio_msi_natives);
int vfio_msi_logtype;

static enum iova_hardness hardness;
static int locked;		/* EAL's memory, while the device is added */
static int group_error;		/* of the device's group, which the pci bus has */

int __wrap_plan_survey(const struct plan_request *request, struct ioas **space,
		struct plan_device *out, char *why, size_t size);
int __real_plan_add(struct iova_layout *l, const struct plan_device *pd, char *why, size_t size);
int __wrap_plan_add(struct iova_layout *l, const struct plan_device *pd, char *why, size_t size);

int
__wrap_plan_survey(const struct plan_request *request, struct ioas **space,
		struct plan_device *out, char *why, size_t size)
{
	snprintf(out->topo.bdf, sizeof(out->topo.bdf), "0000:02:00.0");
	return 0;
}

int
__wrap_plan_add(struct iova_layout *l, const struct plan_device *pd, char *why, size_t size)
{
	locked = fake_mem_locked;
	return __real_plan_add(l, pd, why, size);
}

int
vfio_msi_conf_holes(const struct vfio_msi_conf *conf, const char *owner, struct hole_list *list)
{
	const struct iova_hole hole = {
		.range = RANGE(HOLE, HOLE + LARGE - 1), .origin = IOVA_ORIGIN_USER,
		.hardness = hardness, .by = IOVA_BY_BUS, .owner = "0000:02:00.0",
	};

	return holes_add(list, &hole);
}

int
vfio_msi_conf_limit(const struct vfio_msi_conf *conf, const char *owner, struct hole_list *list)
{
	return 0;
}

const struct ioas_fds *
vfio_msi_conf_fds(const struct vfio_msi_conf *conf)
{
	return NULL;
}

int
vfio_msi_bits_fit(unsigned int bits, const char *driver, const struct iova_range *ranges, size_t n,
		char *why, size_t size)
{
	return 0;
}

uint64_t
vfio_msi_bits_last(unsigned int bits)
{
	return UINT64_MAX;
}

struct rte_pci_id
vfio_msi_pci_id(const struct topo_device *t)
{
	return (struct rte_pci_id){ 0 };
}

struct rte_pci_driver *
vfio_msi_pci_driver(struct rte_pci_driver *prev, const struct rte_pci_id *id)
{
	return NULL;
}

void
vfio_msi_token_take(struct vfio_msi_device *dev)
{
}

bool
vfio_msi_token_is_optional(const struct vfio_msi_device *dev)
{
	return false;
}

struct ioas_member
vfio_msi_member(const struct vfio_msi_device *dev)
{
	return (struct ioas_member){ 0 };
}

int
vfio_msi_pci_check_group(const struct topo_device *t, char *why, size_t size)
{
	return group_error;
}

enum va_shortage
vfio_msi_steer_shortage(const struct iova_layout *of, const struct va_begin *begin)
{
	return VA_SHORT_OF_ALL;
}

bool
vfio_msi_steer_tried(void)
{
	return true;
}

/* A device runs, and the reach of EAL's memory has no end. */
static int
setup(void **state)
{
	char why[VFIO_MSI_TEXT];

	if (sync_setup(state) < 0)
		return -1;
	fake_eal_reserve(EAL_VA, FAKE_EAL_PAGES * LARGE);
	fake_eal_pool(0, LARGE, 512);
	vfio_msi_bus.ioas = sync_ioas;
	vfio_msi_bus.layout = layout;
	dma_sync_stop();
	assert_int_equal(vfio_msi_growth_check(VA_POLICY_GOOD, VA_ASSIGN_POSSIBLE, why, sizeof(why)), 0);
	assert_int_equal(sync_start(DMA_SYNC_EXTERNAL), 0);
	vfio_msi_growth_start();
	vfio_msi_bus.syncing = true;
	assert_false(fake_eal_is_validated());
	group_error = 0;
	return 0;
}

static int
teardown(void **state)
{
	vfio_msi_growth_stop();
	vfio_msi_bus.syncing = false;
	return sync_teardown(state);
}

static void
expect_rejected(void)
{
	const uint64_t before = dma_sync_refused().times;
	struct vfio_msi_device dev = { .vf_token = "" };
	char why[VFIO_MSI_TEXT] = "";

	assert_int_equal(vfio_msi_survey(&dev, &dev.plan.topo.addr, why, sizeof(why)), 0);
	assert_int_equal(fake_eal_alloc(EAL_VA + 4 * LARGE, PAGES, LARGE, 0), -1);
	assert_int_equal(dma_sync_refused().times, before);
	assert_int_equal(said("can't grow beyond"), 1);
	/* EAL asks the validator and sends the event in one hold of its lock. */
	assert_int_equal(locked, 1);
	assert_int_equal(fake_mem_locked, 0);
	assert_int_equal(fake_eal_alloc(EAL_VA + 4 * LARGE, PAGES - 4, LARGE, 0), 0);
	assert_int_equal(dma_sync_refused().times, before);
	vfio_msi_leave_layout(&dev);
	holes_free(&dev.plan.holes);
}

static void
test_hard_hole(void **state)
{
	hardness = IOVA_HARD;
	expect_rejected();
}

static void
test_soft_hole(void **state)
{
	hardness = IOVA_SOFT;
	expect_rejected();
}

/* The pci bus has a device of its group: it is rejected, and limits nothing. */
static void
test_pci_has_group(void **state)
{
	struct vfio_msi_device dev = { .vf_token = "" };
	char why[VFIO_MSI_TEXT] = "";

	hardness = IOVA_HARD;
	group_error = -EEXIST;
	assert_int_equal(vfio_msi_survey(&dev, &dev.plan.topo.addr, why, sizeof(why)), -EEXIST);
	vfio_msi_leave_layout(&dev);
	assert_false(fake_eal_is_validated());
	assert_int_equal(fake_eal_alloc(EAL_VA + 4 * LARGE, PAGES, LARGE, 0), 0);
	assert_int_equal(said("can't grow beyond"), 0);
	holes_free(&dev.plan.holes);
}

/* Nothing is mapped yet: EAL's memory, if it has any, is checked when it is. */
static void
test_before_start(void **state)
{
	struct vfio_msi_device dev = { .vf_token = "" };
	char why[VFIO_MSI_TEXT] = "";

	vfio_msi_growth_stop();
	vfio_msi_bus.syncing = false;
	hardness = IOVA_HARD;
	assert_int_equal(vfio_msi_survey(&dev, &dev.plan.topo.addr, why, sizeof(why)), 0);
	assert_int_equal(locked, 0);
	assert_false(fake_eal_is_validated());
	vfio_msi_leave_layout(&dev);
	holes_free(&dev.plan.holes);
}

#define hole_test(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		hole_test(test_hard_hole),
		hole_test(test_soft_hole),
		hole_test(test_pci_has_group),
		hole_test(test_before_start),
	};

	return RUN_ON_BACKENDS("hole of a new device", tests);
}
