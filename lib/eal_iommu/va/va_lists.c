/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "va/va_lists.h"
#include "uapi/vfio_uapi.h"

#define ATTEMPTS 6	/* attempts of EAL before it accepts the address that the
			 * kernel chooses */
#define PLAIN_PAGE 4096	/* page size EAL assumes without hugepages, on every system */
#define MASK_BYTES(entries) (8 + ((uint64_t)(entries) + 63) / 64 * 8)

#define MIN2(a, b) ((a) < (b) ? (a) : (b))

/* The memory lists of one page size on one node. */
struct shape {
	uint64_t pages;		/* of one list */
	uint64_t lists;
};

/* The requests in EAL's order, and the addresses the kernel returned. */
struct trial {
	uint64_t next;
	uint64_t system_page;
	struct iova_range *held;
	size_t n;
};

static uint64_t
round_up(uint64_t v, uint64_t align)
{
	return (v + align - 1) & ~(align - 1);
}

static unsigned int
count_types(const struct va_need *need)
{
	return need->plain ? 1 : need->n_pages * need->n_nodes;
}

static struct shape
shape_of(const struct va_need *need, const struct va_limits *limits, uint64_t page)
{
	unsigned int types = count_types(need);
	uint64_t type_bytes = MIN2(limits->type_bytes, limits->all_bytes / types);
	uint64_t type_pages = MIN2(type_bytes / page, limits->type_pages);
	struct shape s = { 0 };

	if (need->plain)
		return (struct shape){ limits->type_bytes / PLAIN_PAGE, 1 };
	s.pages = MIN2(MIN2(type_pages, limits->list_pages), limits->list_bytes / page);
	if (s.pages > 0)
		s.lists = MIN2(type_pages / s.pages, limits->lists / types);
	return s;
}

/* Size of an EAL array: the entries, and one bit for each. */
static uint64_t
array_bytes(uint64_t entries, uint32_t bytes)
{
	return entries == 0 ? 0 : round_up(entries * bytes + MASK_BYTES(entries),
			(uint64_t)sysconf(_SC_PAGESIZE));
}

static uint64_t
page_of(const struct va_need *need, unsigned int i)
{
	return need->plain ? (uint64_t)sysconf(_SC_PAGESIZE) : need->page[i];
}

uint64_t
va_lists_lead(const struct va_need *need, const struct va_limits *limits)
{
	uint64_t lead = round_up(limits->before, (uint64_t)sysconf(_SC_PAGESIZE)) +
		array_bytes(limits->zones, limits->zone_bytes);

	if (count_types(need) == 0)
		return 0;
	return need->plain || limits->one_block ? lead : lead +
		array_bytes(shape_of(need, limits, page_of(need, 0)).pages, limits->entry_bytes);
}

static void
release(struct trial *t)
{
	while (t->n > 0) {
		struct iova_range *r = &t->held[--t->n];

		vfio_uapi_munmap((void *)(uintptr_t)r->first, iova_range_size(*r));
	}
	free(t->held);
}

/* Request an address, and retry at higher ones like EAL. */
static int
ask(struct trial *t, uint64_t bytes, uint64_t page, uint64_t *wanted, uint64_t *at)
{
	unsigned int i;
	void *got;

	*wanted = round_up(t->next, page);
	for (i = 1; ; i++) {
		int ret = vfio_uapi_mmap((void *)(uintptr_t)*wanted, bytes, PROT_NONE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0, &got);

		if (ret < 0)
			return ret;
		*at = (uint64_t)(uintptr_t)got;
		if (*at == *wanted)
			return 0;
		t->next += page;
		if (i == ATTEMPTS)
			return 0;
		vfio_uapi_munmap(got, bytes);
		*wanted = t->next;
	}
}

/* Reserve aligned like EAL, and keep exactly @p bytes until release(). */
static int
reserve(struct trial *t, uint64_t bytes, uint64_t page, struct iova_range *out)
{
	uint64_t extra = page == t->system_page ? 0 : page, wanted, at, first, tail;
	struct iova_range *held = reallocarray(t->held, t->n + 1, sizeof(*held));
	int ret;

	if (held == NULL)
		return -ENOMEM;
	t->held = held;
	ret = ask(t, bytes + extra, page, &wanted, &at);
	if (ret < 0)
		return ret;
	first = round_up(at, page);
	if (first == wanted)
		t->next = first + bytes;
	tail = at + extra - first;
	if (first > at)
		vfio_uapi_munmap((void *)(uintptr_t)at, first - at);
	if (tail > 0)
		vfio_uapi_munmap((void *)(uintptr_t)(first + bytes), tail);
	*out = (struct iova_range){ first, first + bytes - 1 };
	t->held[t->n++] = *out;
	return 0;
}

