/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * NICs that loop frames back in their MAC, without wire and driver: one ring to send, one to
 * receive. Functions return 0 or a negative errno and print no fault. One thread.
 */

#ifndef IRQ_NIC_H
#define IRQ_NIC_H

#include "irq.h"

#define IRQ_NIC_RING 16		/**< descriptors of a ring */
#define IRQ_NIC_FRAME 2048	/**< bytes of a buffer */

/** A descriptor, little endian. Its words have other meanings once the device is done. */
struct irq_nic_desc {
	uint64_t buffer;
	uint32_t command;	/**< sent: length and command; received: its status */
	uint32_t status;	/**< sent: its status; received: its length */
};

/** What the device accesses. */
struct irq_nic_memory {
	struct irq_nic_desc send[IRQ_NIC_RING], receive[IRQ_NIC_RING];
	uint8_t from[IRQ_NIC_RING][IRQ_NIC_FRAME];
	uint8_t to[IRQ_NIC_RING][IRQ_NIC_FRAME];
};

struct irq_nic_model;

/** A device with its memory. */
struct irq_nic {
	const struct irq_nic_model *model;
	const struct irq_device *dev;
	struct irq_nic_memory *mem;
	uint64_t iova;		/**< that of mem */
};

/** @return the model of a device, or NULL. */
const struct irq_nic_model *irq_nic_find(const struct topo_device *topo);

/** Loop the device back, give it its rings, and wait for the link. @return -ENOLINK: none */
int irq_nic_start(const struct irq_nic *nic);
void irq_nic_stop(const struct irq_nic *nic);

/** Get the address of the frames that it receives: no others arrive in the buffers. */
int irq_nic_mac(const struct irq_nic *nic, uint8_t mac[6]);

/** Received frames raise vector @p v from now on, and nothing else does. */
int irq_nic_route(const struct irq_nic *nic, enum irq_kind kind, unsigned int v);

/** Give the device a buffer to receive to, and frame number @p number, which is in its place. */
int irq_nic_send(const struct irq_nic *nic, unsigned int number, size_t len);

/** Was frame @p number read by the device? */
bool irq_nic_sent(const struct irq_nic *nic, unsigned int number);

/** Length of frame @p number in the buffer it was received to; 0: the device wrote nothing. */
size_t irq_nic_received(const struct irq_nic *nic, unsigned int number);

#endif /* IRQ_NIC_H */
