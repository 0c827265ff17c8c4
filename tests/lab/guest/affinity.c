/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * vfio-msi-affinity ROUNDS FIRST OTHER EAL_ARG...: MSI-X of two igb, the vectors 1 to 3 of each.
 *
 * A thread raises interrupts of OTHER, one after another, and waits for each. Another thread
 * moves these interrupts between processors 0 and 1, ROUNDS times. In the meantime the main
 * thread disables and enables all vectors of FIRST ROUNDS times, and raises one each time.
 * At the end VFIO signals three errors of FIRST, as if the kernel had received them (AER), and
 * the application gets one device event. Prints facts: what was raised, what arrived, what the kernel has before and after.
 */

#include <dirent.h>
#include <inttypes.h>
#include <linux/vfio.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <rte_alarm.h>
#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_interrupts.h>

#include <bus_pci_driver.h>
#include <dev_driver.h>

#include "irq_held.h"

#define VECTORS 3
#define WAIT_MS 20000
#define SETTLE_MS 6000
#define LATER_US 100000

/* Registers of the igb, and their values for one MSI-X vector for each cause. */
#define GPIE 0x1514
#define GPIE_MSIX 0x80000010u
#define EICS 0x1520
#define EIMS 0x1524
#define EIMC 0x1528
#define EICR 0x1580

struct nic {
	const char *name;
	struct rte_pci_device *dev;
	unsigned int irq[VECTORS + 1];
	long raised, lost, more;
};

static volatile bool moving = true;
static long rounds, moves, refused;
static struct nic first, other;
static volatile int removals;

static void
fact(const char *name, long value)
{
	printf("{\"fact\": \"%s\", \"value\": %ld}\n", name, value);
}

static long
entries(const char *folder)
{
	DIR *dir = opendir(folder);
	long n = 0;

	while (dir != NULL && readdir(dir) != NULL)
		n++;
	if (dir != NULL)
		closedir(dir);
	return n;
}

static void
reg_write(const struct nic *nic, unsigned int reg, uint32_t value)
{
	volatile uint32_t *bar = nic->dev->mem_resource[0].addr;

	bar[reg / 4] = value;
}

static void
enable(struct nic *nic)
{
	struct rte_intr_handle *h = nic->dev->intr_handle;

	if (rte_intr_efd_enable(h, VECTORS) < 0 || rte_intr_enable(h) < 0)
		rte_exit(3, "can't enable the vectors of %s\n", nic->name);
	reg_write(nic, EIMC, UINT32_MAX);
	reg_write(nic, GPIE, GPIE_MSIX);
	reg_write(nic, EICR, UINT32_MAX);
	reg_write(nic, EIMS, (1u << (VECTORS + 1)) - 2);
}

static void
disable(struct nic *nic)
{
	rte_intr_disable(nic->dev->intr_handle);
	rte_intr_efd_disable(nic->dev->intr_handle);
}

/* Raise one interrupt and wait until it, and no other, arrives. */
static void
raise_one(struct nic *nic, unsigned int vector)
{
	int efd = rte_intr_efds_index_get(nic->dev->intr_handle, (int)vector - 1);
	struct pollfd pfd = { .fd = efd, .events = POLLIN };
	uint64_t count = 0;

	nic->raised++;
	reg_write(nic, EICS, 1u << vector);
	if (poll(&pfd, 1, WAIT_MS) != 1 || read(efd, &count, sizeof(count)) != sizeof(count))
		nic->lost++;
	else
		nic->more += (long)count - 1;
	reg_write(nic, EICR, 1u << vector);
}

/* The kernel's numbers of the vectors. @return how many of them it has. */
static unsigned int
find_irqs(struct nic *nic)
{
	char line[4096], wanted[64];
	unsigned int vector, found = 0;
	FILE *f = fopen("/proc/interrupts", "r");

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		for (vector = 0; vector <= VECTORS; vector++) {
			snprintf(wanted, sizeof(wanted), "vfio-msix[%u](%s)", vector, nic->name);
			if (strstr(line, wanted) != NULL) {
				nic->irq[vector] = (unsigned int)strtoul(line, NULL, 10);
				found++;
			}
		}
	if (f != NULL)
		fclose(f);
	return found;
}

/* How often the kernel saw the vectors 1 to 3. */
static long
arrivals(const struct nic *nic)
{
	unsigned int vector, one = 0, two = 0;
	char path[64];
	long sum = 0;

	for (vector = 1; vector <= VECTORS; vector++) {
		snprintf(path, sizeof(path), "/sys/kernel/irq/%u/per_cpu_count", nic->irq[vector]);
		FILE *f = fopen(path, "r");

		if (f == NULL || fscanf(f, "%u,%u", &one, &two) != 2)
			rte_exit(3, "can't read %s\n", path);
		fclose(f);
		sum += (long)one + two;
	}
	return sum;
}

static void
read_cpus(const struct nic *nic, unsigned int vector, char *out, size_t size)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/irq/%u/smp_affinity_list", nic->irq[vector]);
	f = fopen(path, "r");
	if (f == NULL || fgets(out, (int)size, f) == NULL)
		snprintf(out, size, "unread");
	out[strcspn(out, "\n")] = '\0';
	if (f != NULL)
		fclose(f);
}

static void *
load(void *arg)
{
	unsigned int vector = 0;

	while (moving)
		raise_one(&other, 1 + vector++ % VECTORS);
	return arg;
}

