/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * "dpdk-test-msi doctor" in three steps: read facts about a machine and its user, judge
 * them, print the findings. Reading opens no node of a device and changes nothing. Judging
 * is pure: it sees only the facts. Both know no DPDK. Not thread safe.
 */

#ifndef DOCTOR_H
#define DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "doctor_findings.h"
#include "iova/iova_layout.h"
#include "plan/plan.h"
#include "topology/topology_machine.h"
#include "topology/topology_nodes.h"
#include "va/va_need.h"
#include "va/va_place.h"
#include "va/va_policy.h"

/* The facts. */

/** A fact that a capture or a container may hide. */
enum doctor_known {
	DOCTOR_UNKNOWN,
	DOCTOR_NO,
	DOCTOR_YES,
};

#define DOCTOR_NAME 64

/** Kernel, IOMMU, processor, container. */
struct doctor_machine {
	char kernel[DOCTOR_NAME];	/**< release, or "" */
	unsigned int version;		/**< 6012 for 6.12; 0 unknown */
	enum topo_arch arch;
	bool elsewhere;			/**< files of another machine */
	enum doctor_known iommu;	/**< does the kernel show an IOMMU? */
	char iommus[DOCTOR_NAME];	/**< names of its instances, may be cut */
	unsigned int groups;		/**< IOMMU groups */
	unsigned int iommu_bits;	/**< that all of Intel's IOMMUs translate; 0 unknown */
	unsigned int cpu_bits;		/**< virtual address bits of the processor; 0 unknown */
	struct topo_off off;		/**< why an x86 kernel shows none */
	bool off_word;			/**< the command line has iommu=off; what it does on x86 is in off */
	bool acs_override;
	enum doctor_known remap;	/**< are interrupts remapped? Of x86 only */
	char remap_word[DOCTOR_NAME];	/**< word of the command line that switches it off */
	char remap_why[DOCTOR_NAME * 2];	/**< why its IOMMUs remap none, or "" */
	bool remap_foreign;		/**< its IOMMUs are of a kind that never does */
	char container[DOCTOR_NAME];	/**< kind of container, or "" */
	bool user_namespace;		/**< root here is not root of the machine */
};

/** VFIO's modules, nodes and parameters. */
struct doctor_vfio {
	enum doctor_known driver;	/**< vfio-pci is loaded */
	enum doctor_known module;	/**< the running kernel has it, loaded or not */
	enum doctor_known container;	/**< /dev/vfio/vfio */
	enum doctor_known iommufd;	/**< /dev/iommu */
	bool driven;			/**< /dev/vfio/vfio has a driver */
	bool iommufd_driven;		/**< /dev/iommu has one */
	int container_error;		/**< of opening /dev/vfio/vfio, -errno; 0: none, or not opened */
	int iommufd_error;		/**< of opening /dev/iommu, likewise */
	enum doctor_known compat;	/**< /dev/vfio/vfio is an iommufd's */
	enum doctor_known noiommu;	/**< enable_unsafe_noiommu_mode */
	bool noiommu_lacking;		/**< vfio is loaded and has no such parameter */
	enum doctor_known unsafe_type1, unsafe_iommufd;	/**< allow_unsafe_interrupts */
	uint64_t entry_limit;		/**< dma_entry_limit; 0 unknown */
};

#define DOCTOR_LIMIT_FILE 256
#define DOCTOR_NODE_LIST 128

/** Where EAL creates files for hugepages of one size. */
struct doctor_mount {
	char path[VA_MOUNT_LEN];
	enum doctor_known open;		/**< can the user read it and create files? */
	bool read_only;			/**< no user can create files */
	bool left;			/**< has files of another user, with the default prefix */
};

/** The limit of hugepages of one size, of the control groups of who runs the application. */
struct doctor_limit {
	uint64_t bytes;			/**< the smallest one, valid with a file */
	char file[DOCTOR_LIMIT_FILE];	/**< that has it; "": none, or unknown */
};

