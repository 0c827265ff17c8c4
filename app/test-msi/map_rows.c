/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <inttypes.h>
#include <stdio.h>

#include "map_side.h"

static double
ms_per_gib(uint64_t ns, uint64_t bytes)
{
	return bytes == 0 ? 0 : (double)ns / 1e6 / ((double)bytes / (1 << 30));
}

double
map_row_ms_per_gib(const struct map_meter *m, uint64_t ns)
{
	return ms_per_gib(ns, m->map.bytes);
}

void
map_row_heads(void)
{
	printf("%-27s %6s  %5s  %8s  %5s  %8s  %8s  %8s  %10s\n", "", "", "map", "", "unmap", "",
		"at exit", "in calls", "IOMMU");
	printf("%-27s %6s  %5s  %8s  %5s  %8s  %8s  %8s  %10s\n", "who", "MiB", "calls", "ms/GiB",
		"calls", "ms/GiB", "ms/GiB", "ms/GiB", "tables KiB");
}

void
map_row_print(const char *who, const struct map_meter *m)
{
	char tables[24] = "-";

	if (m->tables >= 0)
		snprintf(tables, sizeof(tables), "%" PRId64, m->tables / 1024);
	printf("%-27s %6" PRIu64 "  %5" PRIu64 "  %8.2f  %5" PRIu64 "  %8.2f  %8.2f  %8.2f  %10s\n",
		who, m->map.bytes >> 20, m->map.n, map_row_ms_per_gib(m, m->map.ns), m->unmap.n,
		ms_per_gib(m->unmap.ns, m->unmap.bytes), map_row_ms_per_gib(m, m->teardown_ns),
		ms_per_gib(m->teardown_calls_ns, m->unmap.bytes), tables);
}

void
map_row_print_open(const struct map_meter *m)
{
	printf("%-27s %6s  %5" PRIu64 "  %8.2f  to open the device, which resets it and pins the memory\n",
		"", "", m->open.n, map_row_ms_per_gib(m, m->open.ns));
}

static json_t *
calls_json(const struct map_calls *calls)
{
	return json_pack("{s:I, s:I, s:I}", "calls", (json_int_t)calls->n,
		"bytes", (json_int_t)calls->bytes, "nanoseconds", (json_int_t)calls->ns);
}

json_t *
map_row_json(const struct side *side, int status, const struct map_meter *m)
{
	static const char *const results[] = {
		[SIDE_GOOD] = "measured", [SIDE_FAULT] = "failed", [SIDE_ABSENT] = "not available",
	};
	json_t *o = json_pack("{s:s, s:s?, s:b, s:s}", "by", map_side_by(side), "backend",
		side->backend == IOAS_BACKEND_AUTO ? NULL : ioas_backend_name(side->backend),
		"one_file", side->one_file, "result", results[status]);

	if (status == SIDE_GOOD &&
	    (json_put(o, "map", calls_json(&m->map)) |
	     json_put(o, "unmap", calls_json(&m->unmap)) |
	     json_put(o, "map_by_file", json_integer((json_int_t)m->by_file)) |
	     json_put(o, "open", calls_json(&m->open)) |
	     json_put(o, "close", calls_json(&m->close)) |
	     json_put(o, "vfio_calls", json_integer((json_int_t)m->vfio_calls)) |
	     json_put(o, "exit_nanoseconds", json_integer((json_int_t)m->teardown_ns)) |
	     json_put(o, "exit_calls_nanoseconds",
			json_integer((json_int_t)m->teardown_calls_ns)) |
	     json_put(o, "iommu_page_tables", m->tables < 0 ? json_null() :
			json_integer(m->tables))) != 0) {
		json_decref(o);
		o = NULL;
	}
	return o;
}