static void *
move(void *arg)
{
	char path[64], cpu;
	unsigned int vector, tries;
	FILE *f;

	for (moves = 0; moves < rounds; moves++) {
		/* A busy host may forget the thread that makes the load. */
		for (tries = 0; other.raised < moves / 5 && tries < WAIT_MS; tries++)
			usleep(1000);
		vector = 1 + (unsigned int)moves % VECTORS;
		cpu = (char)('0' + moves / VECTORS % 2);
		snprintf(path, sizeof(path), "/proc/irq/%u/smp_affinity_list", other.irq[vector]);
		f = fopen(path, "w");
		if (f == NULL || fputc(cpu, f) != cpu)
			refused++;
		if (f != NULL && fclose(f) != 0)
			refused++;
	}
	moving = false;
	return arg;
}

static void
open_nic(struct nic *nic, const char *name)
{
	struct rte_dev_iterator it;
	struct rte_device *dev;
	char text[64];

	nic->name = name;
	snprintf(text, sizeof(text), "bus=vfio_msi,addr=%s", name);
	RTE_DEV_FOREACH(dev, text, &it)
		nic->dev = RTE_DEV_TO_PCI(dev);
	if (nic->dev == NULL || !rte_dev_is_probed(&nic->dev->device))
		rte_exit(3, "%s does not run\n", name);
	rte_intr_disable(nic->dev->intr_handle);
	enable(nic);
	if (find_irqs(nic) != VECTORS + 1)
		rte_exit(3, "%s lacks vectors\n", name);
}

static void
on_event(const char *name, enum rte_dev_event_type event, void *arg __rte_unused)
{
	if (event == RTE_DEV_EVENT_REMOVE && strcmp(name, first.name) == 0)
		removals++;
}

static void
on_alarm(void *arg)
{
	sem_post(arg);
}

/*
 * Wait until EAL's interrupt thread has handled what was signalled before. It reads several
 * events at a time, in any order, so the first alarm may run before the others. The second one
 * is not due when the first one ends, so the thread goes on with the others. These may set an
 * alarm, which runs before the third one.
 */
static void
await_interrupts(void)
{
	sem_t ran;
	int i;

	sem_init(&ran, 0, 0);
	for (i = 0; i < 3 && rte_eal_alarm_set(i == 0 ? 1 : LATER_US, on_alarm, &ran) == 0; i++)
		while (sem_wait(&ran) != 0)
			;
	sem_destroy(&ran);
}

/* Let VFIO signal its error interrupt, three times. */
static void
signal_errors(void)
{
	struct vfio_irq_set set = {
		.argsz = sizeof(set),
		.flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER,
		.index = VFIO_PCI_ERR_IRQ_INDEX, .count = 1,
	};
	int i, ret;

	ret = rte_dev_event_callback_register(first.name, on_event, NULL);
	for (i = 0; ret == 0 && i < 3; i++) {
		ret = ioctl(rte_intr_dev_fd_get(first.dev->intr_handle), VFIO_DEVICE_SET_IRQS, &set);
		await_interrupts();
	}
	fact("signalled", ret);
	fact("removals", removals);
	rte_dev_event_callback_unregister(first.name, on_event, NULL);
}

static void
held(const char *when)
{
	struct irq_held now = { 0 };
	const char *file;
	char name[32];

	/* Without these facts the test fails. */
	if (irq_held_count(first.name, &now, &file) < 0)
		return;
	snprintf(name, sizeof(name), "descriptors_%s", when);
	fact(name, now.descriptors);
	snprintf(name, sizeof(name), "irqs_%s", when);
	fact(name, entries("/proc/irq"));
}

int
main(int argc, char **argv)
{
	char cpus[VECTORS + 1][32];
	pthread_t loader, mover;
	unsigned int vector;
	long round, before;
	char *program = argv[0];

	if (argc < 5)
		rte_exit(2, "usage: vfio-msi-affinity ROUNDS FIRST OTHER EAL_ARG...\n");
	rounds = atol(argv[1]);
	const char *names[] = { argv[2], argv[3] };

	argv[3] = program;
	if (rte_eal_init(argc - 3, argv + 3) < 0)
		return 3;
	open_nic(&first, names[0]);
	open_nic(&other, names[1]);
	held("before");
	before = arrivals(&other);
	if (pthread_create(&loader, NULL, load, NULL) != 0 ||
	    pthread_create(&mover, NULL, move, NULL) != 0)
		return 3;
	for (round = 0; round < rounds; round++) {
		disable(&first);
		enable(&first);
		raise_one(&first, 1 + (unsigned int)round % VECTORS);
	}
	pthread_join(mover, NULL);
	pthread_join(loader, NULL);
	held("after");
	fact("counted", arrivals(&other) - before);
	/* The bus places the vectors again. */
	usleep(SETTLE_MS * 1000);
	fact("vectors", (long)find_irqs(&first));
	for (vector = 0; vector <= VECTORS; vector++)
		read_cpus(&first, vector, cpus[vector], sizeof(cpus[vector]));
	printf("{\"fact\": \"cpus\", \"value\": \"%s %s %s %s\"}\n", cpus[0], cpus[1], cpus[2],
		cpus[3]);
	fact("cycles", round);
	fact("moves", moves);
	fact("refused", refused);
	fact("raised_first", first.raised);
	fact("raised_other", other.raised);
	fact("lost", first.lost + other.lost);
	fact("more", first.more + other.more);
	signal_errors();
	fflush(stdout);
	if (system("echo /vfio_msi/requests | dpdk-telemetry.py >/tmp/requests") != 0)
		printf("telemetry does not answer\n");
	disable(&first);
	disable(&other);
	fact("cleanup", rte_eal_cleanup());
	return 0;
}
