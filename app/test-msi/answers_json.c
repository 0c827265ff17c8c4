/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>
#include <jansson.h>

#include "answers_json.h"
#include "sysfs/sysfs.h"

#define ANSWERS_MAX 65536u
#define RANGES_MAX 65536u
#define PAGE_SIZE_MAX (UINT64_C(1) << 30)
#define ERRNO_MAX 4095

/* Numbers of errors differ between architectures, so use names. */
static json_t *
error_json(int ret)
{
	const char *name = strerrorname_np(-ret);

	return ret == 0 ? json_null() : json_string(name != NULL ? name : "EIO");
}

static int
error_parse(const json_t *v, int *out)
{
	const char *s = json_string_value(v), *name;
	int i;

	*out = 0;
	if (json_is_null(v))
		return 0;
	for (i = 1; s != NULL && i < ERRNO_MAX; i++) {
		name = strerrorname_np(i);
		if (name != NULL && strcmp(name, s) == 0) {
			*out = -i;
			return 0;
		}
	}
	return -EBADMSG;
}

static json_t *
hex(uint64_t v)
{
	return json_sprintf("0x%" PRIx64, v);
}

static int
hex_parse(const json_t *v, uint64_t *out)
{
	const char *s = json_string_value(v), *end;

	end = s != NULL ? sysfs_hex0x(s, out) : NULL;
	return end != NULL && *end == '\0' ? 0 : -EBADMSG;
}

static json_t *
ranges_json(const struct ioas_info *info)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < info->n_ranges; i++)
		if (json_array_append_new(list, json_pack("[oo]", hex(info->ranges[i].first),
				hex(info->ranges[i].last))) != 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static json_t *
answer_json(const struct plan_answer *a)
{
	char bdf[TOPO_BDF_LEN];
	json_t *o;

	topology_format_bdf(&a->addr, bdf, sizeof(bdf));
	o = json_pack("{s:s, s:s, s:s, s:o, s:b, s:o, s:b}", "device", bdf,
		"backend", ioas_backend_name(a->backend), "node", a->node,
		"open_error", error_json(a->opened), "asked", a->asked,
		"error", error_json(a->surveyed), "viable", a->viable);
	if (o == NULL || a->opened != 0 || !a->asked || a->surveyed != 0)
		return o;
	if (json_object_set_new(o, "ranges", ranges_json(&a->info)) == 0 &&
	    json_object_set_new(o, "page_sizes", hex(a->info.page_sizes)) == 0 &&
	    json_object_set_new(o, "mappings_left", hex(a->info.dma_avail)) == 0)
		return o;
	json_decref(o);
	return NULL;
}

char *
answers_print(const struct answers_machine *machine, const struct plan_answers *answers)
{
	json_t *list = json_array(), *o;
	char *text = NULL;
	size_t i;
	int bad = list == NULL;

	for (i = 0; bad == 0 && i < answers->n; i++)
		bad = json_array_append_new(list, answer_json(&answers->v[i]));
	o = json_pack("{s:i, s:s, s:s, s:o, s:o, s:b, s:o}", "format", ANSWERS_FORMAT,
		"kernel", machine->kernel, "machine", machine->arch,
		"page_size", hex(answers->page_size), "user_space_last", hex(machine->user_last),
		"root", machine->root, "answers", list);
	if (o != NULL && bad == 0)
		text = json_dumps(o, JSON_INDENT(1));
	json_decref(o);
	return text;
}

/* Ranges of a kernel ascend and do not overlap. */
static int
ranges_parse(const json_t *list, struct ioas_info *info)
{
	size_t n = json_array_size(list), i;

	if (!json_is_array(list) || n > RANGES_MAX)
		return -EBADMSG;
	info->ranges = calloc(n + 1, sizeof(*info->ranges));
	if (info->ranges == NULL)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		const json_t *pair = json_array_get(list, i);
		struct iova_range *r = &info->ranges[i];

		if (json_array_size(pair) != 2 ||
		    hex_parse(json_array_get(pair, 0), &r->first) != 0 ||
		    hex_parse(json_array_get(pair, 1), &r->last) != 0 ||
		    !iova_range_valid(*r) || (i > 0 && r->first <= r[-1].last))
			return -EBADMSG;
	}
	info->n_ranges = n;
	return 0;
}

static int
info_parse(const json_t *o, struct ioas_info *info)
{
	int ret = hex_parse(json_object_get(o, "page_sizes"), &info->page_sizes);

	if (ret == 0)
		ret = hex_parse(json_object_get(o, "mappings_left"), &info->dma_avail);
	if (ret == 0)
		ret = ranges_parse(json_object_get(o, "ranges"), info);
	if (ret != 0)
		ioas_info_free(info);
	return ret;
}

