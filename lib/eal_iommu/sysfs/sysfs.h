/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The kernel's pseudo file systems: reading, and one function that writes.
 *
 * Every function takes a root folder in front of "/sys", "/proc" and "/dev": "" on a live
 * system, the folder of a fixture in tests. Errors are negative errno values. Thread safe
 * (no state).
 */

#ifndef SYSFS_H
#define SYSFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SYSFS_PATH_MAX 512

/**
 * Read a whole file and append a NUL.
 *
 * @param fmt  printf format of the path below @p root
 * @param out  the text; the caller frees it
 * @param len  bytes without the final NUL, may be NULL (binary files)
 * @return 0; -ENOENT; -EACCES; -ENAMETOOLONG; -EFBIG above 4 MiB; -ENOMEM; ...
 */
int sysfs_read_file(const char *root, char **out, size_t *len,
		const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/**
 * Read only the first bytes of a file. Reading more has side effects for some files (a
 * PCI device's config space).
 *
 * @param buf   gets at most @p size bytes
 * @param len   number of bytes read
 * @return 0; otherwise as sysfs_read_file().
 */
int sysfs_read_start(const char *root, void *buf, size_t size, size_t *len,
		const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/**
 * Does this file, folder or link target exist? Opens nothing, as reading some files reads
 * a register of the device.
 *
 * @return 0; -ENOENT; -EACCES (a folder above may not be searched); -ENAMETOOLONG.
 */
int sysfs_exists(const char *root, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * Has the node of a character device a driver? Opens nothing: to open a node that has none loads
 * modules, if the kernel knows some for it. systemd creates such nodes at boot.
 *
 * @return 0; -ENODEV: no driver that is loaded has its number; -ENOTTY: it is no character
 *   device; as sysfs_exists().
 */
int sysfs_node_driven(const char *root, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * Read the inode of a file. A file of sysfs that was removed and made again has another one.
 *
 * @return 0; as sysfs_exists().
 */
int sysfs_inode(const char *root, uint64_t *out, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * Write a text to a file that exists, by one system call.
 *
 * @return 0; -ENOENT; -EACCES; -EROFS; -EIO: only a part was written; what the kernel says about
 *   the text.
 */
int sysfs_write(const char *root, const char *text, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * Read a number in any base that strtoull(…, 0) accepts. @return 0, -EINVAL, or as above.
 */
int sysfs_read_u64(const char *root, uint64_t *out, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** Read a signed number (numa_node is -1 where unknown). */
int sysfs_read_s64(const char *root, int64_t *out, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * Read the last component of a symbolic link's target.
 *
 * @return 0; -ENOENT if there is no link; -ENAMETOOLONG.
 */
int sysfs_read_link_name(const char *root, char *out, size_t size,
		const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/** Read the raw target of a symbolic link. @return as sysfs_read_link_name(). */
int sysfs_read_link_target(const char *root, char *out, size_t size,
		const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/**
 * Resolve all links in a path. The result is absolute and does not include @p root.
 *
 * @return 0; -ENOENT; -ELOOP; -ENAMETOOLONG; -EXDEV if it leads out of @p root.
 */
int sysfs_read_link_path(const char *root, char *out, size_t size,
		const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/**
 * List the names in a folder, sorted, without "." and "..".
 *
 * @param names  free with sysfs_free_names()
 * @return 0; -ENOENT; -ENOTDIR; -ENOMEM; -EFBIG above 262144 names.
 */
int sysfs_list(const char *root, char ***names, size_t *n, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/** Free what sysfs_list() returned; NULL is allowed. */
void sysfs_free_names(char **names, size_t n);

/** Iterator over the lines of a text. */
struct sysfs_lines {
	char *next;
	char *end;
	bool bad;	/**< it has a NUL, or no newline at the end: truncated or not
			 *   text */
};

/** Start to iterate over @p text, and modify it. A bad text has no lines. */
void sysfs_lines_start(struct sysfs_lines *it, char *text, size_t len);

/** Next line without its newline, or NULL. */
char *sysfs_lines_next(struct sysfs_lines *it);

/**
 * Parse a hex number of 1 to @p max_digits digits (at most 16), without sign or 0x.
 *
 * @return pointer behind the number, or NULL if there is none or it is too long.
 */
const char *sysfs_hex(const char *s, unsigned int max_digits, uint64_t *out);

/** Parse a hex number of up to 16 digits that begins with "0x". */
const char *sysfs_hex0x(const char *s, uint64_t *out);

/** Replace every byte that is not printable ASCII by '?'. @return @p s. */
char *sysfs_mask(char *s);

#ifdef __cplusplus
}
#endif

#endif /* SYSFS_H */
