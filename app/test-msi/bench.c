/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include "bench.h"

void
bench_compare(const char *page, const struct bench_comparison *c)
{
	double ratio = c->ours / c->stock;
	char aim[48] = "", bound[48] = "";

	if (c->aim > 0)
		snprintf(aim, sizeof(aim), ", aim: at most %.3g: %s", c->aim,
			ratio <= c->aim ? "met" : "missed");
	if (c->one_call > 0)
		snprintf(bound, sizeof(bound), " (one call alone: %.3g)", c->one_call / c->stock);
	printf("%s, %s: %.3g of the pci bus of DPDK%s%s\n", c->what, c->who, ratio, bound, aim);
	if (!tool_json)
		return;
	tool_report_add("comparisons", json_pack("{s:s, s:s, s:s?, s:f, s:o, s:o, s:o}", "what",
		c->what, "who", c->who, "page", page, "ratio", ratio,
		"one_call", c->one_call > 0 ? json_real(c->one_call / c->stock) : json_null(),
		"aim", c->aim > 0 ? json_real(c->aim) : json_null(),
		"met", c->aim > 0 ? json_boolean(ratio <= c->aim) : json_null()));
}
