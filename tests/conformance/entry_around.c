/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "claim.h"
#include "common.h"
#include "device.h"
#include "entry_around.h"
#include "machine.h"
#include "neighbours.h"
#include "probe.h"
#include "slow.h"
#include "space.h"
#include "eal/dma_sync.h"
#include "eal/own_memory.h"
#include <rte_interrupts.h>

struct vfio_msi_bus vfio_msi_bus = {
	.devices = TAILQ_HEAD_INITIALIZER(vfio_msi_bus.devices),
	.forgotten = TAILQ_HEAD_INITIALIZER(vfio_msi_bus.forgotten),
	.bars_lock = RTE_SPINLOCK_INITIALIZER,
};

static struct rte_devargs argument = { .policy = RTE_DEV_ALLOWED, .name = NIC };
const char *root;
void (*in_claim)(const struct topo_addr *addr);
void (*in_probe)(void);
void (*in_remove)(void);
void (*before_unmap)(void);
int driver_result;
int again_result = -EEXIST;
atomic_bool mapped;
atomic_uint scans;
__thread bool is_intr;
atomic_uint looks;
atomic_long step;

void __real_plan_scan_begin(struct plan_scan *scan, const char *of);
void __wrap_plan_scan_begin(struct plan_scan *scan, const char *of);
int __real_clock_gettime(clockid_t id, struct timespec *t);
int __wrap_clock_gettime(clockid_t id, struct timespec *t);

void
__wrap_plan_scan_begin(struct plan_scan *scan, const char *of)
{
	atomic_fetch_add(&scans, 1);
	__real_plan_scan_begin(scan, root != NULL ? root : of);
}

int
__wrap_clock_gettime(clockid_t id, struct timespec *t)
{
	static atomic_long passed;
	const long now = atomic_load(&step);
	int ret = __real_clock_gettime(id, t);

	t->tv_sec += atomic_fetch_add(&passed, now) + now;
	atomic_fetch_add(&looks, 1);
	return ret;
}

int
rte_thread_is_intr(void)
{
	return is_intr;
}

struct rte_devargs *
rte_devargs_next(const char *bus, const struct rte_devargs *start)
{
	return root != NULL && start == NULL ? &argument : NULL;
}

int
vfio_msi_devargs_addr(const struct rte_devargs *da, struct topo_addr *out)
{
	return topology_parse_bdf(da->name, out);
}

void
vfio_msi_claim(const struct topo_addr *addr, const struct rte_devargs *da)
{
	if (in_claim != NULL)
		in_claim(addr);
}

int
vfio_msi_mp_nth(unsigned int n, struct topo_addr *addr, char *why, size_t size)
{
	return -ENODEV;
}

void
vfio_msi_given_free(struct vfio_msi_device *dev)
{
}

struct ioas_member
vfio_msi_member(const struct vfio_msi_device *dev)
{
	return *member(dev->plan.topo.addr.dev);
}

int
vfio_msi_driver_start(struct vfio_msi_device *dev)
{
	static struct rte_pci_driver driver = { .driver.name = "net_fake" };

	if (in_probe != NULL)
		in_probe();
	if (driver_result == 0) {
		dev->pci.device.device.driver = &driver.driver;
		compat_pci_driver_set(&dev->pci.device, &driver);
		dev->fd = 0;
	}
	return driver_result;
}

int
vfio_msi_driver_again(struct vfio_msi_device *dev)
{
	return again_result;
}

void
vfio_msi_device_abandon(struct vfio_msi_device *dev)
{
}

int
vfio_msi_driver_stop(struct vfio_msi_device *dev)
{
	if (in_remove != NULL)
		in_remove();
	dev->pci.device.device.driver = NULL;
	compat_pci_driver_set(&dev->pci.device, NULL);
	dev->fd = -1;
	return 0;
}

int
dma_sync_start(struct ioas *ioas, struct iova_layout *l, enum dma_sync_choice choice,
		struct dma_sync_stats *stats, char *why, size_t size)
{
	memset(stats, 0, sizeof(*stats));
	atomic_store(&mapped, true);
	return 0;
}

void
dma_sync_stop(void)
{
	atomic_store(&mapped, false);
}

void
own_memory_up(struct ioas *ioas, struct iova_layout *l, uint64_t page,
		const struct own_memory_calls *calls)
{
	calls->restore();
}

void
own_memory_down(void (*unmap)(void))
{
	if (before_unmap != NULL)
		before_unmap();
	unmap();
}

struct vfio_msi_device *devices[2];

/* A scan frees what was removed, but not before EAL can't access it any more. */
static void
free_forgotten(void)
{
	step = 60;
	vfio_msi_forgotten_free();
	step = 0;
	assert_true(TAILQ_EMPTY(&vfio_msi_bus.forgotten));
}

int
entry_setup(void **state)
{
	unsigned int i;

	if (machine_setup(state) < 0)
		return -1;
	slow_setup();
	for (i = 0; i < 2; i++) {
		add_group((int)(7 + i));
		devices[i] = calloc(1, sizeof(*devices[i]));
		devices[i]->fd = -1;
		devices[i]->pci.device.device.name = NIC;
		devices[i]->pci.device.device.bus = &vfio_msi_bus.bus;
		devices[i]->plan.topo.addr = (struct topo_addr){ .bus = 1, .dev = 7 + i };
		vfio_msi_list_add(devices[i]);
	}
	vfio_msi_bus.layout = layout;
	vfio_msi_bus.ioas = open_space();
	return 0;
}

int
entry_teardown(void **state)
{
	struct vfio_msi_device *dev;

	vfio_msi_bus.closed = false;
	in_probe = in_remove = NULL;
	before_unmap = NULL;
	driver_result = 0;
	again_result = -EEXIST;
	fake_process_type = RTE_PROC_PRIMARY;
	while ((dev = TAILQ_FIRST(&vfio_msi_bus.devices)) != NULL)
		vfio_msi_entry_unplug(&dev->pci.device.device);
	free_forgotten();
	assert_null(vfio_msi_bus.ioas);
	assert_false(vfio_msi_bus.syncing);
	slow_teardown();
	return machine_teardown(state);
}

void
pause_ms(long ms)
{
	const struct timespec t = { .tv_nsec = ms * 1000 * 1000 };

	nanosleep(&t, NULL);
}
