/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_kernel.h"
#include "scene.h"
#include "tree.h"

#define WORDS_MAX 64
#define CONFIG_LEN 64
#define DEVICES "/sys/bus/pci/devices/"

struct maker {
	const char *root;
	struct scene *scene;
	char *line[WORDS_MAX];	/* words of the current line */
	unsigned int words;
	char open_file[256];	/* file that lines with a tab are appended to, or "" */
};

static uint64_t
number(const char *word, int base)
{
	char *end;
	uint64_t v = strtoull(word, &end, base);

	if (*end != '\0' || end == word)
		fail_msg("\"%s\" is no number", word);
	return v;
}

/* Append to a file, which may exist already. */
static void
append(const char *root, const char *path, const char *text)
{
	char full[TREE_PATH_MAX];
	FILE *f;

	snprintf(full, sizeof(full), "%s%s", root, path);
	f = fopen(full, "ae");
	if (f == NULL) {
		tree_text(root, path, text);
		return;
	}
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void
make_pci(const struct maker *m)
{
	static const char *const ids[] = { "vendor", "device", "class" };
	char path[512], text[32];
	size_t i;

	snprintf(path, sizeof(path), "/devices/%s", m->line[1]);
	tree_device(m->root, path);
	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "/sys/devices/%s/%s", m->line[1], ids[i]);
		snprintf(text, sizeof(text), "0x%s\n", m->line[2 + i]);
		tree_text(m->root, path, text);
	}
}

static void
make_group(const struct maker *m)
{
	char path[256], target[256];

	snprintf(path, sizeof(path), DEVICES "%s/iommu_group", m->line[1]);
	snprintf(target, sizeof(target), "../kernel/iommu_groups/%s", m->line[2]);
	tree_link(m->root, path, target);
	snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/%s/devices/%s", m->line[2],
		m->line[1]);
	snprintf(target, sizeof(target), "../../../../bus/pci/devices/%s", m->line[1]);
	tree_link(m->root, path, target);
	if (m->words < 4)
		return;
	snprintf(path, sizeof(path), DEVICES "%s/iommu", m->line[1]);
	snprintf(target, sizeof(target), "../iommu/%s", m->line[3]);
	tree_link(m->root, path, target);
}

static void
make_row(const struct maker *m)
{
	char path[256], text[128];

	snprintf(path, sizeof(path), DEVICES "%s/resource", m->line[1]);
	snprintf(text, sizeof(text), "0x%016llx 0x%016llx 0x%016llx\n",
		(unsigned long long)number(m->line[2], 16),
		(unsigned long long)number(m->line[3], 16),
		(unsigned long long)number(m->line[4], 16));
	append(m->root, path, text);
}

static void
make_config(const struct maker *m)
{
	uint8_t data[CONFIG_LEN] = { 0x86, 0x80 };
	uint64_t at = number(m->line[2], 16), v = number(m->line[3], 16), i;
	char path[256], full[TREE_PATH_MAX];
	FILE *f;

	snprintf(path, sizeof(path), DEVICES "%s/config", m->line[1]);
	snprintf(full, sizeof(full), "%s%s", m->root, path);
	f = fopen(full, "re");
	if (f != NULL) {
		assert_int_equal(fread(data, 1, sizeof(data), f), sizeof(data));
		fclose(f);
	}
	assert_in_range(at, 0, CONFIG_LEN - 4);
	for (i = 0; i < 4; i++)
		data[at + i] = (uint8_t)(v >> 8 * i);
	tree_write(m->root, path, data, sizeof(data));
}

static void
make_cells(const struct maker *m)
{
	uint32_t cells[WORDS_MAX];
	unsigned int i;

	for (i = 2; i < m->words; i++)
		cells[i - 2] = (uint32_t)number(m->line[i], 16);
	tree_cells(m->root, m->line[1], cells, m->words - 2);
}

/* Parse a word that says why the kernel rejects a group. */
static bool
group_refused(struct fake_group *group, const char *word)
{
	if (strcmp(word, "unviable") == 0)
		group->viable = false;
	else if (strcmp(word, "direct") == 0)
		group->direct = true;
	else if (strcmp(word, "unisolated") == 0)
		group->isolated = false;
	else if (strcmp(word, "held") == 0)
		group->held = true;
	else if (strcmp(word, "noiommu") == 0)
		group->noiommu = true;
	else
		return false;
	return true;
}

