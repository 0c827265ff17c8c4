/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <stdlib.h>

#include "sysfs/sysfs.h"
#include "topology/topology_internal.h"

/* Parse one row "0xFIRST 0xLAST 0xFLAGS". */
static int
row_parse(const char *line, struct topo_bar *row)
{
	uint64_t first, last, flags;
	const char *s = sysfs_hex0x(line, &first);

	if (s == NULL || *s != ' ')
		return -ENODATA;
	s = sysfs_hex0x(s + 1, &last);
	if (s == NULL || *s != ' ')
		return -ENODATA;
	s = sysfs_hex0x(s + 1, &flags);
	if (s == NULL || *s != '\0')
		return -ENODATA;
	/* The kernel shows an empty row as zeros, or with the end one below the start. */
	if ((first == 0 && last == 0) || last + 1 == first) {
		*row = (struct topo_bar){ .flags = flags };
		return 0;
	}
	if (first > last)
		return -ENODATA;
	*row = (struct topo_bar){ .phys = first, .len = last - first + 1, .flags = flags };
	return 0;
}

int
topology_resource_rows(const char *root, const struct topo_addr *addr, struct topo_bar *rows,
		size_t *n)
{
	char bdf[TOPO_BDF_LEN], *text, *line;
	struct sysfs_lines it;
	size_t len, count = 0;
	int ret;

	topology_format_bdf(addr, bdf, sizeof(bdf));
	ret = sysfs_read_file(root, &text, &len, TOPO_DEVICES "/%s/resource", bdf);
	if (ret != 0)
		return ret;
	sysfs_lines_start(&it, text, len);
	while ((line = sysfs_lines_next(&it)) != NULL) {
		if (count == TOPO_ROWS) {
			ret = -ENODATA;
			break;
		}
		rows[count] = (struct topo_bar){ 0 };
		if (row_parse(line, &rows[count++]) != 0)
			ret = -ENODATA;
	}
	if (it.bad)
		ret = -ENODATA;
	free(text);
	*n = count;
	return ret;
}

int
topology_bars(struct topo_device *dev, int ret, const struct topo_bar *rows, size_t n)
{
	size_t i;

	if (topology_error_is_ours(ret))
		return ret;
	for (i = 0; i < n && i < TOPO_BARS; i++)
		dev->bar[i] = rows[i];
	if (ret != 0 && ret != -ENOENT)
		dev->unread |= TOPO_UNREAD_RESOURCE;
	return 0;
}
