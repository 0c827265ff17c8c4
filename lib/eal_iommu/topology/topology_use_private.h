/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Declarations shared by the files that search for uses of a function.
 */

#ifndef TOPOLOGY_USE_PRIVATE_H
#define TOPOLOGY_USE_PRIVATE_H

#include "topology/topology_internal.h"
#include "topology/topology_machine.h"

#define TOPO_STACK_DEPTH 8	/* LVM on RAID on partitions needs 3 */
#define TOPO_VISITS_MAX 1024	/* limit per function; also ends a loop of links */

/** A search for uses of one function. */
struct topo_search {
	const char *root;
	const struct topo_users *users;
	char below[TOPO_BDF_LEN + 2];	/* "/BDF/" */
	char device[TOPO_NAME_LEN];	/* disk or interface on the function */
	unsigned int visits;
	struct topo_use *out;
};

/** Record a use, unless a worse one was recorded. @param at  @p len bytes of any text */
void topology_use_note(struct topo_search *s, enum topo_use_kind kind, const char *at, size_t len);

/** Record a use with what shows it, likewise. */
void topology_use_found(struct topo_search *s, enum topo_use_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** Look at all disks of the function. */
void topology_disks_look(struct topo_search *s, const struct topo_device *dev);

/** Look at all network interfaces of the function. */
void topology_interfaces_look(struct topo_search *s, const struct topo_device *dev);

/** Iterate over the lines of a text that may be NULL. */
#define FOREACH_LINE(line, text) \
	for (line = (text) != NULL ? (text) : ""; *line != '\0'; line = topology_line_next(line))

/** The line after this one. */
const char *topology_line_next(const char *line);

/** Get word @p n of a line, counted from 0; empty if there are fewer. */
const char *topology_word(const char *line, unsigned int n, size_t *len);

/** Is word @p n of a line this text? */
bool topology_word_is(const char *line, unsigned int n, const char *text);

#endif /* TOPOLOGY_USE_PRIVATE_H */
