/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Why a device's message does not arrive, from config space and the MSI-X table. The text
 * names the window that the address should be in.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <linux/pci_regs.h>

#include "irq_where.h"
#include "pci/pci_config.h"

#define ENTRY_MASKED 1u

int
irq_where_config(const uint8_t *config, size_t len, enum irq_kind kind, struct irq_where *out)
{
	struct pci_config_msix msix;
	struct pci_config_msi msi;
	uint16_t command;
	int ret;

	*out = (struct irq_where) { 0 };
	if (len < PCI_CONFIG_HEADER)
		return -ENODATA;
	command = pci_config_u16(config + PCI_COMMAND);
	out->master = (command & PCI_COMMAND_MASTER) != 0;
	switch (kind) {
	case IRQ_MSIX:
		ret = pci_config_msix(config, len, &msix);
		if (ret < 0)
			return ret;
		out->enabled = msix.enabled;
		out->masked = msix.masked;
		out->table_bar = msix.bar;
		out->table_offset = msix.offset;
		return 0;
	case IRQ_MSI:
		ret = pci_config_msi(config, len, &msi);
		if (ret < 0)
			return ret;
		out->enabled = msi.enabled;
		out->has_address = true;
		out->address = msi.address;
		return 0;
	default:
		out->enabled = true;
		out->masked = (command & PCI_COMMAND_INTX_DISABLE) != 0;
		return 0;
	}
}

void
irq_where_entry(const uint32_t entry[4], struct irq_where *out)
{
	uint8_t bytes[16];

	/* The table is little-endian, this machine may not be. */
	memcpy(bytes, entry, sizeof(bytes));
	out->has_address = true;
	out->address = pci_config_u32(bytes) | (uint64_t)pci_config_u32(bytes + 4) << 32;
	out->masked |= (pci_config_u32(bytes + 12) & ENTRY_MASKED) != 0;
}

static bool
is_msi_window(const struct iova_hole *hole)
{
	return hole->origin == IOVA_ORIGIN_SW_MSI || hole->origin == IOVA_ORIGIN_MSI;
}

/* Find the window with the address, otherwise the first one, or NULL. */
static const struct iova_hole *
find_window(const struct irq_where *w, const struct hole_list *holes, bool *inside)
{
	const struct iova_hole *first = NULL;
	size_t i;

	for (i = 0; i < holes->n; i++) {
		const struct iova_hole *hole = &holes->v[i];

		if (!is_msi_window(hole))
			continue;
		*inside = hole->range.first <= w->address && w->address <= hole->range.last;
		if (*inside)
			return hole;
		if (first == NULL)
			first = hole;
	}
	return first;
}

static void
judge_address(const struct irq_where *w, const struct plan_device *plan, char *out, size_t size)
{
	bool inside = false;
	const struct iova_hole *hole = find_window(w, &plan->holes, &inside);
	char window[96] = "";

	if (hole != NULL)
		snprintf(window, sizeof(window), "%s 0x%" PRIx64 "-0x%" PRIx64,
			iova_origin_name(hole->origin), hole->range.first, hole->range.last);
	if (plan->msi >= PLAN_MSI_LIKELY_LOST)
		snprintf(out, size, "it writes to 0x%" PRIx64 ", and %s; use msi=off (INTx or polling)",
			w->address, plan->msi_why);
	else if (inside)
		snprintf(out, size, "it writes to 0x%" PRIx64 " in %s, so either the IOMMU does not let the write through to the doorbell (see dmesg for its faults) or the interrupt controller drops it; use msi=off (INTx or polling)",
			w->address, window);
	else
		snprintf(out, size, "it writes to 0x%" PRIx64 ", which is in no MSI window%s%s: the IOMMU stops it or it goes to memory; see dmesg for IOMMU faults, and for who changed the address",
			w->address, hole != NULL ? ", this machine's is " : "", window);
}

void
irq_where_judge(const struct irq_where *w, enum irq_kind kind, const struct plan_device *plan,
		char *out, size_t size)
{
	bool message = kind != IRQ_INTX;

	if (message && !w->master)
		snprintf(out, size, "bus mastering is off in its command register, so it can't write; who switched it off (setpci, a reset)?");
	else if (!w->enabled)
		snprintf(out, size, "it is disabled in the device; was the device reset?");
	else if (w->masked)
		snprintf(out, size, "it is masked in the device; who masked it?");
	else if (!message)
		snprintf(out, size, "its line is not connected, or the interrupt controller drops it; only polling works");
	else if (w->has_address)
		judge_address(w, plan, out, size);
	else
		snprintf(out, size, "the address that it writes to can't be read; see dmesg for IOMMU faults");
}
