/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What the files of the bus share.
 *
 * The life of a device: args -> scan (survey, plan) -> steer, before EAL has
 * memory; bring-up (attach, map), open (BARs, interrupts), driver, in probe;
 * down in reverse. All of it runs on EAL's main or hotplug thread, one at a
 * time; only memory events come from elsewhere, and those see the address
 * space and nothing of this header; and requests of secondary processes, which
 * see what is offered to them.
 *
 * In a secondary process there is no survey, layout, steering or address space:
 * args -> scan (the primary has it?) -> open what the primary has open, driver.
 */

#ifndef VFIO_MSI_PRIVATE_H
#define VFIO_MSI_PRIVATE_H

#include <stdbool.h>
#include <sys/queue.h>

#include <rte_eal.h>
#include <rte_interrupts.h>
#include <rte_log.h>
#include <rte_spinlock.h>

#include "dpdk_compat.h"
#include "ioas/ioas.h"
#include "iova/iova_layout.h"
#include "plan/plan.h"
#include "vfio_msi_args.h"

extern int vfio_msi_logtype;
#define RTE_LOGTYPE_VFIO_MSI vfio_msi_logtype
#define BUS_LOG(level, fmt, ...) RTE_LOG(level, VFIO_MSI, fmt "\n", ##__VA_ARGS__)

#define VFIO_MSI_TEXT PLAN_WHY

/** One mapped BAR. */
struct vfio_msi_bar {
	void *addr;
	size_t len;
	void *want;			/**< in a secondary: where the primary has it */
};

/** A device we claimed. */
struct vfio_msi_device {
	TAILQ_ENTRY(vfio_msi_device) next;
	struct compat_pci_object pci;	/**< what the PMD sees */
	char name[RTE_DEV_NAME_MAX_LEN];	/**< vfio_msi:DDDD:BB:DD.F */
	char bus_info[40];
	struct rte_devargs devargs;	/**< ours, with the PMD's arguments only */
	struct vfio_msi_conf conf;
	char *args;			/**< all that was written for it */
	char *cls_str;			/**< layer of the class (class=eth,...), or NULL */
	struct plan_device plan;
	struct vfio_msi_bar bar[TOPO_BARS];
	int fd;				/**< VFIO device, -1 closed, or open by EAL */
	char vf_token[RTE_UUID_STRLEN];	/**< of its key, or of EAL's option; "" for none */
	int group_fd;			/**< its group's node, if EAL opened that; else -1 */
	bool in_layout;			/**< the layout has its ranges and holes */
	bool attached;			/**< it is counted in the ioas */
	bool fresh;			/**< was reset with another one, not started since */
	bool mapped_by_driver;		/**< its driver opened it through EAL */
	rte_spinlock_t closing;		/**< held by who closes or revokes it */
	unsigned int requests;		/**< how often the kernel wanted it back */
	bool revoked;			/**< taken away; fd is that of no device */
	bool gone;			/**< a BAR did not answer */
	bool faulted;			/**< the same, not told yet; atomic */
	bool offered;			/**< secondary processes may have it */
	TAILQ_ENTRY(vfio_msi_device) offer;
};

TAILQ_HEAD(vfio_msi_devices, vfio_msi_device);

/** The bus. */
struct vfio_msi_bus {
	struct rte_bus bus;
	struct vfio_msi_devices devices;
	struct iova_layout *layout;	/**< NULL until a device is claimed */
	struct ioas *ioas;		/**< NULL until a device was surveyed */
	struct plan_scan scan;		/**< of the scan that runs; of no use outside of it */
	bool pci_scanned;		/**< the pci bus was made to scan in it */
	bool memory_is_up;		/**< EAL has its memory (probe was reached) */
	bool syncing;			/**< EAL's memory is mapped and followed */
	enum rte_iova_mode primary_mode;	/**< in a secondary: the primary's */
};

extern struct vfio_msi_bus vfio_msi_bus;

static inline bool
vfio_msi_is_secondary(void)
{
	return rte_eal_process_type() == RTE_PROC_SECONDARY;
}

/** The device of an rte_device of this bus. */
static inline struct vfio_msi_device *
vfio_msi_of(const struct rte_device *dev)
{
	/* EAL hands devices back as const in places; ours never are. */
	return (struct vfio_msi_device *)((uintptr_t)dev -
		offsetof(struct vfio_msi_device, pci.device.device));
}

/* vfio_msi_pci_bus.c: the neighbour */

/** The user's own argument for this device on the pci bus, or NULL. */
const struct rte_devargs *vfio_msi_pci_devargs(const struct topo_addr *addr);

/** May the pci bus use devices that nobody named? */
bool vfio_msi_pci_takes_all(void);

/** In a scan: make the pci bus leave a device alone. @return 0, -ENOMEM, ... */
int vfio_msi_pci_keep_off(const struct topo_addr *addr);

/**
 * In a scan: the same for the members of a device's group.
 *
 * @return 0, -EEXIST, ... with a sentence.
 */
