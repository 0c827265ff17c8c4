/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * vfio-msi-native EAL_ARG... [-- hold N | decline]: a driver of bus_vfio_msi_driver.h for an igb, which
 * lets the device send MSI-X. Each step prints a line of JSON: the counts of the driver and of
 * the kernel, and interrupts that did not arrive.
 *
 * With "hold" it enables N sources of an NVMe device, and waits for the end of its input.
 * With "decline" it would map its own memory, but leaves the device to another driver.
 */

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_io.h>

#include "bus_vfio_msi_driver.h"

/* Registers of an Intel 82576, datasheet chapter 8.8. */
#define GPIE 0x1514
#define GPIE_MSIX 0x80000010u	/* pending bits are cleared, one vector per cause */
#define EICS 0x1520
#define EIMS 0x1524
#define EICR 0x1580

#define SOURCES 13		/* 3 more than the device has vectors */
#define ROUNDS 20
#define CYCLES 200
#define BUSY 1			/* source that a thread raises all the time */
#define MOVED 2			/* source whose vector is on processor 1 */
#define UNMOVED 0		/* source whose vector stays, as there is no processor 4000 */
#define NOWHERE 4000
#define AWAIT_MS 3000
#define N 128			/* vectors and sources, at most */

static struct rte_vfio_msi_device *device;
static uint8_t *regs;
static atomic_uint calls[N];
static unsigned int vector_of[N];
static unsigned int lost, enabled;
static atomic_bool stop;

static void
on_interrupt(struct rte_vfio_msi_device *dev, unsigned int source, void *arg)
{
	if (regs != NULL)
		rte_write32(1u << vector_of[source], regs + EICR);
	atomic_fetch_add(&calls[source], 1);
	if (arg != &calls[source] || dev != device)
		abort();
}

static int
probe(struct rte_vfio_msi_device *dev)
{
	device = dev;
	return 0;
}

static int
decline(struct rte_vfio_msi_device *dev)
{
	return dev != NULL;
}

static int
removed(struct rte_vfio_msi_device *dev)
{
	device = NULL;
	return dev == NULL;
}

/* [ a, b ] of the first N. */
static void
print_list(const char *name, const uint64_t *v, unsigned int n)
{
	unsigned int i;

	printf(", \"%s\": [", name);
	for (i = 0; i < n; i++)
		printf("%s%" PRIu64, i > 0 ? ", " : "", v[i]);
	printf("]");
}

/* The kernel's counters of each vector, its Linux interrupt, and what processor 1 handled. */
static void
print_kernel(void)
{
	uint64_t count[N] = { 0 }, irq[N] = { 0 }, second[N] = { 0 };
	unsigned int n = 0, vector;
	char line[1024], *at, *name;
	FILE *f = fopen("/proc/interrupts", "re");

	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		name = strstr(line, "vfio-msix[");
		if (name == NULL || strstr(name, rte_dev_name(rte_vfio_msi_rte_device(device))) == NULL)
			continue;
		vector = (unsigned int)strtoul(name + strlen("vfio-msix["), NULL, 10) % N;
		n = vector >= n ? vector + 1 : n;
		irq[vector] = strtoul(line, &at, 10);
		count[vector] = strtoul(at + 1, &at, 10);
		second[vector] = strtoul(at, NULL, 10);
		count[vector] += second[vector];
	}
	if (f != NULL)
		fclose(f);
	print_list("kernel", count, n);
	print_list("irq", irq, n);
	print_list("second", second, n);
}

static void
print(const char *step)
{
	struct rte_vfio_msi_irq_info info;
	uint64_t count[N] = { 0 }, called[N], vector[N];
	unsigned int i;

	rte_vfio_msi_irq_info_get(device, &info);
	for (i = 0; i < enabled; i++) {
		rte_vfio_msi_irq_count(device, i, &count[i]);
		called[i] = atomic_load(&calls[i]);
		vector[i] = vector_of[i];
	}
	printf("{\"step\": \"%s\", \"type\": %d, \"has\": %u, \"granted\": %u, \"dynamic\": %d, \"lost\": %u",
		step, info.type, info.has, info.granted, info.one_by_one, lost);
	print_list("count", count, enabled);
	print_list("calls", called, enabled);
	print_list("vector", vector, enabled);
	print_kernel();
	printf("}\n");
}

