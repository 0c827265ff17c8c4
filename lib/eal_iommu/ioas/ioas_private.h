/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What the files of an address space share. Functions here want the lock held, unless
 * they say otherwise. A map or an unmap goes to the legs without it: what it reads, the
 * list of legs and the backends' states, changes only when nothing is pending.
 */

#ifndef IOAS_PRIVATE_H
#define IOAS_PRIVATE_H

#include <pthread.h>
#include <sys/queue.h>

#include "ioas/ioas_freed.h"
#include "ioas/ioas_ops.h"

/** One kernel side. */
struct ioas_leg {
	TAILQ_ENTRY(ioas_leg) link;
	unsigned int n_attached;
	char window[IOVA_OWNER_LEN];	/**< whose ranges in the layout are its; "": none */
	uint64_t state[];		/**< the backend's */
};

TAILQ_HEAD(ioas_legs, ioas_leg);

/*
 * There is at least one leg from open to close. If there are several, each has an attached
 * member, and all have the same mappings and kept ranges.
 */
struct ioas {
	pthread_mutex_t lock;
	pthread_cond_t settled;		/* a pending mapping is one no more, or a wait ended */
	unsigned int n_pending;		/* calls that are in the kernel */
	unsigned int n_settling;	/* wait for those; meanwhile none is added */
	uint32_t n_unmaps;		/* numbers calls of ioas_unmap() */
	const struct ioas_ops *ops;
	struct ioas_legs legs;
	struct iova_layout *layout;
	struct ioas_need need;
	int fd;				/* of which the node is a duplicate; -1: none */
	char fd_by[IOAS_NAME_LEN];	/* who gave it */
	int fd_group;			/* of that one */
	struct ioas_attachment *attachments;
	unsigned int n_attached;
	struct iova_range *kept;	/* ascending */
	size_t n_kept;
	struct ioas_freed freed[IOAS_FREED];	/* a ring; seconds: when */
	uint64_t n_freed;		/* that were ever added */
};

/** State of a mapping, in its used range. */
enum ioas_state {
	IOAS_MAPPED,	/**< in all legs */
	IOAS_PENDING,	/**< in the kernel now, without the lock; nobody else may touch it */
	IOAS_PARKED,	/**< in some, as an unmap failed: nobody may use it, or its IOVA */
	IOAS_PENDING_PARKED,	/**< as IOAS_PENDING, and was IOAS_PARKED before */
};

/* ---- the record: used ranges of the layout that have an owner ---- */

/* The next that is a mapping, this one included. */
static inline struct iova_used *
ioas_mapping_at(struct iova_used *m)
{
	while (m != NULL && m->owner == 0)
		m = iova_layout_used_next(m);
	return m;
}

static inline bool
ioas_mapping_pends(const struct iova_used *m)
{
	return m->state == IOAS_PENDING || m->state == IOAS_PENDING_PARKED;
}

/** Lowest mapping that ends at or behind an IOVA, whatever its state; or NULL. */
static inline struct iova_used *
ioas_mapping_from(struct ioas *ioas, uint64_t iova)
{
	return ioas->layout == NULL ? NULL :
		ioas_mapping_at(iova_layout_used_from(ioas->layout, iova));
}

/** The one above it, or NULL. */
static inline struct iova_used *
ioas_mapping_next(struct iova_used *m)
{
	return ioas_mapping_at(iova_layout_used_next(m));
}

/* ---- ioas_legs.c: what is done to all legs ---- */

/** A leg in no list. @param fds  may be NULL. @return 0, -ENOMEM, as ops.open */
int ioas_leg_open(const struct ioas_ops *ops, const struct ioas_fds *fds,
		struct ioas_leg **out);

/** End of ioas_leg_open(). */
void ioas_leg_close(const struct ioas_ops *ops, struct ioas_leg *leg);

/** The leg that those without one of their own use. */
static inline void *
ioas_first_leg(const struct ioas *ioas)
{
	return TAILQ_FIRST(&ioas->legs)->state;
}

/**
 * Map in every leg, or in none; without the lock, while the mapping is pending.
 *
 * @param parked  on an error: a leg has it, as the undo failed; else not changed
 */
