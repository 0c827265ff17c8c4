/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Memory of the process that a mapping takes, whatever the number of groups: it is what 1 TiB
 * in small pages costs.
 */

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common.h"

#define MAPPINGS 1000
#define GROUPS 3
#define BYTES 160

/* Bytes of the heap that the engine holds. The fake kernel's array of mappings is not among them. */
static size_t held;

/* With --wrap the linker redirects calls to __wrap_*. The original functions become __real_*. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void __wrap_free(void *p);

/* As glibc rounds it with its header, also where a sanitizer replaces the allocator. */
static size_t
bytes_of(void *p)
{
	return p == NULL ? 0 : (malloc_usable_size(p) + sizeof(size_t) + 15) & ~(size_t)15;
}

void *
__wrap_malloc(size_t size)
{
	void *p = __real_malloc(size);

	held += bytes_of(p);
	return p;
}

void *
__wrap_calloc(size_t n, size_t size)
{
	void *p = __real_calloc(n, size);

	held += bytes_of(p);
	return p;
}

void *
__wrap_realloc(void *p, size_t size)
{
	size_t before = bytes_of(p);
	void *q = __real_realloc(p, size);

	if (q != NULL)
		held += bytes_of(q) - before;
	return q;
}

void
__wrap_free(void *p)
{
	held -= bytes_of(p);
	__real_free(p);
}

/* Bytes for each of many mappings that begin a number of pages apart. */
static size_t
bytes_each(struct ioas *ioas, uint64_t apart)
{
	const size_t before = held;
	size_t bytes;
	uint64_t i;

	for (i = 0; i < MAPPINGS; i++)
		assert_int_equal(ioas_map(ioas, IOAS_EAL, (i * apart + 1) * PAGE, i * apart * PAGE,
				PAGE, NULL), 0);
	bytes = held - before;
	while (i-- > 0)
		assert_int_equal(ioas_unmap(ioas, IOAS_EAL, i * apart * PAGE, PAGE), 0);
	assert_int_equal(held, before);
	return (bytes + MAPPINGS - 1) / MAPPINGS;
}

/* A record of each mapping, and one in stock for a range that its unmap may make free. */
static void
test_bytes(void **state)
{
	struct ioas *ioas = open_space();
	int group;

	for (group = 1; group <= GROUPS; group++) {
		add_group(group);
		attach_group(ioas, group);
		assert_in_range(bytes_each(ioas, 1), 1, BYTES);
		assert_in_range(bytes_each(ioas, 2), 1, BYTES);
	}
	ioas_close(ioas);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { machine_test(test_bytes) };

	return RUN_ON_BACKENDS("bytes of a mapping", tests);
}