/** Hugepages. */
struct doctor_memory {
	struct topo_node *nodes;	/**< without NUMA one node, number -1 */
	uint64_t *free_bytes;		/**< of each node, free or soon free; 0 unknown */
	size_t n_nodes;
	int ret;			/**< 0, or -errno: nodes can't be read */
	struct va_need sizes;		/**< page sizes of the kernel; none: unknown */
	uint64_t overcommit[VA_PAGES_MAX];	/**< bytes of each that the kernel still makes on request */
	struct doctor_limit limit[VA_PAGES_MAX];	/**< of each of them */
	char allowed[DOCTOR_NODE_LIST];	/**< NUMA nodes of the cpuset, as "0-1,4"; "": unknown */
	struct va_need mounted;		/**< page sizes of mounted hugetlbfs */
	struct doctor_mount mount[VA_PAGES_MAX];	/**< of each of them */
	enum doctor_known mounts;	/**< DOCTOR_UNKNOWN: /proc/self/mounts can't be read */
};

/** Who will run the application. */
struct doctor_user {
	char name[DOCTOR_NAME];		/**< "" for the user of this process */
	char unit[DOCTOR_NAME * 2];	/**< systemd unit, or "" */
	enum doctor_known unit_found;	/**< DOCTOR_UNKNOWN: systemd can't be asked */
	char unit_before[1024];		/**< commands that it runs before it starts, or "" */
	char unit_hides[DOCTOR_NAME];	/**< its setting that keeps it from device nodes, or "" */
	bool unit_closed;		/**< it may open devices of unit_allows only */
	char unit_allows[2048];		/**< lines "PATH RIGHTS" or "char-TYPE RIGHTS" */
	bool unit_strict;		/**< all but /dev, /proc and /sys is read-only for it */
	char unit_writable[1024];	/**< paths that are not, separated by blanks */
	char unit_sealed[1024];		/**< paths that it can't write to, likewise */
	char runtime[DOCTOR_LIMIT_FILE];	/**< where EAL makes a folder for its files; "": unknown, or its own */
	enum doctor_known runtime_open;	/**< can the user write there? */
	bool runtime_many;		/**< the unit has several folders for such files */
	bool later;			/**< its user, or a group of it, does not exist now */
	bool namespaced;		/**< the unit has users of its own, and no capability counts */
	bool locks_all;			/**< CAP_IPC_LOCK */
	bool windows_hidden;		/**< this process may read the addresses in /proc/iomem, the user may not */
	bool memlock_known;
	uint64_t memlock;		/**< bytes; UINT64_MAX unlimited */
	uint64_t maps;			/**< bytes of hugepages that the application uses; 0 unknown */
};

/** Can the user open a node? */
struct doctor_node {
	char path[PLAN_NODE_LEN];
	bool absent;		/**< it does not exist here; open remains unknown */
	enum doctor_known open;
};

#define DOCTOR_NODES 4	/* container, group, iommufd, character device; "" if none */

/** How far a device came when it was tried. */
enum doctor_came {
	DOCTOR_CAME_NOWHERE,	/**< it was not tried */
	DOCTOR_CAME_LATER,	/**< it can't be tried now */
	DOCTOR_CAME_REFUSED,	/**< it could not be opened */
	DOCTOR_CAME_SET_UP,	/**< interrupts were set up, but do not arrive */
	DOCTOR_CAME_THROUGH,	/**< they arrive */
};

#define DOCTOR_RANGES 96	/* that a trial returns */

/** A trial of a device: what the kernel allows, and its interrupts. */
struct doctor_trial {
	enum doctor_came came;
	char kind[8];		/**< what was set up; "" if nothing can be */
	bool fewer;		/**< a better kind could not be set up */
	bool raised;		/**< the device itself raised them, not the kernel only */
	char why[PLAN_TEXT];	/**< why it came no further, or why the better kind could not */
	bool asked;		/**< the kernel's answers follow, see struct ioas_info */
	enum ioas_backend backend;
	uint64_t page_sizes, dma_avail;
	size_t n_ranges;
	struct iova_range range[DOCTOR_RANGES];
};

/** Keys of a device's argument, as far as doctor considers them. All zero: none. */
struct doctor_keys {
	const char *text;		/**< all keys, ",KEY=VALUE...", or NULL */
	enum ioas_backend backend;
	bool no_msi;			/**< msi=off */
	bool token;			/**< vf_token= */
	bool fds;			/**< descriptors in place of nodes */
	enum va_key iova;
	bool windows;			/**< hole= */
	const struct hole_list *holes;	/**< of hole= and dma_bits=, without owner; or NULL */
};

