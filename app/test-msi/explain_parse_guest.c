/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Faults of virtio-iommu, and of POWER, where a fault freezes the device (EEH). */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"

#define EP "fault from EP "

/* "page fault from EP 24 at 0x1000 [RW]", or without an address "domain fault from EP 24". */
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

/* Lines about a frozen device or host bridge, and how much each says. */
static const struct {
	const char *word;	/* in the line */
	const char *code;
	enum explain_reason reason;	/* of a whole bridge */
	unsigned int rank;
	bool detected;		/* this word is in the line, too */
	bool pe;		/* it can be of a part of a bridge; others are not, also if a PE was the cause */
	bool twice;		/* up to Linux 5.4 two lines of one event */
	bool end;		/* behind the lines that name the devices */
} eeh_lines[] = {
	{ "Recovering PHB#", "recovering", EXPLAIN_BRIDGE, 0, false, true, false, false },
	{ " failure detected", "failure", EXPLAIN_BRIDGE, 1, true, false, true, false },
	{ "Frozen P", "frozen", EXPLAIN_BRIDGE, 2, true, true, true, false },
	{ "enced PHB#", "fenced", EXPLAIN_BRIDGE, 3, true, false, false, false },
	{ "dead PHB#", "dead", EXPLAIN_FAILED, 4, true, false, false, false },
	{ "Unable to recover from failure from ", "not recovered", EXPLAIN_FAILED, 5, false, true, false, true },
	/* Before Linux 5.5 the rest, "last hour and has been permanently disabled", is on the next line. */
	{ " times in the", "disabled", EXPLAIN_FAILED, 6, false, true, false, true },
};

/* Whether this line is one more of the last event. Marks it as seen. */
static bool
eeh_same(struct explain_log *log, size_t i, uint64_t phb, uint64_t pe)
{
	unsigned int bit = 1u << 2 * i;

	if (log->eeh.fault == NULL || (log->eeh.n > 0 && !eeh_lines[i].end) || log->eeh.phb != phb)
		return false;
	/* Linux 5.6 and later repeat an event of a bridge as one of its PE 0. */
	if (log->eeh.pe != pe && (log->eeh.pe != UINT64_MAX || pe != 0))
		return false;
	if ((log->eeh.seen & bit) != 0 && eeh_lines[i].twice)
		bit <<= 1;
	if ((log->eeh.seen & bit) != 0)
		return false;
	log->eeh.seen |= bit;
	return true;
}

/* What the line says, of one device of the event. */
static void
eeh_say(const struct explain_log *log, struct explain_fault *f, size_t i)
{
	strcpy(f->code, eeh_lines[i].code);
	if (log->eeh.pe == UINT64_MAX) {
		f->reason = eeh_lines[i].reason;
		snprintf(f->client, sizeof(f->client), "PHB#%x", (unsigned int)log->eeh.phb);
	} else if (eeh_lines[i].end) {
		f->reason = EXPLAIN_DISABLED;
	}
}

/* The number of the host bridge is that of its PCI domain. */
static void
eeh_take(struct explain_log *log, size_t i, uint64_t phb, uint64_t pe)
{
	size_t j;

	if (!eeh_same(log, i, phb, pe)) {
		log->eeh.fault = explain_begin(log, EXPLAIN_EEH);
		log->eeh.fault->addr.domain = (uint32_t)phb;
		log->eeh.n = 0;
		log->eeh.phb = phb;
		log->eeh.pe = pe;
		log->eeh.seen = 1u << 2 * i;
		log->eeh.rank = 0;
	}
	if (eeh_lines[i].rank < log->eeh.rank)
		return;
	log->eeh.rank = eeh_lines[i].rank;
	eeh_say(log, log->eeh.fault, i);
	for (j = 0; j < log->eeh.n; j++)
		eeh_say(log, log->eeh.device[j], i);
}

/* "Frozen PHB#1-PE#10000 detected", "Frozen PE#1 on PHB#1 detected", "Fenced PHB#1 detected, ..." */
static bool
eeh_stopped(struct explain_log *log, const char *line)
{
	struct explain_fault *f;
	uint64_t phb, pe;
	size_t i;

	for (i = 0; i < sizeof(eeh_lines) / sizeof(*eeh_lines); i++) {
		if (strstr(line, eeh_lines[i].word) == NULL ||
		    (eeh_lines[i].detected && strstr(line, "detected") == NULL) ||
		    !explain_hex(line, "PHB#", &phb) || phb > UINT32_MAX)
			continue;
		if (!eeh_lines[i].pe || !explain_hex(line, "PE#", &pe))
			pe = UINT64_MAX;
		eeh_take(log, i, phb, pe);
		return true;
	}
	if (strstr(line, "dead IOC detected") == NULL)
		return false;
	f = explain_begin(log, EXPLAIN_EEH);
	f->reason = EXPLAIN_FAILED;
	strcpy(f->code, "dead");
	strcpy(f->client, "IOC");
	return true;
}

/*
 * "PCI 0001:00:01.0#10000: EEH: Invoking ...": a device of the last event, or a bridge in front of
 * it. Each is frozen. The first completes the event, the others are faults like it.
 */
bool
explain_line_eeh(struct explain_log *log, const char *line)
{
	struct explain_fault *f = log->eeh.fault, like;
	const char *at = explain_behind(line, "PCI ");
	struct topo_addr addr;
	size_t i;
	bool any;

	if (strstr(line, "EEH") == NULL)
		return false;
	if (eeh_stopped(log, line))
		return true;
	if (at == NULL || f == NULL || f->client[0] != '\0' || !explain_bdf(at, &addr, &any) || any ||
	    addr.domain != log->eeh.phb)
		return false;
	for (i = 0; i < log->eeh.n; i++)
		if (topology_addr_cmp(&log->eeh.device[i]->addr, &addr) == 0)
			return true;
	if (i == EXPLAIN_PE_DEVICES)
		return true;
	if (i > 0) {
		like = *f;
		f = explain_begin(log, EXPLAIN_EEH);
		*f = like;
	}
	f->addr = addr;
	f->has_addr = true;
	/* The list may have been counted, as it was full: then the event is complete. */
	if (log->eeh.fault != NULL)
		log->eeh.device[log->eeh.n++] = f;
	return true;
}
