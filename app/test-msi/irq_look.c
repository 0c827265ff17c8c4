/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Examine a device whose message did not arrive. Config space is read from sysfs, as VFIO
 * returns the user's values for MSI, not those of the kernel.
 */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "irq.h"
#include "pci/pci_config.h"
#include "uapi/vfio_uapi.h"

#define ENTRY_LEN 16

static size_t
read_config(const struct irq_device *dev, uint8_t *out, size_t size)
{
	char path[96];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", dev->topo->bdf);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = pread(fd, out, size, 0);
		close(fd);
	}
	return n > 0 ? (size_t)n : 0;
}

/* The kernel allows mapping the table, but not reading it through the descriptor. */
static void
look_at_table(const struct irq_device *dev, unsigned int vector, struct irq_where *w)
{
	uint64_t at = w->table_offset + (uint64_t)vector * ENTRY_LEN;
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	const volatile uint32_t *p;
	uint32_t entry[4];
	unsigned int i;
	void *map;

	if (w->table_bar >= TOPO_BARS || at + ENTRY_LEN > dev->bar_size[w->table_bar] ||
	    vfio_uapi_mmap(NULL, page, PROT_READ, MAP_SHARED, dev->fd,
			dev->bar[w->table_bar] + (at & ~(page - 1)), &map) < 0)
		return;
	p = (const volatile uint32_t *)((const char *)map + (at & (page - 1)));
	for (i = 0; i < 4; i++)
		entry[i] = p[i];
	vfio_uapi_munmap(map, page);
	irq_where_entry(entry, w);
}

void
irq_look(const struct irq_vectors *vs, unsigned int vector, const struct plan_device *plan,
		char *out, size_t size)
{
	uint8_t config[PCI_CONFIG_LEN];
	size_t len = read_config(vs->dev, config, sizeof(config));
	struct irq_where w;

	if (irq_where_config(config, len, vs->kind, &w) < 0) {
		snprintf(out, size, "its config space can't be read (run as root); see dmesg for IOMMU faults");
		return;
	}
	if (vs->kind == IRQ_MSIX)
		look_at_table(vs->dev, vector, &w);
	irq_where_judge(&w, vs->kind, plan, out, size);
}
