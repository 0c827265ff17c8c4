/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * "dpdk-test-msi irq --bench": time from the trigger of an interrupt to the code that handles
 * it, by several receivers. Each round of a bus is a process of its own, as a device can be on
 * one bus only.
 */

#ifndef IRQ_BENCH_H
#define IRQ_BENCH_H

#include "irq.h"
#include "irq_stats.h"

#define IRQ_BENCH_ROUNDS 5
#define IRQ_BENCH_SAMPLES_MIN 100
#define IRQ_BENCH_NAME_LEN 256

/** Who waits for the interrupt. */
enum irq_receiver {
	IRQ_BUSY,	/**< a thread that reads the eventfd again and again */
	IRQ_EPOLL,	/**< a thread that sleeps in epoll_wait() */
	IRQ_EAL,	/**< EAL's interrupt thread, the device is on this bus */
	IRQ_EAL_PCI,	/**< the same on the pci bus of DPDK */
	IRQ_RECEIVERS
};

/** Who raises it. */
enum irq_trigger { IRQ_BY_KERNEL, IRQ_BY_DEVICE, IRQ_TRIGGERS };

struct irq_bench {
	const char *name;		/**< of the device, for messages */
	const struct topo_device *topo;
	char ours[IRQ_BENCH_NAME_LEN];	/**< for EAL's -a, on this bus */
	const struct irq_raiser *raiser;	/**< NULL: no IRQ_BY_DEVICE */
	struct tool_eal eal;
	const char *svg;		/**< file for a picture, or NULL */
	bool plot;			/**< draw it in the terminal too */
	size_t per_round;
	/** Nanoseconds, in memory that the processes share. */
	uint32_t *ns[IRQ_RECEIVERS][IRQ_TRIGGERS];
	enum irq_kind *kind;		/**< of both buses, in the same memory */
};

/* irq_bench_side.c */

/** In a process of its own: measure one round of a bus. @return a STATUS_*. */
int irq_bench_side(const struct irq_bench *bench, bool pci, size_t round);

/* irq_bench_show.c */

const char *irq_receiver_name(enum irq_receiver receiver);
const char *irq_trigger_name(enum irq_trigger trigger);

/** Results, for each receiver and trigger. */
struct irq_bench_results {
	struct irq_stats v[IRQ_RECEIVERS][IRQ_TRIGGERS];
	enum irq_kind kind;
	unsigned int triggers;		/**< 1: the device was not tried */
};

void irq_bench_print(const struct irq_bench_results *results);
void irq_bench_report(const struct irq_bench_results *results);
void irq_bench_picture(FILE *f, const struct irq_bench_results *results);
void irq_bench_plot(FILE *f, const struct irq_bench_results *results);

/* irq_bench.c */

/** Measure and show. @return a STATUS_*. */
int irq_bench_run(struct irq_bench *bench, unsigned int samples);

#endif /* IRQ_BENCH_H */
