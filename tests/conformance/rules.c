/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "rules.h"

static unsigned int n_rules, n_broken;

static const char *
answer(int64_t v, char *buf, size_t size)
{
	const char *name = v < 0 ? strerrorname_np((int)-v) : NULL;

	if (name != NULL)
		return name;
	snprintf(buf, size, "%" PRId64, v);
	return buf;
}

int64_t
rule(const char *name, int64_t got, int64_t expected)
{
	char a[24], b[24];

	n_rules++;
	printf("%s: %s", name, answer(got, a, sizeof(a)));
	if (got != expected) {
		n_broken++;
		printf(", not %s", answer(expected, b, sizeof(b)));
	}
	putchar('\n');
	return got;
}

int
rule_fd(const char *name, int fd, int expected)
{
	rule(name, fd < 0 ? fd : 0, expected);
	return fd;
}

int64_t
rules_unmap_dma(int container, uint64_t iova, uint64_t size)
{
	uint64_t bytes;
	int ret = vfio_uapi_unmap_dma(container, iova, size, &bytes);

	return ret < 0 ? ret : (int64_t)bytes;
}

/* The process needs no write access to memory that devices only read. */
void
rules_read_only(const struct rules_machine *m,
		int (*map)(uint64_t vaddr, uint64_t iova, bool read_only),
		int64_t (*unmap)(uint64_t iova, uint64_t size))
{
	const uint64_t iova = RULES_IOVA;

	rule("read-only: memory for both", map(m->unwritable, iova, false), -EFAULT);
	rule("read-only: memory", map(m->unwritable, iova, true), 0);
	rule("read-only: the same for both", map(m->vaddr, iova, false), -EEXIST);
	rule("read-only: the same", map(m->vaddr, iova, true), -EEXIST);
	rule("read-only: writable memory", map(m->vaddr, 16 * iova, true), 0);
	rule("read-only: it elsewhere for both", map(m->vaddr, 32 * iova, false), 0);
	rule("read-only: no memory", map(m->hollow, 64 * iova, true), -EFAULT);
	rule("read-only: unmap", unmap(iova, RULES_PAGE), RULES_PAGE);
	rule("read-only: unmap the others", unmap(16 * iova, 17 * iova), 2 * RULES_PAGE);
}

uint64_t
rules_reserved(const struct rules_machine *m)
{
	return m->reserved[0].first;
}

void
rules_ranges(struct rules_machine *m, const struct iova_range *v, size_t n)
{
	uint64_t next = 0;
	size_t i, j;
	bool ascend = true, left_out = true, wrong = false;

	for (i = 0; i < n; i++) {
		ascend &= v[i].first <= v[i].last && (i == 0 || v[i].first > v[i - 1].last);
		for (j = 0; j < m->n_reserved; j++)
			left_out &= !iova_range_overlap(v[i], m->reserved[j]);
		/* Each gap between two ranges must be reserved. */
		if (v[i].first > next) {
			struct iova_range gap = { next, v[i].first - 1 };
			bool is = false;

			for (j = 0; j < m->n_reserved; j++)
				is |= iova_range_covers(m->reserved[j], gap);
			wrong |= !is;
		}
		next = v[i].last + 1;
	}
	rule("ranges: ascend", ascend, 1);
	rule("ranges: leave out what is reserved", left_out, 1);
	rule("ranges: leave out more than that", wrong, 0);
	rule("ranges: as many as reserved ones, and one", (int64_t)n - (int64_t)m->n_reserved, 1);
	m->last = n > 0 ? v[n - 1].last : 0;
}

/* Memory that can be mapped for DMA, a page that can be read, and one without memory. */
static int
prepare(struct rules_machine *m)
{
	void *p, *q, *r;

	if (vfio_uapi_mmap(NULL, RULES_MEMORY, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0, &p) < 0)
		return -1;
	if (vfio_uapi_mmap(NULL, RULES_PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0,
				&q) < 0)
		return -1;
	if (vfio_uapi_mmap(NULL, RULES_PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0,
				&r) < 0)
		return -1;
	m->vaddr = (uintptr_t)p;
	rules_make_small(m->vaddr, m->vaddr + RULES_MEMORY - 1);
	m->hollow = (uintptr_t)q;
	vfio_uapi_munmap(q, RULES_PAGE);
	rules_make_hollow(m->hollow, m->hollow + RULES_PAGE - 1);
	m->unwritable = (uintptr_t)r;
	rules_make_unwritable(m->unwritable, m->unwritable + RULES_PAGE - 1);
	return 0;
}

int
rules_run(struct rules_machine *m, const char *backend)
{
	static const struct {
		const char *name;
		void (*rules)(struct rules_machine *m);
		bool has_reserved;
	} backends[] = {
		{ "type1", rules_type1, true },
		{ "iommufd", rules_iommufd, true },
		{ "compat", rules_compat, true },
		/* POWER reports no reserved range. */
		{ "spapr", rules_spapr, false },
		{ "noiommu", rules_noiommu, false },
		{ "noiommu-denied", rules_noiommu_denied, false },
	};
	const size_t n = sizeof(backends) / sizeof(backends[0]);
	size_t i;

	for (i = 0; i < n && strcmp(backend, backends[i].name) != 0; i++)
		;
	if (i == n) {
		fprintf(stderr, "rules: no backend %s\n", backend);
		return 2;
	}
	if ((m->n_reserved > 0) != backends[i].has_reserved || prepare(m) < 0) {
		fputs("rules: unsuitable reserved ranges, or no memory\n", stderr);
		return 2;
	}
	backends[i].rules(m);
	vfio_uapi_munmap((void *)(uintptr_t)m->vaddr, RULES_MEMORY);
	vfio_uapi_munmap((void *)(uintptr_t)m->unwritable, RULES_PAGE);
	printf("machine: last=%#" PRIx64 " pages=%#" PRIx64 " msix=%u dynamic=%d no_doorbell=%d",
			m->last, m->page_sizes, m->msix, m->dynamic, m->no_doorbell);
	printf(" windows=%" PRIu64 " start=%#" PRIx64, m->windows, m->start);
	for (i = 0; i < m->n_reserved; i++)
		printf(" reserved=%#" PRIx64 "-%#" PRIx64, m->reserved[i].first,
				m->reserved[i].last);
	printf("\n%u rules, %u broken\n", n_rules, n_broken);
	return n_broken > 0;
}
