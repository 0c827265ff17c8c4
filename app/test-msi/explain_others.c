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
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "explain_find.h"
#include "explain_socket.h"
#include "tool_leavings.h"

#define ENTRIES 256	/* of a folder that are looked at */
#define SOCKETS 64	/* of all users */

/* @param take  gets each name; returns 0 to go on. Closes @p fd. */
static int
each_name(int fd, int (*take)(int folder, const char *name, struct explain_asking *asking),
		struct explain_asking *asking)
{
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	unsigned int n = 0;
	int ret = 0;

	if (dir == NULL) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	while (ret == 0 && n++ < ENTRIES && explain_now() < asking->until && (entry = readdir(dir)) != NULL)
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
	int fd, ret = 0;

	if (strncmp(name, EXPLAIN_SOCKET, strlen(EXPLAIN_SOCKET)) != 0 || asking->sockets >= SOCKETS)
		return 0;
	fd = openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode)) {
		asking->sockets++;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		ret = asking->ask(path, asking);
	}
	close(fd);
	return ret;
}

/* The folder of an application, by its --file-prefix. */
static int
take_prefix(int folder, const char *name, struct explain_asking *asking)
{
	return each_name(open_folder(folder, name), take_socket, asking);
}

int
explain_others_ask(struct explain_asking *asking)
{
	char bases[TOOL_OTHERS_FOLDERS][TOOL_FOLDER_LEN];
	size_t n = tool_others_folders(bases), i;
	int ret = 0;

	for (i = 0; ret == 0 && i < n; i++) {
		int base = open(bases[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (base < 0)
			continue;
		ret = each_name(open_folder(base, "dpdk"), take_prefix, asking);
		close(base);
	}
	return ret;
}
