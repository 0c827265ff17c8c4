/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * A device as the user writes it: the argument of EAL's -a.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "test_msi.h"

#define NAME_LEN 64

int
tool_given_parse(const char *arg, struct tool_given *out)
{
	char name[NAME_LEN], why[PLAN_TEXT];
	const char *keys = strchrnul(arg, ',');
	size_t len = (size_t)(keys - arg);
	int ret;

	snprintf(name, sizeof(name), "%.*s", (int)len, arg);
	out->all = len < sizeof(name) && strcmp(name, VFIO_MSI_ALL) == 0;
	if (!out->all && (len >= sizeof(name) || vfio_msi_parse_name(name, &out->addr) != 0)) {
		tool_error(arg, "is not a device of this bus; write %sDDDD:BB:DD.F or %s",
			VFIO_MSI_PREFIX, VFIO_MSI_ALL);
		return -EINVAL;
	}
	ret = vfio_msi_parse_args(*keys == ',' ? keys + 1 : NULL, &out->conf, why, sizeof(why));
	if (ret < 0)
		tool_error(name, "%s", why);
	return ret;
}

int
tool_given_one(const char *arg, struct tool_given *out)
{
	char with_prefix[256];
	int ret;

	if (strncmp(arg, VFIO_MSI_PREFIX, strlen(VFIO_MSI_PREFIX)) != 0) {
		snprintf(with_prefix, sizeof(with_prefix), VFIO_MSI_PREFIX "%s", arg);
		arg = with_prefix;
	}
	ret = tool_given_parse(arg, out);
	if (ret < 0)
		return ret == -EINVAL ? STATUS_USAGE : STATUS_FAULT;
	if (!out->all)
		return -1;
	tool_error(arg, "is more than one device");
	tool_given_free(out);
	return STATUS_USAGE;
}

int
tool_given_bare(const char *arg, const char *command, struct tool_given *out)
{
	if (strchr(arg, ',') == NULL)
		return tool_given_one(arg, out);
	tool_error(arg, "%s takes no keys: it tries each backend", command);
	return STATUS_USAGE;
}

void
tool_given_free(struct tool_given *given)
{
	vfio_msi_conf_free(&given->conf);
}

int
tool_root_find(const struct tool_root_options *opt, struct tool_root *out)
{
	const char *who = opt->root != NULL ? "--root" : "layout";
	char why[PLAN_TEXT];
	int ret = tool_root_open(opt, out, why, sizeof(why));

	if (ret == 0)
		return -1;
	tool_error(who, "%s", why);
	return ret == -EINVAL ? STATUS_USAGE : STATUS_FAULT;
}

void
tool_root_caution(const struct tool_root *root)
{
	if (root->other)
		tool_error("--root", "how that machine uses its devices is not known here; run \"dpdk-test-msi list\" there before you bind a device to another driver");
}