static void
fatal(const char *what)
{
	fprintf(stderr, "vfio-msi-native: %s: %s\n", what, rte_strerror(rte_errno));
	exit(EXIT_FAILURE);
}

static int
cpu_of(unsigned int source)
{
	if (source == UNMOVED)
		return NOWHERE;
	return source == MOVED ? 1 : RTE_VFIO_MSI_ANY_CPU;
}

/* Request sources, and enable those that are not. */
static void
enable_up_to(unsigned int n)
{
	int ret;

	if (rte_vfio_msi_irq_request(device, n) < 0)
		fatal("request");
	for (; enabled < n; enabled++) {
		ret = rte_vfio_msi_irq_enable(device, enabled, on_interrupt, &calls[enabled],
			cpu_of(enabled));
		if (ret < 0)
			fatal("enable");
		vector_of[enabled] = (unsigned int)ret;
	}
}

/* The device sends the vector of the source. @return whether the callback ran since */
static bool
raise_one(unsigned int source)
{
	unsigned int before = atomic_load(&calls[source]);
	uint64_t end = rte_get_timer_cycles() + AWAIT_MS * rte_get_timer_hz() / 1000;

	rte_write32(1u << vector_of[source], regs + EICS);
	while (atomic_load(&calls[source]) == before && rte_get_timer_cycles() < end)
		rte_delay_us_sleep(50);
	return atomic_load(&calls[source]) != before;
}

static void
raise_all(unsigned int rounds)
{
	unsigned int i;

	while (rounds-- > 0)
		for (i = 0; i < enabled; i++)
			lost += !raise_one(i);
	/* The last one of a shared vector. */
	rte_delay_us_sleep(50000);
}

static void *
raise_busy(void *arg)
{
	unsigned int *missing = arg;

	while (!atomic_load(&stop))
		*missing += !raise_one(BUSY);
	return NULL;
}

/* Do it while a thread raises a source. */
static void
while_busy(void (*f)(void))
{
	unsigned int missing = 0;
	pthread_t thread;

	atomic_store(&stop, false);
	if (pthread_create(&thread, NULL, raise_busy, &missing) != 0)
		fatal("thread");
	f();
	atomic_store(&stop, true);
	pthread_join(thread, NULL);
	lost += missing;
	rte_delay_us_sleep(50000);
}

/* Where all vectors are requested at once, each step disables them for a moment. */
static void
grow(void)
{
	unsigned int n;

	for (n = 4; n <= 10; n++) {
		rte_delay_us_sleep(20000);
		enable_up_to(n);
	}
}

static void
cycle(void)
{
	unsigned int i;

	for (i = 0; i < CYCLES; i++) {
		if (rte_vfio_msi_irq_disable(device, 2) < 0 ||
		    rte_vfio_msi_irq_enable(device, 2, on_interrupt, &calls[2], 1) < 0)
			fatal("cycle");
	}
}

static void
expect_error(int ret, int error, const char *what)
{
	if (ret >= 0 || rte_errno != error)
		fatal(what);
}

