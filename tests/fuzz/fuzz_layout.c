/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Operations on a layout, compared with the model of the unit test: the input decides
 * which ones, and about their arguments.
 */

#include "fuzz.h"
#include "iova_model_ops.h"

static struct fuzz_in input;

/* At the end of the input always 0. */
uint64_t
model_random(uint64_t below)
{
	unsigned int bytes = below <= 1 ? 0 : below <= 256 ? 1 : below <= 65536 ? 2 : 8;
	uint64_t v = 0;

	for (; bytes > 0; bytes--)
		v = v << 8 | fuzz_byte(&input);
	return v % below;
}

void
ops_differ(enum op op, const char *what)
{
	fprintf(stderr, "%s: %s differs from the model\n", ops_names[op], what);
	abort();
}

/* Some hundred operations fill the space. */
#define BYTES_MAX 512

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int step;
	enum op op = OP_PLACE;

	if (size > BYTES_MAX)
		return 0;
	input = (struct fuzz_in){ data, size };
	ops_begin();
	for (step = 0; input.left > 0; step++) {
		op = fuzz_byte(&input) % OP_COUNT;
		ops_do(op);
		if (step % 8 == 0)
			ops_compare(op);
	}
	ops_compare(op);
	ops_end();
	return 0;
}
