/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Valid and invalid config space: BARs, windows, capabilities, MSI and MSI-X. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/pci_regs.h>

#include "pci/pci_config.h"

static void
put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
	p[2] = (uint8_t)(v >> 16);
	p[3] = (uint8_t)(v >> 24);
}

/* Copy to a buffer of the exact length so that a sanitizer detects a read past the end. */
static uint8_t *
cut(const uint8_t *config, size_t len)
{
	uint8_t *copy = malloc(len);

	assert_non_null(copy);
	memcpy(copy, config, len);
	return copy;
}

static void
a_dead_device_does_not_answer(void **state)
{
	uint8_t c[PCI_CONFIG_HEADER];

	memset(c, 0xff, sizeof(c));
	assert_false(pci_config_answers(c));
	c[PCI_VENDOR_ID] = 0x86;
	assert_true(pci_config_answers(c));
}

static void
bars_of_a_device(void **state)
{
	uint8_t c[PCI_CONFIG_HEADER] = { 0 };
	uint64_t at[PCI_CONFIG_BARS];

	put32(c + PCI_BASE_ADDRESS_0, 0xfe000000);
	put32(c + PCI_BASE_ADDRESS_1, 0x0000c001);	/* I/O */
	put32(c + PCI_BASE_ADDRESS_2, 0x0000000c);	/* 64 bits, prefetchable */
	put32(c + PCI_BASE_ADDRESS_3, 0x00000080);
	put32(c + PCI_BASE_ADDRESS_5, 0xfd000004);	/* 64 bits without an upper half */
	pci_config_bars(c, at);
	assert_int_equal(at[0], 0xfe000000);
	assert_int_equal(at[1], PCI_CONFIG_NONE);
	assert_int_equal(at[2], UINT64_C(0x8000000000));
	assert_int_equal(at[3], PCI_CONFIG_NONE);	/* the upper half of BAR 2 */
	assert_int_equal(at[4], PCI_CONFIG_NONE);	/* not set */
	assert_int_equal(at[5], PCI_CONFIG_NONE);
}

static void
bars_by_kind_of_header(void **state)
{
	uint8_t c[PCI_CONFIG_HEADER] = { 0 };
	uint64_t at[PCI_CONFIG_BARS];
	unsigned int i;

	for (i = 0; i < PCI_CONFIG_BARS; i++)
		put32(c + PCI_BASE_ADDRESS_0 + 4 * i, 0xf0000000 + 0x100000 * i);
	c[PCI_HEADER_TYPE] = 0x80 | PCI_HEADER_TYPE_BRIDGE;	/* multi-function */
	pci_config_bars(c, at);
	assert_int_equal(at[1], 0xf0100000);
	for (i = 2; i < PCI_CONFIG_BARS; i++)
		assert_int_equal(at[i], PCI_CONFIG_NONE);
	c[PCI_HEADER_TYPE] = PCI_HEADER_TYPE_CARDBUS;
	pci_config_bars(c, at);
	for (i = 0; i < PCI_CONFIG_BARS; i++)
		assert_int_equal(at[i], PCI_CONFIG_NONE);
}

static void
windows_of_a_bridge(void **state)
{
	uint8_t c[PCI_CONFIG_HEADER] = { 0 };
	uint64_t first, last;

	put32(c + PCI_MEMORY_BASE, 0xfeb0fea0);
	put32(c + PCI_PREF_MEMORY_BASE, 0x00010001);	/* 64 bits */
	put32(c + PCI_PREF_BASE_UPPER32, 0x80);
	put32(c + PCI_PREF_LIMIT_UPPER32, 0x81);
	assert_false(pci_config_window(c, false, &first, &last));	/* not a bridge */
	c[PCI_HEADER_TYPE] = PCI_HEADER_TYPE_BRIDGE;
	assert_true(pci_config_window(c, false, &first, &last));
	assert_int_equal(first, 0xfea00000);
	assert_int_equal(last, 0xfebfffff);
	assert_true(pci_config_window(c, true, &first, &last));
	assert_int_equal(first, UINT64_C(0x8000000000));
	assert_int_equal(last, UINT64_C(0x81000fffff));
	/* With 32 bits, the upper halves are ignored. */
	put32(c + PCI_PREF_MEMORY_BASE, 0xfdf0fd00);
	assert_true(pci_config_window(c, true, &first, &last));
	assert_int_equal(first, 0xfd000000);
	assert_int_equal(last, 0xfdffffff);
	put32(c + PCI_MEMORY_BASE, 0x0000fff0);		/* closed */
	assert_false(pci_config_window(c, false, &first, &last));
}

