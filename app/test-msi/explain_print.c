/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <inttypes.h>
#include <stdio.h>

#include "explain_print.h"
#include "test_msi.h"

#define SHOWN 4		/* candidates in a line */

static const char *
access_name(enum explain_access access)
{
	static const char *const names[] = {
		[EXPLAIN_ACCESS_UNKNOWN] = "access", [EXPLAIN_READ] = "read", [EXPLAIN_WRITE] = "write",
	};

	return names[access];
}

/* The IOMMU itself, or a host bridge; not one device. */
static bool
is_own(const struct explain_fault *f)
{
	switch (f->reason) {
	case EXPLAIN_STUCK:
	case EXPLAIN_COMMAND:
	case EXPLAIN_ABORTED:
	case EXPLAIN_FAILED:
	case EXPLAIN_BRIDGE:
		return true;
	default:
		return false;
	}
}

/* The others are no faults of a device's access. */
static bool
is_access(const struct explain_fault *f)
{
	return !is_own(f) && f->reason != EXPLAIN_TIMEOUT && f->reason != EXPLAIN_COMPLETION;
}

static void
print_device(const struct explain_fault *f, const struct explain_device *dev)
{
	size_t i;

	if (f->client[0] != '\0') {
		printf("%s (%s)", f->client, f->iommu == EXPLAIN_EEH ? "a host bridge" : "not a PCI device");
		return;
	}
	if (dev->bdf[0] == '\0') {
		printf("%s", is_own(f) ? "the IOMMU" : "an unnamed device");
		if (f->has_stream)
			printf(" (ID 0x%x)", f->stream);
		return;
	}
	if (!dev->exists) {
		printf("%s (no such function here%s)", dev->bdf, f->has_stream ? ", by the ID of the IOMMU" : "");
		return;
	}
	for (i = 0; i < dev->n && i < SHOWN; i++)
		printf("%s%s, %s", i > 0 ? "; or " : "", dev->candidate[i]->bdf,
			dev->candidate[i]->driver[0] != '\0' ? dev->candidate[i]->driver : "no driver");
	if (dev->n > SHOWN)
		printf("; or %zu more", dev->n - SHOWN);
	if (f->has_stream && !f->has_addr)
		printf(" (by ID 0x%x, if the firmware gives devices their PCI address as ID)", f->stream);
	else if (dev->id[0] != '\0')
		printf(" (by ID %s, which is not its own)", dev->id);
	else if (dev->n > 1)
		printf(" (%s)", dev->any_domain ? "the message has no PCI domain" : "the IOMMU can't distinguish them");
}

void
explain_print(const struct explain_fault *f, const struct explain_device *dev,
		const struct explain_verdict *v)
{
	const struct explain_kind *kind = &explain_kinds[v->id];

	if (f->iommu == EXPLAIN_NO_IOMMU) {
		printf("0x%" PRIx64, f->iova);
		if (dev->bdf[0] != '\0') {
			printf(", for ");
			print_device(f, dev);
		}
	} else {
		print_device(f, dev);
		printf(": ");
		if (is_access(f)) {
			printf("%s", access_name(f->access));
			if (f->has_iova)
				printf(" at 0x%" PRIx64, f->iova);
			printf(", ");
		}
		printf("%s%s%s", explain_iommu_name(f->iommu), f->code[0] != '\0' ? " " : "", f->code);
	}
	if (f->times > 1)
		printf(", %u times", f->times);
	printf("\n  %s: %s\n  cause: %s\n  do:    %s\n", kind->name, v->what, kind->cause, kind->cure);
}

/* All functions that it can be. */
static json_t *
candidates_json(const struct explain_device *dev)
{
	json_t *v = json_array();
	size_t i;

	for (i = 0; v != NULL && i < dev->n; i++)
		if (json_array_append_new(v, json_string(dev->candidate[i]->bdf)) != 0) {
			json_decref(v);
			return NULL;
		}
	return v;
}

void
explain_report(const struct explain_fault *f, const struct explain_device *dev,
		const struct explain_verdict *v)
{
	const struct explain_kind *kind = &explain_kinds[v->id];
	json_t *o = json_object();
	int bad;

	bad = json_put(o, "iommu", f->iommu == EXPLAIN_NO_IOMMU ? json_null() :
			json_string(explain_iommu_name(f->iommu)));
	bad |= json_put(o, "device", json_string_or_null(dev->bdf));
	bad |= json_put(o, "client", json_string_or_null(f->client));
	bad |= json_put(o, "exists", json_boolean(dev->exists));
	bad |= json_put(o, "assumed", json_boolean(dev->assumed));
	bad |= json_put(o, "candidates", candidates_json(dev));
	bad |= json_put(o, "driver", json_string_or_null(dev->driver));
	bad |= json_put(o, "access", f->access == EXPLAIN_ACCESS_UNKNOWN ? json_null() :
			json_string(access_name(f->access)));
	bad |= json_put(o, "iova", f->has_iova ? json_sprintf("0x%" PRIx64, f->iova) : json_null());
	bad |= json_put(o, "code", json_string_or_null(f->code));
	bad |= json_put(o, "times", json_integer(f->times));
	bad |= json_put(o, "id", json_string(kind->name));
	bad |= json_put(o, "what", json_text(v->what));
	bad |= json_put(o, "cause", json_string(kind->cause));
	bad |= json_put(o, "cure", json_string(kind->cure));
	if (bad != 0) {
		json_decref(o);
		o = NULL;
	}
	tool_report_add("explained", o);
}