static void
make_iommu(const struct maker *m)
{
	struct fake_group *group = fake_group_add((int)number(m->line[1], 10));
	unsigned int i;
	char *dash;

	dash = strchr(m->line[2], '-');
	if (dash != NULL) {
		*dash = '\0';
		group->aperture.first = number(m->line[2], 16);
	}
	group->aperture.last = number(dash != NULL ? dash + 1 : m->line[2], 16);
	for (i = 3; i < m->words; i++) {
		if (group_refused(group, m->line[i]))
			continue;
		dash = strchr(m->line[i], '-');
		assert_non_null(dash);
		*dash = '\0';
		fake_range(group, number(m->line[i], 16), number(dash + 1, 16));
	}
}

static void
make_survey(const struct maker *m)
{
	struct scene *scene = m->scene;

	assert_in_range(scene->n, 0, SCENE_SURVEYS - 1);
	assert_int_equal(topology_parse_bdf(m->line[1], &scene->survey[scene->n]), 0);
	scene->backend[scene->n] = IOAS_BACKEND_TYPE1;
	if (m->words > 2)
		assert_int_equal(ioas_backend_parse(m->line[2], &scene->backend[scene->n]), 0);
	scene->n++;
}

static void
make_process(const struct maker *m)
{
	struct scene *scene = m->scene;

	scene->user_bits = (unsigned int)number(m->line[1], 10);
	assert_in_range(scene->user_bits, 36, 56);
	scene->user_window = m->words > 2 ? (unsigned int)number(m->line[2], 10) : scene->user_bits;
	assert_in_range(scene->user_window, 36, scene->user_bits);
}

static void
make_link(const struct maker *m)
{
	tree_link(m->root, m->line[1], m->line[2]);
}

static void
make_name(const struct maker *m)
{
	char path[256], target[256];

	if (strcmp(m->line[0], "pcie") == 0) {
		snprintf(path, sizeof(path), DEVICES "%s/current_link_speed", m->line[1]);
		tree_text(m->root, path, "8.0 GT/s PCIe\n");
		return;
	}
	snprintf(path, sizeof(path), DEVICES "%s/driver", m->line[1]);
	snprintf(target, sizeof(target), "../drivers/%s", m->line[2]);
	tree_link(m->root, path, target);
}

static void
make_file(const struct maker *m)
{
	tree_text(m->root, m->line[1], "");
}

static void
word_obey(struct maker *m)
{
	static const struct {
		const char *word;
		unsigned int args;
		void (*make)(const struct maker *m);
	} table[] = {
		{ "pci", 4, make_pci }, { "pcie", 1, make_name }, { "driver", 2, make_name },
		{ "group", 2, make_group }, { "row", 4, make_row }, { "config", 3, make_config },
		{ "file", 1, make_file }, { "link", 2, make_link }, { "cells", 1, make_cells },
		{ "iommu", 2, make_iommu }, { "survey", 1, make_survey },
		{ "process", 1, make_process },
	};
	size_t i;

	m->open_file[0] = '\0';
	for (i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (strcmp(m->line[0], table[i].word) == 0 && m->words > table[i].args) {
			table[i].make(m);
			if (table[i].make == make_file)
				snprintf(m->open_file, sizeof(m->open_file), "%s", m->line[1]);
			return;
		}
	fail_msg("\"%s\" with %u words", m->line[0], m->words);
}

static void
line_obey(struct maker *m, char *text)
{
	char *save, *word;

	if (text[0] == '\t') {
		assert_string_not_equal(m->open_file, "");
		append(m->root, m->open_file, text + 1);
		append(m->root, m->open_file, "\n");
		return;
	}
	m->words = 0;
	for (word = strtok_r(text, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save)) {
		assert_in_range(m->words, 0, WORDS_MAX - 1);
		m->line[m->words++] = word;
	}
	if (m->words > 0 && m->line[0][0] != '#')
		word_obey(m);
}

void
scene_make(const char *root, const char *path, struct scene *out)
{
	struct maker m = { .root = root, .scene = out };
	char line[1024];
	FILE *f = fopen(path, "re");

	assert_non_null(f);
	*out = (struct scene){ 0 };
	while (fgets(line, sizeof(line), f) != NULL) {
		assert_non_null(strchr(line, '\n'));
		*strchr(line, '\n') = '\0';
		line_obey(&m, line);
	}
	fclose(f);
}