static void
capabilities_in_a_list(void **state)
{
	uint8_t c[PCI_CONFIG_LEN] = { 0 };

	c[PCI_CAPABILITY_LIST] = 0x40;
	c[0x40] = PCI_CAP_ID_VNDR;
	c[0x41] = 0x53;		/* the two low bits are ignored */
	c[0x50] = PCI_CAP_ID_PM;
	c[0x51] = 0xfc;
	c[0xfc] = PCI_CAP_ID_VNDR;
	assert_int_equal(pci_config_cap(c, sizeof(c), PCI_CAP_ID_VNDR, 0), 0);
	c[PCI_STATUS] = PCI_STATUS_CAP_LIST;
	assert_int_equal(pci_config_cap(c, sizeof(c), PCI_CAP_ID_VNDR, 0), 0x40);
	assert_int_equal(pci_config_cap(c, sizeof(c), PCI_CAP_ID_VNDR, 0x40), 0xfc);
	assert_int_equal(pci_config_cap(c, sizeof(c), PCI_CAP_ID_VNDR, 0xfc), 0);
	c[0xfd] = 0x40;		/* a cycle */
	assert_int_equal(pci_config_cap(c, sizeof(c), PCI_CAP_ID_MSI, 0), 0);
	c[PCI_CAPABILITY_LIST] = 0x3c;	/* within the header */
	assert_int_equal(pci_config_cap(c, sizeof(c), 0, 0), 0);
}

static void
capabilities_of_a_short_copy(void **state)
{
	uint8_t c[PCI_CONFIG_LEN] = { 0 }, *copy;

	c[PCI_STATUS] = PCI_STATUS_CAP_LIST;
	c[PCI_CAPABILITY_LIST] = 0x40;
	c[0x40] = PCI_CAP_ID_VNDR;
	copy = cut(c, PCI_CONFIG_HEADER);	/* readable without privileges */
	assert_int_equal(pci_config_cap(copy, PCI_CONFIG_HEADER, PCI_CAP_ID_VNDR, 0), 0);
	free(copy);
	copy = cut(c, 0x41);			/* half of its header */
	assert_int_equal(pci_config_cap(copy, 0x41, PCI_CAP_ID_VNDR, 0), 0);
	free(copy);
	copy = cut(c, 0x42);
	assert_int_equal(pci_config_cap(copy, 0x42, PCI_CAP_ID_VNDR, 0), 0x40);
	free(copy);
}

static void
msix_and_its_table(void **state)
{
	uint8_t c[PCI_CONFIG_LEN] = { 0 };
	struct pci_config_msix m;

	c[PCI_STATUS] = PCI_STATUS_CAP_LIST;
	c[PCI_CAPABILITY_LIST] = 0x50;
	assert_int_equal(pci_config_msix(c, sizeof(c), &m), -ENODATA);
	c[0x50] = PCI_CAP_ID_MSIX;
	put32(c + 0x52, 0x8009);
	put32(c + 0x54, 0x2003);
	assert_int_equal(pci_config_msix(c, sizeof(c), &m), 0);
	assert_true(m.enabled && !m.masked);
	assert_int_equal(m.vectors, 10);
	assert_int_equal(m.bar, 3);
	assert_int_equal(m.offset, 0x2000);
	c[0x53] = 0x7f;		/* the flags are not part of the size */
	assert_int_equal(pci_config_msix(c, sizeof(c), &m), 0);
	assert_true(!m.enabled && m.masked);
	assert_int_equal(m.vectors, 0x70a);
	assert_int_equal(pci_config_msix(c, 0x5b, &m), -ENODATA);
	assert_int_equal(pci_config_msix(c, 0x5c, &m), 0);
	c[PCI_CAPABILITY_LIST] = 0xf8;	/* truncated by the end */
	c[0xf8] = PCI_CAP_ID_MSIX;
	assert_int_equal(pci_config_msix(c, sizeof(c), &m), -ENODATA);
}

static void
msi_with_32_and_64_bits(void **state)
{
	uint8_t c[PCI_CONFIG_LEN] = { 0 };
	struct pci_config_msi m;

	c[PCI_STATUS] = PCI_STATUS_CAP_LIST;
	c[PCI_CAPABILITY_LIST] = 0x60;
	assert_int_equal(pci_config_msi(c, sizeof(c), &m), -ENODATA);
	c[0x60] = PCI_CAP_ID_MSI;
	put32(c + 0x62, 0x0081);
	put32(c + 0x64, 0xfee00000);
	put32(c + 0x68, 0x12);
	assert_int_equal(pci_config_msi(c, sizeof(c), &m), 0);
	assert_true(m.enabled);
	assert_int_equal(m.address, UINT64_C(0x12fee00000));
	c[0x62] = 0;		/* 32 bits, followed by data */
	assert_int_equal(pci_config_msi(c, sizeof(c), &m), 0);
	assert_false(m.enabled);
	assert_int_equal(m.address, 0xfee00000);
	assert_int_equal(pci_config_msi(c, 0x6b, &m), -ENODATA);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_dead_device_does_not_answer),
		cmocka_unit_test(bars_of_a_device),
		cmocka_unit_test(bars_by_kind_of_header),
		cmocka_unit_test(windows_of_a_bridge),
		cmocka_unit_test(capabilities_in_a_list),
		cmocka_unit_test(capabilities_of_a_short_copy),
		cmocka_unit_test(msix_and_its_table),
		cmocka_unit_test(msi_with_32_and_64_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
