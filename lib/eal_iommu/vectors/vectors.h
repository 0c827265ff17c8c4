/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The interrupt vectors of one device, and the sources of interrupts that share them.
 *
 * A driver has sources: 0 is for the link and errors, the others are for queues or other
 * work. It states how many, and enables the ones it uses. Each source has a vector:
 *
 *  - the vector with its own number, if the device has it and the kernel grants it;
 *  - else, of the vectors that the kernel has granted, except 0, the one with the fewest
 *    enabled sources, of several the lowest;
 *  - else vector 0.
 *
 * The kernel grants vectors in one of two ways:
 *
 *  - Dynamic (MSI-X on PCs): one at a time, when the first source of a vector is enabled.
 *    The others are not disturbed. Vector 0 is granted at the start: a first request for
 *    vector N grants all up to N.
 *  - All at once (VFIO_IRQ_INFO_NORESIZE: MSI-X behind a GIC, MSI): the start requests one for
 *    each source, without eventfds. Enabling a source then changes its vector only. To have
 *    more, all must be disabled and requested again. The kernel does not report an interrupt
 *    in between, so each vector in use is signalled afterwards: its handler must look at the
 *    device.
 *
 * The kernel never has more vectors than sources, nor more than the device. A vector stays
 * granted until vectors_stop(). If fewer are available than wanted the kernel states their
 * number, and those are used. vectors_request.h has the reason to try it more than once.
 *
 * Needs no DPDK. Not thread safe: the caller serialises.
 */

#ifndef VECTORS_H
#define VECTORS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** One vector. */
struct vectors_one {
	int efd;		/**< its eventfd, kept until vectors_stop(); -1: none yet */
	bool granted;		/**< by the kernel */
	bool on;		/**< the kernel has the eventfd */
	unsigned int users;	/**< enabled sources */
	uint64_t own;		/**< signals by vectors_resize(), not taken yet */
};

/** The vectors of a device. The caller reads the members, but does not write them. */
struct vectors {
	int device;
	unsigned int index;	/**< VFIO_PCI_*_IRQ_INDEX */
	bool dynamic;		/**< granted one at a time */
	unsigned int has;	/**< vectors of the device */
	unsigned int sources;
	unsigned int wanted;	/**< the lower of sources and has */
	struct vectors_one *v;	/**< wanted ones, or more after sources became fewer */
	unsigned int n_v;
	int *source;		/**< vector of each source; -1: disabled */
};

/**
 * Request vectors; the device must be attached to an address space, and have no enabled
 * interrupt of another type.
 *
 * @param index    VFIO_PCI_MSIX_IRQ_INDEX, VFIO_PCI_MSI_IRQ_INDEX or VFIO_PCI_INTX_IRQ_INDEX
 * @param sources  at least 1
 * @param tries    attempts to get all vectors, see vectors_request.h
 * @return 0, also if the kernel grants fewer than wanted; -EINVAL no sources; -ENOTSUP the
 *   device has no such interrupt; -ENOSPC the kernel grants none; -ENOMEM; -errno of the
 *   kernel. On error nothing is requested and @p vs is as after vectors_stop().
 */
int vectors_start(struct vectors *vs, int device, unsigned int index, unsigned int sources,
		unsigned int tries);

/** Disable all sources and return all vectors. May be called again. Cannot fail. */
void vectors_stop(struct vectors *vs);

/** Number of vectors that the kernel has granted. */
unsigned int vectors_granted(const struct vectors *vs);

/**
 * Change the number of sources. The number of vectors never shrinks. Where all are requested
 * again, this tries once to have more, and waits only if it does not get back what it had.
 *
 * @return 0, also if the kernel grants fewer than wanted; -EINVAL no sources; -EBUSY a source
 *   that would be dropped is enabled; -ENOMEM; -EIO: the kernel does not grant again what it
 *   had granted: no vector is granted and all sources are disabled; -errno of the kernel:
 *   nothing has changed, but vectors in use may be signalled.
 */
int vectors_resize(struct vectors *vs, unsigned int sources);

/**
 * Enable a source.
 *
 * @param share  share a vector if the kernel has none for the source now, which may be over in
 *   a moment (vectors_request.h). Where that is settled, sources share in any case.
 * @return its vector; -EINVAL no such source; -EEXIST it is enabled; -ENOSPC no vector is
 *   granted, or the kernel has none now and @p share is false; -EMFILE; -errno of the kernel
 */
int vectors_enable(struct vectors *vs, unsigned int source, bool share);

/**
 * Disable a source. The kernel does not signal its vector after the return, unless another
 * source uses it. Cannot fail; does nothing if it is disabled.
 */
void vectors_disable(struct vectors *vs, unsigned int source);

/**
 * Take what has arrived at a vector.
 *
 * @param n  number of interrupts since the last call, without signals of vectors_resize()
 * @return whether the vector was signalled
 */
bool vectors_take(struct vectors *vs, unsigned int vector, uint64_t *n);

#ifdef __cplusplus
}
#endif

#endif /* VECTORS_H */
