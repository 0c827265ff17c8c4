/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * One round of "irq --bench". A driver of the tool is registered before those of DPDK, so it
 * gets the device on either bus, and the same code runs on both.
 *
 * The main thread reads the clock, triggers and sleeps until the receiver has read the clock.
 * Nothing else is on its way then.
 */

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_interrupts.h>
#include <rte_lcore.h>

#include <bus_pci_driver.h>

#include "irq_bench.h"
#include "map_meter.h"
#include "uapi/vfio_uapi.h"

#define LOST_S 2
#define WARM_UP 16

/* The device, and its address as probe() finds it. */
static struct rte_pci_device *probed;
static const char *wanted;

/* What the threads share. The receiver writes it before it posts. */
static struct {
	int efd;
	atomic_bool stop;
	atomic_uint_fast64_t end_ns;
	sem_t came;
} common;

static int
probe(struct rte_pci_driver *driver, struct rte_pci_device *device)
{
	/* DPDK's drivers may have others of its kind. */
	if (strcmp(device->device.name, wanted) != 0)
		return 1;
	probed = device;
	return 0;
}

static int
removed(struct rte_pci_device *device)
{
	probed = NULL;
	return 0;
}

static struct rte_pci_id ids[2];

static struct rte_pci_driver driver = {
	.driver = { .name = "test_msi" },
	.id_table = ids,
	.probe = probe,
	.remove = removed,
	.drv_flags = RTE_PCI_DRV_NEED_MAPPING,
};

static void
handled(void)
{
	atomic_store(&common.end_ns, map_meter_now());
	sem_post(&common.came);
}

static void
on_interrupt(void *arg)
{
	handled();
}

static void *
busy_thread(void *arg)
{
	uint64_t n;

	while (!atomic_load(&common.stop))
		if (read(common.efd, &n, sizeof(n)) == sizeof(n))
			handled();
	return NULL;
}

/* A signal without an interrupt ends it. */
static void *
epoll_thread(void *arg)
{
	struct epoll_event event = { .events = EPOLLIN };
	int epfd = *(int *)arg;
	uint64_t n;

	while (epoll_wait(epfd, &event, 1, -1) >= 0 && !atomic_load(&common.stop))
		if (read(common.efd, &n, sizeof(n)) == sizeof(n))
			handled();
	return NULL;
}

static int
trigger(const struct irq_bench *bench, const struct irq_vectors *vs, enum irq_trigger by)
{
	return by == IRQ_BY_KERNEL ? irq_vectors_signal(vs) : irq_raise_all(bench->raiser, vs);
}

/* @return nanoseconds, -errno. */
static int64_t
one_sample(const struct irq_bench *bench, const struct irq_vectors *vs, enum irq_trigger by)
{
	struct timespec end;
	uint64_t start;
	int ret;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += LOST_S;
	start = map_meter_now();
	ret = trigger(bench, vs, by);
	/* A post can be older: by what ended the last receiver, or an interrupt without a request. */
	do {
		if (ret == 0 && sem_clockwait(&common.came, CLOCK_MONOTONIC, &end) < 0 && errno != EINTR)
			ret = -errno;
	} while (ret == 0 && atomic_load(&common.end_ns) < start);
	if (ret == 0 && by == IRQ_BY_DEVICE)
		ret = irq_calm_all(bench->raiser, vs);
	return ret < 0 ? ret : (int64_t)(atomic_load(&common.end_ns) - start);
}

/* One receiver, with each trigger. @return 0, -errno after printing the fault. */
static int
measure(const struct irq_bench *bench, const struct irq_vectors *vs, enum irq_receiver receiver,
		size_t round)
{
	unsigned int by;
	int64_t ns = 0;
	size_t i;

	for (by = 0; by < (bench->raiser != NULL ? IRQ_TRIGGERS : 1); by++) {
		uint32_t *out = bench->ns[receiver][by] + round * bench->per_round;

		for (i = 0; i < bench->per_round + WARM_UP; i++) {
			ns = one_sample(bench, vs, by);
			if (ns < 0) {
				tool_error(bench->name, "%s: %s, %s: interrupt %zu is lost: %s",
					irq_kind_name(vs->kind), irq_receiver_name(receiver),
					irq_trigger_name(by), i, strerror((int)-ns));
				return (int)ns;
			}
			if (i >= WARM_UP)
				out[i - WARM_UP] = (uint32_t)(ns < UINT32_MAX ? ns : UINT32_MAX);
		}
	}
	return 0;
}

/* The processors of EAL's interrupt thread: those of the process without the main lcore's. */
static void
choose_processors(const cpu_set_t *allowed, pthread_attr_t *attr)
{
	cpu_set_t set = *allowed;

	CPU_CLR(rte_lcore_to_cpu_id((int)rte_get_main_lcore()), &set);
	pthread_attr_setaffinity_np(attr, sizeof(set), CPU_COUNT(&set) > 0 ? &set : allowed);
}

