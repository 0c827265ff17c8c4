/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Reading files of the kernel's pseudo file systems.
 *
 * One function per way of reading. Every function takes the root under which
 * "/sys", "/proc" and "/dev" are looked for ("" on a live system, a fixture's
 * folder in tests). Errors are negative errno values. No state, thread safe.
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
 * Whole file as a NUL-terminated string.
 *
 * @param fmt  printf format of the path below @p root
 * @param out  text, to be freed by the caller
 * @param len  bytes without the final NUL, may be NULL (binary files)
 * @return 0; -ENOENT; -EACCES; -ENAMETOOLONG; -EFBIG above 4 MiB; -ENOMEM; ...
 */
int sysfs_read_file(const char *root, char **out, size_t *len,
		const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/**
 * The first bytes of a file and no more: some files change what they describe
 * when more is read (a PCI device's config space).
 *
 * @param buf   gets at most @p size bytes
 * @param len   how many there are
 * @return 0; otherwise as sysfs_read_file().
 */
int sysfs_read_start(const char *root, void *buf, size_t size, size_t *len,
		const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/**
 * Is there such a file, folder or link target? Nothing is opened: to read some
 * files means to read a register of the device.
 *
 * @return 0; -ENOENT; -EACCES (a folder above may not be searched); -ENAMETOOLONG.
 */
int sysfs_exists(const char *root, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** A number in any base strtoull(…, 0) takes. @return 0, -EINVAL, or as above. */
int sysfs_read_u64(const char *root, uint64_t *out, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** A signed number (numa_node is -1 where unknown). */
int sysfs_read_s64(const char *root, int64_t *out, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * Last component of a symbolic link's target.
 *
 * @return 0; -ENOENT if there is no link; -ENAMETOOLONG.
 */
int sysfs_read_link_name(const char *root, char *out, size_t size,
		const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/** Target of a symbolic link as it is written. @return as sysfs_read_link_name(). */
int sysfs_read_link_target(const char *root, char *out, size_t size,
		const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/**
 * The path with all links resolved, absolute, without @p root in front.
 *
 * @return 0; -ENOENT; -ELOOP; -ENAMETOOLONG; -EXDEV if it leads out of @p root.
 */
int sysfs_read_link_path(const char *root, char *out, size_t size,
		const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/**
 * Names in a folder, sorted, without "." and "..".
 *
 * @param names  array to be freed with sysfs_free_names()
 * @return 0; -ENOENT; -ENOTDIR; -ENOMEM; -EFBIG above 262144 names.
 */
int sysfs_list(const char *root, char ***names, size_t *n, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/** Free what sysfs_list() returned; NULL is allowed. */
void sysfs_free_names(char **names, size_t n);

/** The lines of a text, one after the other. */
struct sysfs_lines {
	char *next;
	char *end;
	bool bad;	/**< a NUL, or no newline at the end: cut, or no text */
};

/** Walk @p text, which the walk cuts into lines. A bad text has no lines. */
void sysfs_lines_start(struct sysfs_lines *it, char *text, size_t len);

/** Next line without its newline, or NULL. */
char *sysfs_lines_next(struct sysfs_lines *it);

/**
 * Hex number of 1 to @p max_digits digits (at most 16), without sign or 0x.
 *
 * @return what follows the number, or NULL if there is none or it is too long.
 */
const char *sysfs_hex(const char *s, unsigned int max_digits, uint64_t *out);

/** The same with "0x" in front, up to 16 digits. */
const char *sysfs_hex0x(const char *s, uint64_t *out);

/** Make every byte '?' that is no printable ASCII: for names that are printed. @return @p s. */
char *sysfs_mask(char *s);

#ifdef __cplusplus
}
#endif

#endif /* SYSFS_H */