/* Reserve what EAL maps before the lists. */
static int
reserve_first(struct trial *t, const struct va_limits *limits)
{
	uint64_t zones = array_bytes(limits->zones, limits->zone_bytes);
	struct iova_range ignored;
	int ret = 0;

	if (limits->before > 0)
		ret = reserve(t, round_up(limits->before, t->system_page), t->system_page,
				&ignored);
	return ret < 0 || zones == 0 ? ret : reserve(t, zones, t->system_page, &ignored);
}

/* Reserve one list after the other, each behind its array. */
static int
reserve_each(struct trial *t, const struct va_limits *limits, const struct va_lists *lists)
{
	struct iova_range ignored;
	size_t i;
	int ret = 0;

	for (i = 0; ret == 0 && i < lists->n; i++) {
		struct va_list_at *l = &lists->v[i];
		uint64_t bytes = iova_range_size(l->range);

		ret = reserve(t, array_bytes(bytes / l->page, limits->entry_bytes),
				t->system_page, &ignored);
		if (ret == 0)
			ret = reserve(t, bytes, l->page, &l->range);
	}
	return ret;
}

/* Reserve all lists in one block, each aligned to its page size. */
static int
reserve_block(struct trial *t, const struct va_lists *lists)
{
	struct iova_range block;
	uint64_t end = 0;
	size_t i;
	int ret;

	for (i = 0; i < lists->n; i++) {
		struct va_list_at *l = &lists->v[i];
		uint64_t last = iova_range_span(l->range);

		l->range.first = round_up(end, l->page);
		l->range.last = l->range.first + last;
		end = l->range.last + 1;
	}
	if (end == 0)
		return 0;
	ret = reserve(t, end, lists->v[0].page, &block);
	for (i = 0; ret == 0 && i < lists->n; i++) {
		lists->v[i].range.first += block.first;
		lists->v[i].range.last += block.first;
	}
	return ret;
}

/*
 * Without hugepages the list is as long as the requested memory, which only EAL knows,
 * and its array depends on that length. So the range extends from where the shortest list
 * begins to where the longest one ends.
 */
static int
reserve_plain(struct trial *t, const struct va_limits *limits, const struct va_lists *lists)
{
	struct va_list_at *l = &lists->v[0];
	uint64_t bytes = iova_range_size(l->range);

	return reserve(t, array_bytes(bytes / PLAIN_PAGE, limits->entry_bytes) +
			round_up(bytes, t->system_page), t->system_page, &l->range);
}

/* Add the lists of one page size on one node, without addresses. */
static int
add_type(const struct va_need *need, const struct va_limits *limits, uint64_t page,
		unsigned int node, struct va_lists *out)
{
	struct shape s = shape_of(need, limits, page);
	uint64_t i;

	for (i = 0; i < s.lists; i++) {
		struct va_list_at *v = reallocarray(out->v, out->n + 1, sizeof(*v));

		if (v == NULL)
			return -ENOMEM;
		out->v = v;
		v[out->n++] = (struct va_list_at){
			.range.last = s.pages * (need->plain ? PLAIN_PAGE : page) - 1,
			.page = page,
			.node = node,
			.first = i == 0,
		};
	}
	return 0;
}

int
va_lists_try(const struct va_need *need, const struct va_limits *limits,
		uint64_t start, struct va_lists *out)
{
	struct trial t = {
		.next = start,
		.system_page = (uint64_t)sysconf(_SC_PAGESIZE),
	};
	unsigned int i, j, sizes = need->plain ? 1 : need->n_pages;
	unsigned int nodes = need->plain ? 1 : need->n_nodes;
	int ret;

	memset(out, 0, sizeof(*out));
	ret = reserve_first(&t, limits);
	for (i = 0; ret == 0 && i < sizes; i++)
		for (j = 0; ret == 0 && j < nodes; j++)
			ret = add_type(need, limits, page_of(need, i), need->node[j], out);
	if (ret == 0)
		ret = need->plain ? reserve_plain(&t, limits, out) : limits->one_block ?
			reserve_block(&t, out) : reserve_each(&t, limits, out);
	release(&t);
	if (ret < 0)
		va_lists_free(out);
	return ret;
}

void
va_lists_free(struct va_lists *lists)
{
	free(lists->v);
	memset(lists, 0, sizeof(*lists));
}