int vfio_msi_pci_keep_off_group(const struct topo_device *dev, char *why,
		size_t size);

/** Undo both for all members of a group. */
void vfio_msi_pci_let_go_group(int group);

/** What drivers know a device by. */
struct rte_pci_id vfio_msi_pci_id(const struct topo_device *t);

/** First driver that matches and comes after @p prev (NULL: from the start). */
struct rte_pci_driver *vfio_msi_pci_driver(struct rte_pci_driver *prev,
		const struct rte_pci_id *id);

/* vfio_msi_scan.c */
int vfio_msi_scan(void);

/* vfio_msi_claim.c */

/** Claim the device, unless it is on the list; a refusal is logged. */
void vfio_msi_claim(const char *name, const struct topo_addr *addr,
		const struct rte_devargs *da);
void vfio_msi_device_free(struct vfio_msi_device *dev);

/* vfio_msi_refuse.c */

/** Log that what is written for a name is not used, once as long as it is not written again. */
void vfio_msi_refuse(const char *name, const struct rte_devargs *da, const char *why);
/** It is used after all. */
void vfio_msi_refusal_forget(const char *name);
void vfio_msi_refusals_free(void);

/* vfio_msi_params.c: bus=vfio_msi,addr=... */

/** Operations of the bus, the iteration without what differs between releases. */
void *vfio_msi_dev_iterate(const void *start, const char *str);
int vfio_msi_devargs_parse(struct rte_devargs *da);

/* bus_vfio_msi.c */

/** The next device after @p start (NULL: the first) for which cmp() returns 0, or NULL. */
struct rte_device *vfio_msi_find_device(const struct rte_device *start,
		rte_dev_cmp_t cmp, const void *data);

/* vfio_msi_survey.c */

/**
 * Find out what a device allows, and see that the layout goes with it.
 *
 * @return 0; -errno with a sentence, as plan_survey() and plan_add().
 */
int vfio_msi_survey(struct vfio_msi_device *dev, const struct topo_addr *addr,
		char *why, size_t size);

/** Take a device that is detached out of the layout, if it is in it. */
void vfio_msi_leave_layout(struct vfio_msi_device *dev);

/** Has the device a token that it may be opened without? */
bool vfio_msi_token_is_spare(const struct vfio_msi_device *dev);

/* vfio_msi_steer.c */

/** Before EAL has memory: make it begin at addresses that are good IOVAs. */
void vfio_msi_steer(const struct iova_layout *layout);

/** Had the bus a device before EAL had memory? */
bool vfio_msi_steer_tried(void);

/* vfio_msi_growth.c, while IOVA is VA */

/**
 * Find out how much of EAL's memory the devices can address, before any is mapped. From
 * now on memory does not grow beyond that, until vfio_msi_growth_stop().
 *
 * @return 0; -ERANGE with a sentence: memory that is there already is out of reach,
 *   or there is none of some page size and NUMA node that is not.
 */
int vfio_msi_growth_check(char *why, size_t size);

/** EAL's memory is mapped: say where it ends, and let nobody take away its room. */
void vfio_msi_growth_start(void);

/** No device is attached any more: memory may grow as it likes. */
void vfio_msi_growth_stop(void);

/* vfio_msi_bringup.c */

/** The device as the address space knows it. */
struct ioas_member vfio_msi_member(const struct vfio_msi_device *dev);

/** Attach the device to the address space; a failure lets go of it. */
int vfio_msi_attach(struct vfio_msi_device *dev);
/** Detach it, or let go of what is held since the survey. */
void vfio_msi_detach(struct vfio_msi_device *dev);
/** Check where EAL's memory lies, map it and follow it; done once. */
int vfio_msi_map_memory(void);

/* vfio_msi_dma.c: memory that the application maps (rte_dev_dma_map()) */

int vfio_msi_dma_map(struct rte_device *dev, void *addr, uint64_t iova, size_t len);
int vfio_msi_dma_unmap(struct rte_device *dev, void *addr, uint64_t iova, size_t len);

/** The address space is up: from now on, and again what it had before. */
void vfio_msi_dma_start(void);
/** It goes: what it has is remembered. */
void vfio_msi_dma_stop(void);
/** Forget it all. */
void vfio_msi_dma_free(void);

/* vfio_msi_eal_group.c: groups of devices whose drivers map them through EAL */

/** Is there a driver for this device that maps it itself? */
bool vfio_msi_maps_itself(const struct vfio_msi_device *dev);

/**
 * Before the device is attached: have EAL open its group, if a driver of a
 * device in it will want that. Sets dev->group_fd.
 *
 * @return 0; -errno with the reason logged
 */
int vfio_msi_eal_group_get(struct vfio_msi_device *dev);

/** After it was detached. Cannot fail. */
void vfio_msi_eal_group_put(struct vfio_msi_device *dev);

/** Its driver has mapped it, or has let go of it. */
void vfio_msi_eal_group_mapped(struct vfio_msi_device *dev, bool mapped);

