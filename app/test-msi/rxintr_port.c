/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * A port of rxintr: found by the user's argument for EAL, with interrupts of receive
 * queues, and closed on every path.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_interrupts.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include "rxintr.h"
#include "test_msi.h"
#include "tool_progress.h"

#define DESCRIPTORS 256
#define BUFFERS 8191
#define LINK_TRIES 100
#define LINK_STEP_MS 100

/* Name of the port, on both buses: the device's address, with its domain. */
static void
port_name(const char *device, char *out, size_t size)
{
	size_t len = strcspn(device, ",");
	static const char *const prefixes[] = { VFIO_MSI_PREFIX, "pci:" };
	struct topo_addr addr;
	size_t i;

	snprintf(out, size, "%.*s", (int)len, device);
	for (i = 0; i < RTE_DIM(prefixes); i++)
		if (strncmp(device, prefixes[i], strlen(prefixes[i])) == 0)
			snprintf(out, size, "%.*s", (int)(len - strlen(prefixes[i])),
				device + strlen(prefixes[i]));
	if (topology_parse_bdf(out, &addr) == 0)
		topology_format_bdf(&addr, out, size);
}

/* Find the port of a device that EAL has probed. */
static int
port_find(struct rxintr_port *port)
{
	char name[RTE_ETH_NAME_MAX_LEN];
	int ret;

	port_name(port->device, name, sizeof(name));
	ret = rte_eth_dev_get_port_by_name(name, &port->id);
	if (ret < 0) {
		tool_error(port->device, "has no port: EAL or the driver did not accept the device; see the messages above");
		return ret;
	}
	port->found = true;
	return 0;
}

static int
on_link_interrupt(uint16_t id, enum rte_eth_event_type type, void *arg, void *more)
{
	struct rxintr_port *port = arg;

	atomic_fetch_add(&port->link_interrupts, 1);
	return 0;
}

/* Request no more than the device supports. */
static int
configure(struct rxintr_port *port, bool interrupts)
{
	struct rte_eth_conf conf = { 0 };
	struct rte_eth_dev_info info;
	int ret = rte_eth_dev_info_get(port->id, &info);

	if (ret < 0)
		return ret;
	if (port->queues > info.max_rx_queues) {
		tool_error(port->device, "has %u receive queues, not %u", info.max_rx_queues,
			port->queues);
		return -EINVAL;
	}
	if (port->queues > 1) {
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf.rx_adv_conf.rss_conf.rss_hf = RTE_ETH_RSS_IPV4 &
			info.flow_type_rss_offloads;
	}
	port->lsc = port->lsc && (*info.dev_flags & RTE_ETH_DEV_INTR_LSC) != 0;
	conf.intr_conf.lsc = port->lsc;
	conf.intr_conf.rxq = interrupts;
	return rte_eth_dev_configure(port->id, port->queues, 1, &conf);
}

static int
set_up_queues(struct rxintr_port *port, struct rte_mempool *pool)
{
	int socket = rte_eth_dev_socket_id(port->id);
	uint16_t n_rx = DESCRIPTORS, n_tx = DESCRIPTORS, q;
	int ret = rte_eth_dev_adjust_nb_rx_tx_desc(port->id, &n_rx, &n_tx);

	for (q = 0; ret == 0 && q < port->queues; q++)
		ret = rte_eth_rx_queue_setup(port->id, q, n_rx, (unsigned int)socket, NULL, pool);
	if (ret == 0)
		ret = rte_eth_tx_queue_setup(port->id, 0, n_tx, (unsigned int)socket, NULL);
	return ret;
}

/* Each event has the number of its queue. */
static int
listen_to_queues(struct rxintr_port *port)
{
	uint16_t q;

	for (q = 0; q < port->queues; q++) {
		int ret = rte_eth_dev_rx_intr_ctl_q(port->id, q, RTE_EPOLL_PER_THREAD,
				RTE_INTR_EVENT_ADD, (void *)(uintptr_t)q);

		if (ret < 0) {
			tool_error(port->device, "queue %u can't interrupt: %s; the driver has no interrupts for queues, or the device got too few vectors",
				q, strerror(-ret));
			return ret;
		}
		port->added++;
	}
	return 0;
}

