/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * What IOMMUs and their drivers report about themselves: commands that fail or do not complete,
 * global errors, and faults that could not be recorded. Few of these lines name a device.
 */

#include <stdio.h>
#include <string.h>

#include "explain.h"

/* Bits of VT-d's fault status register. */
#define STATUS_OVERFLOW 0x1
#define STATUS_QUEUE 0x10
#define STATUS_COMPLETION 0x20
#define STATUS_TIMEOUT 0x40
#define ONES_32 0xffffffff
#define ONES_16 0xffff
#define ONES_4 0xf

/* Bits of SMMUv3's global errors. */
#define GERROR_CMDQ 0x201
#define GERROR_EVTQ 0x4
#define GERROR_ABORTED 0xf8
#define GERROR_SERVICE 0x100

/* Bits of SMMUv2's global fault status, and of its syndrome. */
#define GFSR_UNKNOWN_STREAM 0x2
#define GFSR_BROKEN 0x4d
#define GFSR_ACCESS 0x1cf	/* a device accessed something, others are of the processor */
#define GFSYNR0_WRITE 0x2

/* In the order in which Linux 5.17 and later print them. */
static const struct {
	const char *line, *cleared, *code;
	unsigned int bit, ones;
	enum explain_reason reason;
} queue_errors[] = {
	{ "VT-d detected Invalidation Queue Error: Reason ", "Invalidation Queue Error (IQE) cleared",
		"IQE", STATUS_QUEUE, ONES_4, EXPLAIN_COMMAND },
	{ "VT-d detected Invalidation Time-out Error: SID ", "Invalidation Time-out Error (ITE) cleared",
		"ITE", STATUS_TIMEOUT, ONES_16, EXPLAIN_TIMEOUT },
	{ "VT-d detected Invalidation Completion Error: SID ", "Invalidation Completion Error (ICE) cleared",
		"ICE", STATUS_COMPLETION, ONES_16, EXPLAIN_COMPLETION },
};

/* A line that describes a bit: of the fault that the register began, or of a new one. */
static struct explain_fault *
queue_begin(struct explain_log *log, size_t i)
{
	struct explain_fault *f = log->queue.fault;

	if (f == NULL || (log->queue.status & queue_errors[i].bit) == 0)
		f = explain_begin(log, EXPLAIN_VTD);
	log->queue.fault = f;
	log->queue.status = 0;
	log->queue.said |= queue_errors[i].bit;
	f->reason = queue_errors[i].reason;
	strcpy(f->code, queue_errors[i].code);
	return f;
}

/*
 * A register that can't be read is all ones, and so is each part of it. A reason of 0xf alone
 * is no proof, an ID of 0xffff is. An ID of 0 means that this VT-d does not record the device.
 */
static void
queue_error(struct explain_log *log, size_t i, uint64_t value)
{
	const bool ones = value == queue_errors[i].ones;
	struct explain_fault *f;

	log->queue.words = true;
	if (ones && log->queue.ones && log->queue.fault != NULL && i >= log->queue.next) {
		log->queue.fault->reason = EXPLAIN_FAILED;
		log->queue.said |= queue_errors[i].bit;
		log->queue.next = (unsigned int)i + 1;
		return;
	}
	f = queue_begin(log, i);
	log->queue.ones = ones;
	log->queue.next = (unsigned int)i + 1;
	if (i == 0) {
		snprintf(f->code, sizeof(f->code), "IQE 0x%llx", (unsigned long long)value);
	} else if (ones) {
		f->reason = EXPLAIN_FAILED;
	} else if (value != 0 && value < ONES_16) {
		explain_stream(f, (uint32_t)value);
		f->has_stream = false;
		f->has_addr = true;
		f->any_domain = true;
	}
}

