/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <errno.h>

#include "sysfs/sysfs.h"
#include "topology/topology.h"

/* Parse a hex number of at most @p digits digits, followed by @p sep. */
static const char *
field(const char *s, unsigned int digits, char sep, uint64_t max, uint64_t *out)
{
	s = sysfs_hex(s, digits, out);
	if (s == NULL || *s != sep || *out > max)
		return NULL;
	return sep != '\0' ? s + 1 : s;
}

int
topology_parse_bdf(const char *s, struct topo_addr *out)
{
	const char *colon = strchr(s, ':');
	uint64_t domain = 0, bus, dev, fn;

	if (colon == NULL)
		return -EINVAL;
	if (strchr(colon + 1, ':') != NULL)
		s = field(s, 8, ':', UINT32_MAX, &domain);
	if (s != NULL)
		s = field(s, 2, ':', UINT8_MAX, &bus);
	if (s != NULL)
		s = field(s, 2, '.', 0x1f, &dev);
	if (s != NULL)
		s = field(s, 1, '\0', 7, &fn);
	if (s == NULL)
		return -EINVAL;
	out->domain = (uint32_t)domain;
	out->bus = (uint8_t)bus;
	out->dev = (uint8_t)dev;
	out->fn = (uint8_t)fn;
	return 0;
}

int
topology_parse_bus(const char *s, struct topo_addr *out)
{
	uint64_t domain, bus = 0;

	s = field(s, 8, ':', UINT32_MAX, &domain);
	if (s != NULL)
		s = field(s, 2, '\0', UINT8_MAX, &bus);
	if (s == NULL)
		return -EINVAL;
	*out = (struct topo_addr){ .domain = (uint32_t)domain, .bus = (uint8_t)bus };
	return 0;
}

void
topology_format_bdf(const struct topo_addr *a, char *out, size_t size)
{
	snprintf(out, size, "%04" PRIx32 ":%02x:%02x.%x", a->domain, a->bus, a->dev, a->fn);
}

void
topology_format_bus(const struct topo_addr *a, char *out, size_t size)
{
	snprintf(out, size, "%04" PRIx32 ":%02x", a->domain, a->bus);
}

int
topology_addr_cmp(const struct topo_addr *a, const struct topo_addr *b)
{
	if (a->domain != b->domain)
		return a->domain < b->domain ? -1 : 1;
	if (a->bus != b->bus)
		return a->bus < b->bus ? -1 : 1;
	if (a->dev != b->dev)
		return a->dev < b->dev ? -1 : 1;
	if (a->fn != b->fn)
		return a->fn < b->fn ? -1 : 1;
	return 0;
}
