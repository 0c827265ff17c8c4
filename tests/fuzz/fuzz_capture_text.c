/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* What a capture takes of the kernel's texts: command line, mounts, processor. */

#include "capture_text.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int (*const takes[])(char *text, char **out) = {
		capture_cmdline, capture_mounts, capture_cpuinfo,
	};
	char *text, *out;
	size_t i;

	for (i = 0; i < sizeof(takes) / sizeof(*takes); i++) {
		text = fuzz_string(data, size);
		FUZZ_CHECK(takes[i](text, &out) == 0);
		FUZZ_CHECK(memchr(out, 0x1b, strlen(out)) == NULL || memchr(data, 0x1b, size) != NULL);
		free(out);
		free(text);
	}
	return 0;
}
