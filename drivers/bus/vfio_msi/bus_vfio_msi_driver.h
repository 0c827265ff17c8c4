/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Drivers of the vfio_msi bus, for PCI devices that have no PMD, or need more of the bus.
 *
 * A driver registers a table of devices. The bus opens such a device, maps its BARs, resets
 * it and makes it bus master, and then calls the driver. The driver gets interrupts here, and
 * memory for DMA from EAL or from rte_eal_iommu.h. Drivers of this header come before PMDs for
 * the same device.
 *
 * Functions return 0 or more, or -1 with rte_errno set, unless stated otherwise.
 *
 * @section irqs Interrupts
 *
 * A driver has sources of interrupts: 0 is for the link and errors, 1 and up are for queues
 * or other work. It requests their number, enables those that it uses, and programs the
 * device with the vector that each has got:
 *  - the vector with the number of the source, if the device has it and the kernel grants it;
 *  - else, of the vectors granted, except 0, the one with the fewest enabled sources, of
 *    several the lowest;
 *  - else vector 0.
 *
 * The bus never requests more vectors than there are sources. Where the kernel can
 * (MSI-X on PCs), it requests one when the source is enabled. Elsewhere (MSI-X behind a GIC,
 * MSI) the request of the sources requests all of them. The arguments msi= and --vfio-intr
 * decide about the type. With INTx there is one vector.
 *
 * Callbacks run on EAL's interrupt thread. On a shared vector those of all enabled sources
 * run, by ascending number. The callback of INTx must make the device release the line: the
 * bus unmasks it afterwards.
 *
 * @section threads Threads
 *
 * probe and remove run on the thread that adds or removes devices: that of rte_eal_init(),
 * rte_dev_probe(), rte_dev_remove() or rte_eal_cleanup(), or EAL's interrupt thread. One at a
 * time runs.
 *
 * The functions of interrupts are thread safe for one device, and callbacks may call them. A
 * callback holds a lock of its device: another thread in these functions waits until it
 * returns, so a callback must not wait for such a thread. It must not remove the device. The
 * other functions that have a device may be called on any thread until remove
 * returns.
 *
 * A secondary process has no interrupts: rte_vfio_msi_irq_request() fails with ENOTSUP.
 *
 * @warning EXPERIMENTAL: this API may change without notice.
 */

#ifndef BUS_VFIO_MSI_DRIVER_H
#define BUS_VFIO_MSI_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_common.h>
#include <rte_compat.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rte_device;

/** A device of the bus. */
struct rte_vfio_msi_device;

/** Matches any number in a struct rte_vfio_msi_id. */
#define RTE_VFIO_MSI_ANY_ID UINT16_MAX

/** A type of device. A table of them ends with vendor 0. */
struct rte_vfio_msi_id {
	uint16_t vendor;
	uint16_t device;
	uint16_t subvendor;
	uint16_t subdevice;
};

/**
 * The device gets only memory that its driver maps with rte_eal_iommu_map(), with
 * rte_vfio_msi_dma_limit() as the limit. Without this flag, dma_bits restricts all memory of
 * the process, EAL's too.
 */
#define RTE_VFIO_MSI_DRIVER_OWN_MEMORY (UINT64_C(1) << 0)

/** A driver. Zero it first: 0 is the default of a field. */
struct rte_vfio_msi_driver {
	const char *name;			/**< unique */
	const struct rte_vfio_msi_id *ids;	/**< ends with vendor 0 */
	unsigned int dma_bits;	/**< address bits that the device drives; 0: as many as the IOMMU */
	uint64_t flags;				/**< RTE_VFIO_MSI_DRIVER_* */
	/**
	 * Begin to use the device.
	 *
	 * @return 0; 1: not this device, try another driver; -errno. Unless 0, the device uses
	 *   no memory, and no source is enabled whose callback uses what was freed. If the
	 *   first driver has RTE_VFIO_MSI_DRIVER_OWN_MEMORY and the user gave the device the
	 *   key dma_bits=, no driver without this flag is tried.
	 */
	int (*probe)(struct rte_vfio_msi_device *dev);
	/**
	 * Stop the device, so that it uses no memory. Disable each source before what its
	 * callback uses is freed; the bus disables those that are left afterwards.
	 *
	 * @return 0; -errno: it is in use
	 */
	int (*remove)(struct rte_vfio_msi_device *dev);
	uint64_t reserved[4];			/**< 0 */
};

