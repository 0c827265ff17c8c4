/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * From devices to one layout: survey each device, then add it to the layout.
 *
 * A survey reads the limits of the device's IOMMU with ioas_survey() and collects every
 * hole that concerns the device. It needs no DPDK, so the bus (before EAL has memory) and
 * dpdk-test-msi share it.
 *
 * A failure is returned as a negative errno and as a sentence for the user with the
 * range, its origin and the remedy. Not thread safe for one plan_device; separate ones
 * are independent.
 */

#ifndef PLAN_H
#define PLAN_H

#include "holes/holes.h"
#include "ioas/ioas.h"
#include "topology/topology_snapshot.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PLAN_TEXT 640	/**< size of one sentence to the user */
#define PLAN_REASONS 6	/**< maximum number of reasons per device */
#define PLAN_ALSO "; also: "	/**< separator of reasons */
/** Size of the sentences of all reasons. */
#define PLAN_WHY (PLAN_REASONS * (PLAN_TEXT + sizeof(PLAN_ALSO)))
#define PLAN_NODE_LEN 64	/**< size of the path of a node */
#define PLAN_CHOICE_LEN 160	/**< size of the reason of a choice */

/** Kinds of reasons why a device can't be used, in the order of messages. */
enum plan_reason_kind {
	PLAN_REASON_LASTING,	/**< no remedy on this machine, except firmware or
				 *   another slot */
	PLAN_REASON_PLATFORM,	/**< the IOMMU, the group and its other members */
	PLAN_REASON_ACCESS,	/**< another process, a permission, a missing node */
	PLAN_REASON_DRIVER,	/**< the driver that the device is bound to */
};

/** How sure a reason is. */
enum plan_doubt {
	PLAN_CERTAIN,	/**< the kernel is not asked */
	PLAN_DOUBTFUL,	/**< some kernels accept the device */
	PLAN_EXPECTED,	/**< every known kernel rejects it; asked, as sysfs may hide something */
};

/** One reason why a device can't be used, and what to do about it. */
struct plan_reason {
	enum plan_reason_kind kind;
	bool doubtful;		/**< the kernel decides, and was not asked */
	bool expected;		/**< with doubtful: PLAN_EXPECTED */
	int error;		/**< -errno */
	char text[PLAN_TEXT];	/**< a sentence without the device's name */
};

/** Does every known kernel reject the device for this reason? */
static inline bool
plan_reason_stands(const struct plan_reason *r)
{
	return !r->doubtful || r->expected;
}

/** All reasons, sorted by kind. */
struct plan_reasons {
	struct plan_reason v[PLAN_REASONS];
	size_t n;
};

/** Do MSI writes arrive? In ascending order of doubt. */
enum plan_msi {
	PLAN_MSI_CLEAR,		/**< nothing is in the way */
	PLAN_MSI_UNSURE,	/**< a possible obstacle: an estimate, an obstacle
				 *   behind the first doorbell, or an unknown input */
	PLAN_MSI_LIKELY_LOST,	/**< a known window of the host bridge is in the way, or
				 *   a 1:1 mapping of firmware, or the IOMMU or the
				 *   bridge does not pass the first doorbell */
	PLAN_MSI_LOST,		/**< certain: the IOMMU or the bridge passes no doorbell,
				 *   the bridge routes writes of a device that is not
				 *   isolated elsewhere, or the backend maps no doorbell */
};

/** "clear", "unsure", "likely lost", "lost". */
const char *plan_msi_name(enum plan_msi msi);

