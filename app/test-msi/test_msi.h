/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Declarations shared by the files of dpdk-test-msi.
 *
 * Results go to stdout, faults to stderr, each with the device and the remedy. explain,
 * list, layout, capture, and doctor without --try start no EAL. Not thread safe.
 */

#ifndef TEST_MSI_H
#define TEST_MSI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "iova/iova_layout.h"
#include "json_text.h"
#include "plan/plan.h"
#include "tool_root.h"
#include "va/va_place.h"
#include "vfio_msi_args.h"

/** Exit statuses of the program and of each command. */
enum {
	STATUS_GOOD = 0,
	STATUS_FAULT = 1,	/**< a fault was found, or the command failed */
	STATUS_USAGE = 2,
	STATUS_WARNING = 3,		/**< doctor: nothing worse than a warning */
	STATUS_LOOPBACK_LOST = 3,	/**< irq: lost between kernel and program */
	STATUS_DEVICE_LOST = 4,		/**< irq: between device and kernel */
	STATUS_DMA_FAILED = 5,		/**< irq: memory was not read or written correctly */
};


/** A device for layout, and the result. */
struct tool_device {
	struct topo_addr addr;
	char bdf[TOPO_BDF_LEN];
	const struct vfio_msi_conf *conf;
	struct plan_device plan;	/**< valid if used; otherwise topo and reasons */
	bool used;			/**< its limits and holes are in the layout */
	char why[PLAN_WHY];		/**< reason, if not used */
	struct iova_range msi_place;	/**< of plan_msi_place(), not valid without one */
};

/** All devices and their layout. */
struct tool_plan {
	struct tool_device *v;		/**< in the order of the survey */
	size_t n;
	size_t n_all;			/**< the first ones: of "all" */
	struct iova_layout *layout;	/**< NULL until a device was surveyed */
	struct ioas *space;		/**< holds the devices; NULL likewise */
	struct va_choice eal;		/**< where EAL's memory would lie, if eal_placed */
	bool eal_placed;
	struct topo_node *nodes;	/**< hugepages of the NUMA nodes */
	size_t n_nodes;
	int nodes_ret;			/**< 0, or -errno: they can't be read */
};

/* main.c */

