/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What stands in the way of a device's message. Knows nothing of DPDK.
 */

#ifndef IRQ_WHERE_H
#define IRQ_WHERE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/plan.h"

/** Kinds of interrupts, in the order in which the bus tries them. */
enum irq_kind {
	IRQ_MSIX,
	IRQ_MSI,
	IRQ_INTX,
	IRQ_KINDS
};

/** What the device says of its interrupts. */
struct irq_where {
	bool master;		/**< it may write to memory */
	bool enabled;		/**< the kind is switched on */
	bool masked;		/**< the function, or the vector, is masked */
	bool has_address;
	uint64_t address;	/**< where its message goes */
	unsigned int table_bar;	/**< MSI-X: where its table is */
	uint32_t table_offset;
};

/**
 * Read a copy of config space; MSI-X's address is not in there.
 *
 * @return 0; -ENODATA if it is too short or has no such capability.
 */
int irq_where_config(const uint8_t *config, size_t len, enum irq_kind kind,
		struct irq_where *out);

/** Add an entry of the MSI-X table, four words as they are in memory. */
void irq_where_entry(const uint32_t entry[4], struct irq_where *out);

/** Say why a message of a device did not arrive, and what to do. */
void irq_where_judge(const struct irq_where *w, enum irq_kind kind,
		const struct plan_device *plan, char *out, size_t size);

#endif /* IRQ_WHERE_H */
