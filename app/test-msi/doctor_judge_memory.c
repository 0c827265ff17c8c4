/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Findings about hugepages. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "doctor.h"

#define HUGE_FEW (UINT64_C(64) << 20)	/* less than EAL and one small port need */
/* A container sees its own processes only, and its folder has another path outside. */
#define FILES_SEEN "fuser -v of the same files, on the host and as root, names those in use"
#define ENTRIES_ELSE 64		/* mappings that are not pages: preallocated memory, zones */

/* Each size that has pages, and is not mounted. EAL needs one size that is, with pages that are unused. */
static void
judge_mounts(const struct doctor_facts *f, struct doctor_findings *out)
{
	const struct doctor_memory *m = &f->memory;
	enum doctor_id id = DOCTOR_HUGEPAGES_UNREACHED;
	char size[DOCTOR_SIZE];
	uint64_t page;
	unsigned int i;

	if (m->mounts == DOCTOR_UNKNOWN)
		return;
	/* A unit that runs has pages of a mounted size. */
	for (i = 0; i < m->mounted.n_pages; i++)
		if (doctor_unused_of(m, m->mounted.page[i], true) > 0 ||
				(doctor_unit_runs(f) && doctor_total_of(m, m->mounted.page[i]) > 0))
			id = DOCTOR_HUGEPAGES_UNMOUNTED;
	for (i = 0; i < m->sizes.n_pages; i++) {
		page = m->sizes.page[i];
		if (doctor_total_of(m, page) == 0 || doctor_is_mounted(m, page))
			continue;
		doctor_size(page, size);
		doctor_add(out, id, NULL, "%" PRIu64 " MiB of hugepages of %s are reserved, but no hugetlbfs with this size is mounted",
			doctor_total_of(m, page) >> 20, size);
		if (f->machine.container[0] != '\0')
			doctor_cure(out, "pass a hugetlbfs with this size into the container: in Kubernetes a volume emptyDir with medium: HugePages (doc/howto/kubernetes.rst), with docker run -v /dev/hugepages:/dev/hugepages that of the host, if it has this size");
		else
			doctor_cure(out, "mkdir -p /dev/hugepages-%s && mount -t hugetlbfs -o pagesize=%s hugetlbfs /dev/hugepages-%s; to keep it after a reboot, put the mount into /etc/fstab",
				size, size, size);
	}
}

/* Where EAL makes files of these pages. */
static const char *
folder_of(const struct doctor_memory *m)
{
	unsigned int i;

	for (i = 0; i < m->mounted.n_pages; i++)
		if (doctor_has_pages(m, m->mounted.page[i]) && m->mount[i].path[0] != '\0')
			return m->mount[i].path;
	return "/dev/hugepages";
}

static void
add_used(const struct doctor_facts *f, uint64_t bytes, uint64_t unused, struct doctor_findings *out)
{
	const char *folder = folder_of(&f->memory);

	if (unused == 0)
		doctor_add(out, DOCTOR_HUGEPAGES_USED, NULL, "all %" PRIu64 " MiB of hugepages%s are in use", bytes >> 20,
			bytes < doctor_sum_of(&f->memory) ? " of the mounted sizes" : "");
	else
		doctor_add(out, DOCTOR_HUGEPAGES_USED, NULL, "%" PRIu64 " of %" PRIu64 " MiB of hugepages are unused, and the application uses %" PRIu64 " MiB",
			unused >> 20, bytes >> 20, f->user.maps >> 20);
	if (f->machine.container[0] != '\0')
		doctor_cure(out, "reserve more on the host, or end the application that has them; files of ended applications in %s keep them too: " FILES_SEEN,
			folder);
	else
		doctor_cure(out, "reserve more, or end the application that has them; files of ended applications in %s keep them too: fuser -v %s/*, as root, names those in use",
			folder, folder);
}

