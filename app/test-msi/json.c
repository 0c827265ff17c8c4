/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Results as JSON. Addresses are hex strings, as many readers convert numbers to doubles,
 * which do not hold 64 bits.
 *
 * If a member can't be created (no memory) the whole object fails, so nothing is silently
 * missing. Text that may have names of files is made by json_text().
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hole_argument.h"
#include "test_msi.h"
#include "uapi/vfio_uapi.h"

static json_t *
hex(uint64_t v)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, v);
	return json_string(text);
}

static json_t *
number_or_null(int v)
{
	return v >= 0 ? json_integer(v) : json_null();
}

json_t *
json_device(const struct topo_device *dev)
{
	char id[8], node[VFIO_UAPI_NODE_LEN], unread[TOPO_UNREAD_LEN];
	json_t *o = json_object();
	int bad;

	tool_node(dev, node);
	bad = json_put(o, "bdf", json_string(dev->bdf));
	snprintf(id, sizeof(id), "%04x", dev->vendor);
	bad |= json_put(o, "vendor", json_string(id));
	snprintf(id, sizeof(id), "%04x", dev->device);
	bad |= json_put(o, "device", json_string(id));
	bad |= json_put(o, "bridge", json_boolean(dev->is_bridge));
	bad |= json_put(o, "driver", json_string_or_null(dev->driver));
	bad |= json_put(o, "group", number_or_null(dev->group));
	bad |= json_put(o, "node", json_string_or_null(node));
	bad |= json_put(o, "cdev", json_string_or_null(dev->cdev));
	bad |= json_put(o, "iommu", json_string_or_null(dev->iommu));
	bad |= json_put(o, "numa_node", number_or_null(dev->numa_node));
	topology_unread_names(dev, unread, sizeof(unread));
	bad |= json_put(o, "unread", json_string_or_null(unread));
	if (bad == 0)
		return o;
	json_decref(o);
	return NULL;
}

static json_t *
page_sizes(uint64_t bits)
{
	json_t *list = json_array();
	int i, bad = 0;

	for (i = 0; i < 64; i++)
		if (bits >> i & 1)
			bad |= json_array_append_new(list, hex(UINT64_C(1) << i));
	if (bad == 0)
		return list;
	json_decref(list);
	return NULL;
}

/* Results of reading the inputs of holes. */
static json_t *
inputs_json(const struct holes_view *view)
{
	json_t *o = json_object();
	int i, bad = 0;

	for (i = 0; i < HOLES_INPUTS; i++) {
		json_t *in = json_object();

		bad |= json_put(in, "sight", json_string(holes_sight_name(view->in[i].sight)));
		bad |= json_put(in, "odd", json_integer(view->in[i].odd));
		bad |= json_put(o, holes_input_name(i), in);
	}
	if (bad == 0)
		return o;
	json_decref(o);
	return NULL;
}

static json_t *
range_json(const struct iova_range *range)
{
	json_t *o = json_object();

	if ((json_put(o, "first", hex(range->first)) | json_put(o, "last", hex(range->last))) == 0)
		return o;
	json_decref(o);
	return NULL;
}

/* Add results of the survey that are not in sysfs. */
static int
put_survey(json_t *o, const struct tool_device *dev)
{
	const struct plan_device *p = &dev->plan;
	const struct ioas_info *info = &p->info;
	char argument[HOLE_ARGUMENT_LEN];
	int bad;

	bad = json_put(o, "backend", json_string(ioas_backend_name(p->backend)));
	bad |= json_put(o, "backend_why", json_string_or_null(p->backend_why));
	bad |= json_put(o, "page_sizes", page_sizes(info->page_sizes));
	bad |= json_put(o, "mappings_left", info->dma_avail > INT64_MAX ? json_null() :
			json_integer((json_int_t)info->dma_avail));
	bad |= json_put(o, "root_bus", json_string(p->topo.root_bus));
	bad |= json_put(o, "bridge_bus", json_string(p->bridge_bus));
	bad |= json_put(o, "bridge_via", json_string_or_null(p->bridge_via));
	bad |= json_put(o, "bridge_windows_from",
			json_string(holes_source_name(p->bridge.source)));
	bad |= json_put(o, "bridge_windows_complete",
			json_boolean(p->bridge.source == HOLES_SOURCE_IOMEM ||
				p->bridge.source == HOLES_SOURCE_DEVICE_TREE));
	bad |= json_put(o, "bridge_windows_shifted", json_boolean(p->bridge.shifted));
	bad |= json_put(o, "bridge_windows_offset_assumed",
			json_boolean(p->bridge.offset_assumed));
	bad |= json_put(o, "hole_argument", hole_argument(dev->bdf, &dev->plan, argument) ?
			json_string(argument) : json_null());
	bad |= json_put(o, "inputs", inputs_json(&p->bridge));
	bad |= json_put(o, "aliased", json_boolean(p->aliased));
	bad |= json_put(o, "alias_why", json_string_or_null(p->alias_why));
	bad |= json_put(o, "msi_blocked", json_boolean(p->msi == PLAN_MSI_LOST));
	bad |= json_put(o, "msi", json_string(plan_msi_name(p->msi)));
	bad |= json_put(o, "msi_why", json_string_or_null(p->msi_why));
	bad |= json_put(o, "sw_msi_place", iova_range_valid(dev->msi_place) ?
			range_json(&dev->msi_place) : json_null());
	return bad;
}

