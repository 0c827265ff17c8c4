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
 * The folders in which EALs of this user may have their runtime folders, without "/dpdk", for reading:
 * others may make files in them. Those of root are not in /tmp, nor in XDG_RUNTIME_DIR.
 *
 * @return number of folders
 */
size_t tool_runtime_folders(const char *out[TOOL_RUNTIME_FOLDERS]);

/** The folder in which EAL of this process makes "dpdk", by its own rules, which differ for root. */
const char *tool_runtime_base(void);

#define TOOL_OTHERS_FOLDERS 33	/**< /tmp and those of 32 users; of more users the rest is left out */
#define TOOL_FOLDER_LEN 64

/**
 * The folders in which EALs of other users may have them, for root: /tmp and /run/user/UID. These users
 * may make any file and link in them.
 *
 * @return number of folders; 0 if this user is not root
 */
size_t tool_others_folders(char out[TOOL_OTHERS_FOLDERS][TOOL_FOLDER_LEN]);

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