/* Of the sizes that EAL uses: are enough pages unused? What limits leave of them is judged with these. */
static void
judge_unused(const struct doctor_facts *f, struct doctor_findings *out)
{
	const struct doctor_sums sums = doctor_sums_of(&f->memory);

	if (sums.all > 0 && (sums.unused == 0 || sums.unused < f->user.maps)) {
		add_used(f, sums.all, sums.unused, out);
	} else if (sums.usable > 0 && sums.usable < HUGE_FEW && f->user.maps == 0) {
		doctor_add(out, DOCTOR_HUGEPAGES_FEW, NULL, "only %" PRIu64 " KiB of hugepages can be used", sums.usable >> 10);
		if (sums.unused < HUGE_FEW)
			doctor_cure_reserve(f, out);
		else
			doctor_cure(out, "let the control group use more of those that are unused: see its limits and its cpuset");
	}
}

/* Pages that the kernel makes on request count too, if EAL can reach them. */
static bool
has_any(const struct doctor_memory *m)
{
	uint64_t bytes = doctor_sum_of(m);
	unsigned int i;

	for (i = 0; i < m->sizes.n_pages; i++)
		if (m->mounts == DOCTOR_UNKNOWN || doctor_is_mounted(m, m->sizes.page[i]))
			bytes += m->overcommit[i];
	return bytes > 0;
}

static void
judge_hugepages(const struct doctor_facts *f, struct doctor_findings *out)
{
	const struct doctor_memory *m = &f->memory;

	if (m->ret < 0) {
		doctor_add(out, DOCTOR_HUGEPAGES_UNREAD, NULL, "hugepages can't be read: %s",
			strerror(-m->ret));
		doctor_cure(out, "check that /sys is mounted and readable");
		return;
	}
	if (m->n_nodes == 0)
		return;
	if (!has_any(m)) {
		doctor_add(out, DOCTOR_HUGEPAGES_NONE, NULL, "no hugepages are reserved");
		doctor_cure_reserve(f, out);
		return;
	}
	judge_mounts(f, out);
	/* A unit that runs has its pages. */
	if (!doctor_unit_runs(f))
		judge_unused(f, out);
}

/* How many pages does the application use, at most? All, if that is not known. */
static uint64_t
pages_wanted(const struct doctor_facts *f, uint64_t pages)
{
	const struct doctor_memory *m = &f->memory;
	uint64_t page = 0, wanted;
	size_t i;

	for (i = 0; i < m->n_nodes; i++)
		if (m->nodes[i].n_pools > 0 &&
				(page == 0 || m->nodes[i].pool[m->nodes[i].n_pools - 1].page < page))
			page = m->nodes[i].pool[m->nodes[i].n_pools - 1].page;
	if (f->user.maps == 0 || page == 0)
		return pages;
	wanted = (f->user.maps + page - 1) / page;
	return wanted < pages ? wanted : pages;
}

/* Each page of memory that EAL adds later is a mapping. */
static void
judge_entries(const struct doctor_facts *f, struct doctor_findings *out)
{
	const struct doctor_memory *m = &f->memory;
	uint64_t pages = 0;
	size_t i;
	unsigned int j;

	for (i = 0; i < m->n_nodes; i++)
		for (j = 0; j < m->nodes[i].n_pools; j++)
			pages += m->nodes[i].pool[j].total / m->nodes[i].pool[j].page;
	if (f->vfio.entry_limit == 0 || pages_wanted(f, pages) + ENTRIES_ELSE <= f->vfio.entry_limit)
		return;
	doctor_add(out, DOCTOR_ENTRY_LIMIT, NULL,
		"there are %" PRIu64 " hugepages, and type1 allows %" PRIu64 " mappings", pages,
		f->vfio.entry_limit);
	doctor_cure(out, "preallocate the memory (-m, --socket-mem), use larger hugepages, or raise the limit for containers that are opened later: %secho %" PRIu64 " > /sys/module/vfio_iommu_type1/parameters/dma_entry_limit",
		doctor_on_host(f), pages + 2 * ENTRIES_ELSE);
}