/* Configure and start the port; optionally with interrupts of each receive queue. */
static int
port_start(struct rxintr_port *port, struct rte_mempool *pool, bool interrupts)
{
	struct rte_ether_addr mac;
	int ret = configure(port, interrupts);

	if (ret == 0 && port->lsc)
		ret = rte_eth_dev_callback_register(port->id, RTE_ETH_EVENT_INTR_LSC,
				on_link_interrupt, port);
	if (ret == 0)
		ret = set_up_queues(port, pool);
	if (ret == 0)
		ret = rte_eth_macaddr_get(port->id, &mac);
	if (ret == 0)
		ret = rte_eth_dev_start(port->id);
	if (ret < 0) {
		tool_error(port->device, "can't be started: %s", strerror(-ret));
		return ret;
	}
	port->started = true;
	memcpy(port->mac, mac.addr_bytes, sizeof(port->mac));
	return interrupts ? listen_to_queues(port) : 0;
}

int
rxintr_ports_start(struct rxintr_port *sender, struct rxintr_port *receiver, bool interrupts,
		struct rxintr_wire *wire, struct rte_mempool **pool)
{
	int ret = port_find(sender);

	if (ret == 0)
		ret = port_find(receiver);
	if (ret < 0)
		return ret;
	if (sender->id == receiver->id) {
		tool_error(sender->device, "can't be both ends of the wire");
		return -EINVAL;
	}
	*pool = rte_pktmbuf_pool_create("packets", BUFFERS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
			(int)rte_socket_id());
	if (*pool == NULL) {
		tool_error(sender->device, "no memory for packets: %s", rte_strerror(rte_errno));
		return -rte_errno;
	}
	ret = port_start(receiver, *pool, interrupts);
	if (ret == 0)
		ret = port_start(sender, *pool, false);
	memcpy(wire->to, receiver->mac, sizeof(wire->to));
	memcpy(wire->from, sender->mac, sizeof(wire->from));
	return ret;
}

int
rxintr_port_await_link(struct rxintr_port *port)
{
	struct rte_eth_link link = { 0 };
	int i;

	for (i = 0; i < LINK_TRIES; i++) {
		if (rte_eth_link_get_nowait(port->id, &link) == 0 &&
		    link.link_status == RTE_ETH_LINK_UP)
			return 0;
		tool_progress_tick();
		rte_delay_us_sleep(LINK_STEP_MS * 1000);
	}
	tool_error(port->device, "the link did not come up in %d s; are both ports on one wire?%s",
		LINK_TRIES * LINK_STEP_MS / 1000,
		port->lsc && atomic_load(&port->link_interrupts) == 0 ?
		" The driver learns of it by an interrupt, and none came; if the device has one vector only, try --no-link." : "");
	return -ENOLINK;
}

void
rxintr_port_stop(struct rxintr_port *port)
{
	if (!port->found)
		return;
	while (port->added > 0) {
		port->added--;
		rte_eth_dev_rx_intr_ctl_q(port->id, port->added, RTE_EPOLL_PER_THREAD,
			RTE_INTR_EVENT_DEL, NULL);
	}
	if (port->started)
		rte_eth_dev_stop(port->id);
	if (port->lsc)
		rte_eth_dev_callback_unregister(port->id, RTE_ETH_EVENT_INTR_LSC,
			on_link_interrupt, port);
	rte_eth_dev_close(port->id);
	port->found = port->started = port->lsc = false;
}

int
rxintr_port_arm(struct rxintr_port *port)
{
	uint16_t q;

	for (q = 0; q < port->queues; q++) {
		int ret = rte_eth_dev_rx_intr_enable(port->id, q);

		if (ret < 0) {
			tool_error(port->device, "the interrupt of queue %u can't be enabled: %s",
				q, strerror(-ret));
			return ret;
		}
	}
	return 0;
}

void
rxintr_port_disarm(struct rxintr_port *port)
{
	uint16_t q;

	for (q = 0; q < port->queues; q++)
		rte_eth_dev_rx_intr_disable(port->id, q);
}

int
rxintr_port_sleep(struct rxintr_port *port, int ms, uint32_t *woken)
{
	struct rte_epoll_event events[RXINTR_QUEUES_MAX];
	int i, n = rte_epoll_wait(RTE_EPOLL_PER_THREAD, events, RXINTR_QUEUES_MAX, ms);

	if (n < 0) {
		n = -errno;
		tool_error(port->device, "waiting for interrupts failed: %s", strerror(errno));
		return n;
	}
	for (i = 0; i < n; i++)
		*woken |= UINT32_C(1) << (uintptr_t)events[i].epdata.data;
	return n > 0;
}
