/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * From devices to one layout: survey each, then add it to the plan.
 *
 * A survey reads what the device's IOMMU can translate, by ioas_survey(), and
 * collects every hole that concerns the device. It needs no DPDK, so the bus
 * (before EAL has memory) and dpdk-test-msi share it.
 *
 * What fails is told twice: as a negative errno for the program, and as one
 * sentence for the user that names the range, where it comes from and what to
 * do. Not thread safe for one plan_device; separate ones are independent.
 */

#ifndef PLAN_H
#define PLAN_H

#include "holes/holes.h"
#include "ioas/ioas.h"
#include "topology/topology_snapshot.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PLAN_TEXT 640	/**< room for one sentence to the user */
#define PLAN_REASONS 6	/**< reasons that are kept of a device */
#define PLAN_ALSO "; also: "	/**< between two reasons */
/** Room for the sentences of all reasons that are kept. */
#define PLAN_WHY (PLAN_REASONS * (PLAN_TEXT + sizeof(PLAN_ALSO)))
#define PLAN_NODE_LEN 64	/**< room for the path of a node */
#define PLAN_CHOICE_LEN 160	/**< room for the reason of a choice */

/** What kind of thing keeps a device from being used; in the order of messages. */
enum plan_reason_kind {
	PLAN_REASON_LASTING,	/**< can't be cured here: firmware, or another slot */
	PLAN_REASON_PLATFORM,	/**< the IOMMU, the group and its other members */
	PLAN_REASON_ACCESS,	/**< another process, a permission, a missing node */
	PLAN_REASON_DRIVER,	/**< the driver that the device is bound to */
};

/** One reason why a device can't be used, and what to do about it. */
struct plan_reason {
	enum plan_reason_kind kind;
	bool doubtful;		/**< the kernel decides, and has not been asked */
	int error;		/**< -errno */
	char text[PLAN_TEXT];	/**< a sentence without the device's name */
};

/** All of them, sorted by kind. */
struct plan_reasons {
	struct plan_reason v[PLAN_REASONS];
	size_t n;
};

/** Do MSI writes arrive? In ascending order. */
enum plan_msi {
	PLAN_MSI_CLEAR,		/**< nothing is in the way */
	PLAN_MSI_UNSURE,	/**< an estimate is in the way, or something is behind the first
				 *   doorbell, or what could be is not known
				 */
	PLAN_MSI_LIKELY_LOST,	/**< a known window of the host bridge is, or the IOMMU or the
				 *   bridge does not pass the first doorbell
				 */
	PLAN_MSI_LOST,		/**< they can't: the IOMMU or the bridge passes no doorbell */
};

/** "clear", "unsure", "likely lost", "lost". */
const char *plan_msi_name(enum plan_msi msi);

/** What is known of one device. Start with all zero, end with plan_device_free(). */
struct plan_device {
	struct topo_device topo;
	struct hole_list holes;
	struct ioas_info info;
	char cdev[PLAN_NODE_LEN];		/**< its character device, or "" */
	enum ioas_backend backend;		/**< the one that carries it */
	char backend_why[PLAN_CHOICE_LEN];	/**< why that, if it was chosen for this
						 * device; else ""
						 */
	bool backend_failed;			/**< a better one is there, but fails */
	struct holes_view bridge;		/**< how the bridge windows are known */
	char bridge_bus[TOPO_BDF_LEN];		/**< root bus of that bridge, the outermost */
	char bridge_via[TOPO_BDF_LEN];		/**< the function whose domain it is in (VMD), or "" */
	bool aliased;				/**< other functions look like it to the IOMMU */
	char alias_why[PLAN_TEXT];		/**< what is wrong with that, or "" */
	enum plan_msi msi;			/**< do MSI writes arrive? */
	char msi_why[PLAN_TEXT];		/**< why not, unless PLAN_MSI_CLEAR */
	bool msi_doubtful;			/**< the backend can't serve its MSI window */
	struct plan_reasons reasons;		/**< why it can't be used; none if it can */
};

/** What a kernel said of one device by one backend. */
struct plan_answer {
	struct topo_addr addr;
	enum ioas_backend backend;
	int opened;			/**< what ioas_open() returned */
	char node[PLAN_NODE_LEN];	/**< that was opened last; "": there is none */
	bool asked;			/**< false: it was not, as that wakes the device */
	int surveyed;			/**< what ioas_survey() returned, if opened is 0 */
	bool viable;			/**< and what it said */
	struct ioas_info info;		/**< if surveyed is 0 */
};

