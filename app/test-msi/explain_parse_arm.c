/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Faults of SMMUs. SMMUv3 prints the four words of its event, and since Linux 6.15 also
 * what they mean, in two more lines. Lines of several SMMUs can alternate.
 */

#include <stdio.h>
#include <string.h>

#include <bsd/string.h>

#include "explain.h"
#include "sysfs/sysfs.h"

#define EVENT_WORDS 4
#define EVENT_READ (UINT64_C(1) << 35)	/* of the second word */
#define STREAM_SHIFT 32
#define FSYNR_WRITE 0x10
#define FSR_TRANSLATION 0x2
#define FSR_ACCESS 0x4
#define FSR_PERMISSION 0x8
#define FSR_EXTERNAL 0x10
#define FSR_SIZE 0x80
#define IOVA_BITS 52		/* the most that a stage translates */

/* Events of SMMUv3, by its architecture. */
static const struct {
	unsigned int id;
	const char *name;
	enum explain_reason reason;
	bool address;	/* the event has an address and an access */
} events[] = {
	{ 0x01, "F_UUT", EXPLAIN_UNKNOWN, true },
	{ 0x02, "C_BAD_STREAMID", EXPLAIN_NO_TABLE, false },
	{ 0x03, "F_STE_FETCH", EXPLAIN_BROKEN, false },
	{ 0x04, "C_BAD_STE", EXPLAIN_NO_TABLE, false },
	{ 0x05, "F_BAD_ATS_TREQ", EXPLAIN_UNKNOWN, true },
	{ 0x06, "F_STREAM_DISABLED", EXPLAIN_NO_TABLE, false },
	{ 0x07, "F_TRANSL_FORBIDDEN", EXPLAIN_UNKNOWN, true },
	{ 0x08, "C_BAD_SUBSTREAMID", EXPLAIN_NO_TABLE, false },
	{ 0x09, "F_CD_FETCH", EXPLAIN_BROKEN, false },
	{ 0x0a, "C_BAD_CD", EXPLAIN_BROKEN, false },
	{ 0x0b, "F_WALK_EABT", EXPLAIN_BROKEN, true },
	{ 0x10, "F_TRANSLATION", EXPLAIN_NO_PAGE, true },
	{ 0x11, "F_ADDR_SIZE", EXPLAIN_SIZE, true },
	{ 0x12, "F_ACCESS", EXPLAIN_FORBIDDEN, true },
	{ 0x13, "F_PERMISSION", EXPLAIN_FORBIDDEN, true },
	{ 0x20, "F_TLB_CONFLICT", EXPLAIN_BROKEN, true },
	{ 0x21, "F_CFG_CONFLICT", EXPLAIN_BROKEN, false },
	{ 0x25, "F_VMS_FETCH", EXPLAIN_BROKEN, false },
};

/*
 * Stage 1, which Linux uses, has no table for an address of the device that is too large (a fault of
 * the translation), so that one of the tables is. Without stage 1 it is the address of the device.
 */
static void
size_check(struct explain_fault *f)
{
	if (f->reason == EXPLAIN_SIZE && f->has_iova && f->iova >> IOVA_BITS != 0)
		f->reason = EXPLAIN_TOO_HIGH;
}

static void
event_name(struct explain_fault *f, unsigned int id)
{
	size_t i;

	snprintf(f->code, sizeof(f->code), "event 0x%02x", id);
	for (i = 0; i < sizeof(events) / sizeof(*events); i++)
		if (events[i].id == id) {
			strlcpy(f->code, events[i].name, sizeof(f->code));
			f->reason = events[i].reason;
			f->has_iova = events[i].address;
		}
}

