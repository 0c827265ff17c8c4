/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The record of what applications have mapped, in pieces.
 *
 * The address space has such a record too, but loses it when it closes: copying it only then
 * would need memory.
 *
 * A piece is in one of these places:
 *  - the tree: while there is an address space, it is mapped there, or parked (ioas.h), with
 *    the application as owner; else it is mapped when an address space comes;
 *  - the list of a call that unmaps it. It left the tree before the address space unmaps it,
 *    since another map can get its IOVA at once;
 *  - the list of pieces that could not be restored: until their event was sent, then while
 *    the application has the handle.
 *
 * Callers hold the space's lock (own_memory.c): exclusively, or shared and piece_lock().
 */

#ifndef OWN_MEMORY_PIECES_H
#define OWN_MEMORY_PIECES_H

#include <sys/queue.h>

#include <bsd/sys/tree.h>

#include "eal/rte_eal_iommu.h"
#include "ioas/ioas.h"

/** A piece; an application with a handle has its address. */
struct rte_eal_iommu_mapping {
	RB_ENTRY(rte_eal_iommu_mapping) link;		/**< in the tree */
	TAILQ_ENTRY(rte_eal_iommu_mapping) next;	/**< in a list */
	struct ioas_mapping m;
	bool has_handle;
	bool is_leaving;	/**< a call unmaps it */
	bool is_lost;		/**< it could not be restored */
	bool is_reported;	/**< it is lost, and its event was sent */
	bool is_rest;		/**< parked by a map that failed: is unmapped, but not restored */
};

TAILQ_HEAD(piece_list, rte_eal_iommu_mapping);

/** A call that unmaps. */
struct piece_unmap {
	LIST_ENTRY(piece_unmap) next;
	struct iova_range range;
	struct piece_list pieces;
};

void piece_lock(void);
void piece_unlock(void);

/** Insert a piece, which overlaps none, in the tree. */
void piece_insert(struct rte_eal_iommu_mapping *p);

/** Remove a piece from the tree. */
void piece_remove(struct rte_eal_iommu_mapping *p);

/** The lowest piece in the tree that overlaps the range, or NULL. */
struct rte_eal_iommu_mapping *piece_in(struct iova_range range);

/** The next such piece, or NULL. */
struct rte_eal_iommu_mapping *piece_next(struct rte_eal_iommu_mapping *p,
		struct iova_range range);

/** Wait for other calls that unmap something in this range, then begin one. */
void piece_unmap_begin(struct piece_unmap *call, struct iova_range range);

/** Move a piece from the tree to the call. */
void piece_unmap_take(struct piece_unmap *call, struct rte_eal_iommu_mapping *p);

/** End the call. The pieces that it still has return to the tree. */
void piece_unmap_end(struct piece_unmap *call);

/** Move a piece from the tree to those that are lost. */
void piece_lose(struct rte_eal_iommu_mapping *p);

/** Get the next lost piece whose event is to be sent. @return false: no more */
bool piece_lost_next(struct ioas_mapping *out);

/** Free a piece that is lost. */
void piece_lost_free(struct rte_eal_iommu_mapping *p);

/** Free all pieces. */
void piece_free_all(void);

#endif /* OWN_MEMORY_PIECES_H */