/* A receiver of the tool: it has the first vector for a while. @return 0, -errno. */
static int
own_thread(const struct irq_bench *bench, const struct irq_vectors *vs, enum irq_receiver receiver,
		const cpu_set_t *allowed, size_t round)
{
	struct epoll_event event = { .events = EPOLLIN };
	int epfd = epoll_create1(EPOLL_CLOEXEC), ret = epfd < 0 ? -errno : 0;
	pthread_attr_t attr;
	pthread_t thread;

	atomic_store(&common.stop, false);
	pthread_attr_init(&attr);
	choose_processors(allowed, &attr);
	common.efd = vfio_uapi_eventfd();
	if (ret == 0 && (common.efd < 0 || epoll_ctl(epfd, EPOLL_CTL_ADD, common.efd, &event) < 0))
		ret = -errno;
	if (ret == 0)
		ret = irq_vectors_give(vs, common.efd);
	if (ret == 0)
		ret = -pthread_create(&thread, &attr,
			receiver == IRQ_BUSY ? busy_thread : epoll_thread, &epfd);
	pthread_attr_destroy(&attr);
	if (ret < 0) {
		tool_error(bench->name, "no receiver can be started: %s", strerror(-ret));
	} else {
		ret = measure(bench, vs, receiver, round);
		atomic_store(&common.stop, true);
		vfio_uapi_signal(common.efd);
		pthread_join(thread, NULL);
	}
	irq_vectors_give(vs, -1);
	vfio_uapi_close(common.efd);
	vfio_uapi_close(epfd);
	return ret;
}

static int
eal_thread(const struct irq_bench *bench, const struct irq_vectors *vs, enum irq_receiver receiver,
		size_t round)
{
	int ret = rte_intr_callback_register(probed->intr_handle, on_interrupt, NULL);

	if (ret == 0)
		ret = rte_intr_enable(probed->intr_handle);
	if (ret < 0) {
		tool_error(bench->name, "EAL can't enable the interrupt; see the messages above");
		return ret;
	}
	ret = measure(bench, vs, receiver, round);
	rte_intr_disable(probed->intr_handle);
	rte_intr_callback_unregister_sync(probed->intr_handle, on_interrupt, NULL);
	return ret;
}

static enum irq_kind
kind_of(const struct rte_intr_handle *handle)
{
	switch (rte_intr_type_get(handle)) {
	case RTE_INTR_HANDLE_VFIO_MSIX:
		return IRQ_MSIX;
	case RTE_INTR_HANDLE_VFIO_MSI:
		return IRQ_MSI;
	case RTE_INTR_HANDLE_VFIO_LEGACY:
		return IRQ_INTX;
	default:
		return IRQ_KINDS;
	}
}

static int
all_receivers(const struct irq_bench *bench, bool pci, const cpu_set_t *allowed, size_t round)
{
	struct irq_device dev = { .name = bench->name, .topo = bench->topo };
	struct irq_vectors vs = { .dev = &dev, .kind = kind_of(probed->intr_handle), .n = 1, .has = 1 };
	int ret = irq_device_borrow(&dev, rte_intr_dev_fd_get(probed->intr_handle));

	bench->kind[pci] = vs.kind;
	if (vs.kind == IRQ_KINDS) {
		tool_error(bench->name, "has no interrupt on this bus; see the messages above");
		return -ENODEV;
	}
	if (ret == 0 && bench->raiser != NULL)
		ret = irq_raise_prepare(bench->raiser, &vs);
	if (ret < 0)
		return ret;
	if (pci)
		return eal_thread(bench, &vs, IRQ_EAL_PCI, round);
	ret = own_thread(bench, &vs, IRQ_BUSY, allowed, round);
	if (ret == 0)
		ret = own_thread(bench, &vs, IRQ_EPOLL, allowed, round);
	return ret == 0 ? eal_thread(bench, &vs, IRQ_EAL, round) : ret;
}

int
irq_bench_side(const struct irq_bench *bench, bool pci, size_t round)
{
	const char *ours[] = { "-a", pci ? bench->topo->bdf : bench->ours, "--no-shconf",
		"--no-huge", "-m", "16", "--no-telemetry", "--log-level=lib.eal:warning",
		"--no-pci" };
	/* Without --no-pci the pci bus would probe other devices too. */
	int n = (int)RTE_DIM(ours) - pci;
	struct tool_eal eal = bench->eal;
	cpu_set_t allowed;
	int ret = -ENODEV;

	ids[0] = (struct rte_pci_id){ RTE_PCI_DEVICE(bench->topo->vendor, bench->topo->device) };
	wanted = bench->topo->bdf;
	rte_pci_register(&driver);
	sem_init(&common.came, 0, 0);
	if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
		CPU_ZERO(&allowed);
	if (tool_eal_start(&eal, ours, n) < 0)
		return STATUS_FAULT;
	if (probed == NULL)
		tool_error(bench->name, "EAL did not probe the device%s; see the messages above",
			pci ? " on the pci bus" : "");
	else
		ret = all_receivers(bench, pci, &allowed, round);
	return tool_eal_stop(&eal) < 0 || ret < 0 ? STATUS_FAULT : STATUS_GOOD;
}
