/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Frames sent from memory of the application's own, which EAL knows nothing of.
 *
 *   own_memory -a vfio_msi:BDF -a vfio_msi:BDF [EAL_ARG]... [-- -v]
 *
 * Both ports are on one wire. The first sends every frame straight out of a
 * memfd at the IOVA that rte_eal_iommu_map() chose, the second receives into
 * EAL's memory, and every byte is compared. -v shows the layout as well.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_bus.h>
#include <rte_cycles.h>
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "memory.h"

#ifndef RTE_IOVA_IN_MBUF
#define RTE_IOVA_IN_MBUF RTE_IOVA_AS_PA	/* the name that DPDK 22.11 has for it */
#endif

#define SLOT_SIZE 2048		/* a frame, and behind it what mbufs share */
#define N_FRAMES (MEM_SIZE / SLOT_SIZE)
#define FRAME_MIN (RTE_ETHER_MIN_LEN - RTE_ETHER_CRC_LEN)
#define FRAME_MAX (RTE_ETHER_MAX_LEN - RTE_ETHER_CRC_LEN)
#define ETHER_TYPE 0x88b5	/* for local experiments */
#define BURST 32
#define RING 256
#define N_MBUFS 2047

struct app {
	struct memory mem;
	struct rte_mempool *pool;
	uint16_t tx_port, rx_port;
	uint32_t sent;
	uint32_t given_back;		/* slots that the transmitter let go */
	uint32_t arrived;		/* frames with all bytes right */
};

static uint16_t
frame_length(uint32_t number)
{
	return FRAME_MIN + number * 31 % (FRAME_MAX - FRAME_MIN + 1);
}

static bool
within(double seconds, uint64_t since)
{
	return rte_get_timer_cycles() - since < seconds * rte_get_timer_hz();
}

/* The memory is mapped for devices of the bus, so ports of other buses won't do. */
static uint16_t
port_next(uint16_t port)
{
	struct rte_eth_dev_info info;

	for (port = rte_eth_find_next(port); port < RTE_MAX_ETHPORTS;
	     port = rte_eth_find_next(port + 1))
		if (rte_eth_dev_info_get(port, &info) == 0 &&
		    strcmp(rte_bus_name(rte_dev_bus(info.device)), "vfio_msi") == 0)
			break;
	return port;
}

static int
port_start(const struct app *app, uint16_t port)
{
	struct rte_eth_conf conf = { 0 };

	if (rte_eth_dev_configure(port, 1, 1, &conf) < 0 ||
	    rte_eth_rx_queue_setup(port, 0, RING, SOCKET_ID_ANY, NULL, app->pool) < 0 ||
	    rte_eth_tx_queue_setup(port, 0, RING, SOCKET_ID_ANY, NULL) < 0 ||
	    rte_eth_dev_start(port) < 0)
		return complain("a port does not start", EIO);
	return 0;
}

static int
links_await(const struct app *app)
{
	struct rte_eth_link rx = { 0 }, tx = { 0 };
	uint64_t start = rte_get_timer_cycles();

	while (within(10, start)) {
		if (rte_eth_link_get_nowait(app->rx_port, &rx) == 0 && rx.link_status &&
		    rte_eth_link_get_nowait(app->tx_port, &tx) == 0 && tx.link_status)
			return 0;
		rte_delay_ms(10);
	}
	return complain("no link", ETIMEDOUT);
}

static void
slot_given_back(void *addr __rte_unused, void *app)
{
	((struct app *)app)->given_back++;
}

static void
frame_fill(const struct app *app, uint32_t number)
{
	uint8_t *slot = app->mem.addr + number * SLOT_SIZE;
	struct rte_ether_hdr *eth = (struct rte_ether_hdr *)slot;
	uint32_t i;

	for (i = sizeof(*eth); i < frame_length(number); i++)
		slot[i] = (uint8_t)(number * 131 + i * 7 + (number >> 8));
	rte_eth_macaddr_get(app->tx_port, &eth->src_addr);
	rte_eth_macaddr_get(app->rx_port, &eth->dst_addr);
	eth->ether_type = rte_cpu_to_be_16(ETHER_TYPE);
}

/* An mbuf around the frame in its slot; nothing is copied. */
static struct rte_mbuf *
frame_wrap(struct app *app, uint32_t number)
{
	uint8_t *slot = app->mem.addr + number * SLOT_SIZE;
	struct rte_mbuf_ext_shared_info *shared;
	struct rte_mbuf *m = rte_pktmbuf_alloc(app->pool);
	uint16_t size = SLOT_SIZE;

	if (m == NULL)
		return NULL;
	/* What all users of the slot share is at its end; size gets smaller. */
	shared = rte_pktmbuf_ext_shinfo_init_helper(slot, &size, slot_given_back, app);
	rte_pktmbuf_attach_extbuf(m, slot, app->mem.iova + number * SLOT_SIZE, size, shared);
	m->data_len = frame_length(number);
	m->pkt_len = m->data_len;
	return m;
}

