/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Replies of telemetry that are a part of a list.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "telemetry.h"

int
vfio_msi_page_start(struct vfio_msi_page *page, const char *params, struct rte_tel_data *reply)
{
	char *end = NULL;

	*page = (struct vfio_msi_page) { .reply = reply };
	if (params != NULL && params[0] != '\0') {
		if (params[0] < '0' || params[0] > '9')
			return -EINVAL;
		errno = 0;
		page->first = strtoull(params, &end, 10);
		if (errno != 0 || *end != '\0')
			return -EINVAL;
	}
	return rte_tel_data_start_array(reply, RTE_TEL_CONTAINER);
}

bool
vfio_msi_page_wants(struct vfio_msi_page *page)
{
	uint64_t index = page->next++;

	return index >= page->first && index - page->first < VFIO_MSI_PAGE;
}

bool
vfio_msi_page_is_full(const struct vfio_msi_page *page)
{
	return page->next > page->first && page->next - page->first >= VFIO_MSI_PAGE;
}

struct rte_tel_data *
vfio_msi_page_add(struct vfio_msi_page *page)
{
	struct rte_tel_data *entry = rte_tel_data_alloc();

	if (entry == NULL)
		return NULL;
	rte_tel_data_start_dict(entry);
	if (rte_tel_data_add_array_container(page->reply, entry, 0) == 0)
		return entry;
	rte_tel_data_free(entry);
	return NULL;
}

void
vfio_msi_page_hex(struct rte_tel_data *entry, const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, value);
	rte_tel_data_add_dict_string(entry, name, text);
}
