/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bsd/string.h>

#include "sysfs/sysfs.h"
#include "tar_file.h"
#include "tool_root.h"
#include "tool_signals.h"

#define SCRATCH "dpdk-test-msi-XXXXXX"
#define WALK_FDS 16
#define PAGE_MIN UINT64_C(4096)

static int __attribute__((format(printf, 4, 5)))
fault(int ret, char *why, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, size, fmt, ap);
	va_end(ap);
	return ret;
}

/* Parse "FIRST-LAST" at *s and advance *s. */
static int
range_parse(const char **s, struct iova_range *out)
{
	char *end;

	if (**s < '0' || **s > '9')
		return -EINVAL;
	errno = 0;
	out->first = strtoull(*s, &end, 0);
	if (errno != 0 || *end != '-' || end[1] < '0' || end[1] > '9')
		return -EINVAL;
	out->last = strtoull(end + 1, &end, 0);
	if (errno != 0 || !iova_range_valid(*out) || (*end != '\0' && *end != ','))
		return -EINVAL;
	*s = *end == ',' ? end + 1 : end;
	return *end == ',' && end[1] == '\0' ? -EINVAL : 0;
}

static int
aperture_parse(const char *s, struct ioas_info *info)
{
	/* There are at most as many ranges as characters. */
	info->ranges = calloc(strlen(s) + 1, sizeof(*info->ranges));
	if (info->ranges == NULL)
		return -ENOMEM;
	do {
		struct iova_range *r = &info->ranges[info->n_ranges];

		if (range_parse(&s, r) != 0 || (info->n_ranges > 0 && r->first <= r[-1].last))
			return -EINVAL;
		info->n_ranges++;
	} while (*s != '\0');
	return 0;
}

static int
sizes_parse(const char *s, uint64_t *out)
{
	static const char units[] = "KMG";
	const char *unit;
	uint64_t v;
	char *end;

	*out = 0;
	do {
		if (*s < '0' || *s > '9')
			return -EINVAL;
		errno = 0;
		v = strtoull(s, &end, 0);
		unit = *end != '\0' ? strchr(units, *end) : NULL;
		if (unit != NULL) {
			if (v > UINT64_MAX >> 10 * (unit - units + 1))
				return -EINVAL;
			v <<= 10 * (unit - units + 1);
			end++;
		}
		if (errno != 0 || v < PAGE_MIN || (v & (v - 1)) != 0)
			return -EINVAL;
		*out |= v;
		s = *end == ',' ? end + 1 : end;
	} while (*end == ',');
	return *end == '\0' ? 0 : -EINVAL;
}

/* Use the user's limits in place of a kernel's answers. */
static int
assume(const struct tool_root_options *opt, struct tool_root *root, char *why, size_t size)
{
	struct ioas_info *info = &root->answers.assumed;
	int ret;

	if (opt->aperture == NULL && opt->page_sizes == NULL)
		return 0;
	if (opt->aperture == NULL || opt->page_sizes == NULL)
		return fault(-EINVAL, why, size,
			"%s: give --aperture and --page-sizes together",
			opt->aperture != NULL ? opt->aperture : opt->page_sizes);
	ret = sizes_parse(opt->page_sizes, &info->page_sizes);
	if (ret < 0)
		return fault(ret, why, size,
			"%s: not a list of page sizes; write 4K,2M,1G for example",
			opt->page_sizes);
	ret = aperture_parse(opt->aperture, info);
	if (ret < 0)
		return fault(ret, why, size,
			"%s: not an ascending list of FIRST-LAST[,FIRST-LAST...]", opt->aperture);
	info->dma_avail = UINT64_MAX;
	root->answered = true;
	/* VFIO's smallest page is at least the kernel's. */
	if (root->answers.page_size == 0)
		root->answers.page_size = root->other ? info->page_sizes & -info->page_sizes :
			(uint64_t)sysconf(_SC_PAGESIZE);
	return 0;
}

