/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* What doctor reads of a machine and of a systemd unit, and where EAL's memory would be. */

#include <errno.h>

#include "doctor.h"
#include "fuzz.h"
#include "fuzz_files.h"
#include "va/va_need.h"
#include "va/va_space.h"

#define POOLS "/sys/kernel/mm/hugepages/"
#define NODES "/sys/devices/system/node/"

static const struct fuzz_place places[] = {
	{ 'k', false, "/proc/sys/kernel/osrelease" }, { 'C', false, "/proc/cpuinfo" },
	{ 'c', false, "/proc/cmdline" }, { 'u', false, "/proc/self/uid_map" },
	{ 'i', false, "/sys/class/iommu/dmar0/intel-iommu/cap" },
	{ 'I', false, "/proc/interrupts" }, { 'E', false, "/sys/class/iommu/dmar0/intel-iommu/ecap" },
	{ 'g', false, "/sys/kernel/iommu_groups/0/name" },
	{ 'n', false, "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode" },
	{ 'l', false, "/sys/module/vfio_iommu_type1/parameters/dma_entry_limit" },
	{ 'm', false, "/proc/self/mounts" }, { 'M', false, "/proc/meminfo" },
	{ 'N', false, NODES "node0/meminfo" }, { 'L', false, NODES "node0/cpulist" },
	{ '1', false, NODES "node1/cpulist" },
	{ 'h', false, POOLS "hugepages-2048kB/nr_hugepages" },
	{ 'f', false, POOLS "hugepages-2048kB/free_hugepages" },
	{ 'H', false, POOLS "hugepages-1048576kB/nr_hugepages" },
	{ 'a', false, "/proc/self/maps" }, { 'e', false, "/etc/hosts" },
	{ 'G', false, "/proc/self/cgroup" }, { 's', false, "/proc/self/status" },
	{ 'x', false, "/sys/fs/cgroup/hugetlb.2MB.max" },
	{ 'y', false, "/sys/fs/cgroup/hugetlb/a/hugetlb.2MB.rsvd.limit_in_bytes" },
};

/* The text of a unit is a record of its own. */
static void
unit_look(struct fuzz_in in)
{
	struct doctor_user user = { 0 };
	struct doctor_groups groups;
	struct doctor_unit unit = { 0 };
	const uint8_t *data;
	char *text;
	size_t len;
	int ret;

	while (in.left > 0) {
		if (fuzz_byte(&in) != 'U') {
			fuzz_until(&in, FUZZ_RECORD_END, &data);
			continue;
		}
		len = fuzz_until(&in, FUZZ_RECORD_END, &data);
		text = fuzz_string(data, len);
		ret = doctor_unit_parse(text, &user, &unit);
		FUZZ_CHECK(ret == 0 || ret == -ENOENT || ret == -EBADMSG);
		FUZZ_CHECK(!doctor_in_control_group(text, ""));
		(void)doctor_in_control_group(text, unit.control_group);
		free(text);
		if (ret != 0)
			continue;
		/* Names of groups need the machine's files: only numbers here. */
		if (strspn(unit.groups, "0123456789 ") == strlen(unit.groups) &&
				strspn(unit.group, "0123456789") == strlen(unit.group) &&
				doctor_groups_find(&unit, &groups) == 0)
			FUZZ_CHECK(groups.n <= DOCTOR_GROUPS);
	}
}

static void
spaces_look(void)
{
	struct va_space space = { 0 };
	struct va_need need;
	unsigned int i;
	size_t j;

	for (i = 0; i < 2; i++) {
		FUZZ_CHECK(va_need_read(FUZZ_ROOT, i != 0, &need) == 0);
		FUZZ_CHECK(need.n_pages <= VA_PAGES_MAX && need.n_nodes <= VA_NODES_MAX);
	}
	if (va_space_read(FUZZ_ROOT, UINT64_C(0x100000000), &space) == 0) {
		for (j = 0; j < space.n; j++) {
			FUZZ_CHECK(iova_range_valid(space.gap[j]));
			FUZZ_CHECK(j == 0 || space.gap[j - 1].last < space.gap[j].first);
		}
		va_space_free(&space);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = { data, size };
	struct doctor_facts facts = { 0 };

	unit_look(in);
	fuzz_places_make(&in, places, sizeof(places) / sizeof(*places));
	FUZZ_CHECK(doctor_read(FUZZ_ROOT, true, &facts) == 0);
	doctor_read_limits(FUZZ_ROOT, NULL, &facts.memory);
	doctor_facts_free(&facts);
	spaces_look();
	fuzz_files_check();
	return 0;
}
