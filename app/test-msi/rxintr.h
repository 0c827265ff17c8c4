/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Declarations shared by the files of "dpdk-test-msi rxintr": frames, ports, the run.
 *
 * One thread sends, sleeps and receives. EAL's interrupt thread only writes the count of
 * link interrupts. Functions return 0 or a negative errno and print the fault, unless
 * stated otherwise.
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

/** Sender and receiver of frames. */
struct rxintr_wire {
	uint8_t to[6], from[6];
	bool spread;	/**< use many IPv4 sources, so that RSS uses every queue */
};

/** A port. Set device, queues and lsc before rxintr_ports_start(); the rest is zero. */
struct rxintr_port {
	const char *device;		/**< as the user wrote it */
	uint16_t id;
	uint16_t queues;		/**< number of receive queues */
	uint16_t added;			/**< number of queues added to epoll */
	uint8_t mac[6];
	bool found;
	bool started;
	bool lsc;			/**< request link interrupts, if supported */
	atomic_uint link_interrupts;
};

/** Counters of one queue. */
struct rxintr_queue {
	unsigned int packets;
	unsigned int wakeups;	/**< packets with a wake-up */
};

/** A run and its results. */
struct rxintr_run {
	struct rxintr_port sender, receiver;
	struct rxintr_wire wire;
	struct rte_mempool *pool;
	unsigned int packets;		/**< number of packets to send */
	bool *seen;			/**< for each packet: it arrived */
	struct rxintr_queue queue[RXINTR_QUEUES_MAX];
	unsigned int sent, lost;
	unsigned int silent;		/**< arrived without a wake-up of their queue */
	unsigned int late;		/**< lost ones that arrived later */
	unsigned int surplus;		/**< unexpected frames of this wire */
	unsigned int foreign;		/**< frames of others */
	unsigned int false_wakeups;	/**< wake-ups of a queue without a new packet */
	unsigned int wrong_packets;
	size_t wrong_bytes;
	/* the first packet of each fault */
	uint32_t first_silent, first_lost, first_wrong;
	size_t first_wrong_byte;
	/* the current frame */
	uint32_t number;
	bool awaited;			/**< sent, and not yet received */
	uint16_t found_on;		/**< the queue where it was received */
	uint32_t had_frames;		/**< queues with frames since it was sent, as bits */
};

/* rxintr_frame.c; independent of DPDK */

/** Write frame @p number to @p out. @return its length. */
size_t rxintr_frame_build(const struct rxintr_wire *wire, uint32_t number,
		uint8_t out[RXINTR_FRAME_MAX]);

/** Is it a frame of this wire? Gets its number, which may be damaged. */
bool rxintr_frame_number(const struct rxintr_wire *wire, const uint8_t *data, size_t len,
		uint32_t *number);

/** @return number of wrong, missing and surplus bytes; @p at is the first */
size_t rxintr_frame_compare(const struct rxintr_wire *wire, uint32_t number,
		const uint8_t *data, size_t len, size_t *at);

/* rxintr_port.c */

/**
 * Find both ports, and start them with one pool.
 *
 * @param interrupts  of each receive queue of the receiver
 * @param wire        set, except spread
 * @param pool        set; free it when both ports are stopped, also after an error
 */
int rxintr_ports_start(struct rxintr_port *sender, struct rxintr_port *receiver,
		bool interrupts, struct rxintr_wire *wire, struct rte_mempool **pool);

/** Wait for the link, for a limited time. */
int rxintr_port_await_link(struct rxintr_port *port);

/** Stop and close the port, in any state. */
void rxintr_port_stop(struct rxintr_port *port);

/** Enable the interrupts of all receive queues. */
int rxintr_port_arm(struct rxintr_port *port);
void rxintr_port_disarm(struct rxintr_port *port);

/**
 * Sleep until a queue interrupts.
 *
 * @param woken  queues that interrupted are added, as bits
 * @return 1, or 0 after a timeout; -errno.
 */
int rxintr_port_sleep(struct rxintr_port *port, int ms, uint32_t *woken);

/* rxintr_run.c */

/** Send all packets, one at a time. Faults of packets are counted, not returned. */
int rxintr_run(struct rxintr_run *run);

#endif /* RXINTR_H */