/**
 * Register a driver. Devices that are given with -a need it before rte_eal_init(). Not thread
 * safe: no other thread may add or remove devices.
 *
 * @param driver
 *   Must remain valid until it is unregistered.
 * @return
 *   0, or -1 with rte_errno set:
 *    - EINVAL: no name, table, probe or remove, an unknown flag, more than 64 bits, or a
 *      reserved field is not 0
 *    - EEXIST: there is a driver of this name
 *    - ENOMEM
 */
__rte_experimental
int rte_vfio_msi_driver_register(const struct rte_vfio_msi_driver *driver);

/**
 * Unregister a driver. Not thread safe, as rte_vfio_msi_driver_register().
 *
 * @param driver
 *   As it was registered.
 * @return
 *   0, or -1 with rte_errno set:
 *    - ENOENT: it is not registered
 *    - EBUSY: it has a device
 */
__rte_experimental
int rte_vfio_msi_driver_unregister(const struct rte_vfio_msi_driver *driver);

/**
 * The device for functions of EAL. rte_dev_name() has its address, "0000:01:00.0".
 *
 * @param dev
 *   The device.
 * @return
 *   Never NULL.
 */
__rte_experimental
struct rte_device *rte_vfio_msi_rte_device(struct rte_vfio_msi_device *dev);

/**
 * Keep a pointer of the driver. NULL at probe.
 *
 * @param dev
 *   The device.
 * @param data
 *   The bus does not use it.
 */
__rte_experimental
void rte_vfio_msi_private_set(struct rte_vfio_msi_device *dev, void *data);

/**
 * The pointer of rte_vfio_msi_private_set().
 *
 * @param dev
 *   The device.
 * @return
 *   The pointer.
 */
__rte_experimental
void *rte_vfio_msi_private(const struct rte_vfio_msi_device *dev);

/**
 * Highest IOVA that the device can use, for the field limit of
 * struct rte_eal_iommu_map_conf.
 *
 * @param dev
 *   The device.
 * @return
 *   The IOVA of a byte, by dma_bits of the driver or by the user's key dma_bits= of the
 *   device, whichever is lower; UINT64_MAX without both.
 */
__rte_experimental
uint64_t rte_vfio_msi_dma_limit(const struct rte_vfio_msi_device *dev);

/**
 * A mapped BAR. Use rte_read32() and its like for registers. When the kernel takes the device
 * away, plain memory replaces the registers.
 *
 * @param dev
 *   The device.
 * @param bar
 *   0 to 5.
 * @param len
 *   Filled with its size in bytes; may be NULL.
 * @return
 *   The address, valid until remove returns; or NULL with rte_errno set:
 *    - EINVAL: no such number
 *    - ENOENT: the device has no such BAR, or it has I/O ports, or the kernel can't map it
 */
__rte_experimental
void *rte_vfio_msi_bar(const struct rte_vfio_msi_device *dev, unsigned int bar, size_t *len);

/** Types of interrupts. */
enum rte_vfio_msi_irq_type {
	RTE_VFIO_MSI_IRQ_NONE = 1,	/**< none works, or arguments forbid it: only polling */
	RTE_VFIO_MSI_IRQ_MSIX,
	RTE_VFIO_MSI_IRQ_MSI,
	RTE_VFIO_MSI_IRQ_INTX,
};

/** The interrupts of a device. */
struct rte_vfio_msi_irq_info {
	enum rte_vfio_msi_irq_type type;
	unsigned int sources;	/**< of rte_vfio_msi_irq_request(); 0: not called */
	unsigned int has;	/**< vectors of the device; 0 without sources */
	unsigned int granted;	/**< vectors that the kernel has granted */
	bool one_by_one;	/**< the kernel grants a vector when its source is enabled */
};