/* Before Linux 5.17 this line is the only one, except for a queue error. */
static void
queue_status(struct explain_log *log, uint64_t status)
{
	const unsigned int bits = (unsigned int)status & (STATUS_QUEUE | STATUS_COMPLETION | STATUS_TIMEOUT);
	struct explain_fault *f;

	if (status >= ONES_32) {
		if (log->queue.fault != NULL && log->queue.ones)
			return;
		f = explain_begin(log, EXPLAIN_VTD);
		f->reason = EXPLAIN_FAILED;
		strcpy(f->code, "status ones");
		log->queue.fault = f;
		log->queue.ones = true;
		log->queue.next = 0;
		return;
	}
	if ((status & STATUS_OVERFLOW) != 0)
		log->lost++;
	if (bits == 0 || log->queue.words)
		return;
	if ((bits & ~log->queue.said) == 0) {
		log->queue.said &= ~bits;
		return;
	}
	f = explain_begin(log, EXPLAIN_VTD);
	f->reason = (bits & STATUS_TIMEOUT) != 0 ? EXPLAIN_TIMEOUT :
		(bits & STATUS_COMPLETION) != 0 ? EXPLAIN_COMPLETION : EXPLAIN_COMMAND;
	snprintf(f->code, sizeof(f->code), "status 0x%x", bits);
	log->queue.fault = f;
	log->queue.status = bits;
	log->queue.ones = false;
}

bool
explain_line_vtd_queue(struct explain_log *log, const char *line)
{
	uint64_t value;
	size_t i;

	if (explain_hex(line, "DRHD: handling fault status reg ", &value)) {
		queue_status(log, value);
		return true;
	}
	/* Before Linux 5.17, with the status line in front of it or behind it. */
	if (strstr(line, "VT-d detected invalid descriptor") != NULL) {
		value = log->queue.status;
		queue_begin(log, 0);
		if ((value & STATUS_QUEUE) != 0)
			log->queue.said &= ~STATUS_QUEUE;
		log->queue.ones = false;
		return true;
	}
	for (i = 0; i < sizeof(queue_errors) / sizeof(*queue_errors); i++) {
		if (explain_hex(line, queue_errors[i].line, &value)) {
			queue_error(log, i, value);
			return true;
		}
		if (strstr(line, queue_errors[i].cleared) == NULL)
			continue;
		/* The end of an event; its beginning may be in front of the log. */
		if ((log->queue.said & queue_errors[i].bit) == 0) {
			queue_begin(log, i);
			log->queue.said &= ~queue_errors[i].bit;
			log->queue.ones = false;
		}
		log->queue.words = true;
		return true;
	}
	return false;
}

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static struct explain_fault *
smmuv3_begin(struct explain_log *log, enum explain_reason reason, const char *code)
{
	struct explain_fault *f = explain_begin(log, EXPLAIN_SMMUV3);

	f->reason = reason;
	snprintf(f->code, sizeof(f->code), "%s", code);
	return f;
}

/* "unexpected global error reported (0x00000001), ...": following lines describe each bit. */
static void
smmuv3_global(struct explain_log *log, struct explain_smmu *smmu, uint64_t bits)
{
	char code[EXPLAIN_WORD];

	smmu->global = NULL;
	smmu->service = (bits & GERROR_SERVICE) != 0;
	smmu->evtq = (bits & GERROR_EVTQ) != 0;
	if (smmu->evtq)
		log->lost++;
	bits &= ~(uint64_t)GERROR_EVTQ;
	if (bits == 0)
		return;
	snprintf(code, sizeof(code), "global error 0x%llx", (unsigned long long)bits);
	smmu->global = smmuv3_begin(log, (bits & GERROR_SERVICE) != 0 ? EXPLAIN_FAILED :
		(bits & GERROR_CMDQ) != 0 ? EXPLAIN_COMMAND :
		(bits & GERROR_ABORTED) != 0 ? EXPLAIN_ABORTED : EXPLAIN_UNKNOWN, code);
}

/* "CMDQ error (cons 0x0302bb84): ATC invalidate timeout": the last line of a global error. */
static void
smmuv3_cmdq(struct explain_log *log, struct explain_smmu *smmu, const char *text)
{
	static const char *const words[] = { "ATC invalidate timeout", "Illegal command", "Abort on command fetch" };
	struct explain_fault *f = smmu->global;
	size_t i;

	smmu->global = NULL;
	if (f == NULL)
		f = smmuv3_begin(log, EXPLAIN_COMMAND, "CMDQ error");
	else if (f->reason == EXPLAIN_FAILED)
		return;
	f->reason = EXPLAIN_COMMAND;
	strcpy(f->code, "CMDQ error");
	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strstr(text, words[i]) != NULL) {
			strcpy(f->code, words[i]);
			f->reason = i == 0 ? EXPLAIN_TIMEOUT : EXPLAIN_COMMAND;
		}
}

