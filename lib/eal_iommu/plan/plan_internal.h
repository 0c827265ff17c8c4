/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Declarations shared by the files of the plan room.
 */

#ifndef PLAN_INTERNAL_H
#define PLAN_INTERNAL_H

#include <stdarg.h>
#include <stdio.h>

#include "plan/plan.h"
#include "topology/topology_machine.h"

/** Format the sentence about a failure. @return @p ret. */
static inline int __attribute__((format(printf, 4, 5)))
say(int ret, char *why, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, size, fmt, ap);
	va_end(ap);
	return ret;
}

/** Is there a reason that does not depend on the kernel's answer? */
bool plan_reasons_certain(const struct plan_reasons *reasons);

/**
 * Drop the doubtful reasons with this error, or all doubtful ones (0): the kernel refuted
 * them.
 */
void plan_reasons_settle(struct plan_reasons *reasons, int error);

/**
 * Add a reason if a function has no IOMMU group because another function behind the same
 * bridge took the ID.
 *
 * @return whether a reason was added
 */
bool plan_alias_lost(struct topo_snapshot *snap, struct plan_device *pd);

/**
 * Add a reason if a function without an IOMMU group is on a conventional PCI bus: for a kernel
 * that creates all groups at boot.
 *
 * @return whether a reason was added
 */
bool plan_bridge_lost(struct topo_snapshot *snap, struct plan_device *pd);

/**
 * Check whether the IOMMU can distinguish this function from others, and whether they
 * share its group. Fills aliased and alias_why, and adds a reason if one of them is bound
 * to a kernel driver.
 */
void plan_alias_check(struct topo_snapshot *snap, struct plan_device *pd);

/** Add reasons for members that keep the device's group from being viable. */
void plan_look_at_group(struct topo_snapshot *snap, struct plan_device *pd);

/** Add a reason if the device is not bound to a VFIO driver. */
void plan_look_at_driver(struct topo_snapshot *snap, struct plan_device *pd,
		const struct topo_machine *machine);

/**
 * Look at a device of which an IOMMU is not expected: it has a no-IOMMU group, or that
 * backend is requested. Adds a reason if the two do not fit.
 *
 * @param machine  may be zeros for a device with an IOMMU
 * @return whether nothing else about its group is worth a look
 */
bool plan_noiommu_look(struct topo_snapshot *snap, struct plan_device *pd,
		const struct topo_machine *machine, enum ioas_backend backend);

/**
 * Holes of the bridges of a device without an IOMMU: reject memory in them. Adds a reason if
 * physical addresses are not those of the bus.
 */
void plan_noiommu_reach(struct plan_device *pd);

/** Explain an error of VFIO's no-IOMMU mode. @return @p ret; 0: it has no special meaning. */
int plan_noiommu_explain(int ret, const char *node, char *why, size_t size);

/** Size of the text of plan_bind_command(). */
#define PLAN_COMMAND 256

/**
 * Write the command that binds a function to vfio-pci, again if it is bound to a VFIO driver:
 * dpdk-devbind.py if that knows the device, otherwise the files of sysfs.
 *
 * @return as snprintf()
 */
int plan_bind_command(const struct topo_device *t, char *out, size_t size);

/** Size of the text of plan_member_cure(). */
#define PLAN_CURE 448

/**
 * Advise how to unbind another function from its kernel driver without harm, as the end
 * of a sentence. The advice is to keep the driver if a PMD or the machine needs it.
 *
 * @param t  the device that can't be used because of @p member
 */
void plan_member_cure(struct topo_snapshot *snap, const struct topo_device *t,
		const struct topo_device *member, char *cure, size_t size);

/** Explain a choice of backend in backend_why or @p why. @return @p ret. */
int plan_explain_choice(const struct plan_request *request, int ret, const struct ioas_choice *choice,
		struct plan_device *pd, char *why, size_t size);

/** All devices share one address space, hence one backend. @return 0, -EINVAL. */
int plan_check_backend(const struct plan_request *request, enum ioas_backend has, char *why,
		size_t size);

/**
 * Are the descriptors of a request those of the device's nodes, and of the address space?
 *
 * @param space  NULL: not opened yet
 * @return 0; -EBADF; -EINVAL; -EACCES not for reading and writing; -errno
 */
int plan_check_fds(const char *root, const struct ioas *space, const struct plan_device *pd,
		char *why, size_t size);

/** Explain -EXDEV, or another refusal of a member with fds. @return @p ret. */
int plan_explain_fds(const struct ioas_member *m, int ret, char *why, size_t size);

/**
 * Like plan_explain_attach(), for a survey. Also drops doubtful reasons that the answer
 * refutes.
 */
int plan_explain_refusal(struct topo_snapshot *snap, struct plan_device *pd,
		const struct ioas_member *m, int ret, bool viable, char *why, size_t size);

/** Like plan_ask_kernel(), with request->answers. */
int plan_ask_answers(const struct plan_request *request, struct topo_snapshot *snap,
		struct plan_device *pd, bool *asked, char *why, size_t size);

/**
 * Read the device's limits into info. Opens the address space if necessary; it may hold
 * the device then.
 *
 * @param asked  whether the kernel was asked about the device
 */
int plan_ask_kernel(const struct plan_request *request, struct topo_snapshot *snap,
		struct ioas **space, struct plan_device *pd, bool *asked, char *why,
		size_t size);

/** Add holes of the bridges above the device, or a reason if that fails. */
void plan_collect_bridge(struct plan_scan *scan, struct plan_device *pd);

/**
 * Reserved regions must be known from sysfs or from the kernel's IOVA ranges.
 *
 * @return 0; -EBADMSG
 */
int plan_check_regions(const struct plan_device *pd, char *why, size_t size);

/**
 * Judge from holes and limits whether MSI writes arrive.
 *
 * @param root    as in sysfs.h, of the machine with that kernel
 * @param traits  of the backend, or NULL if it is unknown
 */
void plan_judge_msi(const char *root, const struct ioas_traits *traits,
		struct plan_device *pd);

#endif /* PLAN_INTERNAL_H */
