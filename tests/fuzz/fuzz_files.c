/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <limits.h>
#include <sys/sysmacros.h>

#include <bsd/string.h>

#include "fuzz.h"
#define FUZZ_CALLS_DEFINED_HERE
#include "fuzz_calls.h"
#include "fuzz_files.h"

#define ENTRIES 512
#define NAME_LEN 256
#define OPEN 16
#define LINKS 40
#define LEFT_LEN 1024	/* of a path and the target of a link in it */

/* A folder exists while something is in it. */
struct entry {
	char path[NAME_LEN];	/* begins with the root */
	char target[NAME_LEN];	/* of a link; "": a file */
	const uint8_t *data;
	size_t len;
};

struct folder {
	size_t next;
	char path[PATH_MAX];
	char last[NAME_LEN];	/* name that was returned last */
	struct dirent out;
};

/* Pointers to all of store: those to entries that exist first, sorted by path. */
static struct entry store[ENTRIES], *entries[ENTRIES];
static size_t n_entries;
static struct {
	const struct entry *entry;
	size_t at;
	bool open;
} files[OPEN];
static unsigned int n_open, n_folders;

/*
 * As strcmp() of a path and another one, with a slash behind it if the caller wants that. strcmp()
 * is slow here: libFuzzer replaces it to learn from its arguments.
 */
static int
compare(const char *a, const char *b, bool slash)
{
	for (; *a != '\0' && *a == *b; a++)
		b++;
	if (slash && *b == '\0')
		return *a != '/' ? (uint8_t)*a - '/' : a[1] != '\0';
	return (uint8_t)*a - (uint8_t)*b;
}

/* The first entry that is not before a path. */
static size_t
lower(const char *path, bool slash)
{
	size_t low = 0, high = n_entries, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (compare(entries[mid]->path, path, slash) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct entry *
find(const char *path)
{
	size_t i = lower(path, false);

	return i < n_entries && compare(entries[i]->path, path, false) == 0 ? entries[i] : NULL;
}

/* Everything in a folder follows its path and a slash. */
static size_t
inside(const char *path)
{
	return lower(path, true);
}

static bool
is_inside(size_t entry, const char *path)
{
	const char *of = entry < n_entries ? entries[entry]->path : "";

	for (; *path != '\0' && *of == *path; of++)
		path++;
	return *path == '\0' && *of == '/';
}

static bool
is_folder(const char *path)
{
	return is_inside(inside(path), path);
}

static struct entry *
make(const char *path)
{
	char full[NAME_LEN];
	struct entry *e;
	size_t i;

	FUZZ_CHECK((size_t)snprintf(full, sizeof(full), FUZZ_ROOT "%s", path) < sizeof(full));
	if (entries[0] == NULL)
		for (i = 0; i < ENTRIES; i++)
			entries[i] = &store[i];
	i = lower(full, false);
	e = entries[i % ENTRIES];
	if (i == n_entries || compare(e->path, full, false) != 0) {
		FUZZ_CHECK(n_entries < ENTRIES);
		e = entries[n_entries];
		memmove(&entries[i + 1], &entries[i], (n_entries++ - i) * sizeof(e));
		entries[i] = e;
		strlcpy(e->path, full, sizeof(e->path));
	}
	e->target[0] = '\0';
	return e;
}

void
fuzz_file(const char *path, const void *data, size_t len)
{
	struct entry *e = make(path);

	e->data = data;
	e->len = len;
}

void
fuzz_text(const char *path, const char *text)
{
	fuzz_file(path, text, strlen(text));
}

void
fuzz_link(const char *path, const char *target)
{
	FUZZ_CHECK(target[0] != '\0');
	strlcpy(make(path)->target, target, NAME_LEN);
}

void
fuzz_files_once(void (*make_all)(void))
{
	static bool made;

	if (!made)
		make_all();
	made = true;
}

void
fuzz_remove(const char *path)
{
	struct entry *e;
	char full[NAME_LEN];
	size_t i;

	snprintf(full, sizeof(full), FUZZ_ROOT "%s", path);
	e = find(full);
	if (e == NULL)
		return;
	i = lower(full, false);
	memmove(&entries[i], &entries[i + 1], (--n_entries - i) * sizeof(e));
	entries[n_entries] = e;
}

void
fuzz_files_reset(void)
{
	n_entries = 0;
}

static void
place_make(const struct fuzz_place *place, const uint8_t *data, size_t len)
{
	char target[NAME_LEN];

	if (!place->link) {
		fuzz_file(place->path, data, len);
		return;
	}
	snprintf(target, sizeof(target), "%.*s", (int)(len < NAME_LEN ? len : NAME_LEN - 1),
		(const char *)data);
	if (target[0] != '\0')
		fuzz_link(place->path, target);
}

void
fuzz_places_make(struct fuzz_in *in, const struct fuzz_place *places, size_t n)
{
	const uint8_t *data;
	size_t i, len;
	uint8_t key;

	for (i = 0; i < n; i++)
		fuzz_remove(places[i].path);
	while (in->left > 0) {
		key = fuzz_byte(in);
		len = fuzz_until(in, FUZZ_RECORD_END, &data);
		for (i = 0; i < n; i++)
			if (places[i].key == (char)key)
				place_make(&places[i], data, len);
	}
}

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
down(char *path, const char *name, size_t len, const struct entry **out)
{
	size_t at = strlen(path);

	if (len > NAME_MAX || at + 1 + len >= PATH_MAX)
		return fail(ENAMETOOLONG);
	path[at] = '/';
	memcpy(path + at + 1, name, len);
	path[at + 1 + len] = '\0';
	*out = find(path);
	return *out == NULL && !is_folder(path) ? fail(ENOENT) : 0;
}

/*
 * Remove a link at the end of a path. What is left to follow is its target, and then what was
 * left, which may be in the same memory.
 */
static void
follow(const struct entry *link, const char *was_left, char *path, char left[LEFT_LEN])
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
	const struct entry *e;
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
	files[fd].entry = find(full);
	files[fd].at = 0;
	files[fd].open = true;
	n_open++;
	return fd;
}

ssize_t
fuzz_call_read(int fd, void *buf, size_t size)
{
	const struct entry *e = files[fd].entry;
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
	const struct entry *e;

	if (resolve(path, true, full) < 0)
		return -1;
	e = find(full);
	*out = (struct stat){ .st_mode = S_IFCHR, .st_rdev = makedev(10, 196), .st_ino = e != NULL ? (ino_t)(e - store) + 1 : ENTRIES + 1 };
	return 0;
}

ssize_t
fuzz_call_readlink(const char *path, char *out, size_t size)
{
	char full[PATH_MAX];
	const struct entry *e;
	size_t len;

	if (resolve(path, false, full) < 0)
		return -1;
	e = find(full);
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
	if (!is_folder(full)) {
		fail(ENOTDIR);
		return NULL;
	}
	f = fuzz_memory(calloc(1, sizeof(*f)));
	strlcpy(f->path, full, sizeof(f->path));
	f->next = inside(full);
	n_folders++;
	return (DIR *)f;
}

struct dirent *
fuzz_call_readdir(DIR *dir)
{
	struct folder *f = (struct folder *)dir;
	char name[NAME_LEN];

	for (; is_inside(f->next, f->path); f->next++) {
		const char *begin = entries[f->next]->path + strlen(f->path) + 1;

		snprintf(name, sizeof(name), "%.*s", (int)strcspn(begin, "/"), begin);
		if (compare(name, f->last, false) == 0)
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