/* One word of a raw event; complete after the fourth, which is not needed. */
static void
event_word(struct explain_log *log, struct explain_smmu *smmu, uint64_t word)
{
	struct explain_fault *open = &smmu->open;

	switch (smmu->words++) {
	case 0:
		event_name(open, (unsigned int)(word & 0xff));
		explain_stream(open, (uint32_t)(word >> STREAM_SHIFT));
		return;
	case 1:
		open->access = (word & EVENT_READ) != 0 ? EXPLAIN_READ : EXPLAIN_WRITE;
		return;
	case 2:
		open->iova = word;
		return;
	default:
		break;
	}
	smmu->raw = false;
	if (!open->has_iova) {
		open->iova = 0;
		open->access = EXPLAIN_ACCESS_UNKNOWN;
	}
	smmu->last = explain_begin(log, EXPLAIN_SMMUV3);
	*smmu->last = *open;
	smmu->last->iommu = EXPLAIN_SMMUV3;
	smmu->last->times = 1;
	size_check(smmu->last);
	smmu->undecoded = true;
}

/* Is it the raw event before it? The kernel has no name for some, and prints no address of these. */
static bool
is_last(const struct explain_smmu *smmu, const struct explain_fault *found)
{
	const struct explain_fault *f = smmu->last;

	return smmu->undecoded && f != NULL && f->has_stream && f->stream == found->stream && (!found->has_iova || f->iova == found->iova);
}

/* The kernel names a device by its address on PCI, or it is not on PCI and its ID is no address. */
static void
event_client(struct explain_fault *f, const char *client)
{
	f->has_addr = explain_bdf(client, &f->addr, &f->any_domain);
	if (f->has_addr || client[0] == '(')
		return;
	snprintf(f->client, sizeof(f->client), "%.*s", (int)strcspn(client, " \n"), client);
	sysfs_mask(f->client);
	f->has_stream = false;
	f->addr = (struct topo_addr){ 0 };
}

/* "event: NAME client: DEVICE sid: 0x18 ssid: 0x0 iova: 0x1000 ipa: 0x0" */
static void
event_decoded(struct explain_log *log, struct explain_smmu *smmu, const char *text)
{
	struct explain_fault found = { .iommu = EXPLAIN_SMMUV3, .times = 1 };
	const char *client = explain_behind(text, "client: ");
	uint64_t stream;
	size_t i;

	explain_word(text, found.code, sizeof(found.code));
	for (i = 0; i < sizeof(events) / sizeof(*events); i++)
		if (strcmp(events[i].name, found.code) == 0)
			found.reason = events[i].reason;
	if (explain_hex(text, " sid: ", &stream) && stream <= UINT32_MAX)
		explain_stream(&found, (uint32_t)stream);
	found.has_iova = explain_hex(text, "iova: ", &found.iova);
	size_check(&found);
	if (!is_last(smmu, &found)) {
		smmu->last = explain_begin(log, EXPLAIN_SMMUV3);
		*smmu->last = found;
	}
	smmu->undecoded = false;
	if (client != NULL)
		event_client(smmu->last, client);
}

bool
explain_line_smmuv3(struct explain_log *log, const char *line)
{
	struct explain_smmu *smmu;
	const char *at = explain_smmu_find(log, line, "arm-smmu-v3 ", &smmu);
	uint64_t word;

	if (at == NULL)
		return false;
	if (strncmp(at, "event 0x", strlen("event 0x")) == 0 && strstr(at, " received") != NULL) {
		smmu->open = (struct explain_fault){ 0 };
		smmu->last = NULL;
		smmu->words = 0;
		smmu->skip = 0;
		smmu->raw = true;
		return true;
	}
	if (strncmp(at, "event: ", strlen("event: ")) == 0) {
		event_decoded(log, smmu, at + strlen("event: "));
		return true;
	}
	if (strncmp(at, "priv ", 5) == 0 || strncmp(at, "unpriv ", 7) == 0) {
		if (smmu->last != NULL)
			smmu->last->access = strstr(at, " write ") != NULL ? EXPLAIN_WRITE : EXPLAIN_READ;
		smmu->last = NULL;
		return true;
	}
	/* /dev/kmsg escapes the tab, and rsyslog writes it in octal. */
	at += strspn(at, "\t ");
	if (strncmp(at, "\\x09", 4) == 0 || strncmp(at, "#011", 4) == 0)
		at += 4;
	if (strncmp(at, "0x", 2) != 0 || !explain_hex(at, "0x", &word))
		return false;
	if (smmu->skip > 0) {
		smmu->skip--;
		return true;
	}
	if (!smmu->raw)
		return false;
	event_word(log, smmu, word);
	return true;
}

