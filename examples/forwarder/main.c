/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Forward frames between two ports, with the plugin linked into the application.
 *
 *   forwarder -a vfio_msi:BDF -a vfio_msi:BDF [EAL_ARG...]
 *
 * The Makefile links the bus. The application needs no -d and does not name the bus.
 */

#include <signal.h>
#include <stdlib.h>

#include <rte_debug.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#define BURST 32

static volatile sig_atomic_t stop;

static void
on_signal(int number)
{
	stop = number;
}

static void
port_start(uint16_t port, struct rte_mempool *pool)
{
	struct rte_eth_conf conf = { 0 };

	if (rte_eth_dev_configure(port, 1, 1, &conf) < 0 ||
	    rte_eth_rx_queue_setup(port, 0, 256, SOCKET_ID_ANY, NULL, pool) < 0 ||
	    rte_eth_tx_queue_setup(port, 0, 256, SOCKET_ID_ANY, NULL) < 0 ||
	    rte_eth_promiscuous_enable(port) < 0 || rte_eth_dev_start(port) < 0)
		rte_exit(EXIT_FAILURE, "forwarder: port %u does not start\n", port);
}

static void
port_close(uint16_t port)
{
	rte_eth_dev_stop(port);
	rte_eth_dev_close(port);
}

static uint16_t
forward(uint16_t from, uint16_t to)
{
	struct rte_mbuf *m[BURST];
	uint16_t n = rte_eth_rx_burst(from, 0, m, BURST);
	uint16_t sent = rte_eth_tx_burst(to, 0, m, n);

	rte_pktmbuf_free_bulk(m + sent, n - sent);
	return sent;
}

int
main(int argc, char **argv)
{
	struct rte_mempool *pool;
	unsigned long frames = 0;

	if (rte_eal_init(argc, argv) < 0 || rte_eth_dev_count_avail() != 2)
		rte_exit(EXIT_FAILURE, "forwarder: two ports are needed: -a vfio_msi:BDF -a vfio_msi:BDF\n");
	pool = rte_pktmbuf_pool_create("forwarder", 2047, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
		SOCKET_ID_ANY);
	if (pool == NULL)
		rte_exit(EXIT_FAILURE, "forwarder: no memory for frames\n");
	port_start(0, pool);
	port_start(1, pool);
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	while (!stop)
		frames += forward(0, 1) + forward(1, 0);
	printf("forwarder: %lu frames\n", frames);
	port_close(0);
	port_close(1);
	return rte_eal_cleanup() < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
