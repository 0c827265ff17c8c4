/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>

#include <linux/pci_regs.h>

#include "pci/pci_config.h"

#define CAPS_MAX 48		/* config space has no room for more */
#define NO_VENDOR 0xffff
#define BARS_OF_BRIDGE 2u
#define MSI_CUT 12		/* size of an MSI capability up to a 64-bit address */
#define WINDOW_MASK 0xfff0u

uint16_t
pci_config_u16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

uint32_t
pci_config_u32(const uint8_t *p)
{
	return pci_config_u16(p) | (uint32_t)pci_config_u16(p + 2) << 16;
}

bool
pci_config_answers(const uint8_t *config)
{
	return pci_config_u16(config + PCI_VENDOR_ID) != NO_VENDOR;
}

static unsigned int
header_type(const uint8_t *config)
{
	return config[PCI_HEADER_TYPE] & 0x7f;
}

static unsigned int
bar_count(const uint8_t *config)
{
	switch (header_type(config)) {
	case PCI_HEADER_TYPE_NORMAL:
		return PCI_CONFIG_BARS;
	case PCI_HEADER_TYPE_BRIDGE:
		return BARS_OF_BRIDGE;
	default:
		return 0;
	}
}

void
pci_config_bars(const uint8_t *config, uint64_t *at)
{
	unsigned int i, bar, n = bar_count(config);
	uint64_t value;

	for (i = 0; i < PCI_CONFIG_BARS; i++)
		at[i] = PCI_CONFIG_NONE;
	for (i = 0; i < n; i++) {
		bar = i;
		value = pci_config_u32(config + PCI_BASE_ADDRESS_0 + 4 * i);
		if ((value & PCI_BASE_ADDRESS_SPACE_IO) != 0)
			continue;
		if ((value & PCI_BASE_ADDRESS_MEM_TYPE_MASK) == PCI_BASE_ADDRESS_MEM_TYPE_64) {
			/* The last BAR has no upper half */
			if (++i == n)
				break;
			value |= (uint64_t)pci_config_u32(config + PCI_BASE_ADDRESS_0 + 4 * i) << 32;
		}
		value &= ~UINT64_C(0xf);
		if (value != 0)
			at[bar] = value;
	}
}

bool
pci_config_window(const uint8_t *config, bool prefetch, uint64_t *first, uint64_t *last)
{
	const uint8_t *p = config + (prefetch ? PCI_PREF_MEMORY_BASE : PCI_MEMORY_BASE);
	uint64_t base = pci_config_u16(p), limit = pci_config_u16(p + 2);

	if (header_type(config) != PCI_HEADER_TYPE_BRIDGE)
		return false;
	*first = (base & WINDOW_MASK) << 16;
	*last = (limit & WINDOW_MASK) << 16 | 0xfffff;
	if (prefetch && (base & PCI_PREF_RANGE_TYPE_MASK) == PCI_PREF_RANGE_TYPE_64) {
		*first |= (uint64_t)pci_config_u32(config + PCI_PREF_BASE_UPPER32) << 32;
		*last |= (uint64_t)pci_config_u32(config + PCI_PREF_LIMIT_UPPER32) << 32;
	}
	return *first <= *last;
}

size_t
pci_config_cap(const uint8_t *config, size_t len, uint8_t id, size_t after)
{
	size_t at, n;

	if ((pci_config_u16(config + PCI_STATUS) & PCI_STATUS_CAP_LIST) == 0)
		return 0;
	at = after == 0 ? PCI_CAPABILITY_LIST : after + PCI_CAP_LIST_NEXT;
	for (n = 0; n < CAPS_MAX && at < len; n++) {
		at = config[at] & ~3u;
		if (at < PCI_STD_HEADER_SIZEOF || at + 2 > len)
			return 0;
		if (config[at + PCI_CAP_LIST_ID] == id)
			return at;
		at += PCI_CAP_LIST_NEXT;
	}
	return 0;
}

int
pci_config_msix(const uint8_t *config, size_t len, struct pci_config_msix *out)
{
	size_t at = pci_config_cap(config, len, PCI_CAP_ID_MSIX, 0);
	uint32_t control, table;

	if (at == 0 || at + PCI_CAP_MSIX_SIZEOF > len)
		return -ENODATA;
	control = pci_config_u16(config + at + PCI_MSIX_FLAGS);
	table = pci_config_u32(config + at + PCI_MSIX_TABLE);
	out->enabled = (control & PCI_MSIX_FLAGS_ENABLE) != 0;
	out->masked = (control & PCI_MSIX_FLAGS_MASKALL) != 0;
	out->bar = table & PCI_MSIX_TABLE_BIR;
	out->offset = table & PCI_MSIX_TABLE_OFFSET;
	out->vectors = (control & PCI_MSIX_FLAGS_QSIZE) + 1;
	return 0;
}

int
pci_config_msi(const uint8_t *config, size_t len, struct pci_config_msi *out)
{
	size_t at = pci_config_cap(config, len, PCI_CAP_ID_MSI, 0);
	uint32_t control;

	if (at == 0 || at + MSI_CUT > len)
		return -ENODATA;
	control = pci_config_u16(config + at + PCI_MSI_FLAGS);
	out->enabled = (control & PCI_MSI_FLAGS_ENABLE) != 0;
	out->address = pci_config_u32(config + at + PCI_MSI_ADDRESS_LO);
	if ((control & PCI_MSI_FLAGS_64BIT) != 0)
		out->address |= (uint64_t)pci_config_u32(config + at + PCI_MSI_ADDRESS_HI) << 32;
	return 0;
}
