/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* PCI addresses and names of buses, as arguments and logs have them. */

#include "explain.h"
#include "fuzz.h"
#include "topology/topology.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size), out[TOPO_BDF_LEN];
	struct topo_addr addr, again;
	bool any_domain;

	if (topology_parse_bdf(text, &addr) == 0) {
		topology_format_bdf(&addr, out, sizeof(out));
		FUZZ_CHECK(topology_parse_bdf(out, &again) == 0);
		FUZZ_CHECK(topology_addr_cmp(&addr, &again) == 0);
		FUZZ_CHECK(addr.dev < 32 && addr.fn < 8);
	}
	if (topology_parse_bus(text, &addr) == 0) {
		topology_format_bus(&addr, out, sizeof(out));
		FUZZ_CHECK(topology_parse_bus(out, &again) == 0);
		FUZZ_CHECK(topology_addr_cmp(&addr, &again) == 0);
	}
	if (explain_bdf(text, &addr, &any_domain))
		FUZZ_CHECK(addr.dev < 32 && addr.fn < 8);
	free(text);
	return 0;
}