/**
 * Answers of a kernel that runs elsewhere or did so earlier. A survey with them
 * opens no node. Freed with plan_answers_free().
 */
struct plan_answers {
	struct plan_answer *v;
	size_t n;
	struct ioas_info assumed;	/**< limits of all devices if page_sizes is not 0:
					 * they stand in for every answer
					 */
	uint64_t page_size;		/**< bytes of a page of that kernel */
	enum ioas_backend chosen;	/**< by the first device; AUTO until then */
};

/**
 * What one scan reads once for all its devices. Stays where it is, begins with
 * plan_scan_begin() and lives no longer than the scan: a later one must see what
 * has changed.
 */
struct plan_scan {
	struct topo_snapshot topo;
	struct holes_bridges bridges;
};

/** @param root  as in sysfs.h; lives longer */
void plan_scan_begin(struct plan_scan *scan, const char *root);

/** Free what was read. */
void plan_scan_end(struct plan_scan *scan);

/** A device, and how it is to be used. */
struct plan_request {
	struct plan_scan *scan;		/**< the scan that it is part of; NULL: none */
	const char *root;		/**< as in sysfs.h, where there is no scan */
	struct topo_addr addr;
	enum ioas_backend backend;
	const char *vf_token;		/**< UUID, or NULL */
	struct iova_layout *layout;	/**< of an address space opened here, or NULL */
	struct plan_answers *answers;	/**< in place of the kernel's, or NULL */
};

/** The device as the address space knows it; valid as long as both. */
struct ioas_member plan_member(const struct plan_device *pd, const char *vf_token);

/**
 * Find out what keeps a device from being used, as far as sysfs shows it. The
 * kernel is not asked and no node is opened.
 *
 * @param t     a device of the snapshot
 * @param page  bytes of a page of the machine
 * @param out   gets topo, cdev, reasons, and what firmware reserves as holes;
 *   plan_device_free() ends it
 */
void plan_look(struct topo_snapshot *snap, const struct topo_device *t, uint64_t page,
		struct plan_device *out);

/** Room for what plan_odd_text() says. */
#define PLAN_ODD 256

/**
 * Why a function that a set counts as odd can't be used, and what to look at: the end
 * of a sentence that begins with its name.
 */
void plan_odd_text(struct topo_snapshot *snap, const struct topo_device *odd, char *out,
		size_t size);

/**
 * Add a reason if another process has a node of the device open, as far as may be
 * seen.
 */
void plan_look_for_holder(struct topo_snapshot *snap, struct plan_device *pd);

/**
 * Add a reason behind those of its kind. If there is no room the last one goes.
 *
 * @param doubtful  see struct plan_reason
 */
