/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * vfio-msi-flags RUN MODE DRIVER BUS BDF [EAL_ARG]...: a driver for QEMU's device "edu" with or
 * without a flag of the pci bus, under the name DRIVER, and an application that probes the
 * device again.
 *
 * MODE again: RTE_PCI_DRV_PROBE_AGAIN. MODE once: no flag. MODE keep: the driver declines the
 * device, with RTE_PCI_DRV_KEEP_MAPPED_RES, and on this bus a thread reads its registers until after
 * the cleanup. MODE kept: it does so until BETWEEN has made the bus
 * revoke the device. MODE drop: it declines without the flag. MODE late:
 * the same until the command in the environment variable BETWEEN has run. MODE beside:
 * the driver is "edu", and a driver DRIVER without RTE_PCI_DRV_NEED_MAPPING declines the device
 * first. MODE va: RTE_PCI_DRV_NEED_IOVA_AS_VA. MODE listen: BETWEEN makes the kernel request the
 * device, which a callback of EAL's removal event removes. MODE busy: the driver does not release
 * the device at the end, and has a callback for its interrupts. Each step prints facts, RUN_STEP.
 */

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_devargs.h>
#include <rte_eal.h>
#include <rte_interrupts.h>

#include <bus_pci_driver.h>
#include <dev_driver.h>

#define EDU_VENDOR 0x1234
#define EDU_DEVICE 0x11e8
#define EDU_ID 0x010000edu	/* value of its first register */
#define PAGE 4096
#define WAIT_S 20

static const char *run, *bus, *bdf;
static bool declines, busy;
static unsigned int probes, removes;
static char args[128];
static volatile uint32_t *registers;
static bool called;
static bool no_more_reads;

static void
fact(const char *step, long value)
{
	printf("{\"fact\": \"%s_%s\", \"value\": %ld}\n", run, step, value);
}

static void
on_interrupt(void *arg __rte_unused)
{
}

static bool
stays(const struct rte_pci_device *dev)
{
	return busy && strcmp(dev->device.name, bdf) == 0;
}

static int
probe(struct rte_pci_driver *drv __rte_unused, struct rte_pci_device *dev)
{
	const struct rte_devargs *da = dev->device.devargs;

	probes++;
	snprintf(args, sizeof(args), "%s", da != NULL && da->args != NULL ? da->args : "");
	if (!busy || stays(dev))
		registers = dev->mem_resource[0].addr;
	if (stays(dev))
		return rte_intr_callback_register(dev->intr_handle, on_interrupt, NULL);
	return declines ? 1 : 0;
}

static int
remove_device(struct rte_pci_device *dev)
{
	removes++;
	return stays(dev) ? -EBUSY : 0;
}

static const struct rte_pci_id ids[] = {
	{ RTE_PCI_DEVICE(EDU_VENDOR, EDU_DEVICE) },
	{ .vendor_id = 0 },
};

static struct rte_pci_driver edu = {
	.id_table = ids,
	.probe = probe,
	.remove = remove_device,
	.drv_flags = RTE_PCI_DRV_NEED_MAPPING,
};

static int
decline(struct rte_pci_driver *drv __rte_unused, struct rte_pci_device *dev __rte_unused)
{
	return 1;
}

static struct rte_pci_driver beside = { .id_table = ids, .probe = decline };

/* The number of descriptors of IOMMU groups. */
static long
groups(void)
{
	char node[64];
	struct dirent *entry;
	ssize_t len;
	DIR *dir = opendir("/proc/self/fd");
	long n = 0;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		len = readlinkat(dirfd(dir), entry->d_name, node, sizeof(node) - 1);
		node[len < 0 ? 0 : len] = '\0';
		n += strncmp(node, "/dev/vfio/", 10) == 0 && isdigit(node[10]);
	}
	if (dir != NULL)
		closedir(dir);
	return n;
}

/* Print what the driver saw, and whether the registers are mapped. */
static void
state(const char *step)
{
	char name[64];
	bool mapped = registers != NULL &&
		msync((void *)(uintptr_t)registers, PAGE, MS_ASYNC) == 0;

	snprintf(name, sizeof(name), "%s_probes", step);
	fact(name, (long)probes);
	snprintf(name, sizeof(name), "%s_removes", step);
	fact(name, (long)removes);
	snprintf(name, sizeof(name), "%s_mapped", step);
	fact(name, mapped);
	snprintf(name, sizeof(name), "%s_answers", step);
	fact(name, mapped && *registers == EDU_ID);
	printf("{\"fact\": \"%s_%s_args\", \"value\": \"%s\"}\n", run, step, args);
}

/* The last device argument applies, in any spelling of the name of the device. */
static void
other_names(void)
{
	fact("full", rte_eal_hotplug_add(bus, bdf, "pmd.n=1"));
	fact("short", rte_eal_hotplug_add(bus, strchr(bdf, ':') + 1, "pmd.n=2"));
	state("short");
	fact("full_again", rte_eal_hotplug_add(bus, bdf, "pmd.n=3"));
	state("full_again");
}