/** An argument of the user. The texts and lists must outlive the facts. */
struct doctor_given {
	bool all;			/**< all devices that are bound to a VFIO driver */
	struct topo_addr addr;		/**< otherwise */
	struct doctor_keys keys;
};

/** One device. */
struct doctor_device {
	struct plan_device plan;
	struct doctor_keys keys;
	char bdf[TOPO_BDF_LEN];
	bool used;		/**< in the layout */
	char why[PLAN_TEXT];	/**< why not, if it has no reasons */
	char physical[TOPO_BDF_LEN];	/**< its physical function, if that is bound to a VFIO driver, or "" */
	struct doctor_node node[DOCTOR_NODES];
	int holder;		/**< a process that holds a node; 0: none is visible */
	bool held_by_unit;	/**< it is one of the unit */
	struct doctor_trial trial;
};

/** Has the device no IOMMU, and does the user accept that? */
static inline bool
doctor_is_noiommu(const struct doctor_device *d)
{
	return d->keys.backend == IOAS_BACKEND_NOIOMMU && d->plan.topo.group_noiommu;
}

/** Where EAL's memory would lie. */
struct doctor_eal {
	bool placed;		/**< quality is valid */
	enum va_key key;	/**< iova= of the first device that has it */
	enum va_assign assign;	/**< whether IOVAs can be assigned in this process */
	bool moved;
	enum va_quality quality;
	enum va_shortage shortage;
};

/** DPDK of this program. An application may have another one. */
struct doctor_dpdk {
	char version[DOCTOR_NAME];
	char library[256];		/**< path of librte_eal, or "" */
	char other[256];		/**< that of another DPDK, without a plugin, or "" */
	char plugin[256];		/**< path of the plugin */
	enum doctor_known installed;
	char broken[PLAN_TEXT];		/**< why it can't be loaded, or "" */
};

struct doctor_facts {
	struct doctor_machine machine;
	struct doctor_vfio vfio;
	struct doctor_memory memory;
	struct doctor_user user;
	struct doctor_device *v;
	size_t n;
	bool named;		/**< the user named the devices */
	struct plan_device *odd;	/**< only topo.bdf and msi_why: can't be read */
	size_t n_odd;
	bool limits_given;	/**< the user gave the limits of the IOMMUs */
	size_t asked;		/**< devices in the layout with the kernel's answers, of a trial */
	unsigned int assumed_bits;	/**< of the other IOMMUs; 0: the kernel's answers are used */
	uint64_t assumed_first;		/**< the first IOVA that they translate, likewise */
	struct iova_layout *layout;	/**< NULL without a usable device */
	struct doctor_eal eal;
	struct doctor_dpdk dpdk;
};

/* doctor_read*.c */

/** Read machine, VFIO and hugepages from the files below @p root. @return 0, -ENOMEM. */
int doctor_read(const char *root, bool elsewhere, struct doctor_facts *out);

/** Address bits that an IOMMU of Intel translates, by its name; 0: it is another, or unknown. */
unsigned int doctor_iommu_bits(const char *root, const char *name);

/** Find out whether interrupts are remapped. Needs @p m with arch, iommu and remap_word. */
void doctor_read_remap(const char *root, struct doctor_machine *m);

/** Read the hugepages. What another machine's files lack is unknown. @return 0, -ENOMEM. */
int doctor_read_memory(const char *root, bool elsewhere, struct doctor_memory *out);

/**
 * Are there files of EAL's default prefix that the user can't remove, as they are another user's?
 *
 * @param folder  a mount of hugetlbfs
 * @param user    root can remove all
 * @return false too if the folder can't be listed
 */
bool doctor_has_left(const char *root, const char *folder, uid_t user);

/* doctor_read_limits.c */

/**
 * Read the limits of control groups on hugepages, and the NUMA nodes that they allow. What can't
 * be read is unknown.
 *
 * @param group   control group of a unit, as "/system.slice/x.service"; "": it is not known, and
 *   so are the limits; NULL: the groups of this process
 * @param memory  its page sizes are known
 */
void doctor_read_limits(const char *root, const char *group, struct doctor_memory *memory);

