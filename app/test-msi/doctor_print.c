/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "doctor_print.h"
#include "tool_colour.h"

static void
print_machine(const struct doctor_facts *f)
{
	const struct doctor_machine *m = &f->machine;

	printf("kernel     Linux %s%s%s\n", m->kernel[0] != '\0' ? m->kernel : "of unknown version",
		m->container[0] != '\0' ? ", in a container: " : "", m->container);
	printf("IOMMU      %s", m->iommu == DOCTOR_NO ? "none" : m->iommus[0] != '\0' ? m->iommus :
		m->iommu == DOCTOR_YES ? "unnamed" : "unknown");
	printf(", %u groups", m->groups);
	if (m->iommu_bits != 0)
		printf(", addresses of %u bits", m->iommu_bits);
	printf("\n");
}

static const char *
word(enum doctor_known known)
{
	static const char *const words[] = {
		[DOCTOR_UNKNOWN] = "unknown", [DOCTOR_NO] = "no", [DOCTOR_YES] = "yes",
	};

	return words[known];
}

static void
print_memory(const struct doctor_facts *f)
{
	const struct doctor_user *u = &f->user;
	size_t i;

	for (i = 0; i < f->memory.n_nodes; i++) {
		const struct topo_node *n = &f->memory.nodes[i];

		printf("hugepages  ");
		if (n->node >= 0)
			printf("node %d: ", n->node);
		printf("%" PRIu64 " MiB, %" PRIu64 " MiB unused\n", n->total >> 20, n->unused >> 20);
	}
	printf("lockable   ");
	if (u->locks_all || (u->memlock_known && u->memlock == UINT64_MAX))
		printf("without limit");
	else if (u->memlock_known)
		printf("%" PRIu64 " KiB", u->memlock >> 10);
	else
		printf("unknown");
	printf("%s%s%s%s\n", u->name[0] != '\0' ? ", user " : "", u->name,
		u->unit[0] != '\0' ? ", unit " : "", u->unit);
}

/* An application may use another DPDK than this tool. */
static void
print_dpdk(const struct doctor_dpdk *d)
{
	printf("DPDK       %s%s%s%s, plugin: %s\n", d->version[0] != '\0' ? d->version : "unknown",
		d->library[0] != '\0' ? " of this tool (" : "", d->library, d->library[0] != '\0' ? ")" : "",
		d->broken[0] != '\0' ? "broken" : word(d->installed));
}

static const enum tool_colour colours[] = {
	[DOCTOR_NOTE] = TOOL_PLAIN, [DOCTOR_WARNING] = TOOL_DOUBT, [DOCTOR_FAULT] = TOOL_BAD,
};

/* The severity, in its colour. */
static void
print_severity(enum doctor_severity severity)
{
	printf("\n%s%s%s", tool_colour(stdout, colours[severity]), doctor_severity_name(severity),
		tool_colour_end(stdout, colours[severity]));
}

void
doctor_print(const struct doctor_facts *f, const struct doctor_findings *list)
{
	size_t i, used = 0;

	print_machine(f);
	printf("VFIO       vfio-pci: %s, /dev/vfio/vfio: %s, /dev/iommu: %s\n", word(f->vfio.driver),
		word(f->vfio.container), word(f->vfio.iommufd));
	print_memory(f);
	print_dpdk(&f->dpdk);
	for (i = 0; i < f->n; i++)
		used += f->v[i].used;
	printf("devices    %zu, usable: %zu\n", f->n, used);
	if (f->layout != NULL)
		printf("layout     %s\n", f->assumed_bits != 0 ? "predicted and not checked: the kernel was not asked" :
			f->limits_given ? "with the limits that were given" : "with what the kernel allows");
	for (i = 0; i < list->n; i++) {
		const struct doctor_finding *v = &list->v[i];
		const struct doctor_kind *kind = &doctor_kinds[v->id];

		print_severity(kind->severity);
		printf(" %s: %s%s%s\n", kind->name, v->about, v->about[0] != '\0' ? ": " : "", v->what);
		printf("  why: %s\n", kind->why);
		if (v->cure[0] != '\0')
			printf("  do:  %s\n", v->cure);
	}
	if (list->n == 0)
		printf("\nnothing found\n");
}

/* NULL without memory. */
static json_t *
known_json(enum doctor_known known)
{
	return known == DOCTOR_UNKNOWN ? json_null() : json_boolean(known == DOCTOR_YES);
}

static json_t *
finding_json(const struct doctor_finding *v)
{
	const struct doctor_kind *kind = &doctor_kinds[v->id];
	json_t *o = json_object();
	int bad;

	bad = json_put(o, "id", json_string(kind->name));
	bad |= json_put(o, "severity", json_string(doctor_severity_name(kind->severity)));
	bad |= json_put(o, "device", json_string_or_null(v->about));
	bad |= json_put(o, "what", json_text(v->what));
	bad |= json_put(o, "why", json_string(kind->why));
	bad |= json_put(o, "cure", json_string_or_null(v->cure));
	if (bad == 0)
		return o;
	json_decref(o);
	return NULL;
}

void
doctor_report(const struct doctor_facts *f, const struct doctor_findings *list)
{
	const struct doctor_user *u = &f->user;
	size_t i;

	tool_report_put("kernel", json_string_or_null(f->machine.kernel));
	tool_report_put("iommu", known_json(f->machine.iommu));
	tool_report_put("iommu_groups", json_integer(f->machine.groups));
	tool_report_put("iommu_bits", f->machine.iommu_bits != 0 ?
		json_integer(f->machine.iommu_bits) : json_null());
	tool_report_put("vfio_pci", known_json(f->vfio.driver));
	tool_report_put("vfio_container", known_json(f->vfio.container));
	tool_report_put("iommufd", known_json(f->vfio.iommufd));
	if (u->locks_all || (u->memlock_known && u->memlock > INT64_MAX))
		tool_report_put("lockable", json_string("unlimited"));
	else
		tool_report_put("lockable", u->memlock_known ? json_integer((json_int_t)u->memlock) : json_null());
	tool_report_put("dpdk", json_string_or_null(f->dpdk.version));
	tool_report_put("dpdk_library", json_string_or_null(f->dpdk.library));
	tool_report_put("plugin", known_json(f->dpdk.broken[0] != '\0' ? DOCTOR_NO : f->dpdk.installed));
	tool_report_put("devices", json_array());
	for (i = 0; i < f->n; i++)
		tool_report_add("devices", json_pack("{s:s, s:b}", "bdf", f->v[i].bdf, "used", f->v[i].used));
	tool_report_put("layout_checked", f->layout != NULL ? json_boolean(f->assumed_bits == 0 && !f->limits_given) : json_null());
	tool_report_put("worst", json_string(doctor_severity_name(doctor_worst(list))));
	tool_report_put("findings", json_array());
	for (i = 0; i < list->n; i++)
		tool_report_add("findings", finding_json(&list->v[i]));
}