static int
answers_read(struct tool_root *root, char *why, size_t size)
{
	char *text;
	size_t len;
	int ret = sysfs_read_file(root->path, &text, &len, "/" ANSWERS_NAME);

	root->answered = true;
	if (ret == -ENOENT)
		return 0;
	if (ret < 0)
		return fault(ret, why, size, ANSWERS_NAME " can't be read: %s", strerror(-ret));
	ret = answers_parse(text, len, &root->machine, &root->answers, why, size);
	root->captured = ret == 0;
	free(text);
	return ret;
}

static int
unpack(const char *path, struct tool_root *root, char *why, size_t size)
{
	const char *tmp = getenv("TMPDIR");
	char base[PATH_MAX];
	int ret;

	if (tmp == NULL || *tmp == '\0')
		tmp = "/tmp";
	/* Nothing is unpacked through a link, including the folder itself. */
	if (realpath(tmp, base) == NULL)
		return fault(-errno, why, size,
			"the folder for unpacking (TMPDIR) %s: %s; set TMPDIR to another", tmp,
			strerror(errno));
	if ((size_t)snprintf(root->scratch, sizeof(root->scratch), "%s/" SCRATCH, base) >=
			sizeof(root->scratch))
		return fault(-ENAMETOOLONG, why, size,
			"the folder for unpacking (TMPDIR) %s: the path is too long; set TMPDIR to a shorter one",
			tmp);
	tool_signals_hold(&root->held);
	if (mkdtemp(root->scratch) == NULL) {
		ret = -errno;
		tool_signals_release(&root->held);
		return fault(ret, why, size,
			"the folder for unpacking (TMPDIR) %s: no folder can be made in it: %s; set TMPDIR to another",
			base, strerror(-ret));
	}
	root->unpacked = true;
	root->path = root->scratch;
	ret = snprintf(why, size, "%s: ", path);
	if (ret < 0 || (size_t)ret >= size)
		ret = 0;
	ret = tar_unpack(path, root->scratch, &root->held, why + ret, size - (size_t)ret);
	if (ret == -ENOSPC || ret == -EDQUOT)
		strlcat(why, "; set TMPDIR to a folder with more space", size);
	return ret;
}

int
tool_root_open(const struct tool_root_options *opt, struct tool_root *out, char *why,
		size_t size)
{
	char text[PLAN_TEXT];
	struct stat st;
	int ret = 0;

	*out = (struct tool_root){ .path = "" };
	if (opt->root != NULL && *opt->root != '\0') {
		out->path = opt->root;
		out->other = true;
		if (stat(opt->root, &st) != 0)
			return fault(-errno, why, size, "%s: %s", opt->root, strerror(errno));
		if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
			return fault(-EINVAL, why, size, "%s: is neither a folder nor a regular file", opt->root);
		if (S_ISREG(st.st_mode))
			ret = unpack(opt->root, out, why, size);
		if (ret == 0) {
			ret = answers_read(out, text, sizeof(text));
			if (ret < 0)
				fault(ret, why, size, "%s: %s", opt->root, text);
		}
	}
	if (ret == 0)
		ret = assume(opt, out, why, size);
	if (ret == 0 && out->answered && out->answers.page_size == 0)
		out->answers.page_size = (uint64_t)sysconf(_SC_PAGESIZE);
	return ret;
}

struct plan_answers *
tool_root_answers(struct tool_root *root)
{
	return root->answered ? &root->answers : NULL;
}

uint64_t
tool_root_page_size(const struct tool_root *root)
{
	return root->answered ? root->answers.page_size : (uint64_t)sysconf(_SC_PAGESIZE);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)remove(path);
	return 0;
}

void
tool_root_discard(struct tool_root *root)
{
	if (!root->unpacked)
		return;
	nftw(root->scratch, remove_one, WALK_FDS, FTW_DEPTH | FTW_PHYS);
	root->unpacked = false;
	fflush(stdout);
	tool_signals_release(&root->held);
}

void
tool_root_close(struct tool_root *root)
{
	plan_answers_free(&root->answers);
	tool_root_discard(root);
	*root = (struct tool_root){ .path = "" };
}
