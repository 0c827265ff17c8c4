/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * A tar file comes from an untrusted source. libarchive decodes it. This file decides
 * what is unpacked, by a list of accepted entries.
 */

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <archive.h>
#include <archive_entry.h>
#include <bsd/string.h>

#include "sysfs/sysfs.h"
#include "tar_file.h"
#include "tool_signals.h"

#define BLOCK 10240u
#define NAME_MAX_LEN 480u	/* less than SYSFS_PATH_MAX, with room for the folder */
#define DEPTH_MAX 32		/* parent folders are created without being counted as entries */

struct unpack {
	struct archive *in;
	struct archive *out;
	const char *folder;
	const sigset_t *held;
	unsigned int entries;
	uint64_t bytes;
	char *why;
	size_t size;
};

static int __attribute__((format(printf, 3, 4)))
fault(struct unpack *u, int ret, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(u->why, u->size, fmt, ap);
	va_end(ap);
	return ret;
}

/* Mask a name from outside for a message. */
static const char *
printable(const char *name, char *out, size_t size)
{
	strlcpy(out, name, size);
	return sysfs_mask(out);
}

static int
archive_fault(struct unpack *u, struct archive *a)
{
	char text[128];
	int error = archive_errno(a);

	/* libarchive reports unknown data as EILSEQ, or without errno. */
	return fault(u, error > 0 && error != EILSEQ ? -error : -EBADMSG, "it can't be unpacked: %s",
		printable(archive_error_string(a) != NULL ? archive_error_string(a) : "?", text,
			sizeof(text)));
}

/* Depth of a relative path without special names; otherwise -1. */
static int
name_depth(const char *name)
{
	const char *end;
	int depth = 0;

	for (; *name != '\0'; name = end) {
		end = strchrnul(name, '/');
		if (end == name || (end - name == 1 && name[0] == '.') ||
		    (end - name == 2 && name[0] == '.' && name[1] == '.'))
			return -1;
		depth++;
		end += *end == '/';
	}
	return depth > 0 ? depth : -1;
}

bool
tar_link_stays(const char *name, const char *target)
{
	int depth = name_depth(name) - 1;
	bool down = false;
	const char *end;

	if (depth < 0 || *target == '/' || *target == '\0')
		return false;
	for (; *target != '\0'; target = end) {
		end = strchrnul(target, '/');
		if (end - target == 2 && target[0] == '.' && target[1] == '.') {
			/*
			 * A ".." after a name, which may be a link, is relative to the
			 * link's target.
			 */
			if (down || --depth < 0)
				return false;
		} else if (end != target && !(end - target == 1 && target[0] == '.')) {
			down = true;
		}
		end += *end == '/';
	}
	return true;
}

/* Remove a leading "./" (from "tar -C DIR -c ."); "" for the top folder. */
static const char *
plain_name(const char *name)
{
	while (name[0] == '.' && name[1] == '/')
		name += 2;
	return strcmp(name, ".") == 0 ? "" : name;
}

/* The name will be printed, so reject bytes that a terminal interprets. */
static bool
is_printable(const char *s)
{
	for (; *s != '\0'; s++)
		if (*s < ' ' || *s > '~')
			return false;
	return true;
}

static int
check_entry(struct unpack *u, struct archive_entry *e, const char *name)
{
	const char *target = archive_entry_symlink(e);
	char text[NAME_MAX_LEN + 1];
	int depth = name_depth(name);

	printable(name, text, sizeof(text));
	if (strlen(name) > NAME_MAX_LEN || depth < 0 || !is_printable(name))
		return fault(u, -EBADMSG, "it has the path %s, which is not accepted", text);
	if (depth > DEPTH_MAX)
		return fault(u, -EFBIG, "the path %s has more than %d folders", text, DEPTH_MAX - 1);
	if (archive_entry_hardlink(e) != NULL)
		return fault(u, -EBADMSG, "%s is a hard link, which is not accepted", text);
	switch (archive_entry_filetype(e)) {
	case AE_IFDIR:
		return 0;
	case AE_IFLNK:
		if (target != NULL && strlen(target) <= NAME_MAX_LEN && is_printable(target) &&
		    tar_link_stays(name, target))
			return 0;
		return fault(u, -EBADMSG, "the link %s leads out of the tree", text);
	case AE_IFREG:
		if (archive_entry_size(e) <= (la_int64_t)TAR_FILE_SIZE_MAX)
			return 0;
		return fault(u, -EFBIG, "%s is larger than any file of a capture", text);
	default:
		return fault(u, -EBADMSG, "%s is neither folder, file nor link", text);
	}
}

