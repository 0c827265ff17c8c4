/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Explain why a device's message does not arrive. Independent of DPDK.
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

/** State of the interrupts in the device. */
struct irq_where {
	bool master;		/**< bus mastering is on */
	bool enabled;		/**< this kind of interrupt is enabled */
	bool masked;		/**< the function or the vector is masked */
	bool has_address;
	uint64_t address;	/**< target of its message */
	unsigned int table_bar;	/**< MSI-X: BAR of its table */
	uint32_t table_offset;
};

/**
 * Decode a copy of config space. MSI-X addresses are not in it.
 *
 * @return 0; -ENODATA if it is too short or has no such capability.
 */
int irq_where_config(const uint8_t *config, size_t len, enum irq_kind kind,
		struct irq_where *out);

/** Add an entry of the MSI-X table, four words as in memory. */
void irq_where_entry(const uint32_t entry[4], struct irq_where *out);

/** Explain why a message did not arrive, and the remedy. */
void irq_where_judge(const struct irq_where *w, enum irq_kind kind,
		const struct plan_device *plan, char *out, size_t size);

#endif /* IRQ_WHERE_H */
