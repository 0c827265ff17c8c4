/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "tar_file.h"
#include "tool_signals.h"

struct tar_out {
	struct archive *archive;
	int fd;
	char *path;	/* removed if incomplete; NULL: stdout */
	sigset_t held;	/* unused for stdout */
};

bool
tar_available(void)
{
	return true;
}

static int
archive_error(struct archive *a)
{
	int error = archive_errno(a);

	return error > 0 ? -error : -EIO;
}

static void
tar_free(struct tar_out *tar)
{
	sigset_t held = tar->held;

	archive_write_free(tar->archive);
	free(tar->path);
	free(tar);
	tool_signals_release(&held);
}

static int
begin(struct tar_out *tar)
{
	tar->archive = archive_write_new();
	if (tar->archive == NULL)
		return -ENOMEM;
	if (archive_write_set_format_pax_restricted(tar->archive) != ARCHIVE_OK ||
	    archive_write_open_fd(tar->archive, tar->fd) != ARCHIVE_OK)
		return archive_error(tar->archive);
	return 0;
}

int
tar_out_open(const char *path, struct tar_out **out)
{
	bool is_stdout = strcmp(path, "-") == 0;
	struct tar_out *tar = calloc(1, sizeof(*tar));
	int ret = 0;

	if (tar == NULL)
		return -ENOMEM;
	sigemptyset(&tar->held);
	if (!is_stdout)
		tool_signals_hold(&tar->held);
	tar->fd = is_stdout ? STDOUT_FILENO :
		open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (tar->fd < 0) {
		ret = -errno;
		tar_free(tar);
		return ret;
	}
	if (!is_stdout) {
		tar->path = strdup(path);
		ret = tar->path != NULL ? 0 : -ENOMEM;
	}
	if (ret == 0)
		ret = begin(tar);
	if (ret < 0) {
		if (!is_stdout) {
			close(tar->fd);
			unlink(path);
		}
		tar_free(tar);
		return ret;
	}
	*out = tar;
	return 0;
}

/* Add an entry. Owner and time describe the machine, so they are omitted. */
static int
add(struct tar_out *tar, const char *name, mode_t type, const char *target, const void *data,
		size_t len)
{
	struct archive_entry *e;
	int ret = 0;

	if (tool_signals_waiting(&tar->held))
		return -EINTR;
	e = archive_entry_new();
	if (e == NULL)
		return -ENOMEM;
	archive_entry_set_pathname(e, name);
	archive_entry_set_filetype(e, type);
	archive_entry_set_perm(e, type == AE_IFREG ? 0644 : 0755);
	archive_entry_set_size(e, (la_int64_t)len);
	archive_entry_set_mtime(e, 0, 0);
	if (target != NULL)
		archive_entry_set_symlink(e, target);
	if (archive_write_header(tar->archive, e) != ARCHIVE_OK)
		ret = archive_error(tar->archive);
	else if (len > 0 && archive_write_data(tar->archive, data, len) != (la_ssize_t)len)
		ret = archive_error(tar->archive);
	archive_entry_free(e);
	return ret;
}

int
tar_out_folder(struct tar_out *tar, const char *name)
{
	return add(tar, name, AE_IFDIR, NULL, NULL, 0);
}

int
tar_out_link(struct tar_out *tar, const char *name, const char *target)
{
	return add(tar, name, AE_IFLNK, target, NULL, 0);
}

int
tar_out_file(struct tar_out *tar, const char *name, const void *data, size_t len)
{
	return add(tar, name, AE_IFREG, NULL, data, len);
}

int
tar_out_close(struct tar_out *tar, bool keep)
{
	int ret = archive_write_close(tar->archive) == ARCHIVE_OK ? 0 :
		archive_error(tar->archive);

	if (tar->path != NULL) {
		if (close(tar->fd) != 0 && ret == 0)
			ret = -errno;
		if (!keep || ret < 0)
			unlink(tar->path);
	}
	tar_free(tar);
	return ret;
}
