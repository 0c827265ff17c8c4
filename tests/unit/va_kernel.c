/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "tree.h"
#include "va_kernel.h"
#include "uapi/vfio_uapi.h"

#define MAPS 512
#define MIN_ADDR UINT64_C(0x10000)

struct map {
	uint64_t first;
	uint64_t end;
	const char *name;	/* NULL for a mapping by mmap() */
};

static struct {
	struct map v[MAPS];	/* ascending */
	unsigned int n;
	uint64_t end;
	uint64_t window;
	uint64_t base;		/* libraries end here */
	bool limited;
} mm;

static void
insert(uint64_t first, uint64_t end, const char *name)
{
	unsigned int i;

	assert_true(mm.n < MAPS);
	for (i = mm.n++; i > 0 && mm.v[i - 1].first > first; i--)
		mm.v[i] = mm.v[i - 1];
	mm.v[i] = (struct map){ first, end, name };
}

static bool
is_free(uint64_t first, uint64_t end)
{
	unsigned int i;

	for (i = 0; i < mm.n; i++)
		if (mm.v[i].first < end && first < mm.v[i].end)
			return false;
	return true;
}

/* @return the highest or lowest place for len in [low, high), 0 if there is none */
static uint64_t
find(uint64_t low, uint64_t high, uint64_t len, bool highest)
{
	uint64_t from = low, found = 0;
	unsigned int i;

	for (i = 0; i <= mm.n; i++) {
		uint64_t to = i < mm.n && mm.v[i].first < high ? mm.v[i].first : high;

		if (to > from && to - from >= len) {
			if (!highest)
				return from;
			found = to - len;
		}
		if (i < mm.n && mm.v[i].end > from)
			from = mm.v[i].end;
	}
	return found;
}

int
vfio_uapi_mmap(void *hint, size_t len, int prot, int flags, int fd, uint64_t offset, void **out)
{
	uint64_t at = (uint64_t)(uintptr_t)hint;
	bool fits = len <= mm.end && at <= mm.end - len &&
		(at > mm.window) == (at + len > mm.window);

	if (mm.limited)
		return -ENOMEM;
	if (flags & MAP_FIXED_NOREPLACE) {
		if (len > mm.end || at > mm.end - len)
			return -ENOMEM;
		if (!is_free(at, at + len))
			return -EEXIST;
	} else if (at < MIN_ADDR || !fits || !is_free(at, at + len)) {
		at = find(MIN_ADDR, mm.base, len, true);
		if (at == 0)
			at = find(mm.window / 3, mm.window, len, false);
		if (at == 0)
			return -ENOMEM;
	}
	assert_int_equal(prot, PROT_NONE);
	assert_int_equal(fd, -1);
	assert_int_equal(offset, 0);
	insert(at, at + len, NULL);
	*out = (void *)(uintptr_t)at;
	return 0;
}

void
vfio_uapi_munmap(void *addr, size_t len)
{
	uint64_t first = (uint64_t)(uintptr_t)addr, end = first + len;
	unsigned int i;

	for (i = 0; i < mm.n && (mm.v[i].first > first || mm.v[i].end < end); i++)
		;
	assert_true(i < mm.n && mm.v[i].name == NULL);
	struct map old = mm.v[i];

	memmove(&mm.v[i], &mm.v[i + 1], (--mm.n - i) * sizeof(*mm.v));
	if (old.first < first)
		insert(old.first, first, NULL);
	if (old.end > end)
		insert(end, old.end, NULL);
}

void
va_kernel_start(uint64_t end, uint64_t window)
{
	memset(&mm, 0, sizeof(mm));
	mm.end = end;
	mm.window = window;
	mm.base = window - (UINT64_C(1) << 30);
	insert(0x400000, 0x480000, "/usr/bin/dpdk-testpmd");
	insert(0x1400000, 0x1421000, "[heap]");
	insert(mm.base - 0x800000, mm.base, "/usr/lib/libc.so.6");
	insert(window - 0x2200000, window - 0x2000000, "[stack]");
	insert(window - 0x1000000, window - 0xffe000, "[vdso]");
}

void
va_kernel_map(uint64_t first, uint64_t last, const char *name)
{
	assert_true(is_free(first, last + 1));
	insert(first, last + 1, name);
}

void
va_kernel_limit(void)
{
	mm.limited = true;
}

void
va_kernel_maps(const char *root)
{
	char text[MAPS * 128];
	unsigned int i;
	int n = 0;

	for (i = 0; i < mm.n; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n,
			"%" PRIx64 "-%" PRIx64 " rw-p 00000000 00:00 0 %20s%s\n", mm.v[i].first,
			mm.v[i].end, "", mm.v[i].name != NULL ? mm.v[i].name : "");
	n += snprintf(text + n, sizeof(text) - (size_t)n,
		"ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]\n");
	tree_text(root, "/proc/self/maps", text);
}

unsigned int
va_kernel_left(void)
{
	unsigned int i, left = 0;

	for (i = 0; i < mm.n; i++)
		left += mm.v[i].name == NULL;
	return left;
}
