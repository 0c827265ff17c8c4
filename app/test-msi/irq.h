/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What the files of "dpdk-test-msi irq" share: the device, its vectors, who can
 * make it interrupt by itself, and what stands in an interrupt's way.
 *
 * The main thread triggers and waits; EAL's interrupt thread counts. Functions
 * return 0 or a negative errno and have told the fault, unless they say
 * something else.
 */

#ifndef IRQ_H
#define IRQ_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ioas/ioas.h"
#include "irq_where.h"
#include "test_msi.h"

struct rte_intr_handle;

/** A device, opened without a driver. */
struct irq_device {
	const char *name;	/**< for messages */
	const struct topo_device *topo;
	struct ioas *ioas;
	struct ioas_member member;
	bool attached;
	int fd;			/**< -1 closed */
	uint64_t config;	/**< offsets of regions in fd */
	uint64_t bar[TOPO_BARS];
	uint64_t bar_size[TOPO_BARS];
};

/** One vector and who listens to it. */
struct irq_vector {
	struct rte_intr_handle *handle;
	int efd;		/**< -1 none */
	bool listening;
	atomic_uint count;	/**< calls of its callback */
	unsigned int expected;
};

/** All vectors of one kind. */
struct irq_vectors {
	const struct irq_device *dev;
	enum irq_kind kind;
	struct irq_vector *v;
	unsigned int n;
	unsigned int has;	/**< the device has so many; n may be less */
	bool enabled;		/**< the kernel has the eventfds */
};

/** How often a vector was raised, and what came of it. */
struct irq_count {
	unsigned int raised;
	unsigned int arrived;
	unsigned int surplus;	/**< calls that nobody raised, or of another vector */
	unsigned int first_lost;	/**< vector of the first that did not come */
};

const char *irq_kind_name(enum irq_kind kind);

/* irq_device.c */

/** Open it in an address space, reset it, and make it bus master; no memory is mapped. */
int irq_device_open(struct irq_device *dev, const struct tool_device *td,
		struct ioas *space);
void irq_device_close(struct irq_device *dev);

/** A register in BAR 0. Not told. */
int irq_reg_write(const struct irq_device *dev, uint32_t reg, uint32_t value);

/* irq_vectors.c */

/**
 * Enable all vectors of a kind, each with an eventfd and a callback.
 *
 * @param why  what stood in the way
 * @return 1; 0 if the device has none of that kind; -errno. Not told.
 */
int irq_vectors_enable(struct irq_vectors *vs, const struct irq_device *dev,
		enum irq_kind kind, char *why, size_t size);
void irq_vectors_disable(struct irq_vectors *vs);

/**
 * Wait until vector @p i was called once more, and no other was; forget what
 * came too much.
 *
 * @return whether it came in time
 */
bool irq_vectors_await(struct irq_vectors *vs, unsigned int i, struct irq_count *count);

/** Count calls that came when nobody waited any more. */
void irq_vectors_quiet(struct irq_vectors *vs, struct irq_count *count);

/** Every vector once by the kernel, then all at once; ends at the first that is lost. */
int irq_loopback(struct irq_vectors *vs, struct irq_count *count);

/* irq_raise.c */

/** A device that is known to interrupt when told to. */
struct irq_raiser;

/** @return who can, or NULL. */
const struct irq_raiser *irq_raiser_find(const struct topo_device *topo);
const char *irq_raiser_name(const struct irq_raiser *raiser);

/** Make the device ready to raise the enabled vectors. */
int irq_raise_prepare(const struct irq_raiser *raiser, const struct irq_vectors *vs);

/** Every vector once by the device itself; ends at the first that is lost. */
int irq_raise(const struct irq_raiser *raiser, struct irq_vectors *vs,
		struct irq_count *count);

/* irq_look.c */

/** Look at the device and its vector, and say why the message did not arrive. */
void irq_look(const struct irq_vectors *vs, unsigned int vector,
		const struct plan_device *plan, char *out, size_t size);

#endif /* IRQ_H */
