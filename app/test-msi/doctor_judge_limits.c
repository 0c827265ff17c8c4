/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Findings about limits of control groups on hugepages. */

#include <inttypes.h>

#include "doctor.h"

static void
add_limited(const struct doctor_facts *f, unsigned int size, struct doctor_findings *out)
{
	const char *file = f->memory.limit[size].file;
	char name[DOCTOR_SIZE];

	doctor_size(f->memory.sizes.page[size], name);
	doctor_add(out, DOCTOR_HUGEPAGES_LIMITED, NULL, "%s allows no hugepages of %s", file, name);
	if (f->machine.container[0] != '\0')
		doctor_cure(out, "give them to the container: in Kubernetes limits of hugepages-%si (doc/howto/kubernetes.rst), otherwise the limit of its control group on the host",
			name);
	else
		doctor_cure(out, "if nobody means it to be so: echo max > %s; it lasts until the control group is made again", file);
}

static void
add_elsewhere(const struct doctor_facts *f, struct doctor_findings *out)
{
	if (f->user.unit[0] != '\0')
		doctor_add(out, DOCTOR_HUGEPAGES_LIMITED, NULL, "no unused hugepages are on the NUMA nodes that the unit %s may use: %s",
			f->user.unit, f->memory.allowed);
	else
		doctor_add(out, DOCTOR_HUGEPAGES_LIMITED, NULL, "no unused hugepages are on the NUMA nodes that this process may use: %s",
			f->memory.allowed);
	doctor_cure(out, "reserve some there, or allow a node that has some: docker run --cpuset-mems, AllowedMemoryNodes= of a unit");
}

void
doctor_judge_limits(const struct doctor_facts *f, struct doctor_findings *out)
{
	const struct doctor_memory *m = &f->memory;
	uint64_t unused, allowed, all = 0, near = 0, usable = 0;
	char name[DOCTOR_SIZE];
	unsigned int i, limited = 0;

	for (i = 0; i < m->sizes.n_pages; i++) {
		if (!doctor_is_usable(m, m->sizes.page[i]))
			continue;
		unused = doctor_unused_of(m, m->sizes.page[i], false);
		allowed = doctor_usable_of(m, i);
		all += doctor_unused_of(m, m->sizes.page[i], true);
		near += unused;
		usable += allowed;
		if (allowed < unused)
			limited = i;
		if (allowed == unused || allowed == 0)
			continue;
		doctor_add(out, DOCTOR_HUGEPAGES_CAPPED, NULL, "%s allows %" PRIu64 " MiB of hugepages of %s, and %" PRIu64 " MiB are unused",
			m->limit[i].file, allowed >> 20, doctor_size(m->sizes.page[i], name), unused >> 20);
		doctor_cure(out, "let the application request less than %" PRIu64 " MiB: -m, --socket-mem", allowed >> 20);
	}
	/* A unit that runs has its pages, and what is unused is what it does not need. */
	if (doctor_unit_runs(f))
		return;
	if (near > 0 && usable == 0)
		add_limited(f, limited, out);
	else if (all > 0 && near == 0)
		add_elsewhere(f, out);
}
