/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The run: arm the receive queues, send one frame, sleep, count the wake-ups, check the
 * frame.
 *
 * If a frame is found by polling after the timeout, its interrupt is lost, not the frame.
 * A wake-up counts only for the queue of the frame.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "rxintr.h"
#include "test_msi.h"
#include "tool_progress.h"

#define BURST 32
#define WAIT_MS 2000
#define IDLE_MS 200
#define SEND_TRIES 100
#define GIVE_UP 5	/* faulty packets, each after a wait of WAIT_MS */

static uint64_t
now_ms(void)
{
	return rte_get_timer_cycles() / (rte_get_timer_hz() / 1000);
}

static void
take(struct rxintr_run *run, uint16_t queue, const uint8_t *data, size_t len)
{
	uint32_t number;
	size_t at, wrong;
	bool late;

	if (!rxintr_frame_number(&run->wire, data, len, &number)) {
		run->foreign++;
		return;
	}
	/* A frame that was given up may still arrive; otherwise only the current one may. */
	late = number < run->number && !run->seen[number];
	if (!late && !run->awaited) {
		run->surplus++;
		return;
	}
	if (!late)
		number = run->number;
	wrong = rxintr_frame_compare(&run->wire, number, data, len, &at);
	if (wrong > 0 && run->wrong_packets++ == 0) {
		run->first_wrong = number;
		run->first_wrong_byte = at;
	}
	run->wrong_bytes += wrong;
	run->seen[number] = true;
	if (late) {
		run->late++;
	} else {
		run->found_on = queue;
		run->awaited = false;
	}
}

/* Receive all frames that are there. */
static void
look(struct rxintr_run *run)
{
	struct rte_mbuf *m[BURST];
	uint8_t buf[RXINTR_FRAME_MAX * 2];
	uint16_t q, i, n;

	for (q = 0; q < run->receiver.queues; q++) {
		while ((n = rte_eth_rx_burst(run->receiver.id, q, m, BURST)) > 0) {
			run->had_frames |= UINT32_C(1) << q;
			for (i = 0; i < n; i++) {
				size_t len = RTE_MIN(rte_pktmbuf_pkt_len(m[i]), sizeof(buf));
				const void *data = rte_pktmbuf_read(m[i], 0, (uint32_t)len, buf);

				if (data != NULL)
					take(run, q, data, len);
				rte_pktmbuf_free(m[i]);
			}
		}
	}
}

static int
send_frame(struct rxintr_run *run, uint32_t number)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(run->pool);
	uint8_t frame[RXINTR_FRAME_MAX];
	size_t len = rxintr_frame_build(&run->wire, number, frame);
	char *room = m != NULL ? rte_pktmbuf_append(m, (uint16_t)len) : NULL;
	int i;

	if (room == NULL) {
		rte_pktmbuf_free(m);
		tool_error(run->sender.device, "no buffer for packet %u", number);
		return -ENOMEM;
	}
	memcpy(room, frame, len);
	for (i = 0; i < SEND_TRIES; i++) {
		if (rte_eth_tx_burst(run->sender.id, 0, &m, 1) == 1) {
			run->sent++;
			return 0;
		}
		rte_delay_us_sleep(1000);
	}
	rte_pktmbuf_free(m);
	tool_error(run->sender.device, "packet %u can't be sent: the queue is full and stays so",
		number);
	return -EIO;
}

/* Check that nothing wakes this thread without a frame. */
static int
idle(struct rxintr_run *run)
{
	uint32_t woken = 0;
	int ret = rxintr_port_arm(&run->receiver);

	if (ret < 0)
		return ret;
	run->had_frames = 0;
	ret = rxintr_port_sleep(&run->receiver, IDLE_MS, &woken);
	rxintr_port_disarm(&run->receiver);
	look(run);
	run->false_wakeups += (unsigned int)__builtin_popcount(woken & ~run->had_frames);
	return ret < 0 ? ret : 0;
}

/* Sleep until the current packet arrives. */
static int
await(struct rxintr_run *run, uint32_t *woken)
{
	uint64_t now = now_ms(), end = now + WAIT_MS;
	int ret = 0;

	while (ret >= 0 && run->awaited && now < end) {
		ret = rxintr_port_sleep(&run->receiver, (int)(end - now), woken);
		look(run);
		/* Devices mask a vector when it fires. */
		if (ret > 0 && run->awaited)
			ret = rxintr_port_arm(&run->receiver);
		now = now_ms();
	}
	return ret < 0 ? ret : 0;
}

static void
judge(struct rxintr_run *run, uint32_t woken)
{
	struct rxintr_queue *queue = &run->queue[run->found_on];

	run->false_wakeups += (unsigned int)__builtin_popcount(woken & ~run->had_frames);
	if (run->awaited) {
		run->awaited = false;
		if (run->lost++ == 0)
			run->first_lost = run->number;
		return;
	}
	queue->packets++;
	if ((woken >> run->found_on & 1) != 0)
		queue->wakeups++;
	else if (run->silent++ == 0)
		run->first_silent = run->number;
}

static int
one_packet(struct rxintr_run *run, uint32_t number)
{
	uint32_t woken = 0;
	int ret = rxintr_port_arm(&run->receiver);

	if (ret < 0)
		return ret;
	run->number = number;
	/* A frame that arrives before the interrupt is armed need not cause a wake-up. */
	look(run);
	run->had_frames = 0;
	run->awaited = true;
	ret = send_frame(run, number);
	if (ret == 0)
		ret = await(run, &woken);
	rxintr_port_disarm(&run->receiver);
	if (ret == 0)
		judge(run, woken);
	return ret;
}

int
rxintr_run(struct rxintr_run *run)
{
	uint32_t number;
	int ret = idle(run);

	tool_progress_step("packets");
	for (number = 0; ret == 0 && number < run->packets && run->lost + run->silent < GIVE_UP;
			number++) {
		tool_progress_count(number, run->packets);
		ret = one_packet(run, number);
	}
	if (ret == 0 && run->sent < run->packets)
		tool_error(run->receiver.device, "given up after %d faulty packets", GIVE_UP);
	if (ret == 0)
		ret = idle(run);
	return ret;
}
