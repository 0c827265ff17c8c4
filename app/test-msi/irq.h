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

#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ioas/ioas.h"
#include "irq_held.h"
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
	bool exact;		/**< the callback reads the eventfd */
	atomic_uint count;	/**< number of callbacks; if exact, of signals */
	atomic_uint calls;	/**< number of callbacks */
	unsigned int expected;	/**< count when nothing is on its way */
	sem_t *came;		/**< that of all vectors */
};

/** All vectors of one kind. */
struct irq_vectors {
	const struct irq_device *dev;
	enum irq_kind kind;
	struct irq_vector *v;
	unsigned int n;
	unsigned int has;	/**< number of vectors of the device; n may be less */
	bool enabled;		/**< the kernel has the eventfds */
	bool exact;		/**< signals that come together count one by one */
	sem_t came;		/**< posted by each callback, after it has counted */
};

/** How often a vector was raised, and the result. */
struct irq_count {
	unsigned int raised;
	unsigned int arrived;
	unsigned int surplus;	/**< callbacks that nobody raised, or of another vector */
	unsigned int first_lost;	/**< first vector that did not arrive */
};

const char *irq_kind_name(enum irq_kind kind);

/** Does msi= allow this kind? */
bool irq_kind_allowed(enum irq_kind kind, enum vfio_msi_mode mode);

/* irq_device.c */

/** Start EAL for its interrupt thread alone, with the user's arguments. */
int irq_eal_start(struct tool_eal *eal);

/** Open an address space for the first device of a plan, in place of that of the survey. */
int irq_space_open(struct tool_plan *plan, const char *name);

/** Open it in an address space, reset it, and make it bus master. Maps no memory. */
int irq_device_open(struct irq_device *dev, const struct tool_device *td,
		struct ioas *space);
void irq_device_close(struct irq_device *dev);

/** Use a device that a bus has open, for its registers. Don't close it. */
int irq_device_borrow(struct irq_device *dev, int fd);

/** Allow or forbid DMA and MSI of the device. Prints no fault. */
int irq_device_master(const struct irq_device *dev, bool on);

/** Access a register in BAR 0. Print no fault. */
int irq_reg_write(const struct irq_device *dev, uint32_t reg, uint32_t value);
int irq_reg_read(const struct irq_device *dev, uint32_t reg, uint32_t *value);

/* irq_vectors.c */

/**
 * Enable all vectors of a kind, each with an eventfd and a callback. @p vs must not move
 * until they are disabled.
 *
 * @param exact  as in struct irq_vectors
 * @param why  the obstacle
 * @return 1; 0 if the device has none of that kind; -errno. Prints no fault.
 */
int irq_vectors_enable(struct irq_vectors *vs, const struct irq_device *dev,
		enum irq_kind kind, bool exact, char *why, size_t size);
void irq_vectors_disable(struct irq_vectors *vs);

/**
 * Wait for one more callback of vector @p i, and none of any other. Surplus is counted
 * and then forgotten.
 *
 * @return whether it came in time
 */
bool irq_vectors_await(struct irq_vectors *vs, unsigned int i, struct irq_count *count);

/** Wait for one more callback of each of the first @p n vectors. Ends at the first loss. */
void irq_vectors_await_first(struct irq_vectors *vs, unsigned int n, struct irq_count *count);

/** Let the kernel signal all vectors once, without waiting. Prints no fault. */
int irq_vectors_signal(const struct irq_vectors *vs);

/**
 * Enable the first vector alone with this eventfd, or disable all: -1. For vectors that
 * irq_vectors_enable() did not enable. Prints no fault.
 */
int irq_vectors_give(const struct irq_vectors *vs, int efd);

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

/** Number of vectors of this kind that it can raise; the device may have more. */
unsigned int irq_raiser_vectors(const struct irq_raiser *raiser, const struct irq_vectors *vs);

/** Prepare the device to raise the enabled vectors. */
int irq_raise_prepare(const struct irq_raiser *raiser, const struct irq_vectors *vs);

/** Let the device raise each vector. Ends at the first loss. */
int irq_raise(const struct irq_raiser *raiser, struct irq_vectors *vs,
		struct irq_count *count);

/** Let the device forget the cause of an interrupt that arrived. Prints no fault. */
int irq_calm(const struct irq_raiser *raiser, const struct irq_vectors *vs, unsigned int i);

/** Let the device raise all its vectors at once, or calm them. Print no fault. */
int irq_raise_all(const struct irq_raiser *raiser, const struct irq_vectors *vs);
int irq_calm_all(const struct irq_raiser *raiser, const struct irq_vectors *vs);

/* irq_frames.c */

