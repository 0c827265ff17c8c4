/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * rules_fake BACKEND [KEY=N]... [reserved=N-N]...: the rules on the fake kernel, of a
 * machine as "machine:" describes a real one.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_kernel.h"
#include "rules.h"

#define NIC "0000:01:00.0"
#define OTHER "0000:02:00.0"
#define HUGEPAGE UINT64_C(0x40000000)

struct likeness {
	uint64_t last, pages, msix, dynamic, no_doorbell, windows, start;
};

void
rules_make_hollow(uint64_t first, uint64_t last)
{
	fake.hollow = (struct iova_range){ first, last };
}

void
rules_make_small(uint64_t first, uint64_t last)
{
	fake.private_pages = fake.small_pages = (struct iova_range){ first, last };
}

uint64_t
rules_hugepage(bool shared)
{
	fake.untouched = (struct iova_range){ HUGEPAGE, HUGEPAGE + RULES_HUGEPAGE - 1 };
	if (!shared)
		fake.private_pages = fake.untouched;
	return HUGEPAGE;
}

void
rules_make_unwritable(uint64_t first, uint64_t last)
{
	fake.read_only = (struct iova_range){ first, last };
}

static bool
understand(const char *word, struct likeness *like, struct rules_machine *m)
{
	const struct {
		const char *key;
		uint64_t *value;
	} keys[] = {
		{ "last=", &like->last }, { "pages=", &like->pages }, { "msix=", &like->msix },
		{ "dynamic=", &like->dynamic }, { "no_doorbell=", &like->no_doorbell },
		{ "windows=", &like->windows }, { "start=", &like->start },
	};
	struct iova_range r;
	char *end = NULL;
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strncmp(word, keys[i].key, strlen(keys[i].key)) == 0) {
			*keys[i].value = strtoull(word + strlen(keys[i].key), &end, 0);
			return *end == '\0';
		}
	if (strncmp(word, "reserved=", 9) != 0 || m->n_reserved == RULES_RESERVED)
		return false;
	r.first = strtoull(word + 9, &end, 0);
	if (*end != '-')
		return false;
	r.last = strtoull(end + 1, &end, 0);
	m->reserved[m->n_reserved++] = r;
	return *end == '\0' && iova_range_valid(r);
}

static void
add_device(int id, bool noiommu, const char *bdf, const struct likeness *like, const struct rules_machine *m,
		struct rules_device *out)
{
	struct fake_group *g = fake_group_add(id);
	size_t i;

	g->aperture.last = like->last;
	g->noiommu = noiommu;
	for (i = 0; i < m->n_reserved; i++)
		fake_range(g, m->reserved[i].first, m->reserved[i].last);
	fake_device_add(g, bdf, (uint32_t)like->msix);
	snprintf(out->bdf, sizeof(out->bdf), "%s", bdf);
	vfio_uapi_group_node(id, noiommu, out->group);
	snprintf(out->cdev, sizeof(out->cdev), "%s", fake_cdev(bdf));
}

int
main(int argc, char **argv)
{
	struct likeness like = { .last = (UINT64_C(1) << 48) - 1, .msix = 10 };
	struct rules_machine m = { 0 };
	bool noiommu, spapr;
	int i, ret;

	fake_reset();
	for (i = 2; i < argc; i++)
		if (!understand(argv[i], &like, &m)) {
			fprintf(stderr, "%s: what is %s?\n", argv[0], argv[i]);
			return 2;
		}
	if (argc < 2)
		return 2;
	spapr = strcmp(argv[1], "spapr") == 0;
	noiommu = strncmp(argv[1], "noiommu", strlen("noiommu")) == 0;
	fake.no_rawio = strcmp(argv[1], "noiommu-denied") == 0;
	if (m.n_reserved == 0 && !noiommu && !spapr)
		m.reserved[m.n_reserved++] = (struct iova_range){ 0x8000000, 0x80fffff };
	fake.no_hot_reset = true;
	fake.compat = strcmp(argv[1], "compat") == 0;
	fake.dynamic_msix = like.dynamic != 0;
	fake.no_doorbells = like.no_doorbell != 0;
	if (like.pages != 0)
		fake.page_sizes = like.pages;
	fake.power.on = spapr;
	if (like.windows != 0)
		fake.power.windows = (uint32_t)like.windows;
	if (like.start != 0)
		fake.power.start = like.start;
	if (fake.power.on) {
		/* The memory of the rules has base pages. */
		fake.power.backing = RULES_PAGE;
		fake.power.page_sizes = like.pages != 0 ? like.pages : fake.power.page_sizes;
		fake.power.default_size = like.last < UINT32_MAX ? like.last + 1 :
			fake.power.default_size;
	}
	add_device(7, noiommu, NIC, &like, &m, &m.nic);
	add_device(8, noiommu, OTHER, &like, &m, &m.other);
	ret = rules_run(&m, argv[1]);
	return fake_leaks(stderr) > 0 ? 2 : ret;
}
