/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What the files of the plan room share.
 */

#ifndef PLAN_INTERNAL_H
#define PLAN_INTERNAL_H

#include <stdarg.h>
#include <stdio.h>

#include "plan/plan.h"
#include "topology/topology_machine.h"

/** Write the sentence about a failure. @return @p ret. */
static inline int __attribute__((format(printf, 4, 5)))
say(int ret, char *why, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, size, fmt, ap);
	va_end(ap);
	return ret;
}

/** Are there reasons that hold whatever the kernel says? */
bool plan_reasons_certain(const struct plan_reasons *reasons);

/** The kernel says otherwise: doubtful reasons of that error, or of any (0), are none. */
void plan_reasons_settle(struct plan_reasons *reasons, int error);

/**
 * A function has no IOMMU group because others behind its bridge took it all: add
 * the reason.
 *
 * @return whether it is so
 */
bool plan_alias_lost(struct topo_snapshot *snap, struct plan_device *pd);

/**
 * Do other functions look like this one to the IOMMU, and does the kernel know?
 * Fills aliased and alias_why, and adds a reason if a driver of the kernel has one.
 */
void plan_alias_check(struct topo_snapshot *snap, struct plan_device *pd);

/** Who keeps the device's group from being viable: add the reasons. */
void plan_look_at_group(struct topo_snapshot *snap, struct plan_device *pd);

/** The driver that the device is bound to: add the reason if it is not VFIO's. */
void plan_look_at_driver(struct topo_snapshot *snap, struct plan_device *pd,
		const struct topo_machine *machine);

/** Room for what plan_member_cure() says. */
#define PLAN_CURE 384

/**
 * How another function is taken from its kernel driver without harm, as the end
 * of a sentence: a PMD that needs that driver, a mounted disk, or the machine's
 * network is left alone.
 *
 * @param t  the device that can't be used beside @p member
 */
void plan_member_cure(struct topo_snapshot *snap, const struct topo_device *t,
		const struct topo_device *member, char *cure, size_t size);

/** Words for a choice of backend, into backend_why or @p why. @return @p ret. */
int plan_explain_choice(const struct plan_request *request, int ret, const struct ioas_choice *choice,
		struct plan_device *pd, char *why, size_t size);

/** All devices share one address space, hence one backend. @return 0, -EINVAL. */
int plan_check_backend(const struct plan_request *request, enum ioas_backend has, char *why,
		size_t size);

/**
 * As plan_explain_attach(), for a survey: doubtful reasons that the answer refutes are
 * dropped.
 */
int plan_explain_refusal(struct topo_snapshot *snap, struct plan_device *pd,
		const struct ioas_member *m, int ret, bool viable, char *why, size_t size);

/** plan_ask_kernel() with the answers of another kernel, request->answers. */
int plan_ask_answers(const struct plan_request *request, struct topo_snapshot *snap,
		struct plan_device *pd, bool *asked, char *why, size_t size);

/**
 * Open the address space if need be, read the device's limits into info; it may be
 * held then.
 *
 * @param asked  whether the kernel was asked for the device
 */
int plan_ask_kernel(const struct plan_request *request, struct topo_snapshot *snap,
		struct ioas **space, struct plan_device *pd, bool *asked, char *why,
		size_t size);

/** Holes of the bridges above the device; adds a reason where that fails. */
void plan_collect_bridge(struct plan_scan *scan, struct plan_device *pd);

/**
 * Reserved regions must be known from somewhere: sysfs, or the IOVA ranges that the
 * kernel gave.
 *
 * @return 0; -EBADMSG
 */
int plan_check_regions(const struct plan_device *pd, char *why, size_t size);

/** Whether MSI writes arrive, by the holes and limits that were found. */
void plan_judge_msi(const struct ioas_traits *traits, struct plan_device *pd);

#endif /* PLAN_INTERNAL_H */