static void
between(void)
{
	const char *command = getenv("BETWEEN");

	fact("between", command == NULL ? -1 : system(command));
}

/* An attach fails, the device is bound again, and the same attach is repeated. */
static void
late(void)
{
	rte_eal_hotplug_add(bus, bdf, "pmd.n=1");
	state("declined");
	between();
	declines = false;
	fact("add", rte_eal_hotplug_add(bus, bdf, "pmd.n=1"));
	state("added");
}

/* The device is revoked, bound again and attached. The driver may use its old registers. */
static void
kept(void)
{
	const volatile uint32_t *old = registers;

	between();
	declines = false;
	fact("add", rte_eal_hotplug_add(bus, bdf, "pmd.n=1"));
	state("added");
	fact("old", *old);
}

/* On EAL's interrupt thread. */
static void
on_event(const char *name, enum rte_dev_event_type event, void *arg __rte_unused)
{
	if (event != RTE_DEV_EVENT_REMOVE || strcmp(name, bdf) != 0)
		return;
	fact("remove", rte_eal_hotplug_remove(bus, bdf));
	__atomic_store_n(&called, true, __ATOMIC_RELEASE);
}

/* The kernel waits for the device, then for nobody: the callback of the event has removed it. */
static void
listen(void)
{
	int i;

	fact("register", rte_dev_event_callback_register(bdf, on_event, NULL));
	between();
	for (i = 0; i < WAIT_S && !__atomic_load_n(&called, __ATOMIC_ACQUIRE); i++)
		sleep(1);
	state("removed");
}

/* As an alarm of a driver that uses a kept device. */
static void *
read_on(void *arg __rte_unused)
{
	while (!__atomic_load_n(&no_more_reads, __ATOMIC_ACQUIRE)) {
		(void)*registers;
		usleep(1000);
	}
	return NULL;
}

/* The other thread reads the registers before, during and after the cleanup. */
static void
clean_up(const char *mode)
{
	pthread_t reader;
	bool reads = strcmp(mode, "keep") == 0 && strcmp(bus, "pci") != 0;

	if (reads && pthread_create(&reader, NULL, read_on, NULL) != 0)
		return;
	fact("cleanup", rte_eal_cleanup());
	if (!reads)
		return;
	usleep(50000);
	__atomic_store_n(&no_more_reads, true, __ATOMIC_RELEASE);
	fact("reader", pthread_join(reader, NULL));
	state("left");
}

int
main(int argc, char *argv[])
{
	const char *mode;
	bool keeps;

	if (argc < 6)
		return EXIT_FAILURE;
	setvbuf(stdout, NULL, _IOLBF, 0);
	run = argv[1];
	mode = argv[2];
	edu.driver.name = argv[3];
	if (strcmp(mode, "beside") == 0) {
		beside.driver.name = argv[3];
		edu.driver.name = "edu";
		rte_pci_register(&beside);
	}
	bus = argv[4];
	bdf = argv[5];
	argv[5] = argv[0];
	keeps = strcmp(mode, "keep") == 0 || strcmp(mode, "kept") == 0;
	declines = keeps || strcmp(mode, "drop") == 0 || strcmp(mode, "late") == 0;
	busy = strcmp(mode, "busy") == 0;
	if (strcmp(mode, "again") == 0)
		edu.drv_flags |= RTE_PCI_DRV_PROBE_AGAIN;
	if (keeps)
		edu.drv_flags |= RTE_PCI_DRV_KEEP_MAPPED_RES;
	if (strcmp(mode, "va") == 0)
		edu.drv_flags |= RTE_PCI_DRV_NEED_IOVA_AS_VA;
	rte_pci_register(&edu);
	if (rte_eal_init(argc - 5, argv + 5) < 0)
		return EXIT_FAILURE;
	state("start");
	fact("groups", groups());
	if (strcmp(mode, "late") == 0) {
		late();
	} else if (strcmp(mode, "kept") == 0) {
		kept();
	} else if (strcmp(mode, "listen") == 0) {
		listen();
	} else if (!declines && !busy) {
		fact("add", rte_eal_hotplug_add(bus, bdf, strcmp(bus, "pci") == 0 ?
				"representor=1" : "pmd.representor=1"));
		state("added");
		fact("probe", rte_bus_probe());
		state("probed");
		fact("remove", rte_eal_hotplug_remove(bus, bdf));
		state("removed");
	}
	if (strcmp(mode, "again") == 0 && strcmp(bus, "pci") != 0)
		other_names();
	clean_up(mode);
	if (busy) {
		sleep(1);	/* EAL's interrupt thread panics if it has to */
		state("left");
	}
	return EXIT_SUCCESS;
}