static int
frames_send(struct app *app)
{
	uint32_t first = app->sent;
	struct rte_mbuf *m[BURST];
	uint64_t start = rte_get_timer_cycles();
	uint16_t done = 0, n;

	for (n = 0; n < BURST; n++) {
		frame_fill(app, first + n);
		m[n] = frame_wrap(app, first + n);
		if (m[n] == NULL)
			break;
	}
	while (n == BURST && done < n && within(2, start))
		done += rte_eth_tx_burst(app->tx_port, 0, m + done, n - done);
	app->sent += done;
	if (done == BURST)
		return 0;
	rte_pktmbuf_free_bulk(m + done, n - done);
	return complain("frames can't be sent", n == BURST ? ETIMEDOUT : ENOMEM);
}

/* Frames come in order: compare with the next slot. Others' frames don't count. */
static void
frame_check(struct app *app, const struct rte_mbuf *m)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);

	if (eth->ether_type != rte_cpu_to_be_16(ETHER_TYPE) || app->arrived == N_FRAMES)
		return;
	if (m->nb_segs == 1 && m->data_len == frame_length(app->arrived) &&
	    memcmp(eth, app->mem.addr + app->arrived * SLOT_SIZE, m->data_len) == 0)
		app->arrived++;
	else
		fprintf(stderr, "own_memory: frame %" PRIu32 " is not as sent\n", app->arrived);
}

/* Until all that were sent have arrived, or for two seconds. */
static void
frames_receive(struct app *app)
{
	struct rte_mbuf *m[BURST];
	uint64_t start = rte_get_timer_cycles();
	uint16_t i, n;

	while (app->arrived < app->sent && within(2, start)) {
		n = rte_eth_rx_burst(app->rx_port, 0, m, BURST);
		for (i = 0; i < n; i++)
			frame_check(app, m[i]);
		rte_pktmbuf_free_bulk(m, n);
	}
}

static int
exchange(struct app *app)
{
	int ret = 0;

	while (ret == 0 && app->sent < N_FRAMES && app->arrived == app->sent) {
		ret = frames_send(app);
		frames_receive(app);
	}
	printf("own_memory: %" PRIu32 " of %zu frames arrived, %s\n", app->arrived, N_FRAMES,
		app->arrived == N_FRAMES ? "all bytes right" : "the others did not");
	return ret < 0 || app->arrived < N_FRAMES ? -1 : 0;
}

/* Drivers that can't be asked give buffers back when their port stops. */
static int
ports_stop(struct app *app)
{
	uint64_t start = rte_get_timer_cycles();

	while (app->given_back < app->sent && within(1, start) &&
	       rte_eth_tx_done_cleanup(app->tx_port, 0, 0) >= 0)
		;
	if (rte_eth_dev_stop(app->tx_port) < 0 || rte_eth_dev_stop(app->rx_port) < 0)
		return complain("a port does not stop", EIO);
	if (app->given_back < app->sent)
		return complain("the transmitter keeps buffers", EBUSY);
	printf("own_memory: %" PRIu32 " buffers given back\n", app->given_back);
	return 0;
}

static int
traffic(struct app *app)
{
	int ret = -1;

	if (port_start(app, app->rx_port) == 0 && port_start(app, app->tx_port) == 0 &&
	    links_await(app) == 0)
		ret = exchange(app);
	return ports_stop(app) < 0 ? -1 : ret;
}

/* With the memory mapped, from the first port to the last unmap. */
static int
run_mapped(struct app *app, bool verbose)
{
	int ret = -1;

	if (verbose)
		memory_show();
	app->pool = rte_pktmbuf_pool_create("own_memory", N_MBUFS, 128, 0,
		RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	if (app->pool == NULL)
		complain("no pool", rte_errno);
	else
		ret = traffic(app);
	/* The address space ends with its last device: unmap, then close. */
	if (memory_unmap(&app->mem) < 0)
		ret = -1;
	rte_eth_dev_close(app->tx_port);
	rte_eth_dev_close(app->rx_port);
	rte_mempool_free(app->pool);
	return ret;
}

static int
run(bool verbose)
{
	static struct app app;
	int ret = -1;

	if (!RTE_IOVA_IN_MBUF)
		return complain("this DPDK's mbufs have no IOVA (enable_iova_as_pa)", ENOTSUP);
	app.tx_port = port_next(0);
	app.rx_port = port_next(app.tx_port + 1);
	if (app.rx_port >= RTE_MAX_ETHPORTS)
		return complain("two ports are needed: -a vfio_msi:BDF -a vfio_msi:BDF", ENODEV);
	if (memory_watch() < 0 || memory_create(&app.mem) < 0)
		return -1;
	if (memory_map(&app.mem) == 0)
		ret = run_mapped(&app, verbose);
	memory_free(&app.mem);
	return ret;
}

int
main(int argc, char **argv)
{
	int status = EXIT_FAILURE;
	int used = rte_eal_init(argc, argv);

	if (used < 0) {
		complain("EAL does not start", rte_errno);
		return EXIT_FAILURE;
	}
	if (argc - used > 2 || (argc - used == 2 && strcmp(argv[used + 1], "-v") != 0))
		fprintf(stderr, "usage: %s EAL_ARG... [-- -v]\n", argv[0]);
	else if (run(argc - used == 2) == 0)
		status = EXIT_SUCCESS;
	if (rte_eal_cleanup() < 0)
		status = EXIT_FAILURE;
	return status;
}
