/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Values of keys in a device argument: numbers, ranges, address bits, processors. */

#include <errno.h>

#include "fuzz.h"
#include "vfio_msi_cpus.h"
#include "vfio_msi_values.h"

static void
cpus(const char *text)
{
	char out[8 * CPU_SETSIZE];
	cpu_set_t set, again;

	if (vfio_msi_cpus_parse(text, &set) < 0)
		return;
	FUZZ_CHECK(vfio_msi_cpus_print(&set, out, sizeof(out)) == 0);
	FUZZ_CHECK(vfio_msi_cpus_parse(out, &again) == 0);
	FUZZ_CHECK(CPU_EQUAL(&set, &again));
	FUZZ_CHECK(CPU_ISSET(vfio_msi_cpus_nth(&set, 7), &set));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size), why[200] = "";
	struct iova_range range;
	struct iova_hole hole;
	unsigned int bits;
	int fd, ret;

	if (vfio_msi_value_fd(text, &fd) == 0)
		FUZZ_CHECK(fd >= 0);
	if (vfio_msi_value_range(text, &range) == 0) {
		FUZZ_CHECK(iova_range_valid(range));
		ret = vfio_msi_bits_fit(40, NULL, &range, 1, why, sizeof(why));
		FUZZ_CHECK(ret == 0 || (ret == -ERANGE && why[0] != '\0'));
	}
	if (vfio_msi_value_bits(text, &bits) == 0) {
		FUZZ_CHECK(bits >= VFIO_MSI_BITS_MIN && bits <= VFIO_MSI_BITS_MAX);
		if (vfio_msi_bits_hole(bits, &hole))
			FUZZ_CHECK(hole.range.first == vfio_msi_bits_last(bits) + 1);
	}
	FUZZ_CHECK(vfio_msi_values_count(text) <= strlen(text));
	cpus(text);
	free(text);
	return 0;
}
