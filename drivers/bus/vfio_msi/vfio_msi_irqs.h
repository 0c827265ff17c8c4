/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The interrupts that the kernel has for a device, read from sysfs and procfs.
 *
 * No DPDK. The device may lose its interrupts, and get others, at any time. Thread safe (no
 * state).
 */

#ifndef VFIO_MSI_IRQS_H
#define VFIO_MSI_IRQS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Size of a list of processors; the end of a longer one is missing. */
#define VFIO_MSI_CPUS_LEN 100

/** One interrupt that VFIO has enabled. */
struct vfio_msi_irq {
	unsigned int irq;	/**< the kernel's number, as in /proc/interrupts */
	unsigned int vector;	/**< of the device */
	unsigned int index;	/**< VFIO_PCI_*_IRQ_INDEX */
	const char *kind;	/**< "MSI-X", "MSI", "INTx" */
};

/** A message that the kernel has allocated for a device. */
struct vfio_msi_irq_id {
	uint64_t inode;		/**< of its file in sysfs: differs when it is allocated again */
	uint64_t irq;		/**< the kernel's number */
};

/**
 * List the messages of a device, by name. Cheaper than vfio_msi_irqs_read().
 *
 * @param out  the caller frees it; NULL if there are none
 * @return 0, also for a device without messages; -ENOMEM; -errno.
 */
int vfio_msi_irqs_ids(const char *root, const char *bdf, struct vfio_msi_irq_id **out,
		size_t *n);

/**
 * List the interrupts that VFIO has enabled for a device, by ascending vector.
 *
 * @param root  as in sysfs.h
 * @param bdf   the device, "DDDD:BB:DD.F"
 * @param out   the caller frees it; NULL if there are none
 * @return 0; -ENOMEM; -errno of the device's folder.
 */
int vfio_msi_irqs_read(const char *root, const char *bdf, struct vfio_msi_irq **out, size_t *n);

/**
 * Find the interrupt of a vector. Cheaper than vfio_msi_irqs_read().
 *
 * @param index  VFIO_PCI_*_IRQ_INDEX
 * @return the kernel's number; -ENOENT: VFIO has not enabled the vector; as vfio_msi_irqs_read()
 */
int vfio_msi_irqs_find(const char *root, const char *bdf, unsigned int index,
		unsigned int vector);

/**
 * Let processors handle a message. INTx is not moved: other devices can share its line.
 *
 * @param irq   only irq and index are used
 * @param cpus  a list, "0-3,8"
 * @return 0; -ENOTSUP: INTx; -ENOENT: it is gone; -EACCES or -EPERM without the privilege;
 *   -EINVAL: no such processor, it is offline, or it has no room for the vector; -EIO: the kernel
 *   does not move this interrupt; errors of sysfs_write()
 */
int vfio_msi_irq_move(const char *root, const struct vfio_msi_irq *irq, const char *cpus);

/** Read how often an interrupt arrived, on all processors. @return 0; -EINVAL; -errno. */
int vfio_msi_irq_count(const char *root, unsigned int irq, uint64_t *out);

/**
 * Read a file of an interrupt with a list of processors: "smp_affinity_list" (allowed) or
 * "effective_affinity_list" (where it arrives).
 *
 * @param out  VFIO_MSI_CPUS_LEN bytes; "" on an error
 */
void vfio_msi_irq_cpus(const char *root, unsigned int irq, const char *file, char *out);

#ifdef __cplusplus
}
#endif

#endif /* VFIO_MSI_IRQS_H */
