/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Devices in runtime suspend. To read config space the kernel resumes the bridges above, and
 * a function in D3cold. The files that are read here wake nothing.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sysfs/sysfs.h"
#include "topology/topology_internal.h"

/* Read the first line of a file of a function, or "". */
static void
word_read(const char *root, char *out, size_t size, const char *bdf, const char *file)
{
	char *text;

	*out = '\0';
	if (sysfs_read_file(root, &text, NULL, TOPO_DEVICES "/%s/%s", bdf, file) != 0)
		return;
	snprintf(out, size, "%.*s", (int)strcspn(text, "\n"), text);
	free(text);
}

static bool
is_suspended(const char *root, const char *bdf)
{
	char word[32];

	word_read(root, word, sizeof(word), bdf, "power/runtime_status");
	return *word != '\0' && strcmp(word, "active") != 0 && strcmp(word, "unsupported") != 0 &&
		strcmp(word, "error") != 0;
}

bool
topology_bridge_sleeps(const char *root, const struct topo_device *dev)
{
	unsigned int i;

	for (i = 0; i < dev->n_up; i++)
		if (is_suspended(root, dev->up[i]))
			return true;
	return false;
}

/* Old kernels have no power_state. */
bool
topology_is_cold(const char *root, const char *bdf)
{
	char word[32];

	word_read(root, word, sizeof(word), bdf, "power_state");
	return strcmp(word, "D3cold") == 0 || (*word == '\0' && is_suspended(root, bdf));
}

bool
topology_sleeps(const char *root, const struct topo_addr *addr)
{
	struct topo_device dev = { .addr = *addr };

	topology_format_bdf(addr, dev.bdf, sizeof(dev.bdf));
	return is_suspended(root, dev.bdf) ||
		(topology_place(root, &dev) == 0 && topology_bridge_sleeps(root, &dev));
}

enum topo_wakes
topology_config_wakes(const char *root, const struct topo_addr *addr)
{
	struct topo_device dev = { .addr = *addr };

	topology_format_bdf(addr, dev.bdf, sizeof(dev.bdf));
	if (topology_is_cold(root, dev.bdf))
		return TOPO_WAKES_DEVICE;
	return topology_place(root, &dev) == 0 && topology_bridge_sleeps(root, &dev) ?
		TOPO_WAKES_BRIDGE : TOPO_WAKES_NONE;
}