/** Print a fault: "dpdk-test-msi: WHO: TEXT". */
void tool_error(const char *who, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** From now on keep the text of the last fault in @p out instead of printing it. */
void tool_error_keep(char *out, size_t size);

/** Print the functions that were left out of a set, as they can't be read. */
void tool_odd_report(struct topo_snapshot *snap, const struct topo_set *set);

/** Parse a decimal number from 1 to @p max; 0 if @p s is not one. */
unsigned int tool_parse_number(const char *s, unsigned int max);

/** Get the node of the device's VFIO group, or ""; @p out has VFIO_UAPI_NODE_LEN bytes. */
void tool_node(const struct topo_device *dev, char *out);

/* cmd_*.c; argv[0] is the program and the command */
int cmd_bench(int argc, char **argv);
int cmd_capture(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_irq(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_layout(int argc, char **argv);
int cmd_map(int argc, char **argv);
int cmd_rxintr(int argc, char **argv);

/* tool_report.c */

/** Version of the JSON objects: it grows if a member changes its meaning or is removed. */
#define TOOL_SCHEMA 1

/** Whether --json was given. */
extern bool tool_json;

/** The option of each command. */
#define TOOL_JSON_OPTION { "json", 'j', .flag = &tool_json }
#define TOOL_JSON_USAGE \
	"  -j, --json      one JSON object on stdout; all text goes to stderr\n"

/** Set a member; takes ownership of @p value. @return 0, or -1 (also if value is NULL). */
int json_put(json_t *object, const char *key, json_t *value);

/** A string, or null if it is empty; NULL without memory. */
json_t *json_string_or_null(const char *s);

/** Reserve stdout for the report if --json was given. @return 0, -errno. */
int tool_report_begin(void);

/** Add a member; takes ownership of @p value. If that is NULL, there will be no report. */
void tool_report_put(const char *key, json_t *value);

/** The same for an element of a member that is a list. */
void tool_report_add(const char *list, json_t *value);

/** Add a fault; tool_error() does. */
void tool_report_fault(const char *who, const char *text);

/**
 * A child process passes its faults to its parent: the child forgets those of the parent,
 * and writes its own at its end. @return 0, -EIO.
 */
void tool_report_forget_faults(void);
int tool_report_send_faults(int fd);
void tool_report_take_faults(int fd);

/** Print the report. @return 0, -ENOMEM, -EIO. */
int tool_report_end(const char *command, int status);

/* given.c */

/** The argument of -a for a device of this bus. */
struct tool_given {
	bool all;		/**< vfio_msi:all; addr is not set */
	struct topo_addr addr;
	struct vfio_msi_conf conf;
};

/** @return 0; -EINVAL or -ENOMEM after printing the fault. */
int tool_given_parse(const char *arg, struct tool_given *out);
void tool_given_free(struct tool_given *given);

/**
 * Parse one device for a command that uses this bus only: a plain BDF is accepted.
 *
 * @return a STATUS_* after printing the fault, or -1 to go on; then the caller frees @p
 *   out.
 */
int tool_given_one(const char *arg, struct tool_given *out);

/** The same for a command that takes no keys, as it tries each backend. */
int tool_given_bare(const char *arg, const char *command, struct tool_given *out);

/* tool_options.c */

/** One option. Exactly one of flag, number, text and take is set. */
struct tool_option {
	const char *name;	/**< the long form */
	char letter;		/**< the short form; not 'h' */
	bool *flag;		/**< an option without a value */
	unsigned int *number;	/**< 1 to max, decimal */
	unsigned int max;
	const char **text;
	int (*take)(const char *value, void *arg);	/**< @return a STATUS_*, or -1 to go on */
	void *arg;
};

/**
 * Read the options of a command. Its other arguments begin at argv[optind] then.
 *
 * @param usage  prints the usage, for --help and for an unknown option
 * @return a STATUS_* to exit with, or -1 to go on.
 */
int tool_options_read(int argc, char **argv, const struct tool_option *table, size_t n,
		void (*usage)(FILE *f));

/* tool_eal.c */

/** An EAL of the tool; start with all zero. */
struct tool_eal {
	char **user;	/**< the user's arguments, behind "--" */
	int n_user;
	char **argv;	/**< EAL may keep pointers into it */
	char lcore[16], prefix[64];	/**< some of its words */
};

/** Cut argv at "--". @return number of words before it. */
int tool_eal_split(int argc, char **argv, struct tool_eal *eal);

/**
 * Start EAL with @p ours before the user's arguments. @return 0, or -errno after printing
 * the fault.
 */
int tool_eal_start(struct tool_eal *eal, const char *const *ours, int n_ours);

/** Clean up EAL. @return 0, or -errno after printing the fault. */
int tool_eal_stop(struct tool_eal *eal);

/* tool_child.c */

/**
 * Run a function in a child process, as a process can start EAL only once. Faults that the
 * child prints are in the parent's report.
 *
 * @param who     the device or the command, for messages
 * @param run     gets @p arg and writes the result; returns an exit status
 * @param result  @p size bytes, at most PIPE_BUF; valid if the status is 0
 * @return the exit status, or -errno after printing the fault: -ECHILD if the child
 *   crashed, errors of pipe2() and fork().
 */
int tool_child_run(const char *who, int (*run)(void *arg, void *result), void *arg, void *result,
		size_t size);

/** In a child whose code prints much: drop all that it prints. Its result and its faults are kept. */
void tool_be_quiet(void);

/* given.c */

/** tool_root_open(). @return a STATUS_* after printing the fault, or -1 to go on. */
int tool_root_find(const struct tool_root_options *opt, struct tool_root *out);

/**
 * Warn that advice for another machine's devices may do harm, as a capture lacks their
 * uses.
 */
void tool_root_caution(const struct tool_root *root);

/** Usage of the options for another machine. */
#define TOOL_ROOT_USAGE \
	"  -r, --root DIR|FILE.tar  another machine: its sys and proc, or what\n" \
	"                  \"dpdk-test-msi capture\" wrote there\n" \
	"  -p, --aperture FIRST-LAST[,FIRST-LAST]...  IOVAs that its IOMMU translates, and\n" \
	"  -s, --page-sizes 4K,2M,1G  its pages: for a kernel that was not asked\n"
#define TOOL_ROOT_OPTIONS(where) \
	{ "root", 'r', .text = &(where)->root }, \
	{ "aperture", 'p', .text = &(where)->aperture }, \
	{ "page-sizes", 's', .text = &(where)->page_sizes }

/* give.c */

/**
 * Add a device to a plan that was not made yet, by address. It replaces the same device.
 *
 * @param conf  must outlive the plan
 * @return 0, -ENOMEM.
 */
int tool_plan_give(struct tool_plan *plan, const struct topo_addr *addr,
		const struct vfio_msi_conf *conf);

/**
 * Add the devices of "all", before any that an argument names, except those that one of the @p n arguments names.
 *
 * @return the number of devices that are bound to VFIO; -ENOMEM
 */
int tool_plan_give_all(struct tool_plan *plan, const struct topo_set *all,
		const struct tool_given *given, size_t n, const struct vfio_msi_conf *conf);

/* make_plan.c */

/** Survey every device and lay out its addresses. @return 0, -ENOMEM. */
int tool_plan_make(struct tool_plan *plan, struct tool_root *root);

/** Is it unusable, or is its MSI blocked although the user did not disable it? */
bool tool_device_faulty(const struct tool_device *dev);

void tool_plan_free(struct tool_plan *plan);

/* eal_memory.c */

/**
 * Find out where EAL's memory would lie. eal_placed remains false if this process can't
 * reserve the addresses. @return 0, -ENOMEM, as va_space_read().
 */
int eal_memory_place(struct tool_plan *plan, const char *root);

/** Which IOVAs EAL's memory would have. */
#define IOVA_IS_VA "va"
#define IOVA_IS_ASSIGNED "assigned"
#define IOVA_IS_PHYSICAL "physical"

/** One of IOVA_IS_*. @param why  gets the reason, a clause */
const char *eal_memory_iova(const struct tool_plan *plan, const char **why);

void eal_memory_print(const struct tool_plan *plan);

/** Print a fault if the addresses are bad. @return whether they are. */
bool eal_memory_report_fault(const struct tool_plan *plan);

/* memory_nodes.c */

/** Read the hugepages of all NUMA nodes. @return 0, -ENOMEM. */
int memory_nodes_read(struct tool_plan *plan, const char *root);

/** Print them if there are several nodes, and devices whose node has none. */
void memory_nodes_print(const struct tool_plan *plan);

/** Add them to the report. */
void memory_nodes_json(const struct tool_plan *plan);

/* print_layout.c */
void print_plan(const struct tool_plan *plan, const struct tool_root *root);

/* print_elsewhere.c */
void print_elsewhere(const struct iova_layout *layout, const struct tool_root *root);

/* layout_draw.c */

/**
 * Draw the plan of "layout", as text on stdout, as SVG, or both.
 *
 * @param svg  path of the file, or NULL
 * @return whether all was drawn. Otherwise the fault was printed.
 */
bool layout_draw(const struct tool_plan *plan, const struct tool_root *root, bool plot,
		const char *svg);

/* tool_picture.c */

/**
 * Write a picture to a file.
 *
 * @param draw  writes it; its errors show in ferror()
 * @return a STATUS_*, after printing the fault.
 */
int tool_picture_save(const char *path, void (*draw)(FILE *f, const void *arg),
		const void *arg);

/* json.c */

/** Members that all commands have for a device; NULL without memory. */
json_t *json_device(const struct topo_device *dev);

/** A device with the results of its survey; NULL without memory. */
json_t *json_planned_device(const struct tool_device *dev);

/** Add the whole plan to the report. */
void json_plan(const struct tool_plan *plan);

#endif /* TEST_MSI_H */
