/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Faults in lines of the kernel's log: VT-d, and what all IOMMUs share. The words are those of
 * Linux 4.1 to 7.2.
 */

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"

/*
 * Reasons of VT-d, chapter "fault conditions" of its specification. Those from 0x30 are of the
 * scalable mode. One whose cause is neither the address nor a table remains unknown.
 */
static enum explain_reason
vtd_reason(unsigned long code)
{
	if (code >= 0x20 && code <= 0x2f)
		return EXPLAIN_INTERRUPT;
	switch (code) {
	case 0x01:
	case 0x02:
	case 0x39:
	case 0x41:
	case 0x51:
	case 0x59:
		return EXPLAIN_NO_TABLE;
	case 0x04:
	case 0x80:
	case 0x83:
		return EXPLAIN_TOO_HIGH;
	case 0x05:
	case 0x06:
	case 0x71:
	case 0x79:
	case 0x85:
	case 0x86:
		return EXPLAIN_NO_PAGE;
	case 0x87:
		return EXPLAIN_INTERRUPT;
	case 0x03:
	case 0x07:
	case 0x08:
	case 0x09:
	case 0x0a:
	case 0x0b:
	case 0x0c:
	case 0x30:
	case 0x38:
	case 0x3a:
	case 0x40:
	case 0x42:
	case 0x43:
	case 0x50:
	case 0x52:
	case 0x58:
	case 0x5a:
	case 0x5b:
	case 0x70:
	case 0x72:
	case 0x73:
	case 0x78:
	case 0x7a:
	case 0x7b:
	case 0x84:
		return EXPLAIN_BROKEN;
	default:
		return EXPLAIN_UNKNOWN;
	}
}

/*
 * Hexadecimal with 0x since Linux 5.14, before that decimal. Second-level tables have
 * no bit for "present": a page without permission is one that is not mapped.
 */
static void
vtd_take_reason(struct explain_fault *f, const char *line)
{
	const char *at = explain_behind(line, "fault reason ");
	unsigned long code;

	if (at == NULL || *at < '0' || *at > '9')
		return;
	code = strncmp(at, "0x", 2) == 0 ? strtoul(at, NULL, 16) : strtoul(at, NULL, 10);
	snprintf(f->code, sizeof(f->code), "0x%02lx", code & 0xff);
	if (f->reason == EXPLAIN_UNKNOWN)
		f->reason = vtd_reason(code);
}

static bool
line_vtd(struct explain_log *log, const char *line)
{
	const char *at = explain_behind(line, "Request device [");
	struct explain_fault *f;

	/* Before Linux 4.7 the reason is on a line of its own. */
	if (at == NULL) {
		if (strstr(line, ":[fault reason ") == NULL || log->last == NULL ||
		    log->last->iommu != EXPLAIN_VTD || log->last->code[0] != '\0')
			return false;
		vtd_take_reason(log->last, line);
		return true;
	}
	if (strstr(line, "DMAR") == NULL)
		return false;
	/* Before Linux 4.7 interrupts have two brackets. */
	at += *at == '[';
	f = explain_begin(log, EXPLAIN_VTD);
	f->has_addr = explain_bdf(at, &f->addr, &f->any_domain);
	if (strstr(line, "[INTR-REMAP]") != NULL || strstr(line, "INTR-REMAP:") != NULL)
		f->reason = EXPLAIN_INTERRUPT;
	else if (strstr(line, "[DMA Read") != NULL)
		f->access = EXPLAIN_READ;
	else if (strstr(line, "[DMA Write") != NULL)
		f->access = EXPLAIN_WRITE;
	f->has_iova = explain_hex(line, "fault addr ", &f->iova);
	vtd_take_reason(f, line);
	return true;
}

/* What the kernel's limit of messages calls those about faults: the functions that log them. */
static const char *const fault_functions[] = {
	"dmar_fault", "amd_iommu_report_page_fault", "amd_iommu_report_rmp_fault",
	"amd_iommu_report_rmp_hw_error", "arm_smmu_evtq_thread", "arm_smmu_dump_event",
	"arm_smmu_context_fault", "arm_smmu_global_fault", "qcom_smmu_context_fault",
	"nvidia_smmu_context_fault_bank", "nvidia_smmu_global_fault_inst", "viommu_fault_handler",
};

/* "FUNCTION: 2474 callbacks suppressed" */
static bool
line_suppressed(struct explain_log *log, const char *line)
{
	const char *end = strstr(line, " callbacks suppressed"), *number = end, *name;
	unsigned long n;
	size_t i;

	while (number != NULL && number > line && number[-1] >= '0' && number[-1] <= '9')
		number--;
	if (number == end || number - line < 2 || number[-1] != ' ' || number[-2] != ':')
		return false;
	for (name = number - 2; name > line && (isalnum((unsigned char)name[-1]) || name[-1] == '_'); name--)
		;
	for (i = 0; i < sizeof(fault_functions) / sizeof(*fault_functions); i++)
		if (strlen(fault_functions[i]) == (size_t)(number - 2 - name) &&
		    strncmp(name, fault_functions[i], strlen(fault_functions[i])) == 0)
			break;
	if (i == sizeof(fault_functions) / sizeof(*fault_functions))
		return false;
	n = strtoul(number, NULL, 10);
	log->suppressed = n > UINT_MAX - log->suppressed ? UINT_MAX : log->suppressed + (unsigned int)n;
	return true;
}

void
explain_line(struct explain_log *log, const char *line)
{
	static bool (*const parsers[])(struct explain_log *log, const char *line) = {
		line_vtd, explain_line_amd, explain_line_vtd_queue, explain_line_amd_own,
		explain_line_smmuv3_own, explain_line_smmuv3, explain_line_smmuv2_own,
		explain_line_smmuv2, explain_line_virtio, explain_line_eeh, line_suppressed,
	};
	size_t i;

	log->lines++;
	if (strstr(line, "Linux version ") != NULL)
		explain_boot(log);
	for (i = 0; i < sizeof(parsers) / sizeof(*parsers); i++)
		if (parsers[i](log, line))
			return;
}

void
explain_read(FILE *f, struct explain_log *log)
{
	char line[EXPLAIN_LINE];
	bool begins = true, ends;

	/* What is behind a NUL in the line is seen too: the end of the line must not be missed. */
	for (;;) {
		memset(line, 0, sizeof(line));
		if (fgets(line, sizeof(line), f) == NULL)
			break;
		ends = memchr(line, '\n', sizeof(line)) != NULL;
		if (begins)
			explain_line(log, line);
		begins = ends;
	}
	explain_end(log);
}
