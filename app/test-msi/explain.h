/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * "dpdk-test-msi explain" in three steps: find faults of IOMMUs in lines of the kernel's
 * log, find the device, its holes and what is mapped, judge. Parsing and judging are pure,
 * and take any text. Not thread safe.
 */

#ifndef EXPLAIN_H
#define EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "iova/iova_layout.h"
#include "topology/topology.h"

/** Whose words a line has. */
enum explain_iommu {
	EXPLAIN_NO_IOMMU,	/**< an address of the user, not a line */
	EXPLAIN_VTD,
	EXPLAIN_AMDVI,
	EXPLAIN_SMMUV3,
	EXPLAIN_SMMUV2,
	EXPLAIN_VIRTIO,
	EXPLAIN_EEH,
};

/** Why the IOMMU blocked it. */
enum explain_reason {
	EXPLAIN_UNKNOWN,
	EXPLAIN_NO_PAGE,	/**< nothing is mapped there */
	EXPLAIN_FORBIDDEN,	/**< mapped, but not for this access */
	EXPLAIN_NO_TABLE,	/**< the IOMMU has no table for the device */
	EXPLAIN_TOO_HIGH,	/**< an address that the IOMMU does not translate */
	EXPLAIN_INTERRUPT,	/**< the message of an interrupt, not memory */
	EXPLAIN_BROKEN,		/**< a table of the IOMMU is wrong */
	EXPLAIN_PROTECTED,	/**< a page of a confidential guest or of the firmware */
	EXPLAIN_TIMEOUT,	/**< the device does not answer the IOMMU; no access */
	EXPLAIN_COMPLETION,	/**< its answer was wrong or late; no access */
	EXPLAIN_STUCK,		/**< the IOMMU does not complete a command; no access, and of no device */
	EXPLAIN_COMMAND,	/**< a command to the IOMMU failed; no access, and of no device */
	EXPLAIN_ABORTED,	/**< the IOMMU could not write a message; no access, and of no device */
	EXPLAIN_FAILED,		/**< the IOMMU or the host bridge as a whole; no access, and of no device */
	EXPLAIN_BRIDGE,		/**< EEH: of a host bridge with all devices behind it */
	EXPLAIN_SIZE,		/**< an address is too large: of the access, or in a table */
	EXPLAIN_DISABLED,	/**< EEH: the kernel has given the device up */
};

enum explain_access {
	EXPLAIN_ACCESS_UNKNOWN,
	EXPLAIN_READ,
	EXPLAIN_WRITE,
};

#define EXPLAIN_WORD 40

/** One fault, or several equal ones. */
struct explain_fault {
	enum explain_iommu iommu;
	enum explain_reason reason;
	enum explain_access access;
	bool has_iova;
	uint64_t iova;
	bool has_addr;			/**< the line names a PCI address */
	bool any_domain;		/**< ... without its domain */
	struct topo_addr addr;
	bool has_stream;		/**< the IOMMU's ID of the device, often its address */
	uint32_t stream;
	char client[EXPLAIN_WORD];	/**< the kernel's name of a host bridge, or of a device not on PCI, or "" */
	char code[EXPLAIN_WORD];	/**< the IOMMU's word or number for the reason */
	unsigned int times;
};

#define EXPLAIN_PE_DEVICES 64	/**< of one event of EEH; more are ignored */
#define EXPLAIN_FAULTS 256	/**< different faults; more are only counted */
#define EXPLAIN_LINE 1024	/**< longer lines are cut */

#define EXPLAIN_SMMUS 32	/**< whose lines can alternate; of more, events are lost */

/* What lines of one SMMU leave to its next lines. A pointer is to a fault that they may complete, or NULL. */
struct explain_smmu {
	char name[EXPLAIN_WORD];
	struct explain_fault *last;	/* an access */
	struct explain_fault *global;	/* an error of the SMMU itself */
	bool service, evtq;		/* of it: a following line has, or repeats, this part */
	unsigned int skip;		/* words of a command, not of an event */
	struct explain_fault open;	/* raw event of an SMMUv3 in progress */
	unsigned int words;		/* of it */
	bool raw;
	bool undecoded;			/* the last event is raw; a line can follow that has its meaning */
	bool bare;			/* SMMUv2: the last fault began without its first line */
};

