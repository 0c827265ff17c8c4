/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * vfio-msi-again RUN BUS FIRST OTHER [EAL_ARG]...: probe, probe again under a started port,
 * remove and add devices by each of their names, as SPDK and other applications do.
 *
 * FIRST and OTHER are plain addresses of two NICs on one wire, which EAL_ARG assigns to BUS.
 * Each step prints a fact, RUN_STEP: the result of the call, or the number of frames received.
 */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_bus.h>
#include <rte_cycles.h>
#include <rte_dev.h>
#include <rte_devargs.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_vfio.h>

#define FRAMES 64
#define FRAME_LEN 128
#define DESCRIPTORS 256
#define ETHER_TYPE 0x88b5		/* for local experiments */
#define WAIT_MS 20000
#define PAGE 4096
#define OWN_IOVA 0x10000000

static const char *run, *bus, *first, *other;
static struct rte_mempool *pool;

static void
fact(const char *step, long value)
{
	printf("{\"fact\": \"%s_%s\", \"value\": %ld}\n", run, step, value);
}

static long
descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	long n = 0;

	while (dir != NULL && readdir(dir) != NULL)
		n++;
	if (dir != NULL)
		closedir(dir);
	return n;
}

/* Print the names of all ports, and of all probed devices of the bus. */
static void
names(const char *step)
{
	char name[RTE_ETH_NAME_MAX_LEN], of_bus[64];
	struct rte_dev_iterator it;
	struct rte_device *dev;
	uint16_t port;

	printf("{\"fact\": \"%s_%s_ports\", \"value\": \"", run, step);
	RTE_ETH_FOREACH_DEV(port)
		if (rte_eth_dev_get_name_by_port(port, name) == 0)
			printf("%s ", name);
	printf("\"}\n{\"fact\": \"%s_%s_devices\", \"value\": \"", run, step);
	snprintf(of_bus, sizeof(of_bus), "bus=%s", bus);
	RTE_DEV_FOREACH(dev, of_bus, &it)
		if (rte_dev_is_probed(dev))
			printf("%s ", rte_dev_name(dev));
	printf("\"}\n");
}

static int
start(const char *name, uint16_t *port)
{
	struct rte_eth_conf conf = { 0 };
	struct rte_eth_link link = { 0 };
	int waited, ret = rte_eth_dev_get_port_by_name(name, port);

	if (ret == 0)
		ret = rte_eth_dev_configure(*port, 1, 1, &conf);
	if (ret == 0)
		ret = rte_eth_rx_queue_setup(*port, 0, DESCRIPTORS, 0, NULL, pool);
	if (ret == 0)
		ret = rte_eth_tx_queue_setup(*port, 0, DESCRIPTORS, 0, NULL);
	if (ret == 0)
		ret = rte_eth_dev_start(*port);
	if (ret == 0)
		ret = rte_eth_promiscuous_enable(*port);
	for (waited = 0; ret == 0 && link.link_status == 0 && waited < WAIT_MS; waited += 10) {
		rte_delay_ms(10);
		ret = rte_eth_link_get_nowait(*port, &link);
	}
	return ret;
}

static bool
send_one(uint16_t port)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	struct rte_ether_hdr *h = m == NULL ? NULL : (void *)rte_pktmbuf_append(m, FRAME_LEN);

	if (h != NULL) {
		memset(h, 0, FRAME_LEN);
		memset(&h->dst_addr, 0xff, sizeof(h->dst_addr));
		rte_eth_macaddr_get(port, &h->src_addr);
		h->ether_type = rte_cpu_to_be_16(ETHER_TYPE);
		if (rte_eth_tx_burst(port, 0, &m, 1) == 1)
			return true;
	}
	rte_pktmbuf_free(m);
	return false;
}

/* Send FRAMES frames. @return how many of them arrive at @p to */
static long
traffic(uint16_t from, uint16_t to)
{
	struct rte_mbuf *got[FRAMES];
	long sent = 0, arrived = 0;
	unsigned int ms;
	uint16_t i, n;

	for (ms = 0; arrived < FRAMES && ms < WAIT_MS; ms++) {
		if (sent < FRAMES && send_one(from))
			sent++;
		n = rte_eth_rx_burst(to, 0, got, FRAMES);
		for (i = 0; i < n; i++) {
			arrived += rte_pktmbuf_mtod(got[i], struct rte_ether_hdr *)->ether_type ==
				rte_cpu_to_be_16(ETHER_TYPE);
			rte_pktmbuf_free(got[i]);
		}
		rte_delay_ms(1);
	}
	return arrived;
}

/* Repeated calls must not affect running devices. */
static void
again(void)
{
	uint16_t a = 0, b = 0;
	long before;

	fact("started", start(first, &a) == 0 && start(other, &b) == 0);
	fact("forwards", traffic(a, b));
	before = descriptors();
	fact("probe", rte_bus_probe());
	fact("forwards_after_probe", traffic(a, b));
	fact("scan", rte_bus_scan());
	fact("probe_after_scan", rte_bus_probe());
	fact("add_running", rte_eal_hotplug_add(bus, first, ""));
	fact("forwards_after_add", traffic(b, a));
	fact("more_descriptors", descriptors() - before);
	names("again");
	fact("stop", rte_eth_dev_stop(a) + rte_eth_dev_stop(b));
}