/** What is known about one device. Start with all zero, end with plan_device_free(). */
struct plan_device {
	struct topo_device topo;
	struct hole_list holes;
	struct ioas_info info;
	uint64_t dma_last;			/**< highest IOVA that it drives, set by the
						 *   caller before plan_add(); 0: any */
	char cdev[PLAN_NODE_LEN];		/**< path of its character device, or "" */
	const struct ioas_fds *fds;		/**< of the request */
	enum ioas_backend backend;		/**< the backend that serves it */
	char backend_why[PLAN_CHOICE_LEN];	/**< reason, if it was chosen for this
						 *   device; otherwise "" */
	bool backend_failed;			/**< a better one exists, but fails */
	struct holes_view bridge;		/**< what is known about the bridge windows */
	char bridge_bus[TOPO_BDF_LEN];		/**< root bus of the outermost bridge */
	char bridge_via[TOPO_BDF_LEN];		/**< the function that creates its
						 *   domain (VMD), or "" */
	bool aliased;				/**< the IOMMU can't distinguish it
						 *   from other functions */
	char alias_why[PLAN_TEXT];		/**< the problem with that, or "" */
	bool diverted;				/**< bridges above it may route its writes
						 *   to windows below the IOMMU */
	enum plan_msi msi;			/**< do MSI writes arrive? */
	char msi_why[PLAN_TEXT];		/**< obstacle, unless PLAN_MSI_CLEAR */
	bool msi_doubtful;			/**< msi_why is that the backend maps no
						 *   doorbells: the kernel's answer to a
						 *   vector decides */
	struct plan_reasons reasons;		/**< why it can't be used; empty if it can */
};

/** Answer of a kernel about one device with one backend. */
struct plan_answer {
	struct topo_addr addr;
	enum ioas_backend backend;
	int opened;			/**< result of ioas_open() */
	char node[PLAN_NODE_LEN];	/**< the last node that was opened; "": none exists */
	bool asked;			/**< false: not asked, as that wakes the device */
	int surveyed;			/**< result of ioas_survey(), if opened is 0 */
	bool viable;			/**< from ioas_survey() */
	struct ioas_info info;		/**< valid if surveyed is 0 */
};

/**
 * Answers of another kernel, or of this one earlier. A survey with answers opens no node.
 * End with plan_answers_free().
 */
struct plan_answers {
	struct plan_answer *v;
	size_t n;
	struct ioas_info assumed;	/**< if page_sizes is not 0: limits of all
					 *   devices, used in place of every answer */
	uint64_t page_size;		/**< page size of that kernel in bytes */
	enum ioas_backend chosen;	/**< choice of the first device; AUTO until then */
};

/**
 * Data that one scan shares among its devices. Must not move. Begins with
 * plan_scan_begin() and must not outlive the scan: a later scan must see changes.
 */
struct plan_scan {
	struct topo_snapshot topo;
	struct holes_bridges bridges;
};

/** Begin a scan. @param root  as in sysfs.h; must outlive the scan */
void plan_scan_begin(struct plan_scan *scan, const char *root);

/** Free the data of a scan. */
void plan_scan_end(struct plan_scan *scan);

/** A device and the requested options. */
struct plan_request {
	struct plan_scan *scan;		/**< the current scan, or NULL */
	const char *root;		/**< as in sysfs.h; used without a scan */
	struct topo_addr addr;
	enum ioas_backend backend;
	const char *vf_token;		/**< UUID, or NULL */
	const struct ioas_fds *fds;	/**< descriptors of its nodes, or NULL; must outlive
					 *   the plan_device. Ignored with answers */
	struct iova_layout *layout;	/**< layout of an address space opened here, or NULL */
	struct plan_answers *answers;	/**< used in place of the kernel, or NULL */
};

/** The device as a member of the address space; valid as long as both arguments. */
struct ioas_member plan_member(const struct plan_device *pd, const char *vf_token);

/**
 * Collect what keeps a device from being used, as far as sysfs shows it. Does not ask the
 * kernel and opens no node.
 *
 * @param t     a device of the snapshot
 * @param backend  requested one: it decides whether a no-IOMMU group is a reason
 * @param page  page size of the machine in bytes
 * @param out   gets topo, cdev, reasons, and reserved regions of firmware as holes; end
 *   with plan_device_free()
 */
void plan_look(struct topo_snapshot *snap, const struct topo_device *t,
		enum ioas_backend backend, uint64_t page, struct plan_device *out);

struct topo_off;

