/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What a capture takes of a machine: a list of what is taken, so that nothing
 * is in it that was not thought of. Not thread safe.
 */

#ifndef CAPTURE_H
#define CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "answers_json.h"
#include "tar_file.h"

/** A device whose kernel is asked. */
struct capture_device {
	struct topo_addr addr;
	const char *vf_token;	/**< UUID, or NULL */
	bool named;		/**< by the user: it may be woken and reset */
};

/** A capture in the making; the caller fills root and tar, all else begins with zero. */
struct capture {
	const char *root;	/**< as in sysfs.h */
	struct tar_out *tar;
	void *names;		/**< what is in it already, of search.h */
	FILE *taken;		/**< its names, a line each, into taken_text */
	FILE *missing;		/**< what could not be taken and why, the same way */
	char *taken_text, *missing_text;
	size_t taken_len, missing_len;
	size_t n_taken, n_missing;
	unsigned int nodes;	/**< of the device tree */
	int error;		/**< of writing, 0 while all is well: nothing is added then */
};

/* capture.c */

/**
 * Everything: files, answers, list of what is in it. The machine is this one;
 * its files are those below the root.
 *
 * @param c  root and tar are set; to be ended by capture_end(), on errors too
 * @return 0; -ENOMEM; what writing gives.
 */
int capture_make(struct capture *c, const struct capture_device *v, size_t n);

/** Free what it holds; the tar file stays open. */
void capture_end(struct capture *c);

/* capture_put.c: one thing at a time; "/sys/..." of the machine is "sys/..." there */

/** Say that something is not in it; a line of its own. */
void capture_miss(struct capture *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** Add a file with this content. */
void capture_put(struct capture *c, const char *path, const void *data, size_t len);

/** Add a folder, if the machine has it. */
void capture_folder(struct capture *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** Add a link, if the machine has it. */
void capture_link(struct capture *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** Add a file as it is, if the machine has it. */
void capture_file(struct capture *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** Add an empty file, if the machine has one of this name; it is not opened. */
void capture_name(struct capture *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* capture_pci.c, capture_firmware.c, capture_machine.c */

/** Does a device sleep, or one above it? Reading this wakes nobody. */
bool capture_sleeps(const char *root, const char *bdf);

/** PCI functions, their buses, their IOMMUs and groups. */
void capture_pci(struct capture *c);

/** The device tree, as far as it is about buses and DMA; names of ACPI's tables. */
void capture_firmware(struct capture *c);

/** Memory map, command line, kind of processor, hugepages, nodes of VFIO. */
void capture_machine(struct capture *c);

#endif /* CAPTURE_H */
