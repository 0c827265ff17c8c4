/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Declarations shared by the files of "dpdk-test-msi irq": the device, its vectors, how
 * to raise them, and why an interrupt did not arrive.
 *
 * The main thread triggers and waits; EAL's interrupt thread counts. Functions return 0
 * or a negative errno and print the fault, unless stated otherwise.
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
	int fd;			/**< -1: closed */
	uint64_t config;	/**< offset of the region in fd */
	uint64_t bar[TOPO_BARS];
	uint64_t bar_size[TOPO_BARS];
};

/** One vector and its eventfd. */
struct irq_vector {
	struct rte_intr_handle *handle;
	int efd;		/**< -1: none */
	bool listening;
	atomic_uint count;	/**< number of callbacks */
	unsigned int expected;
};

/** All vectors of one kind. */
struct irq_vectors {
	const struct irq_device *dev;
	enum irq_kind kind;
	struct irq_vector *v;
	unsigned int n;
	unsigned int has;	/**< number of vectors of the device; n may be less */
	bool enabled;		/**< the kernel has the eventfds */
};

/** How often a vector was raised, and the result. */
struct irq_count {
	unsigned int raised;
	unsigned int arrived;
	unsigned int surplus;	/**< callbacks that nobody raised, or of another vector */
	unsigned int first_lost;	/**< first vector that did not arrive */
};

const char *irq_kind_name(enum irq_kind kind);

/* irq_device.c */

/** Open it in an address space, reset it, and make it bus master. Maps no memory. */
int irq_device_open(struct irq_device *dev, const struct tool_device *td,
		struct ioas *space);
void irq_device_close(struct irq_device *dev);

/** Write a register in BAR 0. Prints no fault. */
int irq_reg_write(const struct irq_device *dev, uint32_t reg, uint32_t value);

/* irq_vectors.c */

/**
 * Enable all vectors of a kind, each with an eventfd and a callback.
 *
 * @param why  the obstacle
 * @return 1; 0 if the device has none of that kind; -errno. Prints no fault.
 */
int irq_vectors_enable(struct irq_vectors *vs, const struct irq_device *dev,
		enum irq_kind kind, char *why, size_t size);
void irq_vectors_disable(struct irq_vectors *vs);

/**
 * Wait for one more callback of vector @p i, and none of any other. Surplus is counted
 * and then forgotten.
 *
 * @return whether it came in time
 */
bool irq_vectors_await(struct irq_vectors *vs, unsigned int i, struct irq_count *count);

/** Count callbacks that come after the waiting. */
void irq_vectors_quiet(struct irq_vectors *vs, struct irq_count *count);

/** Let the kernel raise each vector, then all at once. Ends at the first loss. */
int irq_loopback(struct irq_vectors *vs, struct irq_count *count);

/* irq_raise.c */

/** A device type that can raise interrupts on request. */
struct irq_raiser;

/** @return the type of the device, or NULL. */
const struct irq_raiser *irq_raiser_find(const struct topo_device *topo);
const char *irq_raiser_name(const struct irq_raiser *raiser);

/** Prepare the device to raise the enabled vectors. */
int irq_raise_prepare(const struct irq_raiser *raiser, const struct irq_vectors *vs);

/** Let the device raise each vector. Ends at the first loss. */
int irq_raise(const struct irq_raiser *raiser, struct irq_vectors *vs,
		struct irq_count *count);

/* irq_report.c */

/** Result of one kind whose vectors could be set up. */
struct irq_outcome {
	struct irq_count loopback, device;
};

/** Print a line. @param raiser  NULL: the device was not tried */
void irq_outcome_print(const struct irq_vectors *vs, const struct irq_raiser *raiser,
		const struct tool_device *td, const struct irq_outcome *o);

/** Add to the report: a kind with vectors, and one without. */
void irq_outcome_report(const struct irq_vectors *vs, const struct irq_raiser *raiser,
		const struct irq_outcome *o);
void irq_no_vectors_report(enum irq_kind kind, const char *set_up);

/* irq_look.c */

/** Examine the device and the vector, and explain why the message did not arrive. */
void irq_look(const struct irq_vectors *vs, unsigned int vector,
		const struct plan_device *plan, char *out, size_t size);

#endif /* IRQ_H */
