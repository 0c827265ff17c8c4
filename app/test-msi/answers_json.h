/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * answers.json of a capture: what the captured kernel said that is in none of its files.
 * No state.
 */

#ifndef ANSWERS_JSON_H
#define ANSWERS_JSON_H

#include "plan/plan.h"

#define ANSWERS_NAME "answers.json"
#define ANSWERS_FORMAT 1

/** What a process can find out about its machine. */
struct answers_machine {
	char kernel[80];	/**< release, as in uname */
	char arch[24];
	uint64_t user_last;	/**< last address of user space, 0: unknown */
	bool root;		/**< captured by root */
};

/** @return the text, which the caller frees; NULL without memory. */
char *answers_print(const struct answers_machine *machine, const struct plan_answers *answers);

/**
 * Parse the text of another machine. Nothing in it is trusted.
 *
 * @param answers  all zero; end with plan_answers_free() in any case
 * @param why      one sentence about a failure
 * @return 0; -EBADMSG; -ENOTSUP the format of a later version; -ENOMEM.
 */
int answers_parse(const char *text, size_t len, struct answers_machine *machine,
		struct plan_answers *answers, char *why, size_t size);

#endif /* ANSWERS_JSON_H */
