/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Options of a command, parsed by getopt_long() from one table. Every command has --help.
 */

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "test_msi.h"

#define TABLE_MAX 16

/* Input of getopt_long(): the long options, and the letters as one word. */
struct forms {
	struct option v[TABLE_MAX + 2];
	char letters[2 * TABLE_MAX + 2];
};

static void
forms_make(const struct tool_option *table, size_t n, struct forms *out)
{
	char *at = out->letters;
	size_t i;

	for (i = 0; i < n; i++) {
		const struct tool_option *o = &table[i];
		bool value = o->flag == NULL;

		out->v[i] = (struct option){ o->name,
			value ? required_argument : no_argument, NULL, o->letter };
		*at++ = o->letter;
		if (value)
			*at++ = ':';
	}
	out->v[i] = (struct option){ "help", no_argument, NULL, 'h' };
	*at = 'h';
}

static const struct tool_option *
find(const struct tool_option *table, size_t n, int letter)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (table[i].letter == letter)
			return &table[i];
	return NULL;
}

/* @return a STATUS_*, or -1 to go on. */
static int
take(const struct tool_option *o, const char *value)
{
	if (o->take != NULL)
		return o->take(value, o->arg);
	if (o->flag != NULL) {
		*o->flag = true;
	} else if (o->text != NULL) {
		*o->text = value;
	} else {
		*o->number = tool_parse_number(value, o->max);
		if (*o->number == 0) {
			tool_error(value, "is not a number from 1 to %u, as --%s requires",
				o->max, o->name);
			return STATUS_USAGE;
		}
	}
	return -1;
}

int
tool_options_read(int argc, char **argv, const struct tool_option *table, size_t n,
		void (*usage)(FILE *f))
{
	struct forms forms = { 0 };
	int c, ret = -1, err;

	if (n > TABLE_MAX)
		return STATUS_FAULT;
	forms_make(table, n, &forms);
	while (ret < 0 && (c = getopt_long(argc, argv, forms.letters, forms.v, NULL)) != -1) {
		const struct tool_option *o = find(table, n, c);

		if (o != NULL) {
			ret = take(o, optarg);
		} else {
			ret = c == 'h' ? STATUS_GOOD : STATUS_USAGE;
			usage(c == 'h' ? stdout : stderr);
		}
	}
	err = ret < 0 ? tool_report_begin() : 0;
	if (err == 0)
		return ret;
	tool_error("--json", "stdout can't be duplicated: %s", strerror(-err));
	return STATUS_FAULT;
}