void plan_reason_add(struct plan_reasons *reasons, enum plan_reason_kind kind, bool doubtful,
		int error, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/**
 * All reasons as one sentence: "REASON; also: REASON".
 *
 * @return the error of the first, or 0 if there is none; @p out is not written then.
 */
int plan_reasons_text(const struct plan_reasons *reasons, char *out, size_t size);

/**
 * Find out what one device allows.
 *
 * The first survey of a process opens its address space and so chooses the
 * backend of all. With some backends the device is opened and reset, and held
 * by the address space until ioas_release(); see ioas_survey().
 *
 * The survey goes on behind the first thing that is wrong and collects all
 * reasons. The kernel is asked unless one of them is certain. What only the
 * kernel decides (1:1 mappings of firmware, a group's viability) is a reason only
 * if the kernel refuses the device, or can't be asked.
 *
 * On an error @p out holds the reasons, and the holes of a device that was asked
 * for: those of one that another process holds are known all the same.
 * plan_device_free() ends it in any case.
 *
 * @param space  the address space of the process; opened if it is NULL, and
 *   left NULL if that fails or there are answers
 * @param why      all reasons in one sentence, see plan_reasons_text(); PLAN_WHY
 *   bytes are enough
 * @param size     room in @p why
 * @return 0, or the error of the first reason: -ENODEV absent; -ENXIO not bound to
 *   a VFIO driver; -ENOTSUP no IOMMU group; -EPERM group not viable or interrupts
 *   not isolated; -EINVAL firmware wants a 1:1 mapping, or another backend is
 *   wanted than the one of the address space; -EBUSY held by another process;
 *   -EACCES; -ERANGE it can't translate what is kept (ioas_keep()); -ENODATA the
 *   answers have none for it; others as ioas_attach() and holes.h. On an error the
 *   address space does not hold the device.
 */
int plan_survey(const struct plan_request *request, struct ioas **space,
		struct plan_device *out, char *why, size_t size);

/**
 * Ask the kernel about a device by one backend and keep the answer. The device
 * is let go again.
 *
 * @param backend   not IOAS_BACKEND_AUTO
 * @param vf_token  UUID, or NULL
 * @param may_wake  the device may be opened for it, which wakes and resets it
 * @return 0, also where the kernel refuses: that is an answer; as
 *   topology_read(); -ENOMEM. On success @p out is freed by plan_answers_free()
 *   or ioas_info_free(&out->info).
 */
int plan_answer_ask(const char *root, const struct topo_addr *addr,
		enum ioas_backend backend, const char *vf_token, bool may_wake,
		struct plan_answer *out);

/** Append an answer, whose ranges are taken over. @return 0, -ENOMEM. */
int plan_answers_add(struct plan_answers *answers, const struct plan_answer *answer);

/** Free all of them. */
void plan_answers_free(struct plan_answers *answers);

/** Bytes of a page of the machine that is examined. */
uint64_t plan_page_size(const struct plan_request *request);

/**
 * Say why a member can't be had: who holds it, which permission or parameter is
 * missing.
 *
 * @param ret     what ioas_survey() or ioas_attach() returned
 * @param viable  and what it said
 * @return @p ret, or -EBUSY if another process has it
 */
int plan_explain_attach(const char *root, const struct ioas *space,
		const struct ioas_member *m, int ret, bool viable, char *why,
		size_t size);

/** The same for -EKEYREJECTED alone, also that of ioas_open_device(). */
void plan_explain_token(const struct ioas_member *m, char *why, size_t size);

/** Free what a survey holds. */
void plan_device_free(struct plan_device *pd);

/**
 * Add a surveyed device to the layout: intersect the allowed ranges, add the
 * holes.
 *
 * @param why  on 0 a warning if a soft hole of the device covers what is in use,
 *   else left alone
 * @return 0; -ERANGE or -EADDRINUSE if it does not go with what is placed (the
 *   sentence names both ranges); -ENOMEM. On an error nothing of it is left.
 */
int plan_add(struct iova_layout *layout, const struct plan_device *pd,
		char *why, size_t size);

/** Take a device out of the layout again, if it is in it. Cannot fail. */
void plan_remove(struct iova_layout *layout, const struct plan_device *pd);

/**
 * Lowest range that is free, at least @p need bytes long and inside @p within.
 *
 * @return 0 and *out (the whole free range, cut to @p within), or -ENOSPC with
 *   the longest there is in *out (not valid if there is none).
 */
int plan_window(const struct iova_layout *layout, struct iova_range within,
		uint64_t need, struct iova_range *out);

#define PLAN_HOLES_NAMED 2	/**< holes that one sentence names */
#define PLAN_EXPLAIN 320	/**< room for what plan_explain() says */

/**
 * Does a range meet a hole, other than what is kept free for EAL's memory? The hole
 * of a struct iova_conflict is the lowest one only.
 */
bool plan_meets_hole(const struct iova_layout *layout, struct iova_range range);

/**
 * Say why a range can't be placed, or should not be: "meets 0x8000000-0x80fffff
 * (SW_MSI, from 0000:00:03.0)" and the like, as the end of a sentence. Of several
 * holes those that the kernel enforces are named first, then those of the bus.
 *
 * The kernel leaves reserved regions out of the allowed ranges, so a range outside
 * of them is looked up among the holes that the kernel enforces first.
 *
 * @param ret  what iova_layout_place_at() or iova_layout_test() returned
 * @param c    what it filled
 */
void plan_explain(const struct iova_layout *layout, struct iova_range range,
		int ret, const struct iova_conflict *c, char *out, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* PLAN_H */