/* doctor_devices.c */

/**
 * Survey devices and lay out their addresses. Opens no node.
 *
 * @param given    a later argument for a device replaces an earlier one, and one that names it replaces
 *   that of all
 * @param n        0: all devices that are bound to a VFIO driver, without keys
 * @param answers  of a capture, or NULL: limits are assumed
 * @return 0, -ENOMEM; errors of topology_snapshot_all() with all devices
 */
int doctor_devices(const char *root, const struct doctor_given *given, size_t n,
		struct plan_answers *answers, struct doctor_facts *facts);

/**
 * Lay out the addresses again, with the answers of the kernel that the trials have brought. A device
 * that could not be opened is not in the layout. @param answers  as before, for devices that were not
 * tried @return 0, -ENOMEM.
 */
int doctor_devices_tried(const char *root, struct plan_answers *answers, struct doctor_facts *facts);

/* doctor_dpdk.c */

/**
 * Look for another DPDK in the usual folders of libraries, whose own folder of plugins lacks the bus.
 *
 * @param own  path of librte_eal of this program
 * @param out  gets the path of the other one
 * @return whether there is one
 */
bool doctor_dpdk_other(const char *root, const char *own, char *out, size_t size);

/* doctor_place.c */

/** Place EAL's memory in the layout, in this process. @return 0, -ENOMEM. */
int doctor_eal_place(const char *root, uint64_t base, const struct va_limits *limits,
		enum va_assign assign, struct doctor_facts *facts);

/** Free all facts. */
void doctor_facts_free(struct doctor_facts *facts);

/* doctor_user.c */

/**
 * Does an entry of DeviceAllow=, "PATH RIGHTS" or "char-TYPE RIGHTS", give reading and writing of a node?
 * @param nodes  its path, or a pattern of paths: one of them is enough
 */
bool doctor_entry_allows(const char *entry, const char *nodes);

/** As whom systemd starts a unit. */
struct doctor_unit {
	char user[DOCTOR_NAME];		/**< "" for root */
	char group[DOCTOR_NAME];	/**< instead of the user's own; name, number or "" */
	char groups[1024];		/**< more of them, separated by blanks */
	bool root_sees_windows;		/**< as root it reads the addresses in /proc/iomem (CAP_SYS_ADMIN) */
	bool user_sees_windows;		/**< as any user */
	char control_group[DOCTOR_LIMIT_FILE];	/**< of its processes; "" if it does not run */
};

#define DOCTOR_GROUPS 64

/** The groups by number. */
struct doctor_groups {
	bool has_gid;
	gid_t gid;		/**< instead of the user's own */
	gid_t more[DOCTOR_GROUPS];
	size_t n;
};

/**
 * Parse what "systemctl show" prints about a unit.
 *
 * @return 0; -ENOENT if systemd knows no such unit; -EBADMSG
 */
int doctor_unit_parse(const char *text, struct doctor_user *out, struct doctor_unit *unit);

/**
 * Is a process in a control group, or in one below it?
 *
 * @param text   /proc/PID/cgroup of the process
 * @param group  path of the group, "" for none
 */
bool doctor_in_control_group(const char *text, const char *group);

/** Find the groups of a unit. @return 0; -ENOENT: there is no such group now; -E2BIG. */
int doctor_groups_find(const struct doctor_unit *unit, struct doctor_groups *out);

/* doctor_read_module.c */

/** Has the kernel of this release the module vfio-pci? Unknown without a list of its modules. */
enum doctor_known doctor_module_read(const char *root, const char *release);

/* doctor_pages.c */

#define DOCTOR_SIZE 24

/** Write the size of a page as mount's option has it: 2M. @param out  DOCTOR_SIZE bytes */
const char *doctor_size(uint64_t page, char *out);

/** Is a hugetlbfs with this page size mounted? */
bool doctor_is_mounted(const struct doctor_memory *memory, uint64_t page);

/** Hugepages of one size on all nodes, in bytes, without those that the kernel makes on request. */
uint64_t doctor_total_of(const struct doctor_memory *memory, uint64_t page);

/** Hugepages of all sizes on all nodes, likewise. */
uint64_t doctor_sum_of(const struct doctor_memory *memory);

