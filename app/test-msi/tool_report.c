/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The report of a command, for --json: one object on stdout, printed when the command has
 * ended, so that it has the exit status and every fault. It is printed also if the command
 * failed early, but not after wrong usage.
 *
 * EAL, drivers and the command's own text use stdout as well. So stdout is moved: from
 * tool_report_begin() on it is stderr, and only the report goes to the old one.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "test_msi.h"

bool tool_json;

static struct {
	json_t *members;
	json_t *faults;
	bool broken;	/* a member is missing, as there was no memory */
	FILE *out;
} report;

int
json_put(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value);
}

json_t *
json_string_or_null(const char *s)
{
	return *s != '\0' ? json_text(s) : json_null();
}

int
tool_report_begin(void)
{
	int fd;

	if (!tool_json)
		return 0;
	report.members = json_object();
	report.faults = json_array();
	report.broken = report.members == NULL || report.faults == NULL;
	fflush(stdout);
	fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return -errno;
	report.out = fdopen(fd, "w");
	if (report.out == NULL || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		return -errno;
	return 0;
}

void
tool_report_put(const char *key, json_t *value)
{
	if (!tool_json)
		json_decref(value);
	else if (json_put(report.members, key, value) != 0)
		report.broken = true;
}

void
tool_report_add(const char *list, json_t *value)
{
	if (!tool_json)
		json_decref(value);
	else if (json_array_append_new(json_object_get(report.members, list), value) != 0)
		report.broken = true;
}

void
tool_report_fault(const char *who, const char *text)
{
	json_t *o;

	if (!tool_json)
		return;
	o = json_object();
	if ((json_put(o, "about", json_text(who)) | json_put(o, "text", json_text(text))) != 0) {
		json_decref(o);
		o = NULL;
	}
	if (json_array_append_new(report.faults, o) != 0)
		report.broken = true;
}

int
tool_report_send_faults(int fd)
{
	return !tool_json || json_dumpfd(report.faults, fd, JSON_COMPACT) == 0 ? 0 : -EIO;
}

void
tool_report_take_faults(int fd)
{
	json_t *list;

	if (!tool_json)
		return;
	list = json_loadfd(fd, JSON_DISABLE_EOF_CHECK, NULL);
	if (json_array_extend(report.faults, list) != 0)
		report.broken = true;
	json_decref(list);
}

void
tool_report_forget_faults(void)
{
	if (tool_json)
		json_array_clear(report.faults);
}

static int
print(const char *command, int status)
{
	json_t *o = json_object();
	int ret = json_put(o, "schema", json_integer(TOOL_SCHEMA));

	ret |= json_put(o, "command", json_string(command));
	ret |= json_put(o, "version", json_string(TOOL_VERSION));
	ret |= json_put(o, "status", json_integer(status));
	ret |= json_put(o, "faults", json_incref(report.faults));
	if (ret == 0 && json_object_update(o, report.members) == 0)
		ret = json_dumpf(o, report.out, JSON_INDENT(2)) != 0 ||
			fputc('\n', report.out) == EOF || fflush(report.out) != 0 ? -EIO : 0;
	else
		ret = -ENOMEM;
	json_decref(o);
	return ret;
}

int
tool_report_end(const char *command, int status)
{
	int ret = 0;

	if (report.out == NULL)
		return 0;
	if (status != STATUS_USAGE)
		ret = report.broken ? -ENOMEM : print(command, status);
	fclose(report.out);
	json_decref(report.members);
	json_decref(report.faults);
	return ret;
}