/* vfio_msi_virtio.c */

/**
 * Refuse a virtio device that would bypass the IOMMU. The device is open.
 *
 * @return 0, also for what is no virtio device; -errno with the reason logged
 */
int vfio_msi_virtio_check(const struct vfio_msi_device *dev);

/* vfio_msi_device.c */
int vfio_msi_device_open(struct vfio_msi_device *dev);
void vfio_msi_device_close(struct vfio_msi_device *dev);

/**
 * Close the device under its driver: BARs become plain memory, the file
 * descriptor that of no device. vfio_msi_device_close() comes later all the same.
 *
 * @return 0, or -errno with the device as it was, but no bus master any more.
 */
int vfio_msi_device_revoke(struct vfio_msi_device *dev);

/* vfio_msi_reset.c */

/**
 * Reset an open device, or say why it is used as it is. Nothing of it, and of
 * those that are reset with it, may be in use.
 *
 * @return 0; -errno of a reset that the device has for itself.
 */
int vfio_msi_device_reset(struct vfio_msi_device *dev);

/* vfio_msi_region.c */

/** First VFIO_MSI_CONFIG_LEN bytes of configuration space of an open device. */
int vfio_msi_config_read(const struct vfio_msi_device *dev, uint8_t *config);
/** @return 0; -EEXIST in a secondary: a BAR's place is taken; -errno. */
int vfio_msi_regions_map(struct vfio_msi_device *dev);
void vfio_msi_regions_unmap(struct vfio_msi_device *dev);

/** Is this an address of a mapped BAR? Safe in a signal handler. */
bool vfio_msi_regions_have(const struct vfio_msi_device *dev, const void *addr);

/**
 * Put zeroed memory in place of a BAR's page, or of all BARs (NULL). Safe in a
 * signal handler. @return 0, -ENOMEM.
 */
int vfio_msi_regions_kill(struct vfio_msi_device *dev, const void *addr);

/* vfio_msi_place.c */

/**
 * Addresses for a BAR, without access; in a secondary bar[].want or none.
 *
 * @return 0; -EEXIST: something is there; -EBADMSG: the primary has not mapped
 *   the BAR; -errno.
 */
int vfio_msi_bar_reserve(const struct vfio_msi_device *dev, unsigned int i,
		uint64_t size, void **addr);
/** Why a secondary could not map its BARs, of which none is mapped. */
void vfio_msi_place_explain(const struct vfio_msi_device *dev, int ret,
		char *why, size_t size);

/* vfio_msi_intr.c */
int vfio_msi_intr_setup(struct vfio_msi_device *dev);
void vfio_msi_intr_teardown(struct vfio_msi_device *dev);

/* vfio_msi_req.c */

/** Tell the application when the kernel wants the device back. */
int vfio_msi_req_setup(struct vfio_msi_device *dev);
void vfio_msi_req_teardown(struct vfio_msi_device *dev);
int vfio_msi_hot_unplug(struct rte_device *dev);
/** Whose address is it? @return 0 handled; 1 not ours; -1 with rte_errno. */
int vfio_msi_sigbus(const void *addr);

/* vfio_msi_mp.c, the primary: answer requests of secondary processes. */

/** Begin to answer; any number of times. Without EAL's messages there are no secondaries. */
void vfio_msi_mp_serve(void);
void vfio_msi_mp_stop(void);

/** A device that is up, and that its driver knows, may be had by secondaries. */
void vfio_msi_mp_offer(struct vfio_msi_device *dev);
/** No more; those that have it keep it. Any number of times. */
void vfio_msi_mp_withdraw(struct vfio_msi_device *dev);

/*
 * vfio_msi_mp.c, a secondary: ask the primary. All of them wait for it and are
 * not to be called on the thread that receives messages. They return -ENODEV if
 * the primary does not offer that device, -EPROTO, -ETIMEDOUT, ..., each with a
 * sentence.
 */

/** Address of the n-th device the primary offers. @return 0; -errno. */
int vfio_msi_mp_nth(unsigned int n, struct topo_addr *addr, char *why, size_t size);

/** Does the primary offer this device? @return 0; -errno. */
int vfio_msi_mp_find(const struct topo_addr *addr, char *why, size_t size);

/** Get the device's descriptor, and into bar[].want where its BARs are. @return fd; -errno. */
int vfio_msi_mp_open(struct vfio_msi_device *dev, char *why, size_t size);

/* vfio_msi_presence.c */

/** The primary has devices, from now on; it has none any more. Any number of times. */
void vfio_msi_presence_tell(void);
void vfio_msi_presence_end(void);
/** Has it, as a secondary sees it? */
bool vfio_msi_presence_seen(void);

/* vfio_msi_probe.c */
int vfio_msi_probe(void);
int vfio_msi_plug(struct rte_device *dev);
int vfio_msi_unplug(struct rte_device *dev);
int vfio_msi_cleanup(void);

#endif /* VFIO_MSI_PRIVATE_H */