/* @return whether it is one of these lines */
static bool
smmuv3_aborted(struct explain_log *log, struct explain_smmu *smmu, const char *text)
{
	if (begins(text, "EVTQ write aborted")) {
		log->lost += !smmu->evtq;
		smmu->evtq = false;
		return true;
	}
	if (strstr(text, " write aborted") == NULL)
		return false;
	if (smmu->global == NULL)
		smmuv3_begin(log, EXPLAIN_ABORTED, "write aborted");
	return true;
}

bool
explain_line_smmuv3_own(struct explain_log *log, const char *line)
{
	struct explain_smmu *smmu;
	const char *at = explain_smmu_find(log, line, "arm-smmu-v3 ", &smmu);
	uint64_t bits;

	if (at == NULL)
		return false;
	if (begins(at, "unexpected global error") && explain_hex(at, "reported (", &bits)) {
		smmuv3_global(log, smmu, bits);
	} else if (begins(at, "device has entered Service Failure Mode")) {
		if (smmu->global == NULL || !smmu->service)
			smmu->global = smmuv3_begin(log, EXPLAIN_FAILED, "Service Failure Mode");
		smmu->service = false;
	} else if (begins(at, "CMDQ error ")) {
		smmuv3_cmdq(log, smmu, at);
	} else if (begins(at, "skipping command in error state")) {
		smmu->skip = 2;
	} else if (begins(at, "CMD_SYNC timeout") || begins(at, "CMDQ timeout")) {
		smmuv3_begin(log, EXPLAIN_STUCK, begins(at, "CMDQ") ? "CMDQ timeout" : "CMD_SYNC timeout");
	} else if (begins(at, "EVTQ overflow detected")) {
		log->lost++;
	} else {
		return smmuv3_aborted(log, smmu, at);
	}
	return true;
}

/* "GFSR 0x80000002, GFSYNR0 0x2, GFSYNR1 0x43, GFSYNR2 0x0" */
static void
smmuv2_registers(struct explain_log *log, struct explain_smmu *smmu, const char *text, uint64_t gfsr)
{
	const bool ones = gfsr >= ONES_32, access = !ones && (gfsr & GFSR_ACCESS) != 0;
	struct explain_fault *f = smmu->global;
	uint64_t gfsynr0 = 0, stream = 0;

	explain_hex(text, "GFSYNR0 ", &gfsynr0);
	/* The upper half is not of the ID. */
	if (explain_hex(text, "GFSYNR1 ", &stream))
		stream &= ONES_16;
	smmu->global = NULL;
	if (f == NULL || (f->has_stream && f->stream != stream))
		f = explain_begin(log, EXPLAIN_SMMUV2);
	snprintf(f->code, sizeof(f->code), "gfsr 0x%llx", (unsigned long long)gfsr);
	if (f->reason == EXPLAIN_UNKNOWN)
		f->reason = ones ? EXPLAIN_FAILED : (gfsr & GFSR_UNKNOWN_STREAM) != 0 ? EXPLAIN_NO_TABLE :
			(gfsr & GFSR_BROKEN) != 0 ? EXPLAIN_BROKEN : EXPLAIN_UNKNOWN;
	if (!access)
		return;
	explain_stream(f, (uint32_t)stream);
	f->access = (gfsynr0 & GFSYNR0_WRITE) != 0 ? EXPLAIN_WRITE : EXPLAIN_READ;
}

bool
explain_line_smmuv2_own(struct explain_log *log, const char *line)
{
	struct explain_smmu *smmu;
	const char *at = explain_smmu_find(log, line, "arm-smmu ", &smmu);
	struct explain_fault *f;
	uint64_t gfsr;

	if (at == NULL)
		return false;
	if (strstr(at, "Unexpected global fault") != NULL) {
		smmu->global = explain_begin(log, EXPLAIN_SMMUV2);
		strcpy(smmu->global->code, "global fault");
		return true;
	}
	if (strstr(at, "TLB sync timed out") != NULL) {
		f = explain_begin(log, EXPLAIN_SMMUV2);
		f->reason = EXPLAIN_STUCK;
		strcpy(f->code, "TLB sync");
		return true;
	}
	if (!explain_hex(at, "GFSR ", &gfsr))
		return false;
	smmuv2_registers(log, smmu, at, gfsr);
	return true;
}