/**
 * Say why the kernel shows no IOMMU and what to do: "CAUSE; REMEDY".
 *
 * @param out  room for PLAN_OFF
 * @return false, and "", if the cause is not known
 */
bool plan_off_cure(const struct topo_off *off, char *out, size_t size);

#define PLAN_OFF 320	/**< size of the text of plan_off_cure() */

/** Size of the text of plan_odd_text(). */
#define PLAN_ODD 256

/**
 * Say why an odd function of a set can't be used, and how to examine it: the end of a
 * sentence that begins with its name.
 */
void plan_odd_text(struct topo_snapshot *snap, const struct topo_device *odd, char *out,
		size_t size);

/**
 * Add a reason if another process visibly has a node of the device open.
 */
void plan_look_for_holder(struct topo_snapshot *snap, struct plan_device *pd);

/**
 * Insert a reason behind those of its kind. If the list is full the last one is dropped.
 *
 * @param error  -errno
 */
void plan_reason_add(struct plan_reasons *reasons, enum plan_reason_kind kind,
		enum plan_doubt doubt, int error, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/**
 * Join all reasons to one text: "REASON; also: REASON".
 *
 * @return the error of the first reason; 0 if there is none, then @p out is not written.
 */
int plan_reasons_text(const struct plan_reasons *reasons, char *out, size_t size);

/**
 * Survey what one device allows.
 *
 * The first survey of a process opens its address space and so chooses the backend for
 * all devices. With some backends the device is opened and reset, and the address space
 * holds it until ioas_release(); see ioas_survey().
 *
 * The survey continues after the first problem and collects all reasons. It asks the
 * kernel unless a reason is certain. What only the kernel decides (1:1 mappings of
 * firmware, viability of a group) is a reason only if the kernel refuses the device or
 * can't be asked.
 *
 * On error @p out has the reasons and the holes that were found, also for a device that
 * another process holds. End with plan_device_free() in any case.
 *
 * @param space  the address space of the process. NULL: it is opened, unless that fails
 *   or the request has answers
 * @param why      all reasons as one text, see plan_reasons_text(); at most PLAN_WHY
 *   bytes
 * @param size     size of @p why
 * @return 0, or the error of the first reason: -ENODEV absent; -ENXIO not bound to a VFIO
 *   driver; -ENOTSUP no IOMMU group; -EPERM group not viable or interrupts not isolated;
 *   -EINVAL firmware requests a 1:1 mapping, the address space has another backend
 *   than requested, or a descriptor of fds is not of its node; -EBADF it is not open; -EBUSY held by another process; -EACCES; -ERANGE it can't translate a
 *   range of ioas_keep(); -ENODATA the answers lack the device; others as ioas_attach()
 *   and holes.h. On error the address space does not hold the device.
 */
int plan_survey(const struct plan_request *request, struct ioas **space,
		struct plan_device *out, char *why, size_t size);

/**
 * Ask the kernel about a device with one backend and keep the answer. Releases the
 * device.
 *
 * @param backend   not IOAS_BACKEND_AUTO
 * @param vf_token  UUID, or NULL
 * @param may_wake  allow opening the device, which wakes and resets it
 * @return 0, also if the kernel refuses: that is an answer; errors of topology_read();
 *   -ENOMEM. On success free @p out with plan_answers_free() or
 *   ioas_info_free(&out->info).
 */
int plan_answer_ask(const char *root, const struct topo_addr *addr,
		enum ioas_backend backend, const char *vf_token, bool may_wake,
		struct plan_answer *out);

/** Append an answer and take ownership of its ranges. @return 0, -ENOMEM. */
int plan_answers_add(struct plan_answers *answers, const struct plan_answer *answer);

/** Free all answers. */
void plan_answers_free(struct plan_answers *answers);

/** Page size of the examined machine in bytes. */
uint64_t plan_page_size(const struct plan_request *request);

/**
 * Explain why a member can't be attached: who holds it, or which permission or parameter
 * is missing.
 *
 * @param ret     result of ioas_survey() or ioas_attach()
 * @param viable  from the same call
 * @return @p ret, or -EBUSY if another process holds it
 */
int plan_explain_attach(const char *root, const struct ioas *space,
		const struct ioas_member *m, int ret, bool viable, char *why,
		size_t size);

/** Explain -EKEYREJECTED only, also from ioas_open_device(). */
void plan_explain_token(const struct ioas_member *m, char *why, size_t size);

/** Free the result of a survey. */
void plan_device_free(struct plan_device *pd);

/**
 * Is a device still what its survey found? The kernel gives the numbers of character devices
 * and groups to other devices when it is unbound, and another card may be in its slot.
 *
 * @return false also if it can't be read any more
 */
bool plan_is_current(struct topo_snapshot *snap, const struct plan_device *pd);

/**
 * Add a surveyed device to the layout: intersect the allowed ranges and add the holes.
 *
 * @param why  on 0 a warning if a soft hole of the device covers what is in use;
 *   otherwise unchanged
 * @return 0; -ERANGE or -EADDRINUSE if it conflicts with what is placed (the text names
 *   both ranges); -ENOMEM. On error the layout is unchanged.
 */
int plan_add(struct iova_layout *layout, const struct plan_device *pd,
		char *why, size_t size);

/**
 * Find a place where SW_MSI would be reachable for all devices of the layout, for a kernel
 * that can move it (Linux 7.2 can't): the lowest free range, aligned to 1 MiB, as long as
 * the kernel's window or as 64 doorbell pages.
 *
 * @param page  page size of the machine in bytes
 * @return 0; -ENOENT the device needs none: the grade is below PLAN_MSI_LIKELY_LOST, or the
 *   position of SW_MSI is not the reason; -ENOSPC no free range is long enough.
 */
int plan_msi_place(const struct iova_layout *layout, const struct plan_device *pd,
		uint64_t page, struct iova_range *out);

/** Remove a device from the layout, if it is in it. Cannot fail. */
void plan_remove(struct iova_layout *layout, const struct plan_device *pd);

#define PLAN_HOLES_NAMED 2	/**< maximum number of holes in one sentence */
#define PLAN_EXPLAIN 320	/**< size of the text of plan_explain() */

/**
 * Does a range overlap a hole, other than the reservation for EAL's memory? A struct
 * iova_conflict has the lowest hole only.
 */
bool plan_meets_hole(const struct iova_layout *layout, struct iova_range range);

/**
 * Explain why a range can't or should not be placed, e.g. "meets 0x8000000-0x80fffff
 * (SW_MSI, from 0000:00:03.0)", as the end of a sentence. Holes that the kernel enforces
 * come first, then those of the bus.
 *
 * The kernel's ranges exclude reserved regions, so for a range outside of them holes that
 * the kernel enforces are looked up first.
 *
 * @param ret  result of iova_layout_place_at() or iova_layout_test()
 * @param c    from the same call
 */
void plan_explain(const struct iova_layout *layout, struct iova_range range,
		int ret, const struct iova_conflict *c, char *out, size_t size);

/**
 * What to do about an error of ioas_map(), as a clause, or "": as ioas_hint(), but without
 * translation a key of the user is not the kernel's choice.
 */
const char *plan_hint(const struct ioas *ioas, int ret, const struct iova_conflict *c);

/** What to do about memory in a soft hole whose IOVA can't be another one: no translation. */
#define PLAN_SOFT_PHYSICAL "check that packets arrive, or use a machine with an IOMMU"

#define PLAN_EXPLAIN_SOFT (PLAN_EXPLAIN + 64)	/**< size of the text of plan_explain_soft() */

/**
 * Explain what may happen to a range that was placed in a soft hole, see plan_explain().
 *
 * @return plan_meets_hole(): false if the hole only reserves room for EAL's memory
 */
bool plan_explain_soft(const struct iova_layout *layout, struct iova_range range,
		const struct iova_conflict *c, char *out, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* PLAN_H */
