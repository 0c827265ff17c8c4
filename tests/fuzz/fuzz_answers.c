/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* answers.json of a capture. What is accepted is written and accepted again. */

#include <errno.h>

#include "answers_json.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct answers_machine machine = { 0 }, machine_again = { 0 };
	struct plan_answers answers = { 0 }, again = { 0 };
	char *text = fuzz_copy(data, size), *out, why[256] = "";
	int ret = answers_parse(text, size, &machine, &answers, why, sizeof(why));
	size_t i, j;

	FUZZ_CHECK(ret == 0 || ret == -EBADMSG || ret == -ENOTSUP);
	FUZZ_CHECK(ret == 0 || why[0] != '\0');
	for (i = 0; ret == 0 && i < answers.n; i++)
		for (j = 0; j < answers.v[i].info.n_ranges; j++)
			FUZZ_CHECK(iova_range_valid(answers.v[i].info.ranges[j]));
	if (ret == 0) {
		out = fuzz_memory(answers_print(&machine, &answers));
		ret = answers_parse(out, strlen(out), &machine_again, &again, why, sizeof(why));
		if (ret != 0)
			fprintf(stderr, "%s\n%s\n", why, out);
		FUZZ_CHECK(ret == 0 && again.n == answers.n);
		free(out);
	}
	plan_answers_free(&again);
	plan_answers_free(&answers);
	free(text);
	return 0;
}
