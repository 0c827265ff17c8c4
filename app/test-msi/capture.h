/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What a capture takes from a machine. It takes only what is listed here, so that nothing
 * unexpected gets into it. Not thread safe.
 */

#ifndef CAPTURE_H
#define CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "answers_json.h"
#include "tar_file.h"

/** A device that the kernel is asked about. */
struct capture_device {
	struct topo_addr addr;
	const char *vf_token;	/**< UUID, or NULL */
	bool named;		/**< named by the user: may be woken and reset */
};

/** A capture in progress. The caller sets root and tar; all else begins as zero. */
struct capture {
	const char *root;	/**< as in sysfs.h */
	struct tar_out *tar;
	void *names;		/**< names that are in it already, of search.h */
	FILE *taken;		/**< list of these names, one a line, into taken_text */
	FILE *missing;		/**< list of what is missing and why, likewise */
	char *taken_text, *missing_text;
	size_t taken_len, missing_len;
	size_t n_taken, n_missing;
	unsigned int nodes;	/**< number of device tree nodes */
	int error;		/**< error of writing; if not 0 nothing more is added */
};

/* capture.c */

/**
 * Capture everything: files, answers and the list. The answers are from this machine; the
 * files from below root. Shows its progress.
 *
 * @param c  root and tar are set; end with capture_end(), also on errors
 * @return 0; -ENOMEM; errors of writing.
 */
int capture_make(struct capture *c, const struct capture_device *v, size_t n);

/** Free the capture. The tar file remains open. */
void capture_end(struct capture *c);

/* capture_put.c: add one entry; "/sys/..." of the machine becomes "sys/..." */

/** Record, as a line of its own, that something is missing. */
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

/** Add a file with its content, if the machine has it. */
void capture_file(struct capture *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** Add an empty file, if the machine has one of this name. Does not open it. */
void capture_name(struct capture *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* capture_pci.c, capture_firmware.c, capture_machine.c */

/** Add PCI functions, their buses, IOMMUs and groups. */
void capture_pci(struct capture *c);

/** Add buses and DMA of the device tree, and the names of ACPI's tables. */
void capture_firmware(struct capture *c);

/** Add memory map, command line, processor, hugepages and VFIO nodes. */
void capture_machine(struct capture *c);

#endif /* CAPTURE_H */
