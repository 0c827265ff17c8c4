/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * At which addresses of its bus the memory of a function is.
 */

#include <errno.h>

#include "sysfs/sysfs.h"
#include "topology/topology_internal.h"

/* Offsets into config space, all in the part that anybody may read. */
#define CONFIG_LEN 64
#define CONFIG_VENDOR 0x00
#define CONFIG_HEADER 0x0e
#define CONFIG_BARS 0x10
#define CONFIG_MEM_BASE 0x20
#define CONFIG_PREF_BASE 0x24
#define CONFIG_PREF_BASE_UPPER 0x28
#define CONFIG_PREF_LIMIT_UPPER 0x2c

#define HEADER_TYPE 0x7f
#define HEADER_BRIDGE 1
#define BARS_BRIDGE 2u
#define NO_DEVICE 0xffff

#define BAR_IO 0x1u
#define BAR_TYPE 0x6u
#define BAR_TYPE_64 0x4u
#define BAR_FLAGS 0xfu
#define WINDOW_TYPE_64 0x1u

/* IORESOURCE_*; windows of a bridge stand behind its BARs and its ROM. */
#define RESOURCE_MEM UINT64_C(0x200)
#define RESOURCE_PREFETCH UINT64_C(0x2000)
#define ROW_WINDOWS 7

static uint32_t
le16(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8;
}

static uint32_t
le32(const uint8_t *p)
{
	return le16(p) | le16(p + 2) << 16;
}

static bool
row_is_memory(const struct topo_bar *row)
{
	return (row->flags & RESOURCE_MEM) != 0 && row->len != 0;
}

/* A BAR that is not set reads as 0; one that is set is a multiple of its size. */
static void
bars_decode(const uint8_t *config, unsigned int count, const struct topo_bar *rows, size_t n,
		uint64_t *bus)
{
	unsigned int i, bar;
	uint64_t at;

	for (i = 0; i < count; i++) {
		bar = i;
		at = le32(config + CONFIG_BARS + 4 * i);
		if ((at & BAR_IO) != 0)
			continue;
		if ((at & BAR_TYPE) == BAR_TYPE_64 && ++i < count)
			at |= (uint64_t)le32(config + CONFIG_BARS + 4 * i) << 32;
		at &= ~(uint64_t)BAR_FLAGS;
		if (i < count && at != 0 && bar < n && row_is_memory(&rows[bar]) &&
				(at & (rows[bar].len - 1)) == 0)
			bus[bar] = at;
	}
}

/* The row of a window is told by its kind, and must be as long. */
static void
window_decode(uint64_t first, uint64_t last, uint64_t prefetch, const struct topo_bar *rows,
		size_t n, uint64_t *bus)
{
	size_t i;

	if (first > last)
		return;
	for (i = ROW_WINDOWS; i < n; i++)
		if (row_is_memory(&rows[i]) && (rows[i].flags & RESOURCE_PREFETCH) == prefetch &&
				rows[i].len - 1 == last - first)
			bus[i] = first;
}

static void
windows_decode(const uint8_t *config, const struct topo_bar *rows, size_t n, uint64_t *bus)
{
	uint64_t base = le16(config + CONFIG_MEM_BASE), limit = le16(config + CONFIG_MEM_BASE + 2);
	bool wide;

	window_decode((base & 0xfff0) << 16, (limit & 0xfff0) << 16 | 0xfffff, 0, rows, n, bus);
	base = le16(config + CONFIG_PREF_BASE);
	limit = le16(config + CONFIG_PREF_BASE + 2);
	wide = (base & BAR_FLAGS) == WINDOW_TYPE_64;
	base = (base & 0xfff0) << 16;
	limit = (limit & 0xfff0) << 16 | 0xfffff;
	if (wide) {
		base |= (uint64_t)le32(config + CONFIG_PREF_BASE_UPPER) << 32;
		limit |= (uint64_t)le32(config + CONFIG_PREF_LIMIT_UPPER) << 32;
	}
	window_decode(base, limit, RESOURCE_PREFETCH, rows, n, bus);
}

int
topology_bus_rows(const char *root, const struct topo_addr *addr, const struct topo_bar *rows,
		size_t n, uint64_t *bus)
{
	uint8_t config[CONFIG_LEN];
	char bdf[TOPO_BDF_LEN];
	size_t len = 0, i;
	int ret;

	for (i = 0; i < n; i++)
		bus[i] = TOPO_NO_ADDRESS;
	topology_format_bdf(addr, bdf, sizeof(bdf));
	ret = sysfs_read_start(root, config, sizeof(config), &len, TOPO_DEVICES "/%s/config", bdf);
	if (ret == 0 && len < sizeof(config))
		ret = -ENODATA;
	if (ret != 0 || le16(config + CONFIG_VENDOR) == NO_DEVICE)
		return ret;
	switch (config[CONFIG_HEADER] & HEADER_TYPE) {
	case 0:
		bars_decode(config, TOPO_BARS, rows, n, bus);
		break;
	case HEADER_BRIDGE:
		bars_decode(config, BARS_BRIDGE, rows, n, bus);
		windows_decode(config, rows, n, bus);
		break;
	}
	return 0;
}
