/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Faults of virtio-iommu, and of POWER, where a fault freezes the device (EEH). */

#include <stdlib.h>
#include <string.h>

#include "explain.h"

#define EP "fault from EP "

/* "page fault from EP 24 at 0x1000 [RW]"; without an address: "flags 0". */
bool
explain_line_virtio(struct explain_log *log, const char *line)
{
	const char *at = explain_behind(line, EP), *access;
	struct explain_fault *f;
	unsigned long ep;
	char *end;

	if (at == NULL || strstr(line, "virtio_iommu ") == NULL || *at < '0' || *at > '9')
		return false;
	ep = strtoul(at, &end, 10);
	if (ep > UINT32_MAX)
		return false;
	f = explain_begin(log, EXPLAIN_VIRTIO);
	explain_stream(f, (uint32_t)ep);
	f->has_iova = explain_hex(end, " at ", &f->iova);
	if (strstr(line, "page " EP) != NULL) {
		f->reason = EXPLAIN_NO_PAGE;
		strcpy(f->code, "page");
	} else if (strstr(line, "domain " EP) != NULL) {
		f->reason = EXPLAIN_NO_TABLE;
		strcpy(f->code, "domain");
	}
	access = strchr(end, '[');
	if (access != NULL && access[strcspn(access, "W]")] == 'W')
		f->access = EXPLAIN_WRITE;
	else if (access != NULL && access[strcspn(access, "R]")] == 'R')
		f->access = EXPLAIN_READ;
	return true;
}

/* "Frozen PHB#1-PE#10000 detected", "Frozen PE#1 on PHB#1 detected" */
static bool
frozen(struct explain_log *log, const char *line)
{
	struct explain_fault *f;
	uint64_t phb;

	if (strstr(line, "Frozen P") == NULL || strstr(line, "detected") == NULL ||
	    !explain_hex(line, "PHB#", &phb) || phb > UINT32_MAX)
		return false;
	f = explain_begin(log, EXPLAIN_EEH);
	/* The number of the host bridge is that of its PCI domain. */
	f->addr.domain = (uint32_t)phb;
	strcpy(f->code, "frozen");
	return true;
}

/* "PCI 0001:00:01.0#10000: EEH: Invoking ...": the device of the last frozen one. */
bool
explain_line_eeh(struct explain_log *log, const char *line)
{
	const char *at;
	struct topo_addr addr;
	bool any;

	if (strstr(line, "EEH") == NULL)
		return false;
	if (frozen(log, line))
		return true;
	at = explain_behind(line, "PCI ");
	if (at == NULL || log->last == NULL || log->last->iommu != EXPLAIN_EEH || log->last->has_addr ||
	    !explain_bdf(at, &addr, &any) || any || addr.domain != log->last->addr.domain)
		return false;
	log->last->addr = addr;
	log->last->has_addr = true;
	return true;
}