/** What is wrong with a frame. */
enum irq_frame_fault {
	IRQ_FRAME_GOOD,
	IRQ_FRAME_NO_LINK,	/**< the device does not begin */
	IRQ_FRAME_NOT_READ,	/**< the device did not read it from memory */
	IRQ_FRAME_NOT_WRITTEN,	/**< it did, but wrote nothing back */
	IRQ_FRAME_DAMAGED,	/**< it wrote other bytes */
};

/** Frames that a device sends to itself: DMA in both directions. */
struct irq_frames {
	bool tried;		/**< false: unknown how to loop this device back */
	unsigned int sent;
	unsigned int received;	/**< came back, every byte right */
	struct irq_count count;	/**< their interrupts */
	enum irq_frame_fault fault;	/**< of frame number received */
	size_t at;		/**< IRQ_FRAME_DAMAGED: the first wrong byte */
	uint64_t first, last;	/**< IOVAs of rings and buffers */
};

/**
 * Let the device send itself @p rounds frames for each of its vectors, which take turns to
 * report them. Ends at the first fault, which is returned in @p out. Changes the causes
 * that irq_raise_prepare() enabled.
 */
int irq_frames_run(const struct irq_raiser *raiser, struct irq_vectors *vs,
		const struct plan_device *plan, unsigned int rounds, struct irq_frames *out);

/** Describe out->fault. */
void irq_frames_explain(const struct irq_frames *frames, char *out, size_t size);

/* irq_endure.c */

/** Signals in such number that they are not awaited one by one. */
struct irq_storm {
	unsigned int raised;	/**< loopback: signals; device: as counted by the kernel */
	unsigned int arrived;	/**< signals that were read */
	unsigned int calls;	/**< callbacks that read them */
};

/** Many interrupts. */
struct irq_endurance {
	unsigned int wanted;	/**< number of interrupts in each way; 0: not tried */
	struct irq_count loopback, device;	/**< all vectors at once, in step */
	struct irq_storm loopback_storm, device_storm;
	unsigned int alarms;	/**< EAL's alarms that ran during the storms */
	uint64_t late_us;	/**< the latest of them */
	uint64_t idle_late_us;	/**< the same without a storm */
};

/**
 * Raise interrupts in step, then a storm, with vectors that are not exact and with such that
 * are. Ends at the first loss.
 *
 * @param raiser  NULL: by the kernel only
 */
int irq_endure_step(const struct irq_raiser *raiser, struct irq_vectors *vs,
		struct irq_endurance *out);
int irq_endure_storm(const struct irq_raiser *raiser, struct irq_vectors *vs,
		struct irq_endurance *out);

/* irq_left.c */

/** How much more there is at the end than at the start. */
struct irq_left {
	int vectors;		/**< of the device, in /proc/interrupts */
	int descriptors;	/**< of this process */
	int64_t tables;		/**< bytes of all IOMMUs' page tables */
};

#define IRQ_LEFT_UNKNOWN INT64_MIN

/** What map_meter_tables() has grown by since @p before. @return IRQ_LEFT_UNKNOWN if unknown */
int64_t irq_left_tables(int64_t before);

/** irq_held_count(). @return 0, -errno after printing the fault. */
int irq_left_count(const char *bdf, struct irq_held *out);

/** Print and report what was not given back. @return a STATUS_*. */
int irq_left_judge(const char *name, const struct irq_left *left);

/* irq_report.c */

/** Result of one kind whose vectors could be set up. */
struct irq_outcome {
	struct irq_count loopback, device;
	bool self_test;		/**< frames was requested */
	struct irq_frames frames;
	struct irq_endurance endurance;
};

/** Print a line. @param raiser  NULL: the device was not tried */
void irq_outcome_print(const struct irq_vectors *vs, const struct irq_raiser *raiser,
		const struct tool_device *td, const struct irq_outcome *o);

/** Add to the report: a kind with vectors, and one without. */
void irq_outcome_report(const struct irq_vectors *vs, const struct irq_raiser *raiser,
		const struct irq_outcome *o);
void irq_no_vectors_report(enum irq_kind kind, const char *set_up);

/* irq_try.c */

/** What the user wants. */
struct irq_request {
	unsigned int rounds;
	bool self_test;
	unsigned int endurance;	/**< number of interrupts in each way; 0: none */
};

/**
 * Test all vectors of a kind.
 *
 * @return a STATUS_* after printing results and faults; -1 if the device has none of it.
 */
int irq_try_kind(const struct irq_device *dev, enum irq_kind kind, const struct tool_device *td,
		const struct irq_request *request);

/* irq_look.c */

/** Examine the device and the vector, and explain why the message did not arrive. */
void irq_look(const struct irq_vectors *vs, unsigned int vector,
		const struct plan_device *plan, char *out, size_t size);

#endif /* IRQ_H */
