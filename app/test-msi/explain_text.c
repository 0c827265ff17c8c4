/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "explain.h"
#include "sysfs/sysfs.h"

#define HEX_DIGITS 16
#define FN_BITS 3
#define DEV_BITS 5
#define BUS_SHIFT 8
#define DOMAIN_SHIFT 16

const char *
explain_behind(const char *text, const char *word)
{
	const char *at = strstr(text, word);

	return at != NULL ? at + strlen(word) : NULL;
}

bool
explain_hex(const char *text, const char *word, uint64_t *out)
{
	const char *at = explain_behind(text, word), *end;

	if (at == NULL)
		return false;
	end = strncmp(at, "0x", 2) == 0 ? sysfs_hex0x(at, out) : sysfs_hex(at, HEX_DIGITS, out);
	/* A number that goes on is another word. */
	return end != NULL && !isalnum((unsigned char)*end);
}

/* The characters of an address, without 0x in front of its parts. @return how many, 0: none or too many */
static size_t
bdf_word(const char *text, char *word, size_t size)
{
	size_t n = 0;

	for (;;) {
		if ((n == 0 || word[n - 1] == ':') && strncmp(text, "0x", 2) == 0)
			text += 2;
		if (*text == '\0' || strchr("0123456789abcdefABCDEF:.", *text) == NULL)
			break;
		if (n + 1 >= size)
			return 0;
		word[n++] = *text++;
	}
	word[n] = '\0';
	return n;
}

bool
explain_bdf(const char *text, struct topo_addr *out, bool *any_domain)
{
	char word[TOPO_BDF_LEN];
	const size_t len = bdf_word(text, word, sizeof(word));
	const char *colon;

	if (len == 0)
		return false;
	/* "0000:01:00.0: text" */
	if (word[len - 1] == ':')
		word[len - 1] = '\0';
	if (topology_parse_bdf(word, out) != 0)
		return false;
	colon = strchr(word, ':');
	*any_domain = strchr(colon + 1, ':') == NULL;
	return true;
}

void
explain_stream(struct explain_fault *fault, uint32_t stream)
{
	fault->has_stream = true;
	fault->stream = stream;
	fault->addr = (struct topo_addr){
		.domain = stream >> DOMAIN_SHIFT,
		.bus = (uint8_t)(stream >> BUS_SHIFT),
		.dev = (uint8_t)(stream >> FN_BITS & ((1 << DEV_BITS) - 1)),
		.fn = (uint8_t)(stream & ((1 << FN_BITS) - 1)),
	};
}

void
explain_word(const char *text, char *out, size_t size)
{
	snprintf(out, size, "%.*s", (int)strcspn(text, " ,:]=\n"), text);
	sysfs_mask(out);
}

const char *
explain_iommu_name(enum explain_iommu iommu)
{
	static const char *const names[] = {
		[EXPLAIN_NO_IOMMU] = "address", [EXPLAIN_VTD] = "VT-d", [EXPLAIN_AMDVI] = "AMD-Vi",
		[EXPLAIN_SMMUV3] = "SMMUv3", [EXPLAIN_SMMUV2] = "SMMUv2",
		[EXPLAIN_VIRTIO] = "virtio-iommu", [EXPLAIN_EEH] = "EEH",
	};

	return names[iommu];
}
