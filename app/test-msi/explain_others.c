/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Sockets of telemetry in folders of other users, for root. A user may put anything there: a link to
 * a socket of the system, a million of files. No link is followed, also if it replaces a file at the
 * wrong moment: each step is an open descriptor, and so is the socket.
 */

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "explain_find.h"
#include "explain_socket.h"
#include "tool_leavings.h"

#define NAMES 32	/* of sockets of one prefix: of processes that run at the same time */
#define FOLDER_SECONDS 3	/* of the time for all, so that one user can't use it up */

/* Applications that were killed leave their folders, so only the time limits how many are looked at. */
static bool
is_over(struct explain_asking *asking)
{
	const bool over = explain_now() >= asking->until;

	asking->out->cut |= over;
	return over;
}

/* @param take  gets each name; returns 0 to go on. Closes @p fd. */
static int
each_name(int fd, int (*take)(int folder, const char *name, struct explain_asking *asking),
		struct explain_asking *asking)
{
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	int ret = 0;

	if (dir == NULL) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	while (ret == 0 && !is_over(asking) && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			ret = take(dirfd(dir), entry->d_name, asking);
	closedir(dir);
	return ret;
}

static int
open_folder(int parent, const char *name)
{
	return openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int
take_socket(int folder, const char *name, struct explain_asking *asking)
{
	char path[32];
	struct stat st;
	int fd = openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return 0;
	if (fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode)) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		ret = asking->ask(path, asking);
	}
	close(fd);
	return ret;
}

/*
 * The folder of an application, by its --file-prefix. It has any number of other files, and EAL
 * takes the first of these names that no running process has.
 */
static int
take_prefix(int folder, const char *prefix, struct explain_asking *asking)
{
	int fd = open_folder(folder, prefix), ret = 0;
	char name[sizeof(EXPLAIN_SOCKET) + 8] = EXPLAIN_SOCKET;
	unsigned int i;

	if (fd < 0)
		return 0;
	for (i = 1; ret == 0 && i <= NAMES && !is_over(asking); i++) {
		ret = take_socket(fd, name, asking);
		snprintf(name, sizeof(name), EXPLAIN_SOCKET ":%u", i);
	}
	asking->out->cut |= i > NAMES && faccessat(fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	close(fd);
	return ret;
}

int
explain_others_ask(struct explain_asking *asking)
{
	char bases[TOOL_OTHERS_FOLDERS][TOOL_FOLDER_LEN];
	const double until = asking->until;
	size_t n = tool_others_folders(bases), i;
	int ret = 0;

	/* There may be more. */
	asking->out->cut = n == TOOL_OTHERS_FOLDERS;
	for (i = 0; ret == 0 && i < n; i++) {
		int base = open(bases[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (base < 0)
			continue;
		asking->until = explain_now() + FOLDER_SECONDS;
		asking->until = asking->until < until ? asking->until : until;
		asking->n_folder = 0;
		ret = each_name(open_folder(base, "dpdk"), take_prefix, asking);
		close(base);
	}
	return ret;
}