/**
 * Unused hugepages of one size, in bytes, with those that the kernel makes on request.
 *
 * @param all_nodes  also of NUMA nodes that the cpuset does not allow
 */
uint64_t doctor_unused_of(const struct doctor_memory *memory, uint64_t page, bool all_nodes);

/** Are there pages of this size, or does the kernel make some on request? */
bool doctor_has_pages(const struct doctor_memory *memory, uint64_t page);

/** What the limit leaves of the unused ones on allowed nodes, in bytes. @param size  index of a size */
uint64_t doctor_usable_of(const struct doctor_memory *memory, unsigned int size);

/** Bytes of the sizes that EAL uses, with those that the kernel makes on request. */
struct doctor_sums {
	uint64_t all, unused;	/**< on all nodes */
	uint64_t near;		/**< unused on allowed nodes */
	uint64_t usable;	/**< what the limits leave of these */
};

struct doctor_sums doctor_sums_of(const struct doctor_memory *memory);

/** Does EAL use this size? It uses mounted ones; if none has pages, a mount is the next thing to do. */
bool doctor_is_usable(const struct doctor_memory *memory, uint64_t page);

/* doctor_judge*.c */

/** Judge all facts and sort the findings. */
void doctor_judge(const struct doctor_facts *facts, struct doctor_findings *out);

/** The part about devices, layout and EAL's memory. */
void doctor_judge_devices(const struct doctor_facts *facts, struct doctor_findings *out);

/** The part about VFIO's driver, and the nodes that all devices share. */
void doctor_judge_vfio(const struct doctor_facts *facts, struct doctor_findings *out);

/** The part about DPDK and the plugin. */
void doctor_judge_dpdk(const struct doctor_dpdk *dpdk, struct doctor_findings *out);

/** The part about hugepages and their mounts. */
void doctor_judge_memory(const struct doctor_facts *facts, struct doctor_findings *out);

/** The part about the keys that one device has or needs. */
void doctor_judge_keys(const struct doctor_facts *facts, const struct doctor_device *device,
		struct doctor_findings *out);

/** Does a hole= of the user cover each window that the machine shows for the device? */
bool doctor_windows_given(const struct doctor_device *device);

/** Does the unit hold a device, so that the application runs? */
bool doctor_unit_runs(const struct doctor_facts *facts);

/* doctor_judge_reserve.c */

/** Set the cure of the last finding: reserve hugepages. */
void doctor_cure_reserve(const struct doctor_facts *facts, struct doctor_findings *out);

/* doctor_judge_unit.c */

/** The part about a unit of systemd. */
void doctor_judge_unit(const struct doctor_facts *facts, struct doctor_findings *out);

/** Do settings of the unit keep it from writing to a folder? false without a unit. */
bool doctor_unit_seals(const struct doctor_user *user, const char *folder);

/** The part about limits on hugepages. */
void doctor_judge_limits(const struct doctor_facts *facts, struct doctor_findings *out);

/** In a container the begin of a cure that works outside only, else "". */
const char *doctor_on_host(const struct doctor_facts *facts);

/** The user of the application, for messages. */
const char *doctor_who(const struct doctor_facts *facts);

/** The part about the nodes of one device. */
void doctor_judge_access(const struct doctor_facts *facts, const struct doctor_device *device,
		struct doctor_findings *out);

/**
 * Both ways to a device lack a node. @return the one to name; NULL if a way is complete, or if no
 * way is known.
 */
const struct doctor_node *doctor_node_missing(const struct doctor_device *device);

/* doctor_obstacle.c */

/** Keep the kernel's answers in a trial, except if there are more ranges than it has room for. */
void doctor_answer_keep(enum ioas_backend backend, const struct ioas_info *info,
		struct doctor_trial *out);

/**
 * Can't a device be tried now? Its own finding says what is wrong, or nothing is: another process or
 * another container has it.
 *
 * @param out  gets the reason, a clause, if it can't
 */
bool doctor_obstacle(const struct doctor_device *device, char *out, size_t size);

/**
 * Does this error of opening a device say nothing about the device: another process holds it, or the
 * kernel wants a VF token, and the user gave none? @param error  -errno
 */
bool doctor_can_wait(const struct doctor_device *device, int error);

#endif /* DOCTOR_H */
