/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Bus addresses of the memory of a function.
 */

#include <errno.h>

#include "pci/pci_config.h"
#include "sysfs/sysfs.h"
#include "topology/topology_internal.h"

/* Windows of a bridge follow its BARs and its ROM */
#define ROW_WINDOWS 7

static bool
row_is_memory(const struct topo_bar *row)
{
	return (row->flags & TOPO_ROW_MEM) != 0 && row->len != 0;
}

/* A BAR that is set is a multiple of its size. */
static void
bars_read(const uint8_t *config, const struct topo_bar *rows, size_t n, uint64_t *bus)
{
	uint64_t at[PCI_CONFIG_BARS];
	size_t i;

	pci_config_bars(config, at);
	for (i = 0; i < PCI_CONFIG_BARS && i < n; i++)
		if (at[i] != PCI_CONFIG_NONE && row_is_memory(&rows[i]) &&
				(at[i] & (rows[i].len - 1)) == 0)
			bus[i] = at[i];
}

/* Identify the row of a window by its kind; the lengths must match. */
static void
window_read(const uint8_t *config, bool prefetch, const struct topo_bar *rows, size_t n,
		uint64_t *bus)
{
	uint64_t first, last, kind = prefetch ? TOPO_ROW_PREFETCH : 0;
	size_t i;

	if (!pci_config_window(config, prefetch, &first, &last))
		return;
	for (i = ROW_WINDOWS; i < n; i++)
		if (row_is_memory(&rows[i]) && (rows[i].flags & TOPO_ROW_PREFETCH) == kind &&
				rows[i].len - 1 == last - first)
			bus[i] = first;
}

int
topology_bus_rows(const char *root, const struct topo_addr *addr, const struct topo_bar *rows,
		size_t n, uint64_t *bus)
{
	uint8_t config[PCI_CONFIG_HEADER];
	char bdf[TOPO_BDF_LEN];
	size_t len = 0, i;
	int ret;

	for (i = 0; i < n; i++)
		bus[i] = TOPO_NO_ADDRESS;
	topology_format_bdf(addr, bdf, sizeof(bdf));
	ret = sysfs_read_start(root, config, sizeof(config), &len, TOPO_DEVICES "/%s/config", bdf);
	if (ret == 0 && len < sizeof(config))
		ret = -ENODATA;
	if (ret != 0 || !pci_config_answers(config))
		return ret;
	bars_read(config, rows, n, bus);
	window_read(config, false, rows, n, bus);
	window_read(config, true, rows, n, bus);
	return 0;
}
