/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Why a kernel for x86 shows no IOMMU: a word of its command line, a word that it needs, the
 * firmware, or the host of a guest. ACPI has the table DMAR of Intel, or IVRS of AMD, if the
 * firmware offers an IOMMU. Names of tables are readable for every user, but a container
 * hides them.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "sysfs/sysfs.h"
#include "topology/topology_internal.h"
#include "topology/topology_machine.h"

#define CPUINFO_LEN 4096	/* enough for the first processor */

/* The word of the other vendor does nothing. */
static bool
is_off(const char *word, const struct topo_off *out, bool known)
{
	if (strcmp(word, "intel_iommu=off") == 0)
		return out->intel || !known;
	if (strcmp(word, "amd_iommu=off") == 0)
		return !out->intel;
	return strcmp(word, "iommu=off") == 0;
}

/*
 * Find words in the command line.
 *
 * @param known  the vendor: else it may be AMD if it is not Intel
 * @return whether Intel's IOMMU is switched on
 */
static bool
words_look(const char *root, bool known, struct topo_off *out)
{
	char *text, *save, *word;
	bool on = false;

	if (sysfs_read_file(root, &text, NULL, "/proc/cmdline") != 0)
		return false;
	for (word = strtok_r(text, " \n", &save); word != NULL; word = strtok_r(NULL, " \n", &save)) {
		on |= strncmp(word, "intel_iommu=on", strlen("intel_iommu=on")) == 0;
		if (is_off(word, out, known))
			strlcpy(out->word, word, sizeof(out->word));
	}
	free(text);
	return on;
}

/* @return whether the tables are visible */
static bool
tables_look(const char *root, struct topo_off *out)
{
	char **names;
	size_t n, i;

	if (sysfs_list(root, &names, &n, "/sys/firmware/acpi/tables") != 0)
		return false;
	for (i = 0; i < n; i++)
		if (strcmp(names[i], "DMAR") == 0 || strcmp(names[i], "IVRS") == 0)
			strlcpy(out->table, names[i], sizeof(out->table));
	sysfs_free_names(names, n);
	return n > 0;
}

/* @return whether the flags of the processor are visible */
static bool
processor_look(const char *root, bool *guest, bool *intel)
{
	char text[CPUINFO_LEN + 1], *flags;
	size_t len = 0;

	*guest = *intel = false;
	if (sysfs_read_start(root, text, CPUINFO_LEN, &len, "/proc/cpuinfo") != 0)
		return false;
	text[len] = '\0';
	*intel = strstr(text, "GenuineIntel") != NULL;
	flags = strstr(text, "\nflags");
	if (flags == NULL)
		return false;
	flags[strcspn(flags + 1, "\n") + 1] = '\0';
	*guest = strstr(flags, " hypervisor") != NULL;
	return true;
}

void
topology_off_look(const char *root, struct topo_off *out)
{
	const bool tables = tables_look(root, out);
	bool guest, intel, on;
	const bool flags = processor_look(root, &guest, &intel);

	out->intel = intel || strcmp(out->table, "DMAR") == 0;
	on = words_look(root, flags || out->table[0] != '\0', out);
	if (out->word[0] != '\0')
		out->why = TOPO_OFF_WORD;
	else if (out->table[0] != '\0')
		out->why = strcmp(out->table, "DMAR") == 0 && !on ? TOPO_OFF_UNASKED : TOPO_OFF_FAILED;
	else if (tables && flags)
		out->why = guest ? TOPO_OFF_GUEST : TOPO_OFF_FIRMWARE;
}
