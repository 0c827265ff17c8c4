/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "eal/dma_budget.h"
#include "plan/plan.h"
#include "sysfs/sysfs.h"

#define CAP_IPC_LOCK_BIT 14	/* linux/capability.h */

/* Number after "name" in /proc/self/status. */
static int
self_status(const char *name, int base, uint64_t *out)
{
	char *text, *p;
	int ret = sysfs_read_file("", &text, NULL, "/proc/self/status");

	if (ret < 0)
		return ret;
	p = strstr(text, name);
	ret = p == NULL ? -ENOENT : 0;
	if (ret == 0)
		*out = strtoull(p + strlen(name), NULL, base);
	free(text);
	return ret;
}

static int
check_memlock(const struct ioas *ioas, uint64_t bytes, char *why, size_t size)
{
	bool by_user = ioas_memlock_by_user(ioas);
	uint64_t caps = 0, locked_kib = 0;
	struct rlimit lim;

	if (self_status("CapEff:", 16, &caps) < 0 ||
	    (caps >> CAP_IPC_LOCK_BIT & 1) ||
	    getrlimit(RLIMIT_MEMLOCK, &lim) < 0 ||
	    lim.rlim_cur == RLIM_INFINITY)
		return 0;
	/* iommufd counts per user; what other processes have locked can't be read. */
	if (!by_user)
		self_status("VmLck:", 10, &locked_kib);
	if (bytes + locked_kib * 1024 <= lim.rlim_cur)
		return 0;
	snprintf(why, size, "%" PRIu64 " MiB must be locked for DMA, but RLIMIT_MEMLOCK is %" PRIu64
		" MiB and %" PRIu64 " MiB are locked already (counted per %s); raise the limit (ulimit -l, LimitMEMLOCK= of the systemd unit, memlock in limits.conf) or give CAP_IPC_LOCK",
		bytes >> 20, (uint64_t)lim.rlim_cur >> 20, locked_kib >> 10,
		by_user ? "user" : "process");
	return -ENOMEM;
}

int
dma_budget_check(struct ioas *ioas, uint64_t maps, uint64_t bytes, char *why,
		size_t size)
{
	struct ioas_info info;
	int ret;

	/* The kernel neither maps nor locks anything. */
	if (ioas_traits_of(ioas)->no_translation)
		return 0;
	ret = ioas_info_get(ioas, &info);
	if (ret < 0) {
		snprintf(why, size, "can't read the limits of the IOMMU: %s; see dmesg",
			strerror(-ret));
		return ret;
	}
	if (maps > info.dma_avail) {
		snprintf(why, size, "%" PRIu64 " more mappings are needed, but the kernel allows only %" PRIu64
			"; preallocate memory (-m or --socket-mem: one mapping for each contiguous run), use larger hugepages, or raise vfio_iommu_type1.dma_entry_limit",
			maps, info.dma_avail);
		ret = -ENOSPC;
	}
	ioas_info_free(&info);
	return ret < 0 ? ret : check_memlock(ioas, bytes, why, size);
}

const char *
dma_budget_hint(const struct ioas *ioas, int ret, const struct iova_conflict *c)
{
	if (ret == -EEXIST)
		return "; the IOVA is mapped already, which is a bug of this library: report it";
	return plan_hint(ioas, ret, c);
}
