/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Messages that all commands share.
 */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "test_msi.h"
#include "tool_progress.h"
#include "uapi/vfio_uapi.h"

#define FAULT_LEN (PLAN_WHY + 512)	/* every reason, and a sentence around it */

static char *kept;
static size_t kept_size;

void
tool_error_keep(char *out, size_t size)
{
	kept = out;
	kept_size = size;
}

void
tool_error(const char *who, const char *fmt, ...)
{
	char text[FAULT_LEN];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (kept != NULL) {
		snprintf(kept, kept_size, "%s", text);
		return;
	}
	fflush(stdout);
	tool_progress_hide();
	fprintf(stderr, "dpdk-test-msi: %s: %s\n", who, text);
	tool_report_fault(who, text);
}

void
tool_odd_report(struct topo_snapshot *snap, const struct topo_set *set)
{
	char why[PLAN_ODD];
	size_t i;

	for (i = set->n; i < set->n + set->n_odd; i++) {
		plan_odd_text(snap, set->v[i], why, sizeof(why));
		tool_error(set->v[i]->bdf, "%s", why);
	}
}

unsigned int
tool_parse_number(const char *s, unsigned int max)
{
	char *end;
	unsigned long v;

	errno = 0;
	v = strtoul(s, &end, 10);
	return *s >= '0' && *s <= '9' && *end == '\0' && errno == 0 && v <= max ?
		(unsigned int)v : 0;
}

void
tool_node(const struct topo_device *dev, char *out)
{
	*out = '\0';
	if (dev->group >= 0 && topology_is_vfio(dev))
		vfio_uapi_group_node(dev->group, dev->group_noiommu, out);
}