/* An attach to the pci bus fails, as FIRST runs on this bus. It must not bar FIRST from this bus. */
static void
fail_on_pci(void)
{
	fact("add_to_both", rte_eal_hotplug_add("pci", first, "") < 0);
	fact("remove_tried", rte_eal_hotplug_remove(bus, first));
	fact("add_tried", rte_eal_hotplug_add(bus, first, ""));
}

/* Remove FIRST. It must not return when OTHER is removed and added. */
static void
give_away(void)
{
	fact("remove", rte_eal_hotplug_remove(bus, first));
	names("removed");
	fact("remove_again", rte_eal_hotplug_remove(bus, first));
	fact("probe_without", rte_bus_probe());
	names("probed_without");
	fact("remove_other", rte_eal_hotplug_remove(bus, other));
	fact("add_other", rte_eal_hotplug_add(bus, other, ""));
	fact("probe_other", rte_bus_probe());
	names("other");
}

/* Add and remove FIRST by each of its names. Another process uses the prefixed one. */
static void
each_name(void)
{
	char prefixed[64], step[32];
	const char *spellings[] = { first, prefixed, strchr(first, ':') + 1 };
	size_t i;

	snprintf(prefixed, sizeof(prefixed), "%s:%s", bus, first);
	for (i = 0; i < RTE_DIM(spellings); i++) {
		snprintf(step, sizeof(step), "add_by_%zu", i);
		fact(step, i == 1 ? rte_dev_probe(prefixed) :
			rte_eal_hotplug_add(bus, spellings[i], ""));
		snprintf(step, sizeof(step), "remove_by_%zu", i);
		fact(step, rte_eal_hotplug_remove(bus, spellings[i]));
	}
	names("each_name");
}

/* A scan without a probe leaves FIRST closed, so that an administrator can take it back. */
static void
scan_only(void)
{
	char given[64];
	long before = descriptors();

	snprintf(given, sizeof(given), "%s:%s", bus, first);
	fact("give", rte_devargs_add(RTE_DEVTYPE_ALLOWED, given));
	fact("scan_given", rte_bus_scan());
	fact("more_after_scan", descriptors() - before);
}

/* The application can add FIRST to the pci bus and remove it again. */
static void
move_to_pci(void)
{
	fact("add_to_pci", rte_eal_hotplug_add("pci", first, ""));
	names("on_pci");
	fact("probe_on_pci", rte_bus_probe());
	fact("remove_from_pci", rte_eal_hotplug_remove("pci", first));
}

/* Map memory of the application: in EAL's default container, and for a device. */
static void
own_memory(void)
{
	char *mem = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct rte_eth_dev_info info;
	int ret;

	if (mem == MAP_FAILED || rte_eth_dev_info_get((uint16_t)rte_eth_find_next(0), &info) < 0)
		return;
	ret = rte_vfio_container_dma_map(RTE_VFIO_DEFAULT_CONTAINER_FD, (uintptr_t)mem, OWN_IOVA, PAGE);
	fact("container_map", ret < 0 ? -rte_errno : ret);
	if (ret == 0)
		fact("container_unmap", rte_vfio_container_dma_unmap(RTE_VFIO_DEFAULT_CONTAINER_FD,
				(uintptr_t)mem, OWN_IOVA, PAGE));
	fact("register", rte_extmem_register(mem, PAGE, NULL, 0, PAGE));
	fact("device_map", rte_dev_dma_map(info.device, mem, OWN_IOVA, PAGE));
	fact("device_unmap", rte_dev_dma_unmap(info.device, mem, OWN_IOVA, PAGE));
	fact("unregister", rte_extmem_unregister(mem, PAGE));
	munmap(mem, PAGE);
}

int
main(int argc, char *argv[])
{
	uint16_t a = 0, b = 0;

	if (argc < 5)
		return EXIT_FAILURE;
	setvbuf(stdout, NULL, _IOLBF, 0);
	run = argv[1];
	bus = argv[2];
	first = argv[3];
	other = argv[4];
	argv[4] = argv[0];
	if (rte_eal_init(argc - 4, argv + 4) < 0)
		return EXIT_FAILURE;
	pool = rte_pktmbuf_pool_create("again", 4095, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
			(int)rte_socket_id());
	if (pool == NULL)
		return EXIT_FAILURE;
	names("start");
	own_memory();
	again();
	if (strcmp(bus, "pci") != 0 && rte_eal_has_pci())
		fail_on_pci();
	give_away();
	if (strcmp(bus, "pci") != 0)
		each_name();
	if (strcmp(bus, "pci") != 0 && rte_eal_has_pci())
		move_to_pci();
	scan_only();
	fact("add", rte_eal_hotplug_add(bus, first, ""));
	names("end");
	fact("restarted", start(first, &a) == 0 && start(other, &b) == 0);
	fact("forwards_at_end", traffic(b, a));
	fact("cleanup", rte_eal_cleanup());
	return EXIT_SUCCESS;
}
