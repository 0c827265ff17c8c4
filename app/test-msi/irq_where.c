/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What stands in the way of a device's message: read from config space and from
 * the MSI-X table, and told with the window the message is for.
 *
 * Config space comes from the device: lists of capabilities may lead anywhere.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "irq_where.h"

#define COMMAND 0x04
#define COMMAND_MASTER 0x0004
#define COMMAND_INTX_OFF 0x0400
#define STATUS 0x06
#define STATUS_CAPS 0x0010
#define CAPS 0x34
#define CAP_MSI 0x05
#define CAP_MSIX 0x11
#define CAPS_MAX 48		/* there is no room for more */
#define MSI_ENABLE 0x0001
#define MSI_64BIT 0x0080
#define MSIX_ENABLE 0x8000
#define MSIX_MASKED 0x4000
#define ENTRY_MASKED 1u

static uint16_t
get16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t
get32(const uint8_t *p)
{
	return get16(p) | (uint32_t)get16(p + 2) << 16;
}

/* Offset of a capability that is @p need bytes long, or 0. */
static size_t
find_cap(const uint8_t *config, size_t len, uint8_t id, size_t need)
{
	size_t at, n;

	if (len <= CAPS || (get16(config + STATUS) & STATUS_CAPS) == 0)
		return 0;
	at = config[CAPS] & ~3u;
	for (n = 0; n < CAPS_MAX && at >= 0x40 && at + 2 <= len; n++) {
		if (config[at] == id)
			return at + need <= len ? at : 0;
		at = config[at + 1] & ~3u;
	}
	return 0;
}

static int
read_msix(const uint8_t *cap, struct irq_where *out)
{
	uint16_t control = get16(cap + 2);
	uint32_t table = get32(cap + 4);

	out->enabled = (control & MSIX_ENABLE) != 0;
	out->masked = (control & MSIX_MASKED) != 0;
	out->table_bar = table & 7;
	out->table_offset = table & ~7u;
	return 0;
}

static int
read_msi(const uint8_t *cap, struct irq_where *out)
{
	uint16_t control = get16(cap + 2);

	out->enabled = (control & MSI_ENABLE) != 0;
	out->has_address = true;
	out->address = get32(cap + 4);
	if ((control & MSI_64BIT) != 0)
		out->address |= (uint64_t)get32(cap + 8) << 32;
	return 0;
}

int
irq_where_config(const uint8_t *config, size_t len, enum irq_kind kind, struct irq_where *out)
{
	size_t at;

	*out = (struct irq_where) { 0 };
	if (len <= STATUS + 1)
		return -ENODATA;
	out->master = (get16(config + COMMAND) & COMMAND_MASTER) != 0;
	if (kind == IRQ_INTX) {
		out->enabled = true;
		out->masked = (get16(config + COMMAND) & COMMAND_INTX_OFF) != 0;
		return 0;
	}
	at = find_cap(config, len, kind == IRQ_MSIX ? CAP_MSIX : CAP_MSI, 12);
	if (at == 0)
		return -ENODATA;
	return kind == IRQ_MSIX ? read_msix(config + at, out) : read_msi(config + at, out);
}

void
irq_where_entry(const uint32_t entry[4], struct irq_where *out)
{
	uint8_t bytes[16];

	/* Words of the device are little endian, whatever this machine is. */
	memcpy(bytes, entry, sizeof(bytes));
	out->has_address = true;
	out->address = get32(bytes) | (uint64_t)get32(bytes + 4) << 32;
	out->masked |= (get32(bytes + 12) & ENTRY_MASKED) != 0;
}

static bool
is_msi_window(const struct iova_hole *hole)
{
	return hole->origin == IOVA_ORIGIN_SW_MSI || hole->origin == IOVA_ORIGIN_MSI;
}

/* The window that the address is in, or the first there is, or NULL. */
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
		snprintf(out, size, "it is switched off in the device; was the device reset?");
	else if (w->masked)
		snprintf(out, size, "it is masked in the device; who masked it?");
	else if (!message)
		snprintf(out, size, "its line is not connected, or the interrupt controller drops it; only polling works");
	else if (w->has_address)
		judge_address(w, plan, out, size);
	else
		snprintf(out, size, "where it writes to can't be read; see dmesg for IOMMU faults");
}
