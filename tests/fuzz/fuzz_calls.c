/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* System calls on the files in memory. */

#include <errno.h>
#include <limits.h>
#include <sys/sysmacros.h>

#include <bsd/string.h>

#include "fuzz.h"
#define FUZZ_CALLS_DEFINED_HERE
#include "fuzz_calls.h"
#include "fuzz_entries.h"
#include "fuzz_files.h"

#define OPEN 16
#define LINKS 40
#define LEFT_LEN 1024	/* of a path and the target of a link in it */
#define NO_ENTRY UINT32_MAX	/* number of a folder */

struct folder {
	size_t next;
	char path[PATH_MAX];
	char last[FUZZ_NAME_LEN];	/* name that was returned last */
	struct dirent out;
};

static struct {
	const struct fuzz_entry *entry;
	size_t at;
	bool open;
} files[OPEN];
static unsigned int n_open, n_folders;


void
fuzz_files_check(void)
{
	FUZZ_CHECK(n_open == 0);
	FUZZ_CHECK(n_folders == 0);
}

static int
fail(int error)
{
	errno = error;
	return -1;
}

/* Remove the last name of a path. */
static void
up(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash != NULL)
		*slash = '\0';
}

static size_t
slashes(const char *path)
{
	size_t n;

	for (n = 0; path[n] == '/'; n++)
		;
	return n;
}

static size_t
name_len(const char *path)
{
	size_t n;

	for (n = 0; path[n] != '\0' && path[n] != '/'; n++)
		;
	return n;
}

/* Append a name to a path, and find what is there: an entry, or nothing if it is a folder. */
static int
down(char *path, const char *name, size_t len, const struct fuzz_entry **out)
{
	size_t at = strlen(path);

	if (len > NAME_MAX || at + 1 + len >= PATH_MAX)
		return fail(ENAMETOOLONG);
	path[at] = '/';
	memcpy(path + at + 1, name, len);
	path[at + 1 + len] = '\0';
	*out = fuzz_entry_find(path);
	return *out == NULL && !fuzz_entry_is_folder(path) ? fail(ENOENT) : 0;
}

/*
 * Remove a link at the end of a path. What is left to follow is its target, and then what was
 * left, which may be in the same memory.
 */
static void
follow(const struct fuzz_entry *link, const char *was_left, char *path, char left[LEFT_LEN])
{
	char rest[LEFT_LEN];

	up(path);
	if (link->target[0] == '/')
		path[0] = '\0';
	strlcpy(rest, was_left, sizeof(rest));
	strlcpy(left, link->target, LEFT_LEN);
	strlcat(left, "/", LEFT_LEN);
	strlcat(left, rest, LEFT_LEN);
}

/*
 * Follow all links of an absolute path, the last one too if the caller wants that. The
 * root of the file system is "".
 */
static int
resolve(const char *path, bool last_too, char *out)
{
	const struct fuzz_entry *e;
	char left[LEFT_LEN];
	int links = 0;
	size_t len;
	bool more;

	out[0] = '\0';
	for (path += slashes(path); *path != '\0'; path += slashes(path)) {
		len = name_len(path);
		more = path[len + slashes(path + len)] != '\0';
		e = NULL;
		if (len == 2 && path[0] == '.' && path[1] == '.')
			up(out);
		else if ((len != 1 || path[0] != '.') && down(out, path, len, &e) < 0)
			return -1;
		path += len;
		if (e == NULL)
			continue;
		if (e->target[0] == '\0' && more)
			return fail(ENOTDIR);
		if (e->target[0] != '\0' && (more || last_too)) {
			if (++links > LINKS)
				return fail(ELOOP);
			follow(e, path, out, left);
			path = left;
		}
	}
	return 0;
}

int
fuzz_call_open(const char *path, int flags)
{
	char full[PATH_MAX];
	int fd;

	if (resolve(path, true, full) < 0)
		return -1;
	for (fd = 0; fd < OPEN && files[fd].open; fd++)
		;
	FUZZ_CHECK(fd < OPEN);
	files[fd].entry = fuzz_entry_find(full);
	files[fd].at = 0;
	files[fd].open = true;
	n_open++;
	return fd;
}

ssize_t
fuzz_call_read(int fd, void *buf, size_t size)
{
	const struct fuzz_entry *e = files[fd].entry;
	size_t n;

	if (e == NULL)
		return fail(EISDIR);
	n = e->len - files[fd].at < size ? e->len - files[fd].at : size;
	if (n > 0)
		memcpy(buf, e->data + files[fd].at, n);
	files[fd].at += n;
	return (ssize_t)n;
}

ssize_t
fuzz_call_write(int fd, const void *buf, size_t size)
{
	return fail(EROFS);
}

int
fuzz_call_close(int fd)
{
	FUZZ_CHECK(fd >= 0 && fd < OPEN && files[fd].open);
	files[fd].open = false;
	n_open--;
	return 0;
}

int
fuzz_call_access(const char *path, int mode)
{
	char full[PATH_MAX];

	return resolve(path, true, full);
}

int
fuzz_call_stat(const char *path, struct stat *out)
{
	char full[PATH_MAX];
	const struct fuzz_entry *e;

	if (resolve(path, true, full) < 0)
		return -1;
	e = fuzz_entry_find(full);
	*out = (struct stat){ .st_mode = S_IFCHR, .st_rdev = makedev(10, 196), .st_ino = e != NULL ? (ino_t)fuzz_entry_number(e) + 1 : NO_ENTRY };
	return 0;
}

ssize_t
fuzz_call_readlink(const char *path, char *out, size_t size)
{
	char full[PATH_MAX];
	const struct fuzz_entry *e;
	size_t len;

	if (resolve(path, false, full) < 0)
		return -1;
	e = fuzz_entry_find(full);
	if (e == NULL || e->target[0] == '\0')
		return fail(EINVAL);
	len = strlen(e->target);
	memcpy(out, e->target, len < size ? len : size);
	return (ssize_t)(len < size ? len : size);
}

char *
fuzz_call_realpath(const char *path, char *out)
{
	if (resolve(path, true, out) < 0)
		return NULL;
	if (out[0] == '\0')
		strlcpy(out, "/", PATH_MAX);
	return out;
}

DIR *
fuzz_call_opendir(const char *path)
{
	struct folder *f;
	char full[PATH_MAX];

	if (resolve(path, true, full) < 0)
		return NULL;
	if (!fuzz_entry_is_folder(full)) {
		fail(ENOTDIR);
		return NULL;
	}
	f = fuzz_memory(calloc(1, sizeof(*f)));
	strlcpy(f->path, full, sizeof(f->path));
	f->next = fuzz_entry_first(full);
	n_folders++;
	return (DIR *)f;
}

struct dirent *
fuzz_call_readdir(DIR *dir)
{
	struct folder *f = (struct folder *)dir;
	char name[FUZZ_NAME_LEN];
	const struct fuzz_entry *e;

	for (; (e = fuzz_entry_in(f->path, f->next)) != NULL; f->next++) {
		const char *begin = e->path + strlen(f->path) + 1;

		snprintf(name, sizeof(name), "%.*s", (int)strcspn(begin, "/"), begin);
		if (strcmp(name, f->last) == 0)
			continue;
		strlcpy(f->last, name, sizeof(f->last));
		strlcpy(f->out.d_name, name, sizeof(f->out.d_name));
		return &f->out;
	}
	return NULL;
}

int
fuzz_call_closedir(DIR *dir)
{
	free(dir);
	n_folders--;
	return 0;
}
