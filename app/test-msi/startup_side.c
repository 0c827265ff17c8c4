/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "bench_startup.h"
#include "rxintr.h"

#define WAIT_NS UINT64_C(20000000000)
#define SEND_NS UINT64_C(1000000)	/* time between two frames */

struct run {
	struct rxintr_port sender, receiver;
	struct rxintr_wire wire;
	struct rte_mempool *pool;
};

/* A frame that can't be sent yet is dropped; another one follows. */
static void
send_frame(struct run *run)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(run->pool);
	uint8_t frame[RXINTR_FRAME_MAX];
	size_t len = rxintr_frame_build(&run->wire, 0, frame);
	char *room = m != NULL ? rte_pktmbuf_append(m, (uint16_t)len) : NULL;

	if (room != NULL) {
		memcpy(room, frame, len);
		if (rte_eth_tx_burst(run->sender.id, 0, &m, 1) == 1)
			return;
	}
	rte_pktmbuf_free(m);
}

/* Has a frame of this wire arrived, with the right bytes? */
static bool
has_frame(struct run *run)
{
	struct rte_mbuf *m;
	uint32_t number;
	size_t at;
	bool found;

	if (rte_eth_rx_burst(run->receiver.id, 0, &m, 1) == 0)
		return false;
	found = rxintr_frame_number(&run->wire, rte_pktmbuf_mtod(m, uint8_t *),
			rte_pktmbuf_data_len(m), &number) &&
		rxintr_frame_compare(&run->wire, 0, rte_pktmbuf_mtod(m, uint8_t *),
			rte_pktmbuf_data_len(m), &at) == 0;
	rte_pktmbuf_free(m);
	return found;
}

static bool
link_is_up(const struct rxintr_port *port)
{
	struct rte_eth_link link = { 0 };

	return rte_eth_link_get_nowait(port->id, &link) == 0 &&
		link.link_status == RTE_ETH_LINK_UP;
}

/* @return 0, -errno after printing the fault. */
static int
await_packet(struct run *run)
{
	uint64_t now = map_meter_now(), end = now + WAIT_NS, next = now;

	for (; now < end; now = map_meter_now()) {
		if (now >= next) {
			if (link_is_up(&run->sender) && link_is_up(&run->receiver))
				send_frame(run);
			next = now + SEND_NS;
		}
		if (has_frame(run))
			return 0;
	}
	tool_error(run->sender.device, "no packet arrives at the other device in %d s; are both ports on one wire?",
		(int)(WAIT_NS / 1000000000));
	return -ETIMEDOUT;
}

/* The three phases of rte_eal_init(). */
static void
split_init(uint64_t start, uint64_t end, struct startup_times *out)
{
	out->ns[STARTUP_BEFORE] = map_meter.first_map - start;
	out->ns[STARTUP_MAP] = map_meter.last_map - map_meter.first_map;
	out->ns[STARTUP_REST] = end - map_meter.last_map;
}

static int
start_eal(struct startup_side *side)
{
	char megabytes[16];
	const char *ours[16] = { "-a", side->devices[0], "-a", side->devices[1], "-m", megabytes,
		"--huge-unlink", "--no-telemetry", "--log-level=lib.eal:warning",
		"--no-pci" };

	snprintf(megabytes, sizeof(megabytes), "%u", side->megabytes);
	return tool_eal_start(&side->eal, ours, 10 - side->stock);
}

/* @return SIDE_*. */
static int
run_once(void *arg, void *result)
{
	struct startup_side *side = arg;
	struct startup_times *out = result;
	struct run run = { .sender = { .device = side->devices[0], .queues = 1 },
		.receiver = { .device = side->devices[1], .queues = 1 } };
	uint64_t start = map_meter_now(), init, ports;
	int ret;

	if (start_eal(side) < 0)
		return SIDE_FAULT;
	init = map_meter_now();
	ret = rxintr_ports_start(&run.sender, &run.receiver, false, &run.wire, &run.pool);
	ports = map_meter_now();
	if (ret == 0)
		split_init(start, init, out);
	if (ret == 0)
		ret = await_packet(&run);
	out->ns[STARTUP_PORTS] = ports - init;
	out->ns[STARTUP_PACKET] = map_meter_now() - ports;
	rxintr_port_stop(&run.sender);
	rxintr_port_stop(&run.receiver);
	rte_mempool_free(run.pool);
	return tool_eal_stop(&side->eal) < 0 || ret < 0 ? SIDE_FAULT : SIDE_GOOD;
}

int
startup_side_run(struct startup_side *side, struct startup_times *out)
{
	*out = (struct startup_times){ 0 };
	return tool_child_run(side->devices[0], run_once, side, out, sizeof(*out)) == SIDE_GOOD ?
		SIDE_GOOD : SIDE_FAULT;
}
