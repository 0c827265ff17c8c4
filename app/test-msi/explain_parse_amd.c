/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Faults of AMD-Vi, and what it reports about itself. */

#include <string.h>

#include "explain.h"

#define AMD_EVENT "AMD-Vi: Event logged ["
#define AMD_UNATTACHED "Device not attached to domain properly]"
#define AMD_INTERRUPT 0x8
#define AMD_PRESENT 0x10
#define AMD_WRITE 0x20
#define AMD_TRANSLATION 0x100	/* a request for a translation (ATS), no access */
#define AMD_TYPE_SHIFT 9	/* of INVALID_DEVICE_REQUEST */
#define AMD_TYPE_MASK 0x7

/* "DRIVER 0000:01:00.0: AMD-Vi: Event logged [...]", or device= inside of it. */
static void
amd_device(struct explain_fault *f, const char *line)
{
	const char *at = strstr(line, ": " AMD_EVENT);
	const char *within = explain_behind(line, "device=");

	if (within != NULL) {
		f->has_addr = explain_bdf(within, &f->addr, &f->any_domain);
		return;
	}
	if (at == NULL)
		return;
	while (at > line && at[-1] != ' ')
		at--;
	f->has_addr = explain_bdf(at, &f->addr, &f->any_domain);
}

/* Events of AMD-Vi, by its specification. The address of others is that of a table or a command. */
static const struct {
	const char *name;
	enum explain_reason reason;
	bool iova;	/* the address is the one that the device accessed */
	bool access;	/* the flags say whether it was a read or a write */
} amd_events[] = {
	{ "IO_PAGE_FAULT", EXPLAIN_UNKNOWN, true, true },
	{ "ILLEGAL_DEV_TABLE_ENTRY", EXPLAIN_BROKEN, true, true },
	{ "INVALID_DEVICE_REQUEST", EXPLAIN_UNKNOWN, false, false },
	{ "INVALID_PPR_REQUEST", EXPLAIN_UNKNOWN, true, false },
	{ "DEV_TAB_HARDWARE_ERROR", EXPLAIN_BROKEN, false, true },
	{ "PAGE_TAB_HARDWARE_ERROR", EXPLAIN_BROKEN, false, true },
	{ "RMP_PAGE_FAULT", EXPLAIN_PROTECTED, false, false },
	{ "RMP_HW_ERROR", EXPLAIN_BROKEN, false, false },
	{ "IOTLB_INV_TIMEOUT", EXPLAIN_TIMEOUT, false, false },
	{ "ILLEGAL_COMMAND_ERROR", EXPLAIN_COMMAND, false, false },
	{ "COMMAND_HARDWARE_ERROR", EXPLAIN_COMMAND, false, false },
};

/*
 * The specification defines the bit for accesses to a page that is present. Hardware sets it for
 * writes to other pages too; where it is clear it may mean nothing.
 */
static void
amd_access(struct explain_fault *f, uint64_t flags)
{
	if ((flags & (AMD_INTERRUPT | AMD_TRANSLATION)) != 0)
		return;
	if ((flags & AMD_WRITE) != 0)
		f->access = EXPLAIN_WRITE;
	else if ((flags & AMD_PRESENT) != 0)
		f->access = EXPLAIN_READ;
}

/*
 * Requests that are not allowed in general or for this device. Nobody maps their addresses, which
 * are special ones of HyperTransport, or physical ones, except for reads (and non-posted writes) of
 * the range of interrupts.
 */
static void
amd_request(struct explain_fault *f, const char *text, uint64_t flags)
{
	if ((flags & AMD_TRANSLATION) != 0)
		return;
	switch (flags >> AMD_TYPE_SHIFT & AMD_TYPE_MASK) {
	case 5:	/* a posted write to the range of interrupts, which the device may not send */
	case 6:	/* a posted write to the reserved part of it */
		f->reason = EXPLAIN_INTERRUPT;
		/* fall through */
	case 0:
		f->has_iova = explain_hex(text, "address=", &f->iova);
		return;
	default:
		return;
	}
}

