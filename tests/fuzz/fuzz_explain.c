/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* The kernel's log: faults of every IOMMU are found and judged. */

#include "explain.h"
#include "fuzz.h"

static const struct iova_hole holes[] = {
	{ { 0, 0xfff }, IOVA_ORIGIN_ZERO_PAGE, IOVA_SOFT, IOVA_BY_NOBODY, "", "d" },
	{ { 0x8000000, 0x80fffff }, IOVA_ORIGIN_SW_MSI, IOVA_HARD, IOVA_BY_KERNEL, "", "d" },
	{ { 0x10000000, 0x1fffffff }, IOVA_ORIGIN_HOST_BRIDGE, IOVA_SOFT, IOVA_BY_BUS, "0000:00", "d" },
};
static const struct explain_map maps[] = {
	{ { 0x70000000, 0x7fffffff }, 42, "eal", true, true },
};
static const struct explain_freed freed[] = {
	{ { 0x60000000, 0x6fffffff }, 42, "eal", 3, true },
};
static struct explain_log found;

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct explain_facts nothing = { 0 };
	struct explain_facts some = { holes, 3, maps, 1, freed, 1, true, 1, 1, 39, .holes_known = true,
		.driver = "driver" };
	struct explain_verdict verdict;
	char *text;
	size_t i;
	FILE *f;

	if (size == 0)
		return 0;
	text = fuzz_copy(data, size);
	f = fuzz_memory(fmemopen(text, size, "r"));
	memset(&found, 0, sizeof(found));
	explain_read(f, &found);
	fclose(f);
	free(text);
	explain_end(&found);
	FUZZ_CHECK(found.n <= EXPLAIN_FAULTS);
	for (i = 0; i < found.n; i++) {
		FUZZ_CHECK(found.v[i].times > 0);
		FUZZ_CHECK(memchr(found.v[i].code, '\0', sizeof(found.v[i].code)) != NULL);
		explain_judge(&found.v[i], &nothing, &verdict);
		FUZZ_CHECK(verdict.what[0] != '\0');
		some.uncertain = some.several = false;
		explain_judge(&found.v[i], &some, &verdict);
		FUZZ_CHECK(verdict.what[0] != '\0');
		some.uncertain = some.several = true;
		explain_judge(&found.v[i], &some, &verdict);
		FUZZ_CHECK(verdict.what[0] != '\0' && strlen(verdict.what) + 1 < sizeof(verdict.what));
	}
	return 0;
}