/** Faults that were found. Start with all zero. */
struct explain_log {
	struct explain_fault v[EXPLAIN_FAULTS + 1];	/* the last is parsed, then counted or dropped */
	size_t n;			/**< at most EXPLAIN_FAULTS after explain_end() */
	size_t kept;			/* of them are different; equal ones may follow */
	unsigned int lines, dropped;
	unsigned int lost;		/**< times that an IOMMU could not record all faults */
	unsigned int suppressed;	/**< messages about faults that the kernel left out, at most UINT_MAX */
	/* State between lines. Each pointer is to a fault that following lines may complete, or NULL. */
	struct explain_fault *last;
	struct explain_fault *half;	/* AMD-Vi: the rest of the event is on the next line */
	struct explain_smmu smmu[EXPLAIN_SMMUS];
	size_t n_smmus, next_smmu;	/* the next one that is forgotten */
	struct {			/* VT-d: the invalidation queue */
		struct explain_fault *fault;
		unsigned int status;	/* bits of the fault status register that no line has described */
		unsigned int said;	/* bits that a line has described */
		unsigned int next;	/* the next line if the registers read as ones */
		bool ones;		/* they may */
		bool words;		/* this kernel describes each bit */
	} queue;
	struct {			/* EEH */
		struct explain_fault *fault;	/* of the first device, or of one that is not known yet */
		struct explain_fault *device[EXPLAIN_PE_DEVICES];
		size_t n;
		uint64_t phb, pe;	/* pe is UINT64_MAX for the whole bridge */
		unsigned int seen;	/* lines about it */
		unsigned int rank;	/* of the line that says most */
	} eeh;
};

/* explain_parse.c */

/** Take one line. @p line is a string of any bytes; of a long one the beginning. */
void explain_line(struct explain_log *log, const char *line);

/** Parse a log to its end. Longer lines are cut, and a line ends at a NUL. */
void explain_read(FILE *f, struct explain_log *log);

/* explain_log.c */

/** End of the text: equal faults become one. */
void explain_end(struct explain_log *log);

/** A kernel begins its log: no line is about an event of the one before it. */
void explain_boot(struct explain_log *log);

/**
 * Begin a fault. When there are too many different ones it is compared with them when it is
 * complete, and dropped if it is another one.
 *
 * @return where it is, never NULL
 */
struct explain_fault *explain_begin(struct explain_log *log, enum explain_iommu iommu);

/**
 * Find the SMMU that logged a line.
 *
 * @param driver  its driver's name, and a blank
 * @param smmu    gets what its lines before this one have left
 * @return what is behind the SMMU's name, or NULL: no line of one
 */
const char *explain_smmu_find(struct explain_log *log, const char *line, const char *driver,
		struct explain_smmu **smmu);

/* explain_parse_amd.c, ..._own.c, ..._arm.c, ..._guest.c: whether the line is one of theirs */
bool explain_line_amd(struct explain_log *log, const char *line);
bool explain_line_amd_own(struct explain_log *log, const char *line);
bool explain_line_vtd_queue(struct explain_log *log, const char *line);
bool explain_line_smmuv3_own(struct explain_log *log, const char *line);
bool explain_line_smmuv2_own(struct explain_log *log, const char *line);
bool explain_line_smmuv3(struct explain_log *log, const char *line);
bool explain_line_smmuv2(struct explain_log *log, const char *line);
bool explain_line_virtio(struct explain_log *log, const char *line);
bool explain_line_eeh(struct explain_log *log, const char *line);

/* explain_text.c */

/** Find @p word in a text. @return what is behind it, or NULL */
const char *explain_behind(const char *text, const char *word);

/** Parse the hexadecimal number behind @p word, with or without 0x. @return whether it is one */
bool explain_hex(const char *text, const char *word, uint64_t *out);

/**
 * Parse a PCI address at the beginning of a text; parts may have 0x in front of them.
 *
 * @param any_domain  whether it has no domain
 */
bool explain_bdf(const char *text, struct topo_addr *out, bool *any_domain);

