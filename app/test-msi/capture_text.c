/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture_text.h"
#include "sysfs/sysfs.h"
#include "topology/topology.h"

#define SEPARATOR " : "
#define N(table) (sizeof(table) / sizeof(*(table)))

static bool
begins_with(const char *s, const char *const *table, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strncmp(s, table[i], strlen(table[i])) == 0)
			return true;
	return false;
}

/* Is it a device tree node like "pcie@10000000"? A bridge's node may lack the address. */
static bool
is_node(const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_");

	if (name[len] == '\0')
		return strncmp(name, "pci", strlen("pci")) == 0;
	return len > 0 && name[len] == '@' && name[len + 1] != '\0' &&
		strspn(name + len + 1, "0123456789abcdef,") == strlen(name + len + 1);
}

/* Is it a kernel name with a number, like "dmar0" or "IOAPIC 1"? */
static bool
is_numbered(const char *name)
{
	static const char *const kinds[] = { "dmar", "IOAPIC ", "HPET " };
	size_t i, len;

	for (i = 0; i < N(kinds); i++) {
		len = strlen(kinds[i]);
		if (strncmp(name, kinds[i], len) == 0 && name[len] != '\0' &&
				strspn(name + len, "0123456789") == strlen(name + len))
			return true;
	}
	return false;
}

/*
 * A driver may choose a name with one of these beginnings, so where it can, compare the
 * whole name.
 */
static bool
name_is_taken(const char *name)
{
	static const char *const whole[] = {
		"System RAM", "System RAM (kmem)", "System RAM (virtio_mem)", "RAM buffer",
		"Reserved", "reserved", "Persistent Memory", "Persistent Memory (legacy)",
		"Unknown E820 type", "Local APIC",
	};
	static const char *const begins[] = {
		"PCI Bus ", "PCI ECAM ", "PCI MMCONFIG ", "ACPI ", "VMD ",
	};
	struct topo_addr addr;
	size_t i;

	for (i = 0; i < N(whole); i++)
		if (strcmp(name, whole[i]) == 0)
			return true;
	return topology_parse_bdf(name, &addr) == 0 || is_node(name) || is_numbered(name) ||
		begins_with(name, begins, N(begins));
}

/* Is it without characters that a terminal or a reader may interpret? */
static bool
is_plain(const char *s)
{
	for (; *s != '\0'; s++)
		if (!isalnum((unsigned char)*s) && strchr(" @:,.-_[]()=$", *s) == NULL)
			return false;
	return true;
}

static void
iomem_line(const char *line, FILE *f, struct capture_iomem *found)
{
	static const char *const kernel[] = { "Kernel " };
	const char *name = strstr(line, SEPARATOR), *s;
	uint64_t first, last;

	s = sysfs_hex(line + strspn(line, " "), 16, &first);
	if (name == NULL || s == NULL || *s != '-' || sysfs_hex(s + 1, 16, &last) != name)
		return;
	name += strlen(SEPARATOR);
	if (begins_with(name, kernel, N(kernel)))
		return;
	found->lines++;
	found->hidden &= last == 0;
	if (name_is_taken(name) && is_plain(name)) {
		fprintf(f, "%s\n", line);
		return;
	}
	found->renamed++;
	fprintf(f, "%.*s" SEPARATOR "other\n", (int)(name - line - strlen(SEPARATOR)), line);
}

int
capture_iomem(char *text, size_t len, char **out, struct capture_iomem *found)
{
	struct sysfs_lines it;
	size_t size;
	char *line;
	FILE *f;

	*found = (struct capture_iomem){ .hidden = true };
	sysfs_lines_start(&it, text, len);
	if (it.bad)
		return -EBADMSG;
	f = open_memstream(out, &size);
	if (f == NULL)
		return -ENOMEM;
	while ((line = sysfs_lines_next(&it)) != NULL)
		iomem_line(line, f, found);
	if (fclose(f) != 0) {
		free(*out);
		return -ENOMEM;
	}
	found->hidden &= found->lines > 0;
	return 0;
}

int
capture_cmdline(char *text, char **out)
{
	static const char *const begins[] = {
		"iommu=", "iommu.", "intel_iommu=", "amd_iommu=", "arm-smmu", "arm_smmu", "pci=",
		"pcie_", "vfio", "hugepages=", "hugepagesz=", "default_hugepagesz=", "efi=",
		"intremap=", "nointremap", "no5lvl", "memmap=", "mem=",
	};
	char *word, *save = NULL;
	size_t size;
	FILE *f = open_memstream(out, &size);

	if (f == NULL)
		return -ENOMEM;
	for (word = strtok_r(text, " \n", &save); word != NULL; word = strtok_r(NULL, " \n", &save))
		if (begins_with(word, begins, N(begins)) && is_plain(strchrnul(word, '=') +
				(strchr(word, '=') != NULL)))
			fprintf(f, "%s ", word);
	fputc('\n', f);
	if (fclose(f) == 0)
		return 0;
	free(*out);
	return -ENOMEM;
}

int
capture_cpuinfo(char *text, char **out)
{
	static const char *const keys[] = {
		"processor", "vendor_id", "cpu family", "model", "model name", "flags",
		"address sizes", "CPU implementer", "CPU architecture", "CPU variant", "CPU part",
		"Features", "cpu", "uarch", "isa", "mmu",
	};
	char *line, *colon, *key_end, *next;
	size_t size, i;
	FILE *f = open_memstream(out, &size);

	if (f == NULL)
		return -ENOMEM;
	for (line = text; *line != '\0' && *line != '\n'; line = next) {
		next = strchrnul(line, '\n');
		next += *next == '\n';
		colon = memchr(line, ':', (size_t)(next - line));
		if (colon == NULL)
			continue;
		for (key_end = colon; key_end > line && isspace((unsigned char)key_end[-1]); )
			key_end--;
		for (i = 0; i < N(keys); i++)
			if (strlen(keys[i]) == (size_t)(key_end - line) &&
			    strncmp(keys[i], line, strlen(keys[i])) == 0)
				fprintf(f, "%.*s", (int)(next - line), line);
	}
	if (fclose(f) == 0)
		return 0;
	free(*out);
	return -ENOMEM;
}

int
capture_mounts(char *text, char **out)
{
	static const char key[] = "pagesize=";
	char type[16], options[256], *line, *save = NULL, *at;
	size_t size;
	FILE *f = open_memstream(out, &size);

	if (f == NULL)
		return -ENOMEM;
	for (line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, "%*s %*s %15s %255s", type, options) != 2 ||
		    strcmp(type, "hugetlbfs") != 0)
			continue;
		at = strstr(options, key);
		if (at != NULL)
			fprintf(f, "none - hugetlbfs %s%.*s 0 0\n", key,
				(int)strspn(at + strlen(key), "0123456789kKMG"), at + strlen(key));
	}
	if (fclose(f) == 0)
		return 0;
	free(*out);
	return -ENOMEM;
}