static enum explain_reason
fsr_reason(uint64_t fsr)
{
	if ((fsr & FSR_TRANSLATION) != 0)
		return EXPLAIN_NO_PAGE;
	if ((fsr & (FSR_ACCESS | FSR_PERMISSION)) != 0)
		return EXPLAIN_FORBIDDEN;
	if ((fsr & FSR_SIZE) != 0)
		return EXPLAIN_SIZE;
	return (fsr & FSR_EXTERNAL) != 0 ? EXPLAIN_BROKEN : EXPLAIN_UNKNOWN;
}

static void
context_reason(struct explain_fault *f, uint64_t fsr)
{
	f->reason = fsr_reason(fsr);
	snprintf(f->code, sizeof(f->code), "fsr 0x%llx", (unsigned long long)fsr);
}

/*
 * "FSR    = 00000402 [Format=2 TF], SID=0x8" and "FSYNR0 = 00100011 [S1CBNDX=16 WNR PLVL=1]": since
 * Linux 6.11 behind "Unhandled context fault", which 6.11 itself does not log by default.
 */
static bool
context_decoded(struct explain_log *log, struct explain_smmu *smmu, const char *text)
{
	struct explain_fault *f = smmu->last, now = { 0 };
	uint64_t value, stream;

	if (explain_hex(text, "FSR    = ", &value)) {
		context_reason(&now, value);
		if (f != NULL && !smmu->bare && strcmp(f->code, now.code) == 0)
			return true;
		f = smmu->last = explain_begin(log, EXPLAIN_SMMUV2);
		context_reason(f, value);
		if (explain_hex(text, "SID=", &stream))
			explain_stream(f, (uint32_t)(stream & UINT16_MAX));
		smmu->bare = true;
		return true;
	}
	if (!explain_hex(text, "FSYNR0 = ", &value))
		return false;
	if (f != NULL && smmu->bare)
		f->access = (value & FSYNR_WRITE) != 0 ? EXPLAIN_WRITE : EXPLAIN_READ;
	smmu->last = NULL;
	return true;
}

bool
explain_line_smmuv2(struct explain_log *log, const char *line)
{
	struct explain_smmu *smmu;
	const char *at = explain_smmu_find(log, line, "arm-smmu ", &smmu);
	uint64_t fsr, fsynr, stream;
	struct explain_fault *f;

	if (at == NULL)
		return false;
	if (explain_hex(at, "Blocked unknown Stream ID ", &stream) && stream <= UINT16_MAX) {
		f = explain_begin(log, EXPLAIN_SMMUV2);
		explain_stream(f, (uint32_t)stream);
		f->reason = EXPLAIN_NO_TABLE;
		smmu->global = f;
		return true;
	}
	if (strstr(at, "Unhandled context fault: ") == NULL)
		return context_decoded(log, smmu, at);
	f = smmu->last = explain_begin(log, EXPLAIN_SMMUV2);
	smmu->bare = false;
	if (explain_hex(at, "fsr=", &fsr))
		context_reason(f, fsr);
	f->has_iova = explain_hex(at, "iova=", &f->iova);
	size_check(f);
	if (explain_hex(at, "fsynr=", &fsynr))
		f->access = (fsynr & FSYNR_WRITE) != 0 ? EXPLAIN_WRITE : EXPLAIN_READ;
	/* Since Linux 5.0. The upper half is the index of the security state, and no part of the ID. */
	if (explain_hex(at, "cbfrsynra=", &stream))
		explain_stream(f, (uint32_t)(stream & UINT16_MAX));
	return true;
}
