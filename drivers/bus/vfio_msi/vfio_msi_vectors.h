/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Shared by the files of the interrupts of bus_vfio_msi_driver.h.
 */

#ifndef VFIO_MSI_VECTORS_H
#define VFIO_MSI_VECTORS_H

#include <pthread.h>

#include "device.h"
#include "vectors/vectors.h"
#include "vfio_msi_native.h"

struct vfio_msi_source {
	rte_vfio_msi_irq_cb cb;
	void *arg;
	int cpu;
	uint64_t count;
};

struct vfio_msi_listener;

/** Interrupts of one device. */
struct vfio_msi_vectors {
	pthread_mutex_t lock;	/**< recursive, for all that follows */
	struct vectors vs;
	struct vfio_msi_source *source;	/**< room for those that were ever requested */
	unsigned int room;
	struct vfio_msi_listener *listeners;
	bool shortage_logged;
	bool line_logged;	/**< that INTx is not moved */
};

/** Let EAL watch the eventfd of a vector, from now on. Under the lock. @return 0; -errno. */
int vfio_msi_vectors_listen(struct vfio_msi_device *dev, unsigned int vector);

#endif /* VFIO_MSI_VECTORS_H */
