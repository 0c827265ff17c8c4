/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sysfs/sysfs.h"
#include "va/va_space.h"
#include "uapi/vfio_uapi.h"

#define STACK_ROOM (UINT64_C(64) << 20)
#define CONFIG_NEAR (UINT64_C(1) << 20)	/* upper bound of the size of EAL's configuration */
#define USER_MAX (UINT64_C(1) << 62)	/* above are only pages of the kernel (vsyscall) */

/* One line of /proc/self/maps. */
struct mapping {
	uint64_t start;
	uint64_t end;
	const char *name;
};

static bool
parse_line(const char *line, struct mapping *m)
{
	int name = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %*s %*s %*s %n", &m->start, &m->end,
			&name) < 2 || m->start >= m->end)
		return false;
	m->name = name > 0 ? line + name : "";
	return true;
}

static int
add_gap(struct va_space *s, uint64_t first, uint64_t end)
{
	struct iova_range *v;

	if (end <= first)
		return 0;
	v = reallocarray(s->gap, s->n + 1, sizeof(*v));
	if (v == NULL)
		return -ENOMEM;
	s->gap = v;
	s->gap[s->n++] = (struct iova_range){ first, end - 1 };
	return 0;
}

/* Can a page be mapped there? Also true if one is mapped already. */
static bool
can_map(uint64_t at, uint64_t page)
{
	void *got, *want = (void *)(uintptr_t)at;
	int ret = vfio_uapi_mmap(want, page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS |
			MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0, &got);

	if (ret == 0)
		vfio_uapi_munmap(got, page);
	return ret == -EEXIST || (ret == 0 && got == want);
}

/*
 * Without a higher hint mmap() may use only a part of the address space (47 bits of 56,
 * 48 of 52, ...). The kernel puts the stack into the upper half of that part, so the part
 * ends at or below the next power of two. Search the last page that can be mapped.
 */
static uint64_t
measure_top(uint64_t stack_end, uint64_t page)
{
	uint64_t good = stack_end - page, bad = page;

	while (bad <= good)
		bad <<= 1;
	while (bad - good > page) {
		uint64_t mid = good + (bad - good) / 2 / page * page;

		if (can_map(mid, page))
			good = mid;
		else
			bad = mid;
	}
	return good + page - 1;
}

static bool
is_config(const struct mapping *m, uint64_t base)
{
	const char *slash = strrchr(m->name, '/');

	return slash != NULL && strcmp(slash, "/config") == 0 &&
		m->start <= base + CONFIG_NEAR && m->end + CONFIG_NEAR >= base;
}

static int
walk_maps(char *text, uint64_t base, struct va_space *s)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t from = 0, stack_end = 0;
	char *line, *save = NULL;
	struct mapping m;
	int ret = 0;

	for (line = strtok_r(text, "\n", &save); line != NULL && ret == 0;
	     line = strtok_r(NULL, "\n", &save)) {
		bool is_stack;
		uint64_t room;

		if (!parse_line(line, &m) || (m.start | m.end) % page != 0 ||
				m.start < from || m.end > USER_MAX)
			continue;
		is_stack = strcmp(m.name, "[stack]") == 0;
		room = is_stack ? STACK_ROOM : 0;
		ret = add_gap(s, from, m.start > room ? m.start - room : 0);
		if (is_config(&m, base)) {
			s->next = m.end;
			s->has_config = true;
		}
		if (is_stack)
			stack_end = m.end;
		from = m.end;
	}
	if (ret < 0 || from == 0)
		return ret < 0 ? ret : -EBADMSG;
	s->top = measure_top(stack_end != 0 ? stack_end : from, page);
	return add_gap(s, from, s->top + 1);
}

int
va_space_read(const char *root, uint64_t base, struct va_space *out)
{
	char *text;
	int ret;

	memset(out, 0, sizeof(*out));
	out->next = base;
	ret = sysfs_read_file(root, &text, NULL, "/proc/self/maps");
	if (ret < 0)
		return ret;
	ret = walk_maps(text, base, out);
	free(text);
	if (ret < 0)
		va_space_free(out);
	return ret;
}

void
va_space_free(struct va_space *space)
{
	free(space->gap);
	memset(space, 0, sizeof(*space));
}