static void
check_errors(void)
{
	uint64_t n;

	expect_error(rte_vfio_msi_irq_request(device, 0), EINVAL, "no sources");
	expect_error(rte_vfio_msi_irq_request(device, 2), EBUSY, "too few sources");
	expect_error(rte_vfio_msi_irq_enable(device, 1, on_interrupt, NULL, -1), EEXIST, "again");
	expect_error(rte_vfio_msi_irq_enable(device, 3, on_interrupt, NULL, -1), EINVAL, "source");
	expect_error(rte_vfio_msi_irq_enable(device, 1, NULL, NULL, -1), EINVAL, "callback");
	expect_error(rte_vfio_msi_irq_enable(device, 1, on_interrupt, NULL, -2), EINVAL, "processor");
	expect_error(rte_vfio_msi_irq_disable(device, 3), EINVAL, "disable");
	expect_error(rte_vfio_msi_irq_count(device, 3, &n), EINVAL, "count");
	if (rte_vfio_msi_bar(device, 6, NULL) != NULL || rte_errno != EINVAL ||
	    rte_vfio_msi_bar(device, 5, NULL) != NULL || rte_errno != ENOENT ||
	    rte_vfio_msi_dma_limit(device) != UINT64_MAX)
		fatal("BAR");
}

/* Vectors remain, but not the source. */
static void
drop_last(void)
{
	uint64_t n;

	enabled--;
	if (rte_vfio_msi_irq_disable(device, enabled) < 0 ||
	    rte_vfio_msi_irq_request(device, enabled) < 0)
		fatal("drop");
	expect_error(rte_vfio_msi_irq_count(device, enabled, &n), EINVAL, "count of a dropped source");
}

static void
run(void)
{
	size_t len;

	regs = rte_vfio_msi_bar(device, 0, &len);
	if (regs == NULL || len <= EICR)
		fatal("registers");
	enable_up_to(3);
	rte_write32(GPIE_MSIX, regs + GPIE);
	rte_write32(0x3ff, regs + EIMS);
	check_errors();
	raise_all(ROUNDS);
	print("three");
	while_busy(grow);
	print("grown");
	raise_all(ROUNDS);
	print("ten");
	while_busy(cycle);
	print("cycled");
	enable_up_to(SOURCES);
	raise_all(ROUNDS);
	print("shared");
	drop_last();
}

static void
hold(unsigned int n)
{
	enable_up_to(n);
	print("held");
	fflush(stdout);
	while (getchar() != EOF)
		;
}

int
main(int argc, char **argv)
{
	static const struct rte_vfio_msi_id igb[] = {
		{ 0x8086, 0x10c9, RTE_VFIO_MSI_ANY_ID, RTE_VFIO_MSI_ANY_ID }, { .vendor = 0 },
	};
	static const struct rte_vfio_msi_id nvme[] = {
		{ 0x1b36, 0x0010, RTE_VFIO_MSI_ANY_ID, RTE_VFIO_MSI_ANY_ID }, { .vendor = 0 },
	};
	struct rte_vfio_msi_driver driver = {
		.name = "test_native", .ids = igb, .probe = probe, .remove = removed,
	};
	bool holds = argc > 2 && strcmp(argv[argc - 2], "hold") == 0;
	bool declines = strcmp(argv[argc - 1], "decline") == 0;
	int used;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (holds)
		driver.ids = nvme;
	if (declines) {
		driver.flags = RTE_VFIO_MSI_DRIVER_OWN_MEMORY;
		driver.probe = decline;
	}
	driver.reserved[0] = 1;
	expect_error(rte_vfio_msi_driver_register(&driver), EINVAL, "a field of later releases");
	driver.reserved[0] = 0;
	expect_error(rte_vfio_msi_driver_unregister(&driver), ENOENT, "not registered");
	if (rte_vfio_msi_driver_register(&driver) < 0)
		fatal("register");
	expect_error(rte_vfio_msi_driver_register(&driver), EEXIST, "registered twice");
	used = rte_eal_init(argc, argv);
	if (used < 0 || (device == NULL) != declines)
		fatal("no device");
	if (!declines)
		expect_error(rte_vfio_msi_driver_unregister(&driver), EBUSY, "in use");
	if (holds)
		hold((unsigned int)strtoul(argv[argc - 1], NULL, 10));
	else if (!declines)
		run();
	if (rte_eal_cleanup() < 0 || device != NULL)
		fatal("cleanup");
	return rte_vfio_msi_driver_unregister(&driver) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