int ioas_legs_map(const struct ioas *ioas, const struct ioas_memory *mem,
		struct iova_range range, bool *parked);

/**
 * Unmap in every leg, also when one fails; without the lock, while the mapping is pending.
 *
 * @param parked  in: legs may be without it; out, on an error: some are
 */
int ioas_legs_unmap(const struct ioas *ioas, uint64_t va, struct iova_range range,
		bool *parked);

/** Unmap in one leg. @return 0; -EIO if the kernel says another size; as ops.unmap */
int ioas_leg_unmap(const struct ioas *ioas, struct ioas_leg *leg, uint64_t va,
		struct iova_range range, bool parked);

/** Limits that all legs share. @return as ops.info; -ERANGE they share no range. */
int ioas_legs_info(const struct ioas *ioas, struct ioas_info *out);

/** Keep ranges in every leg, or keep in all what was kept. */
int ioas_legs_keep(const struct ioas *ioas, const struct iova_range *v, size_t n);

/* ---- ioas_map.c, ioas_keep.c: into one leg more, and out of it ---- */

/** Unmap and forget every mapping; none may be pending. */
void ioas_unmap_all_locked(struct ioas *ioas);

/**
 * Wait for all that is pending: before the legs or who is in them change. The lock is
 * released meanwhile, but who wants to map or unmap waits.
 */
void ioas_settle(struct ioas *ioas);

/** Map all that is mapped in a leg that has nothing yet. On an error it has nothing. */
int ioas_mappings_enter(struct ioas *ioas, struct ioas_leg *leg);

/** Unmap all of it in a leg that leaves. */
void ioas_mappings_leave(struct ioas *ioas, struct ioas_leg *leg);

/**
 * Keep what is kept in one more leg.
 *
 * @param info  what all legs translate with it
 * @return 0; -ERANGE not all that is kept; as ops.keep
 */
int ioas_kept_enter(struct ioas *ioas, struct ioas_leg *leg, const struct ioas_info *info);

/** Forget the kept ranges. */
void ioas_keep_nothing_locked(struct ioas *ioas);

/* ---- ioas_freed.c ---- */

/** Remember a mapping that ends. */
void ioas_freed_add(struct ioas *ioas, const struct iova_used *m);

/* ---- ioas_locate.c ---- */

/**
 * The IOVA of memory, for a backend that locates memory. Needs no lock.
 *
 * @return 0; -ENOSPC: it is not as the place should be; as ops.locate
 */
int ioas_locate(const struct ioas *ioas, const struct ioas_memory *mem, uint64_t size,
		const struct ioas_place *place, uint64_t *iova);

/* ---- ioas_join.c: an attachment and its leg ---- */

/** Attach to a leg; to a new one where the backend needs it. */
int ioas_join(struct ioas *ioas, struct ioas_attachment *attachment);

/** Detach; a leg without others attached is closed, except the last leg. */
void ioas_part(struct ioas *ioas, struct ioas_attachment *attachment);

/* ---- ioas_survey.c ---- */

/**
 * Must a group join the others for its survey? The user opened one container only, and when
 * that has an IOMMU, it has it for all its groups.
 */
bool ioas_must_join(const struct ioas *ioas, const struct ioas_member *m);

/** Limits of a group that is not attached, with those of the members. Nothing may pend. */
int ioas_survey_joined(struct ioas *ioas, const struct ioas_member *m, struct ioas_info *out,
		bool *viable);

/*
 * ---- ioas_anchor.c: iommufd attaches a group when a device of it is opened ----
 *
 * Attachments of backends that attach groups by themselves have no anchors.
 */

/** Open the member's device and keep it, or count one more attach of it. */
int ioas_anchor_get(const struct ioas *ioas, struct ioas_attachment *attachment,
		const struct ioas_member *m);

/** One attach less; the last closes the device. */
void ioas_anchor_put(struct ioas_attachment *attachment, const struct ioas_member *m);

/** Close the member's device, while its attaches stay counted. */
void ioas_anchor_surrender(struct ioas_attachment *attachment, const struct ioas_member *m);

/** Close all of an attachment's devices and forget them. */
void ioas_anchors_free(struct ioas_attachment *attachment);

#endif /* IOAS_PRIVATE_H */