/** Take an ID of the IOMMU as a PCI address: its lower 16 bits, the domain above them. */
void explain_stream(struct explain_fault *fault, uint32_t stream);

/** Copy the word at the beginning of a text: up to a blank or one of ",:]=". */
void explain_word(const char *text, char *out, size_t size);

/** "VT-d", "AMD-Vi", ... */
const char *explain_iommu_name(enum explain_iommu iommu);

/* The judgement. */

/** What an address is, in the order of the questions. */
enum explain_id {
	EXPLAIN_IS_FROZEN,
	EXPLAIN_IS_DISABLED,
	EXPLAIN_IS_DEAD,
	EXPLAIN_IS_INTERRUPT,
	EXPLAIN_IS_TIMEOUT,
	EXPLAIN_IS_STUCK,
	EXPLAIN_IS_COMMAND,
	EXPLAIN_IS_FAILED,
	EXPLAIN_IS_GUEST_PAGE,
	EXPLAIN_IS_UNKNOWN,
	EXPLAIN_IS_BEFORE_DRIVER,
	EXPLAIN_IS_UNATTACHED,
	EXPLAIN_IS_MSI,
	EXPLAIN_IS_READ_ONLY,
	EXPLAIN_IS_FORBIDDEN,
	EXPLAIN_IS_MAPPED,
	EXPLAIN_IS_FIRMWARE,
	EXPLAIN_IS_ZERO,
	EXPLAIN_IS_RESERVED,
	EXPLAIN_IS_WINDOW,
	EXPLAIN_IS_DMA_RANGES,
	EXPLAIN_IS_TOO_HIGH,
	EXPLAIN_IS_FREED,
	EXPLAIN_IS_BEHIND,
	EXPLAIN_IS_OTHERS,
	EXPLAIN_IS_BROKEN,
	EXPLAIN_IS_NO_DEVICE,
	EXPLAIN_IS_UNMAPPED,
	EXPLAIN_IDS
};

/** What is the same for all addresses of a kind. */
struct explain_kind {
	const char *name;
	const char *cause;	/**< what usually causes it */
	const char *cure;	/**< what to do */
};

extern const struct explain_kind explain_kinds[EXPLAIN_IDS];

/** A mapping of a process. */
struct explain_map {
	struct iova_range range;
	int pid;
	char owner[EXPLAIN_WORD];	/**< "eal", "device", "application" */
	bool read_only;
	bool has_device;		/**< the process has the device of the fault */
	bool foreign;			/**< it is of another user, who may make it say anything */
	unsigned int uid;		/**< of this user */
};

/** A range that a process has unmapped lately. */
struct explain_freed {
	struct iova_range range;
	int pid;
	char owner[EXPLAIN_WORD];
	uint64_t seconds;		/**< since then */
	bool has_device;
	bool foreign;
	unsigned int uid;
};

/** What is known. */
struct explain_facts {
	const struct iova_hole *hole;	/**< of the device, or of all that it may be; or NULL */
	size_t n_holes;
	const struct explain_map *map;
	size_t n_maps;
	const struct explain_freed *freed;	/**< of each process the latest first */
	size_t n_freed;
	bool all_freed;			/**< each process that counts said what it has unmapped */
	unsigned int processes;		/**< that answered */
	unsigned int owners;		/**< of them have the device, or one that it may be; 0: what it may reach is unknown */
	bool foreign;			/**< all owners are of other users */
	unsigned int uid;		/**< of the first of them */
	unsigned int iommu_bits;	/**< that it translates; 0 unknown */
	const char *driver;		/**< that the device is bound to now; NULL: none, or unknown */
	bool vfio;			/**< it is one of VFIO: a program has the device, or none */
	bool uncertain;			/**< it may have been another device */
	bool holes_known;		/**< else only those that every device has */
	bool several;			/**< the holes are of several devices */
	bool all_vfio;			/**< of all with a VFIO driver, as the user has named none */
};

#define EXPLAIN_WHAT 400

struct explain_verdict {
	enum explain_id id;
	char what[EXPLAIN_WHAT];
};

/** Judge a fault, or an address of the user. */
void explain_judge(const struct explain_fault *fault, const struct explain_facts *facts,
		struct explain_verdict *out);

#endif /* EXPLAIN_H */
