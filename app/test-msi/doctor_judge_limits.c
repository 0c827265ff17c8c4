/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Findings about limits of control groups on hugepages. */

#include <inttypes.h>
#include <stdio.h>

#include "doctor.h"

/* The limit of a size is too small. */
static void
cure_limit(const struct doctor_facts *f, unsigned int size, struct doctor_findings *out)
{
	char name[DOCTOR_SIZE];

	if (f->machine.container[0] != '\0')
		doctor_cure(out, "give them to the container: in Kubernetes limits of hugepages-%si (doc/howto/kubernetes.rst), otherwise the limit of its control group on the host",
			doctor_size(f->memory.sizes.page[size], name));
	else
		doctor_cure(out, "if nobody means it to be so: echo max > %s; it lasts until the control group is made again",
			f->memory.limit[size].file);
}

static void
add_limited(const struct doctor_facts *f, unsigned int size, struct doctor_findings *out)
{
	char name[DOCTOR_SIZE];

	doctor_add(out, DOCTOR_HUGEPAGES_LIMITED, NULL, "%s allows no hugepages of %s",
		f->memory.limit[size].file, doctor_size(f->memory.sizes.page[size], name));
	cure_limit(f, size, out);
}

/* The NUMA nodes that are allowed have no pages, or too few. */
static void
add_elsewhere(const struct doctor_facts *f, uint64_t near, struct doctor_findings *out)
{
	char amount[32] = "no unused hugepages", who[sizeof(f->user.unit) + sizeof("the unit ")] = "this process", more[64] = "";

	if (near > 0) {
		snprintf(amount, sizeof(amount), "%" PRIu64 " MiB of hugepages", near >> 20);
		snprintf(more, sizeof(more), ", and the application uses %" PRIu64 " MiB", f->user.maps >> 20);
	}
	if (f->user.unit[0] != '\0')
		snprintf(who, sizeof(who), "the unit %s", f->user.unit);
	doctor_add(out, DOCTOR_HUGEPAGES_LIMITED, NULL, near > 0 ?
		"only %s are unused on the NUMA nodes that %s may use: %s%s" : "%s are on the NUMA nodes that %s may use: %s%s",
		amount, who, f->memory.allowed, more);
	doctor_cure(out, "%sreserve some there, or allow a node that has some: docker run --cpuset-mems, AllowedMemoryNodes= of a unit", doctor_on_host(f));
}

/* The pages that are unused would be enough. */
static void
add_short(const struct doctor_facts *f, uint64_t usable, unsigned int size, struct doctor_findings *out)
{
	char name[DOCTOR_SIZE];

	doctor_add(out, DOCTOR_HUGEPAGES_LIMITED, NULL, "%" PRIu64 " MiB of hugepages can be used, and the application uses %" PRIu64 " MiB: %s limits those of %s",
		usable >> 20, f->user.maps >> 20, f->memory.limit[size].file, doctor_size(f->memory.sizes.page[size], name));
	cure_limit(f, size, out);
}

/* @param limited  the size that has the limit, if one leaves less than is unused */
static void
judge_sums(const struct doctor_facts *f, unsigned int limited, struct doctor_findings *out)
{
	const struct doctor_sums sums = doctor_sums_of(&f->memory);

	/* A unit that runs has its pages, and what is unused is what it does not need. */
	if (doctor_unit_runs(f))
		return;
	if (sums.near > 0 && sums.usable == 0)
		add_limited(f, limited, out);
	else if (sums.unused > 0 && sums.near == 0)
		add_elsewhere(f, 0, out);
	/* Without limits too few are unused: that is another finding. */
	else if (sums.unused < f->user.maps)
		return;
	else if (sums.near < f->user.maps)
		add_elsewhere(f, sums.near, out);
	else if (sums.usable < f->user.maps)
		add_short(f, sums.usable, limited, out);
}

/* The folder of the size of which most can be used, as EAL names it. */
static const char *
folder_best(const struct doctor_memory *m)
{
	const char *best = "FOLDER";
	uint64_t usable, most = 0;
	unsigned int i, j;

	for (i = 0; i < m->sizes.n_pages; i++)
		for (j = 0; j < m->mounted.n_pages; j++) {
			usable = doctor_usable_of(m, i);
			if (m->mounted.page[j] != m->sizes.page[i] || m->mount[j].path[0] == '\0' || usable <= most)
				continue;
			most = usable;
			best = m->mount[j].path;
		}
	return best;
}

static void
add_capped(const struct doctor_facts *f, unsigned int size, uint64_t unused, uint64_t allowed, struct doctor_findings *out)
{
	const struct doctor_memory *m = &f->memory;
	char name[DOCTOR_SIZE];

	doctor_add(out, DOCTOR_HUGEPAGES_CAPPED, NULL, "%s allows %" PRIu64 " MiB of hugepages of %s, and %" PRIu64 " MiB are unused",
		m->limit[size].file, allowed >> 20, doctor_size(m->sizes.page[size], name), unused >> 20);
	if (allowed > 0)
		doctor_cure(out, "let the application request less than %" PRIu64 " MiB: -m, --socket-mem", allowed >> 20);
	else
		doctor_cure(out, "let the application use pages of another size only: --huge-dir=%s", folder_best(m));
}

void
doctor_judge_limits(const struct doctor_facts *f, struct doctor_findings *out)
{
	const struct doctor_memory *m = &f->memory;
	const uint64_t maps = f->user.maps, usable = doctor_sums_of(m).usable;
	uint64_t unused, allowed;
	unsigned int i, limited = 0;

	for (i = 0; i < m->sizes.n_pages; i++) {
		if (!doctor_is_usable(m, m->sizes.page[i]))
			continue;
		unused = doctor_unused_of(m, m->sizes.page[i], false);
		allowed = doctor_usable_of(m, i);
		if (allowed == unused)
			continue;
		limited = i;
		/* It is enough for what the application uses, or no size is: that is another finding. */
		if (allowed > 0 ? maps == 0 || maps > allowed : usable > 0 && maps <= usable)
			add_capped(f, i, unused, allowed, out);
	}
	judge_sums(f, limited, out);
}
