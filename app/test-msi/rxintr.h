/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What the files of "dpdk-test-msi rxintr" share: frames, ports, the run.
 *
 * One thread sends, sleeps and receives; only the count of link interrupts is
 * written by another, EAL's interrupt thread. Functions return 0 or a negative
 * errno and have told the fault, unless they say something else.
 */

#ifndef RXINTR_H
#define RXINTR_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rte_mempool;

#define RXINTR_QUEUES_MAX 16
#define RXINTR_FRAME_MIN 60	/* with the header, without the checksum */
#define RXINTR_FRAME_MAX 1500

/** Who talks to whom, and how. */
struct rxintr_wire {
	uint8_t to[6], from[6];
	bool spread;	/**< IPv4 of many sources, so that RSS uses every queue */
};

/** A port; set device, queues and lsc before rxintr_port_find(), the rest is zero. */
struct rxintr_port {
	const char *device;		/**< as the user wrote it */
	uint16_t id;
	uint16_t queues;		/**< of the receive side */
	uint16_t added;			/**< of these, how many epoll knows */
	uint8_t mac[6];
	bool found;
	bool started;
	bool lsc;			/**< ask for the link's interrupt if it has one */
	atomic_uint link_interrupts;
};

/** What is counted for each queue. */
struct rxintr_queue {
	unsigned int packets;
	unsigned int wakeups;	/**< packets that had one */
};

/** A run and what came of it. */
struct rxintr_run {
	struct rxintr_port sender, receiver;
	struct rxintr_wire wire;
	struct rte_mempool *pool;
	unsigned int packets;		/**< to be sent */
	bool *seen;			/**< for each of them: it arrived */
	struct rxintr_queue queue[RXINTR_QUEUES_MAX];
	unsigned int sent, lost;
	unsigned int silent;		/**< arrived without a wake-up of their queue */
	unsigned int late;		/**< of the lost ones, came after all */
	unsigned int surplus;		/**< frames of ours that nobody waited for */
	unsigned int foreign;		/**< frames of others */
	unsigned int false_wakeups;	/**< nothing had arrived on that queue */
	unsigned int wrong_packets;
	size_t wrong_bytes;
	/* the first of each fault */
	uint32_t first_silent, first_lost, first_wrong;
	size_t first_wrong_byte;
	/* the current frame */
	uint32_t number;
	bool awaited;			/**< it was sent and did not arrive yet */
	uint16_t found_on;		/**< the queue on which it did */
	uint32_t had_frames;		/**< queues with frames since then, as bits */
};

/* rxintr_frame.c; knows nothing of DPDK */

/** Write frame @p number to @p out. @return its length. */
size_t rxintr_frame_build(const struct rxintr_wire *wire, uint32_t number,
		uint8_t out[RXINTR_FRAME_MAX]);

/** Whether it is a frame of this wire, and (maybe wrong) which one. */
bool rxintr_frame_number(const struct rxintr_wire *wire, const uint8_t *data, size_t len,
		uint32_t *number);

/** @return bytes of it that are wrong, missing or too many; the first in @p at. */
size_t rxintr_frame_compare(const struct rxintr_wire *wire, uint32_t number,
		const uint8_t *data, size_t len, size_t *at);

/* rxintr_port.c */

/** Find the port of a device that EAL has probed. */
int rxintr_port_find(struct rxintr_port *port);

/** Configure and start it; with interrupts for each receive queue if wanted. */
int rxintr_port_start(struct rxintr_port *port, struct rte_mempool *pool, bool interrupts);

/** Wait for the link, bounded. */
int rxintr_port_await_link(struct rxintr_port *port);

/** Stop and close, in whatever state it is. */
void rxintr_port_stop(struct rxintr_port *port);

/** Let every receive queue of the port interrupt. */
int rxintr_port_arm(struct rxintr_port *port);
void rxintr_port_disarm(struct rxintr_port *port);

/**
 * Sleep until a queue interrupts.
 *
 * @param woken  queues that did are added, as bits
 * @return 1, or 0 when the time was over; -errno.
 */
int rxintr_port_sleep(struct rxintr_port *port, int ms, uint32_t *woken);

/* rxintr_run.c */

/** Send all packets, one by one; faults of packets are counted, not returned. */
int rxintr_run(struct rxintr_run *run);

#endif /* RXINTR_H */