json_t *
json_planned_device(const struct tool_device *dev)
{
	/* For an absent device only the address is known. */
	json_t *o = dev->plan.topo.bdf[0] != '\0' ? json_device(&dev->plan.topo) : json_object();
	int bad;

	bad = json_put(o, "bdf", json_string(dev->bdf));
	bad |= json_put(o, "used", json_boolean(dev->used));
	bad |= json_put(o, "why", dev->used ? json_null() : json_text(dev->why));
	if (bad == 0 && dev->used)
		bad = put_survey(o, dev);
	if (bad == 0)
		return o;
	json_decref(o);
	return NULL;
}

static int
add_range(const struct iova_range *range, void *arg)
{
	return json_array_append_new(arg, range_json(range));
}

static int
add_hole(const struct iova_hole *hole, void *arg)
{
	const char *hardness = hole->hardness == IOVA_HARD ? "hard" : "soft";
	json_t *o = range_json(&hole->range);
	int bad;

	bad = json_put(o, "origin", json_string(iova_origin_name(hole->origin)));
	bad |= json_put(o, "hardness", json_string(hardness));
	bad |= json_put(o, "enforced_by", json_string(iova_enforcer_name(hole->by)));
	bad |= json_put(o, "estimated", json_boolean(iova_hole_estimated(hole)));
	bad |= json_put(o, "detail", json_text(hole->detail));
	bad |= json_put(o, "owner", json_string(hole->owner));
	if (bad == 0)
		return json_array_append_new(arg, o);
	json_decref(o);
	return -1;
}

/* Where EAL's memory would lie; null if unknown. */
static json_t *
eal_memory(const struct tool_plan *plan)
{
	static const char *const words[] = {
		[VA_BAD] = "bad", [VA_SHORT] = "short", [VA_WHOLE] = "whole",
	};
	json_t *o, *lists;
	const char *why, *iova = eal_memory_iova(plan, &why);
	size_t i;
	int bad;

	if (!plan->eal_placed && strcmp(iova, IOVA_IS_PHYSICAL) != 0)
		return json_null();
	o = json_object();
	lists = json_array();
	bad = json_put(o, "iova", json_string(iova));
	bad |= json_put(o, "iova_why", json_string(why));
	bad |= json_put(o, "steered", json_boolean(plan->eal.moved));
	bad |= json_put(o, "quality", json_string(words[plan->eal.quality]));
	for (i = 0; i < plan->eal.lists.n; i++) {
		const struct va_list_at *l = &plan->eal.lists.v[i];
		json_t *list = range_json(&l->range);

		bad |= json_put(list, "page", hex(l->page));
		bad |= json_put(list, "node", json_integer(l->node));
		bad |= json_put(list, "good_bytes",
				hex(va_good_bytes(plan->layout, l->range)));
		bad |= json_array_append_new(lists, list);
	}
	bad |= json_put(o, "lists", lists);
	if (bad == 0)
		return o;
	json_decref(o);
	return NULL;
}

void
json_plan(const struct tool_plan *plan)
{
	json_t *allowed = json_array(), *holes = json_array(), *unused = json_array();
	size_t i;
	int bad = 0;

	tool_report_put("devices", json_array());
	for (i = 0; i < plan->n; i++)
		tool_report_add("devices", json_planned_device(&plan->v[i]));
	if (plan->layout != NULL) {
		bad |= iova_layout_foreach_allowed(plan->layout, add_range, allowed);
		bad |= iova_layout_foreach_hole(plan->layout, add_hole, holes);
		bad |= iova_layout_foreach_free(plan->layout, add_range, unused);
	}
	tool_report_put("allowed", allowed);
	tool_report_put("holes", holes);
	tool_report_put("free", bad == 0 ? unused : NULL);
	tool_report_put("eal_memory", eal_memory(plan));
	memory_nodes_json(plan);
	if (bad != 0)
		json_decref(unused);
}
