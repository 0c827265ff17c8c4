/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Why an interrupt does not arrive: from config space of the device to a message. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "irq_where.h"

#define MSI_AT 0x50
#define MSIX_AT 0x70
#define ADDRESS UINT64_C(0x8000040)

static uint8_t config[256];
static struct iova_hole windows[2];
static struct plan_device plan;

/* A valid device: MSI with 64 bits, then MSI-X with its table in BAR 3. */
static int
setup(void **state)
{
	static const uint8_t msi[] = { 0x05, MSIX_AT, 0x81, 0x00, 0x40, 0, 0, 0x08, 0, 0, 0, 0 };
	static const uint8_t msix[] = { 0x11, 0, 0x09, 0x80, 0x03, 0x20, 0, 0, 0x03, 0x40, 0, 0 };

	memset(config, 0, sizeof(config));
	config[0x04] = 0x06;
	config[0x06] = 0x10;
	config[0x34] = MSI_AT;
	memcpy(config + MSI_AT, msi, sizeof(msi));
	memcpy(config + MSIX_AT, msix, sizeof(msix));
	windows[0] = (struct iova_hole) { .range = { 0x4000, 0x4fff },
		.origin = IOVA_ORIGIN_RESERVED };
	windows[1] = (struct iova_hole) { .range = { 0x8000000, 0x80fffff },
		.origin = IOVA_ORIGIN_SW_MSI };
	memset(&plan, 0, sizeof(plan));
	plan.holes.v = windows;
	plan.holes.n = 2;
	return 0;
}

static void
assert_says(const struct irq_where *w, enum irq_kind kind, const char *words)
{
	char text[PLAN_TEXT];

	irq_where_judge(w, kind, &plan, text, sizeof(text));
	if (strstr(text, words) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", words, text);
}

static void
msi_is_read(void **state)
{
	struct irq_where w;

	config[MSI_AT + 8] = 0x12;
	assert_int_equal(irq_where_config(config, sizeof(config), IRQ_MSI, &w), 0);
	assert_true(w.master && w.enabled && !w.masked && w.has_address);
	assert_true(w.address == (UINT64_C(0x12) << 32 | ADDRESS));
	/* With 32 bits, the word after the address is data. */
	config[MSI_AT + 2] = 0x01;
	assert_int_equal(irq_where_config(config, sizeof(config), IRQ_MSI, &w), 0);
	assert_true(w.address == ADDRESS);
	config[MSI_AT + 2] = 0x80;
	assert_int_equal(irq_where_config(config, sizeof(config), IRQ_MSI, &w), 0);
	assert_says(&w, IRQ_MSI, "disabled in the device");
}

static void
msix_is_read(void **state)
{
	uint32_t entry[4] = { 0x8000040, 0, 7, 0 };
	struct irq_where w;

	assert_int_equal(irq_where_config(config, sizeof(config), IRQ_MSIX, &w), 0);
	assert_true(w.master && w.enabled && !w.masked && !w.has_address);
	assert_int_equal(w.table_bar, 3);
	assert_int_equal(w.table_offset, 0x2000);
	assert_says(&w, IRQ_MSIX, "can't be read");
	irq_where_entry(entry, &w);
	assert_true(w.has_address && !w.masked && w.address == ADDRESS);
	entry[1] = 1;
	entry[3] = 1;
	irq_where_entry(entry, &w);
	assert_true(w.masked && w.address == (UINT64_C(1) << 32 | ADDRESS));
	config[MSIX_AT + 3] = 0xc0;
	assert_int_equal(irq_where_config(config, sizeof(config), IRQ_MSIX, &w), 0);
	assert_says(&w, IRQ_MSIX, "masked in the device");
}

static void
lists_may_lead_anywhere(void **state)
{
	struct irq_where w;
	size_t len, at;

	for (len = 0; len < MSIX_AT + 12; len++)
		assert_int_equal(irq_where_config(config, len, IRQ_MSIX, &w), -ENODATA);
	for (at = 0; at < 256; at++) {
		config[0x34] = (uint8_t)at;
		irq_where_config(config, sizeof(config), IRQ_MSIX, &w);
	}
	config[0x34] = MSI_AT;
	config[MSI_AT + 1] = MSI_AT;	/* a cycle */
	assert_int_equal(irq_where_config(config, sizeof(config), IRQ_MSIX, &w), -ENODATA);
	memset(config + 0x40, 0xff, sizeof(config) - 0x40);
	assert_int_equal(irq_where_config(config, sizeof(config), IRQ_MSIX, &w), -ENODATA);
	config[0x06] = 0;	/* no list */
	assert_int_equal(irq_where_config(config, sizeof(config), IRQ_MSI, &w), -ENODATA);
}

static void
what_is_off_comes_first(void **state)
{
	struct irq_where w = { .enabled = true, .masked = true };

	assert_says(&w, IRQ_MSIX, "bus mastering is off");
	assert_says(&w, IRQ_INTX, "masked in the device");
	w.master = true;
	assert_says(&w, IRQ_MSIX, "masked in the device");
	config[0x05] = 0x04;
	assert_int_equal(irq_where_config(config, sizeof(config), IRQ_INTX, &w), 0);
	assert_says(&w, IRQ_INTX, "masked in the device");
	config[0x05] = 0;
	assert_int_equal(irq_where_config(config, sizeof(config), IRQ_INTX, &w), 0);
	assert_says(&w, IRQ_INTX, "line is not connected");
}

static void
address_and_window_are_named(void **state)
{
	struct irq_where w = { .master = true, .enabled = true, .has_address = true,
		.address = ADDRESS };

	assert_says(&w, IRQ_MSIX, "writes to 0x8000040 in SW_MSI 0x8000000-0x80fffff");
	w.address = 0x80fffff;
	assert_says(&w, IRQ_MSI, "writes to 0x80fffff in SW_MSI");
	w.address++;
	assert_says(&w, IRQ_MSI, "writes to 0x8100000, which is in no MSI window, "
		"this machine's is SW_MSI 0x8000000-0x80fffff");
	w.address = 0x4000;	/* reserved, but not for MSI */
	assert_says(&w, IRQ_MSI, "which is in no MSI window");
	plan.holes.n = 1;
	assert_says(&w, IRQ_MSI, "which is in no MSI window: the IOMMU");
	plan.msi = PLAN_MSI_LOST;
	strcpy(plan.msi_why, "SW_MSI lies in a window");
	assert_says(&w, IRQ_MSI, "writes to 0x4000, and SW_MSI lies in a window; use msi=off");
}

int
main(void)
{
#define WHERE_TEST(t) cmocka_unit_test_setup(t, setup)
	const struct CMUnitTest tests[] = {
		WHERE_TEST(msi_is_read),
		WHERE_TEST(msix_is_read),
		WHERE_TEST(lists_may_lead_anywhere),
		WHERE_TEST(what_is_off_comes_first),
		WHERE_TEST(address_and_window_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