/* The size in the header may be wrong, so count the data. */
static int
copy_data(struct unpack *u, const char *name)
{
	uint64_t size = 0;
	const void *block;
	la_int64_t at;
	size_t len;
	int ret;

	while ((ret = archive_read_data_block(u->in, &block, &len, &at)) == ARCHIVE_OK) {
		/* A hole in a sparse file costs no space here, but memory later. */
		if (at < 0 || (uint64_t)at + len > TAR_FILE_SIZE_MAX)
			return fault(u, -EFBIG, "%.128s is larger than any file of a capture", name);
		size += len;
		u->bytes += len;
		if (size > TAR_FILE_SIZE_MAX || u->bytes > TAR_SIZE_MAX)
			return fault(u, -EFBIG, "it is larger than any capture");
		if (archive_write_data_block(u->out, block, len, at) < ARCHIVE_OK)
			return archive_fault(u, u->out);
	}
	return ret == ARCHIVE_EOF ? 0 : archive_fault(u, u->in);
}

static int
take_entry(struct unpack *u, struct archive_entry *e)
{
	const char *raw = archive_entry_pathname(e), *name;
	char clean[NAME_MAX_LEN + 1], path[PATH_MAX];
	mode_t type = archive_entry_filetype(e);
	size_t len;
	int ret;

	if (++u->entries > TAR_ENTRIES_MAX)
		return fault(u, -EFBIG, "it has more entries than any capture");
	if (raw == NULL)
		return fault(u, -EBADMSG, "it has an entry without a name");
	name = plain_name(raw);
	len = strlen(name);
	/* Names of folders end with a slash. */
	if (type == AE_IFDIR && len > 0 && name[len - 1] == '/')
		len--;
	if (type == AE_IFDIR && len == 0)
		return 0;
	if (len > NAME_MAX_LEN)
		return fault(u, -EBADMSG, "it has a path of %zu bytes, which is not accepted", len);
	memcpy(clean, name, len);
	clean[len] = '\0';
	ret = check_entry(u, e, clean);
	if (ret < 0)
		return ret;
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", u->folder, clean) >= sizeof(path))
		return fault(u, -ENAMETOOLONG, "the path of %s is too long", clean);
	archive_entry_set_pathname(e, path);
	archive_entry_set_perm(e, type == AE_IFREG ? 0600 : 0700);
	if (archive_write_header(u->out, e) != ARCHIVE_OK)
		return archive_fault(u, u->out);
	ret = type == AE_IFREG ? copy_data(u, clean) : 0;
	if (ret == 0 && archive_write_finish_entry(u->out) != ARCHIVE_OK)
		ret = archive_fault(u, u->out);
	return ret;
}

static int
take_entries(struct unpack *u)
{
	struct archive_entry *e;
	int got, ret = 0;

	while (ret == 0) {
		if (tool_signals_waiting(u->held))
			return fault(u, -EINTR, "a signal ends the unpacking");
		got = archive_read_next_header(u->in, &e);
		if (got == ARCHIVE_EOF)
			return u->entries > 0 ? 0 : fault(u, -EBADMSG, "it is empty");
		ret = got == ARCHIVE_OK ? take_entry(u, e) : archive_fault(u, u->in);
	}
	return ret;
}

static int
open_in(struct unpack *u, const char *path)
{
	u->in = archive_read_new();
	u->out = archive_write_disk_new();
	if (u->in == NULL || u->out == NULL)
		return fault(u, -ENOMEM, "%s", strerror(ENOMEM));
	archive_read_support_filter_gzip(u->in);
	archive_read_support_filter_xz(u->in);
	archive_read_support_format_tar(u->in);
	/* libarchive checks links too, as a second barrier. */
	archive_write_disk_set_options(u->out, ARCHIVE_EXTRACT_SECURE_SYMLINKS |
		ARCHIVE_EXTRACT_SECURE_NODOTDOT | ARCHIVE_EXTRACT_NO_OVERWRITE);
	if (archive_read_open_filename(u->in, path, BLOCK) != ARCHIVE_OK)
		return archive_fault(u, u->in);
	return 0;
}

int
tar_unpack(const char *path, const char *folder, const sigset_t *held, char *why, size_t size)
{
	struct unpack u = { .folder = folder, .held = held, .why = why, .size = size };
	int ret = open_in(&u, path);

	if (ret == 0)
		ret = take_entries(&u);
	if (u.out != NULL && archive_write_free(u.out) != ARCHIVE_OK && ret == 0)
		ret = fault(&u, -EIO, "the last of it can't be written");
	if (u.in != NULL)
		archive_read_free(u.in);
	return ret;
}