/* The name will be printed, so reject bytes that a terminal interprets. */
static int
name_parse(const json_t *v, char *out, size_t size)
{
	const char *s = json_string_value(v);
	size_t i;

	if (s == NULL || strlcpy(out, s, size) >= size)
		return -EBADMSG;
	for (i = 0; out[i] != '\0'; i++)
		if (out[i] <= ' ' || out[i] > '~')
			return -EBADMSG;
	return 0;
}

static int
flag_parse(const json_t *v, bool *out)
{
	*out = json_is_true(v);
	return json_is_boolean(v) ? 0 : -EBADMSG;
}

static int
answer_parse(const json_t *o, struct plan_answers *answers)
{
	const char *device = json_string_value(json_object_get(o, "device"));
	const char *backend = json_string_value(json_object_get(o, "backend"));
	struct plan_answer a = { 0 };
	int ret;

	if (device == NULL || topology_parse_bdf(device, &a.addr) != 0 || backend == NULL ||
	    ioas_backend_parse(backend, &a.backend) != 0 ||
	    a.backend == IOAS_BACKEND_AUTO ||
	    name_parse(json_object_get(o, "node"), a.node, sizeof(a.node)) != 0 ||
	    error_parse(json_object_get(o, "open_error"), &a.opened) != 0 ||
	    error_parse(json_object_get(o, "error"), &a.surveyed) != 0 ||
	    flag_parse(json_object_get(o, "asked"), &a.asked) != 0 ||
	    flag_parse(json_object_get(o, "viable"), &a.viable) != 0)
		return -EBADMSG;
	ret = a.opened == 0 && a.asked && a.surveyed == 0 ? info_parse(o, &a.info) : 0;
	if (ret == 0)
		ret = plan_answers_add(answers, &a);
	if (ret != 0)
		ioas_info_free(&a.info);
	return ret;
}

static int
fault(char *why, size_t size, int ret, const char *text)
{
	snprintf(why, size, ANSWERS_NAME " %s", text);
	return ret;
}

static int
root_parse(const json_t *o, struct answers_machine *machine, struct plan_answers *answers,
		char *why, size_t size)
{
	const json_t *list = json_object_get(o, "answers");
	uint64_t page;
	size_t i;
	int ret = 0;

	if (!json_is_integer(json_object_get(o, "format")))
		return fault(why, size, -EBADMSG, "has no format");
	if (json_integer_value(json_object_get(o, "format")) > ANSWERS_FORMAT)
		return fault(why, size, -ENOTSUP,
			"has the format of a later version; use a newer dpdk-test-msi");
	if (json_integer_value(json_object_get(o, "format")) != ANSWERS_FORMAT)
		return fault(why, size, -EBADMSG, "has an unknown format");
	if (!json_is_array(list) || json_array_size(list) > ANSWERS_MAX ||
	    name_parse(json_object_get(o, "kernel"), machine->kernel,
		    sizeof(machine->kernel)) != 0 ||
	    name_parse(json_object_get(o, "machine"), machine->arch,
		    sizeof(machine->arch)) != 0 ||
	    hex_parse(json_object_get(o, "page_size"), &page) != 0 ||
	    hex_parse(json_object_get(o, "user_space_last"), &machine->user_last) != 0 ||
	    flag_parse(json_object_get(o, "root"), &machine->root) != 0)
		return fault(why, size, -EBADMSG, "lacks a member, or a member is invalid");
	if (page < 4096 || page > PAGE_SIZE_MAX || (page & (page - 1)) != 0)
		return fault(why, size, -EBADMSG, "has an impossible page size");
	answers->page_size = page;
	for (i = 0; ret == 0 && i < json_array_size(list); i++)
		ret = answer_parse(json_array_get(list, i), answers);
	return ret == 0 ? 0 : fault(why, size, ret, ret == -ENOMEM ? strerror(ENOMEM) :
			"has an answer that can't be understood");
}

int
answers_parse(const char *text, size_t len, struct answers_machine *machine,
		struct plan_answers *answers, char *why, size_t size)
{
	json_error_t error;
	json_t *o = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	int ret;

	*machine = (struct answers_machine){ 0 };
	if (o == NULL) {
		/* The text quotes the file, so mask it. */
		snprintf(why, size, ANSWERS_NAME " line %d: is not JSON: %s", error.line,
			sysfs_mask(error.text));
		return -EBADMSG;
	}
	ret = root_parse(o, machine, answers, why, size);
	json_decref(o);
	return ret;
}
