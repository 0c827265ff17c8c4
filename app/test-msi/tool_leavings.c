/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <mntent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool_leavings.h"

#define USERS "/run/user"	/* systemd makes a folder of each user there */
#define UID_LEN 10

size_t
tool_runtime_folders(const char *out[TOOL_RUNTIME_FOLDERS])
{
	/* "su" and "sudo -E" leave root the folder of a user, where EAL of root has none. */
	const bool root = geteuid() == 0;
	const char *bases[TOOL_RUNTIME_FOLDERS] = { "/var/run", getenv("RUNTIME_DIRECTORY"),
		root ? NULL : getenv("XDG_RUNTIME_DIR"), root ? NULL : "/tmp" };
	size_t n = 0, i, j;

	for (i = 0; i < TOOL_RUNTIME_FOLDERS; i++) {
		for (j = 0; bases[i] != NULL && j < n && strcmp(out[j], bases[i]) != 0; j++)
			;
		if (bases[i] != NULL && j == n)
			out[n++] = bases[i];
	}
	return n;
}

size_t
tool_others_folders(char out[TOOL_OTHERS_FOLDERS][TOOL_FOLDER_LEN])
{
	DIR *dir = geteuid() == 0 ? opendir(USERS) : NULL;
	struct dirent *entry;
	size_t n = 0;

	if (geteuid() != 0)
		return 0;
	snprintf(out[n++], TOOL_FOLDER_LEN, "/tmp");
	while (dir != NULL && n < TOOL_OTHERS_FOLDERS && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9' && strlen(entry->d_name) <= UID_LEN)
			snprintf(out[n++], TOOL_FOLDER_LEN, USERS "/%.*s", UID_LEN, entry->d_name);
	if (dir != NULL)
		closedir(dir);
	return n;
}

const char *
tool_runtime_base(void)
{
	const char *base = getenv("RUNTIME_DIRECTORY");

	if (base == NULL && getuid() == 0)
		return "/var/run";
	if (base == NULL)
		base = getenv("XDG_RUNTIME_DIR");
	return base != NULL ? base : "/tmp";
}

/*
 * Open a folder that this user made. Others can make one of that name, or a link, where anyone
 * may make files. @return a descriptor; -1: none
 */
static int
open_own(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) < 0 || st.st_uid != geteuid())) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static bool
is_own_file(int folder, const char *name)
{
	struct stat st;

	return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
		st.st_uid == geteuid();
}

/* Remove all, or the files of this user that begin so. Follows no link. Closes @p fd. */
static void
remove_from(int fd, const char *begin)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;

	if (dir == NULL) {
		close(fd);
		return;
	}
	while ((entry = readdir(dir)) != NULL)
		if (begin == NULL || (strncmp(entry->d_name, begin, strlen(begin)) == 0 &&
				is_own_file(fd, entry->d_name)))
			unlinkat(fd, entry->d_name, 0);
	closedir(dir);
}

void
tool_leavings_hugepages(const char *folder, const char *prefix)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char begin[TOOL_PREFIX_LEN + 8];

	snprintf(begin, sizeof(begin), "%smap_", prefix);
	if (fd >= 0)
		remove_from(fd, begin);
}

static void
remove_runtime_folder(const char *prefix)
{
	int base, dpdk = -1, own = -1;
	char path[PATH_MAX];

	/* Root or the user chose this one, and /var/run is a link. */
	snprintf(path, sizeof(path), "%s/", tool_runtime_base());
	base = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (base >= 0)
		dpdk = open_own(base, "dpdk");
	if (dpdk >= 0)
		own = open_own(dpdk, prefix);
	if (own >= 0) {
		remove_from(own, NULL);
		unlinkat(dpdk, prefix, AT_REMOVEDIR);
	}
	if (dpdk >= 0)
		close(dpdk);
	if (base >= 0)
		close(base);
}

void
tool_leavings_remove(const char *mounts, const char *prefix)
{
	FILE *f = setmntent(mounts, "re");
	struct mntent *m;

	while (f != NULL && (m = getmntent(f)) != NULL)
		if (strcmp(m->mnt_type, "hugetlbfs") == 0)
			tool_leavings_hugepages(m->mnt_dir, prefix);
	if (f != NULL)
		endmntent(f);
	remove_runtime_folder(prefix);
}