/* Nobody can create files there. */
static void
add_read_only(const struct doctor_facts *f, const char *path, struct doctor_findings *out)
{
	doctor_add(out, DOCTOR_HUGEPAGES_DENIED, NULL, "%s is mounted read-only", path);
	if (f->machine.container[0] != '\0')
		doctor_cure(out, "let the container write to it: docker run -v without :ro, in Kubernetes a volumeMount without readOnly (doc/howto/kubernetes.rst)");
	else
		doctor_cure(out, "if nobody means it to be so: mount -o remount,rw %s", path);
}

/* ProtectSystem=strict makes a mount read-only that is not below /dev. */
static void
add_sealed(const struct doctor_facts *f, const char *path, struct doctor_findings *out)
{
	doctor_add(out, DOCTOR_HUGEPAGES_DENIED, NULL, "settings of the unit %s keep it from writing to %s", f->user.unit, path);
	doctor_cure(out, "systemctl edit %s, add the lines [Service] and ReadWritePaths=%s, or remove the path from ReadOnlyPaths= and InaccessiblePaths=, and restart the unit when its interruption is acceptable",
		f->user.unit, path);
}

/* EAL needs one size that has pages. A unit may prepare the mount when it starts. */
static void
judge_denied_mounts(const struct doctor_facts *f, struct doctor_findings *out)
{
	const struct doctor_memory *m = &f->memory;
	const struct doctor_mount *bad = NULL;
	bool sealed, bad_sealed = false;
	unsigned int i;

	for (i = 0; i < m->mounted.n_pages; i++) {
		if (!doctor_has_pages(m, m->mounted.page[i]))
			continue;
		sealed = doctor_unit_seals(&f->user, m->mount[i].path);
		if (!sealed && (m->mount[i].open != DOCTOR_NO || strstr(f->user.unit_before, m->mount[i].path) != NULL))
			return;
		if (bad == NULL) {
			bad = &m->mount[i];
			bad_sealed = sealed;
		}
	}
	if (bad == NULL)
		return;
	if (bad_sealed) {
		add_sealed(f, bad->path, out);
		return;
	}
	if (bad->read_only) {
		add_read_only(f, bad->path, out);
		return;
	}
	doctor_add(out, DOCTOR_HUGEPAGES_DENIED, NULL, "%s can't create files in %s", doctor_who(f), bad->path);
	doctor_cure(out, "give it to a group of users who may use hugepages: chgrp GROUP %s && chmod 1775 %s; or use --in-memory, if the user can read it",
		bad->path, bad->path);
}

/* EAL removes files that its prefix has, and nobody uses. */
static void
judge_left(const struct doctor_facts *f, struct doctor_findings *out)
{
	const struct doctor_memory *m = &f->memory;
	unsigned int i;

	for (i = 0; i < m->mounted.n_pages; i++) {
		/* Who can't write there has another finding. */
		if (!m->mount[i].left || m->mount[i].open == DOCTOR_NO)
			continue;
		doctor_add(out, DOCTOR_HUGEPAGES_LEFT, NULL, "%s has files rtemap_N of another user", m->mount[i].path);
		if (f->machine.container[0] != '\0')
			doctor_cure(out, "give the application a prefix of its own: --file-prefix=NAME; root may remove those that no application uses: " FILES_SEEN);
		else
			doctor_cure(out, "give the application a prefix of its own: --file-prefix=NAME; root may remove those that no application uses: fuser -v %s/rtemap_*, as root, names those in use",
				m->mount[i].path);
	}
}

void
doctor_judge_memory(const struct doctor_facts *f, struct doctor_findings *out)
{
	judge_hugepages(f, out);
	doctor_judge_limits(f, out);
	judge_denied_mounts(f, out);
	judge_left(f, out);
	judge_entries(f, out);
}
