/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Findings of "dpdk-test-msi doctor": their kinds, and lists of them. Not thread safe.
 */

#ifndef DOCTOR_FINDINGS_H
#define DOCTOR_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "plan/plan.h"

/** What a finding means for the exit status, ascending. */
enum doctor_severity {
	DOCTOR_NOTE,	/**< nothing to do, but good to know */
	DOCTOR_WARNING,	/**< works, with a loss or a risk */
	DOCTOR_FAULT,	/**< something does not work */
};

/** All findings; within one severity they are printed in this order, except in a block. */
enum doctor_id {
	DOCTOR_IOMMU_OFF,
	DOCTOR_INTERRUPTS_UNISOLATED,
	DOCTOR_VFIO_DRIVER,
	DOCTOR_VFIO_NODE,
	DOCTOR_PLUGIN_MISSING,
	DOCTOR_PLUGIN_BROKEN,
	DOCTOR_HUGEPAGES_NONE,
	DOCTOR_HUGEPAGES_LIMITED,
	DOCTOR_HUGEPAGES_UNREACHED,
	DOCTOR_HUGEPAGES_DENIED,
	DOCTOR_RUNTIME_DENIED,
	DOCTOR_UNIT_UNKNOWN,
	DOCTOR_UNIT_DEVICES,
	DOCTOR_MEMLOCK_SMALL,
	DOCTOR_NODE_FORBIDDEN,
	DOCTOR_NODE_ABSENT,
	DOCTOR_NODE_DENIED,
	DOCTOR_DEVICE_NONE,
	DOCTOR_DEVICE_UNUSABLE,
	DOCTOR_MSI_LOST,
	DOCTOR_TRY_REFUSED,
	DOCTOR_TRY_LOST,
	DOCTOR_LAYOUT_NONE,
	DOCTOR_EAL_BAD,
	DOCTOR_KERNEL_OLD,
	DOCTOR_ACS_OVERRIDE,
	DOCTOR_UNSAFE_INTERRUPTS,
	DOCTOR_NOIOMMU_MODE,
	DOCTOR_USER_NAMESPACE,
	DOCTOR_HUGEPAGES_UNMOUNTED,
	DOCTOR_HUGEPAGES_USED,
	DOCTOR_HUGEPAGES_FEW,
	DOCTOR_HUGEPAGES_LEFT,
	DOCTOR_HUGEPAGES_NODE,
	DOCTOR_HUGEPAGES_UNREAD,
	DOCTOR_ENTRY_LIMIT,
	DOCTOR_MEMLOCK_SHORT,
	DOCTOR_DEVICE_DOUBTFUL,
	DOCTOR_DEVICE_HELD,
	DOCTOR_VF_TOKEN,
	DOCTOR_DEVICE_UNREAD,
	DOCTOR_WINDOWS_UNREAD,
	DOCTOR_MSI_LIKELY_LOST,
	DOCTOR_TRY_FEWER,
	DOCTOR_EAL_SHORT,
	DOCTOR_DPDK_UNTRIED,
	DOCTOR_DPDK_BETWEEN,
	DOCTOR_DPDK_OTHER,
	DOCTOR_VFIO_COMPAT,
	DOCTOR_IOMMU_NARROW,
	DOCTOR_LA57,
	DOCTOR_CONTAINER,
	DOCTOR_HUGEPAGES_CAPPED,
	DOCTOR_NODE_UNTESTED,
	DOCTOR_NODE_NOT_PASSED,
	DOCTOR_DEVICE_RUNNING,
	DOCTOR_DEVICE_NOIOMMU,
	DOCTOR_DEVICE_UNASKED,
	DOCTOR_DEVICE_VMD,
	DOCTOR_DEVICE_ALIAS,
	DOCTOR_MSI_UNSURE,
	DOCTOR_TRY_SKIPPED,
	DOCTOR_TRY_GOOD,
	DOCTOR_EAL_MOVED,
	DOCTOR_LIMITS_ASSUMED,
	DOCTOR_KINDS
};

/** What is the same for all findings of a kind. */
struct doctor_kind {
	const char *name;
	enum doctor_severity severity;
	const char *why;	/**< why it matters */
};

extern const struct doctor_kind doctor_kinds[DOCTOR_KINDS];

#define DOCTOR_WHAT (PLAN_TEXT + 64)

struct doctor_finding {
	enum doctor_id id;
	enum doctor_id lead;		/**< the worst finding of its block */
	char about[TOPO_BDF_LEN];	/**< the device, or "" */
	char what[DOCTOR_WHAT];
	char cure[DOCTOR_WHAT];		/**< what to do, or "" */
};

/** Start with all zero, end with doctor_findings_free(). */
struct doctor_findings {
	struct doctor_finding *v;
	size_t n;
	bool incomplete;	/**< there was no memory for some */
};

/** Append a finding. @param about  device, or NULL */
void doctor_add(struct doctor_findings *list, enum doctor_id id, const char *about,
		const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/** Set the cure of the last finding. */
void doctor_cure(struct doctor_findings *list, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * Make the findings from @p first on a block: they stay together, in their order, at the
 * place of the worst of them. For reasons that must be solved one after the other.
 */
void doctor_block(struct doctor_findings *list, size_t first);

/** Sort: worst first, then by kind; findings of a kind, and of a block, remain in their order. */
void doctor_sort(struct doctor_findings *list);

/** The worst severity; DOCTOR_NOTE without a finding. */
enum doctor_severity doctor_worst(const struct doctor_findings *list);

/** "note", "warning", "fault". */
const char *doctor_severity_name(enum doctor_severity severity);

void doctor_findings_free(struct doctor_findings *list);

#endif /* DOCTOR_FINDINGS_H */
