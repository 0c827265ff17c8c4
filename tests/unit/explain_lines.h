/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Lines of a kernel's log, and the faults that are found in them, one text for each.
 */

#ifndef EXPLAIN_LINES_H
#define EXPLAIN_LINES_H

#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "explain.h"

static struct explain_log found;

static int
setup(void **state)
{
	memset(&found, 0, sizeof(found));
	return 0;
}

/* Parse lines, separated by newlines. */
static void
parse(const char *text)
{
	char line[EXPLAIN_LINE];

	memset(&found, 0, sizeof(found));
	while (*text != '\0') {
		const size_t len = strcspn(text, "\n");

		assert_in_range(len, 0, sizeof(line) - 1);
		memcpy(line, text, len);
		line[len] = '\0';
		explain_line(&found, line);
		text += len;
		text += *text == '\n';
	}
	explain_end(&found);
}

/* Describe fault number i in one line. */
static const char *
described(size_t i)
{
	static const char *const access[] = { "?", "read", "write" };
	static const char *const reasons[] = { "unknown", "no-page", "forbidden", "no-table", "too-high",
		"interrupt", "broken", "protected", "timeout", "completion", "stuck", "command", "aborted",
		"failed", "bridge", "size", "disabled" };
	static char text[256];
	const struct explain_fault *f = &found.v[i];
	char bdf[TOPO_BDF_LEN] = "-", iova[24] = "-";

	if (f->has_addr || f->has_stream)
		topology_format_bdf(&f->addr, bdf, sizeof(bdf));
	if (f->has_iova)
		snprintf(iova, sizeof(iova), "0x%llx", (unsigned long long)f->iova);
	snprintf(text, sizeof(text), "%s %s%s%s %s %s %s %s x%u", explain_iommu_name(f->iommu), bdf,
		f->any_domain ? "*" : "", f->has_stream && !f->has_addr ? "~" : "", access[f->access], iova,
		reasons[f->reason], f->code[0] != '\0' ? f->code : "-", f->times);
	return text;
}

static void
expect_one(const char *text, const char *want)
{
	parse(text);
	if (found.n != 1)
		fail_msg("%zu faults in: %s", found.n, text);
	assert_string_equal(described(0), want);
}

#endif /* EXPLAIN_LINES_H */
