/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Files that an EAL leaves if its process is killed: hugepages, and those of its runtime
 * folder. The prefix of their names (--file-prefix) tells whose they are.
 */

#ifndef TOOL_LEAVINGS_H
#define TOOL_LEAVINGS_H

#include <stddef.h>

#define TOOL_PREFIX_LEN 48
#define TOOL_RUNTIME_FOLDERS 4

/**
 * The folders in which EALs may have their runtime folders, without "/dpdk", for reading: others
 * may make files in them. In /tmp anyone may, so root does not look there.
 *
 * @return number of folders
 */
size_t tool_runtime_folders(const char *out[TOOL_RUNTIME_FOLDERS]);

/** Remove the hugepages of this user with this prefix from a mount of hugetlbfs. */
void tool_leavings_hugepages(const char *folder, const char *prefix);

/**
 * Remove the hugepages from all mounts of hugetlbfs, and the runtime folder where EAL makes it.
 * Follows no link, and leaves folders that belong to another user.
 *
 * @param mounts  /proc/mounts
 */
void tool_leavings_remove(const char *mounts, const char *prefix);

#endif /* TOOL_LEAVINGS_H */