/**
 * A source has interrupted, or may have: also called if another source of the vector has, and
 * after rte_vfio_msi_irq_request().
 *
 * @param source
 *   Its number.
 * @param arg
 *   Of rte_vfio_msi_irq_enable().
 */
typedef void (*rte_vfio_msi_irq_cb)(struct rte_vfio_msi_device *dev, unsigned int source,
		void *arg);

/** Any processor may handle the vector. */
#define RTE_VFIO_MSI_ANY_CPU (-1)

/**
 * Request interrupts. May be called again for more sources, or fewer. If all vectors have to
 * be requested again then, the callbacks of all enabled sources run once: the kernel did not
 * report what the device sent in between.
 *
 * If the kernel grants fewer vectors than there are sources and the device has, the bus logs
 * both numbers once, and sources share vectors.
 *
 * @param dev
 *   The device.
 * @param sources
 *   Their number, at least 1. Sources that are dropped must be disabled.
 * @return
 *   0, or -1 with rte_errno set:
 *    - ENOTSUP: there are no interrupts
 *    - EINVAL: no source
 *    - EBUSY: a source that would be dropped is enabled
 *    - ENOSPC: the kernel grants no vector; or, if called again, it had fewer for a moment than
 *      before, and nothing has changed
 *    - EIO: the kernel does not grant again what it had granted: all sources are disabled
 *    - ENOMEM, or another error of the kernel: nothing has changed
 */
__rte_experimental
int rte_vfio_msi_irq_request(struct rte_vfio_msi_device *dev, unsigned int sources);

/**
 * Enable a source, whose count starts at 0.
 *
 * @param dev
 *   The device.
 * @param source
 *   0 to the requested number minus 1.
 * @param cb
 *   Called on EAL's interrupt thread.
 * @param arg
 *   For the callback.
 * @param cpu
 *   Processor that handles the vector, or RTE_VFIO_MSI_ANY_CPU to leave it as it is. If that
 *   can't be set, e.g. as there is no such processor, the bus logs why and the source works
 *   without. The last one counts on a shared vector. It does not move the callback. INTx stays
 *   where it is, as other devices can share the line: the bus logs that once.
 * @return
 *   The vector, 0 or more; or -1 with rte_errno set:
 *    - EINVAL: no such source, @p cb is NULL, or @p cpu is less than RTE_VFIO_MSI_ANY_CPU
 *    - EEXIST: it is enabled
 *    - ENOSPC: there is no vector
 *    - EMFILE: no eventfd
 *    - ENOMEM, or another error of the kernel
 */
__rte_experimental
int rte_vfio_msi_irq_enable(struct rte_vfio_msi_device *dev, unsigned int source,
		rte_vfio_msi_irq_cb cb, void *arg, int cpu);

/**
 * Disable a source. Its callback does not run after the return; if a callback calls this, only
 * it is still running. Make the device stop interrupting first. The vector remains granted.
 *
 * @param dev
 *   The device.
 * @param source
 *   The source.
 * @return
 *   0, or -1 with rte_errno set:
 *    - EINVAL: no such source
 *    - ENOENT: it is disabled
 */
__rte_experimental
int rte_vfio_msi_irq_disable(struct rte_vfio_msi_device *dev, unsigned int source);

/**
 * Number of interrupts of the vector of a source since the source was enabled, until it was
 * disabled. It counts each signal of the kernel, also where several lead to one callback.
 *
 * @param dev
 *   The device.
 * @param source
 *   The source.
 * @param count
 *   Filled.
 * @return
 *   0, or -1 with rte_errno set:
 *    - EINVAL: no such source
 */
__rte_experimental
int rte_vfio_msi_irq_count(struct rte_vfio_msi_device *dev, unsigned int source,
		uint64_t *count);

/**
 * The interrupts of a device.
 *
 * @param dev
 *   The device.
 * @param info
 *   Filled.
 * @return
 *   0, or -1 with rte_errno set: ENOTSUP in a secondary process.
 */
__rte_experimental
int rte_vfio_msi_irq_info_get(struct rte_vfio_msi_device *dev,
		struct rte_vfio_msi_irq_info *info);

#ifdef __cplusplus
}
#endif

#endif /* BUS_VFIO_MSI_DRIVER_H */