static void
amd_event(struct explain_fault *f, const char *text)
{
	uint64_t flags;
	const bool has_flags = explain_hex(text, "flags=", &flags);
	size_t i;

	for (i = 0; i < sizeof(amd_events) / sizeof(*amd_events); i++)
		if (strcmp(amd_events[i].name, f->code) == 0)
			break;
	if (i == sizeof(amd_events) / sizeof(*amd_events))
		return;
	f->reason = amd_events[i].reason;
	f->has_iova = amd_events[i].iova && explain_hex(text, "address=", &f->iova);
	if (!has_flags)
		return;
	if (amd_events[i].access)
		amd_access(f, flags);
	if (strcmp(f->code, "IO_PAGE_FAULT") == 0)
		f->reason = (flags & AMD_INTERRUPT) != 0 ? EXPLAIN_INTERRUPT :
			(flags & AMD_PRESENT) != 0 ? EXPLAIN_FORBIDDEN : EXPLAIN_NO_PAGE;
	else if (strcmp(f->code, "INVALID_DEVICE_REQUEST") == 0)
		amd_request(f, text, flags);
}

/* "AMD-Vi:   device=BDF domain=0x0000": the line behind AMD_UNATTACHED. */
static bool
amd_second_line(struct explain_log *log, const char *line)
{
	struct explain_fault *f = log->last;
	const char *at = explain_behind(line, "AMD-Vi: ");

	if (at == NULL || strncmp(at + strspn(at, " "), "device=", strlen("device=")) != 0)
		return false;
	if (f == NULL || f->iommu != EXPLAIN_AMDVI || f->reason != EXPLAIN_NO_TABLE || f->has_addr)
		return false;
	amd_device(f, at);
	return f->has_addr;
}

/* What is behind the bracket; @p line is all of it. */
static void
amd_take(struct explain_fault *f, const char *line, const char *at)
{
	explain_word(at, f->code, sizeof(f->code));
	amd_device(f, line);
	amd_event(f, at);
}

/* Linux 4.9 to 4.17 log what is behind the bracket as a line of its own. */
static bool
amd_other_half(struct explain_log *log, const char *line)
{
	const char *at;
	size_t i;

	if (log->half == NULL || log->half != log->last)
		return false;
	for (i = 0; i < sizeof(amd_events) / sizeof(*amd_events); i++) {
		at = strstr(line, amd_events[i].name);
		if (at != NULL && at[strlen(amd_events[i].name)] == ' ')
			break;
	}
	if (i == sizeof(amd_events) / sizeof(*amd_events))
		at = strstr(line, "UNKNOWN event[");
	if (at == NULL)
		return false;
	amd_take(log->half, at, at);
	log->half = NULL;
	return true;
}

bool
explain_line_amd(struct explain_log *log, const char *line)
{
	const char *at = explain_behind(line, AMD_EVENT);
	struct explain_fault *f;

	if (at == NULL)
		return amd_other_half(log, line) || amd_second_line(log, line);
	f = explain_begin(log, EXPLAIN_AMDVI);
	if (strncmp(at, AMD_UNATTACHED, strlen(AMD_UNATTACHED)) == 0) {
		f->reason = EXPLAIN_NO_TABLE;
		strcpy(f->code, "unattached");
		return true;
	}
	log->half = at[strspn(at, " \n")] == '\0' ? f : NULL;
	amd_take(f, line, at);
	return true;
}

/* Later kernels name the IOMMU by its own PCI address, which is not that of a device. */
bool
explain_line_amd_own(struct explain_log *log, const char *line)
{
	const char *at = explain_behind(line, "AMD-Vi: ");
	struct explain_fault *f;

	if (at == NULL)
		return false;
	if (strstr(at, "Completion-Wait loop timed out") != NULL || strstr(at, "Command buffer timeout") != NULL) {
		f = explain_begin(log, EXPLAIN_AMDVI);
		f->reason = EXPLAIN_STUCK;
		strcpy(f->code, strstr(at, "Command buffer") != NULL ? "Command buffer" : "Completion-Wait");
		return true;
	}
	if (strstr(at, "IOMMU event log overflow") == NULL && strstr(at, "IOMMU Event log restarting") == NULL)
		return false;
	log->lost++;
	return true;
}
