/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Targets for libFuzzer, and what they share. A target is one file with one function,
 * which takes any bytes. Without libFuzzer, fuzz_main.c runs the files of a corpus.
 */

#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Run the target once. @return 0 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** End the process with a message unless the condition holds. */
#define FUZZ_CHECK(condition) \
	((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #condition))

static inline void __attribute__((noreturn))
fuzz_fail(const char *file, int line, const char *condition)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
	abort();
}

/** Memory that must exist. */
static inline void *
fuzz_memory(void *p)
{
	FUZZ_CHECK(p != NULL);
	return p;
}

/** The bytes in memory of exactly this size, so that a sanitizer sees what is behind. */
static inline void *
fuzz_copy(const void *data, size_t size)
{
	void *p = fuzz_memory(malloc(size > 0 ? size : 1));

	if (size > 0)
		memcpy(p, data, size);
	return p;
}

/** The same as a string: a NUL follows. Free it. */
static inline char *
fuzz_string(const uint8_t *data, size_t size)
{
	char *p = fuzz_memory(malloc(size + 1));

	if (size > 0)
		memcpy(p, data, size);
	p[size] = '\0';
	return p;
}

/** Input that is taken piece by piece. */
struct fuzz_in {
	const uint8_t *next;
	size_t left;
};

/** The next byte; 0 at the end. */
static inline uint8_t
fuzz_byte(struct fuzz_in *in)
{
	if (in->left == 0)
		return 0;
	in->left--;
	return *in->next++;
}

/**
 * The next bytes, up to a byte that ends them or to the end of the input. Takes the byte
 * too. @return their number
 */
static inline size_t
fuzz_until(struct fuzz_in *in, uint8_t end, const uint8_t **out)
{
	const uint8_t *found = in->left > 0 ? memchr(in->next, end, in->left) : NULL;
	size_t n = found != NULL ? (size_t)(found - in->next) : in->left;

	*out = in->next;
	in->next += n + (found != NULL);
	in->left -= n + (found != NULL);
	return n;
}

#endif /* FUZZ_H */
