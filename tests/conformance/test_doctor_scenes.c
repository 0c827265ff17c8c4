/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * What doctor and explain say about the machines that are fixtures, and about captures of them:
 * the file "doctor" has the findings with their cures, and what some addresses are for the
 * devices. Each such machine is a test; in a tree of files all devices with a VFIO driver are
 * examined.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "captured.h"
#include "common.h"
#include "doctor.h"
#include "explain_find.h"
#include "scene.h"
#include "scene_run.h"
#include "sysfs/sysfs.h"
#include "tree.h"

/* Print the findings, to write a file from, and compare nothing. */
static bool print;

/* What some addresses are: where machines have their windows. */
static void
explain_device(FILE *f, const char *root, const struct topo_addr *addr)
{
	static const uint64_t addresses[] = {
		0, 0x8000000, 0x70000000, 0xc0000000, 0xfee00000, 0x100000000, 0x4000000000, 0xfd00000000,
	};
	struct explain_fault fault = { .iommu = EXPLAIN_NO_IOMMU, .has_iova = true, .has_addr = true,
		.addr = *addr, .times = 1 };
	struct explain_facts facts = { .processes = 1 };
	struct explain_verdict verdict;
	struct explain_finder finder;
	struct explain_device dev;
	size_t i;

	explain_finder_begin(&finder, root, NULL, 4096);
	assert_int_equal(explain_device_find(&finder, &fault, &dev), 0);
	explain_device_facts(&dev, &facts);
	for (i = 0; i < sizeof(addresses) / sizeof(*addresses); i++) {
		fault.iova = addresses[i];
		explain_judge(&fault, &facts, &verdict);
		if (verdict.id != EXPLAIN_IS_UNMAPPED)
			fprintf(f, "%s: 0x%llx: %s: %s\n", dev.bdf, (unsigned long long)fault.iova,
				explain_kinds[verdict.id].name, verdict.what);
	}
	explain_finder_end(&finder);
}

/* @param scene  which devices; NULL: all with a VFIO driver */
static char *
findings_text(const char *root, const struct scene *scene)
{
	struct doctor_findings list = { 0 };
	struct doctor_facts facts = { 0 };
	struct doctor_given *given = NULL;
	char *text;
	size_t size, i;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	assert_int_equal(doctor_read(root, true, &facts), 0);
	if (scene != NULL) {
		given = calloc(scene->n, sizeof(*given));
		assert_true(given != NULL || scene->n == 0);
		for (i = 0; i < scene->n; i++)
			given[i].addr = scene->survey[i];
	}
	assert_int_equal(doctor_devices(root, given, scene != NULL ? scene->n : 0, NULL, &facts), 0);
	free(given);
	doctor_judge(&facts, &list);
	assert_false(list.incomplete);
	for (i = 0; i < list.n; i++) {
		const struct doctor_finding *v = &list.v[i];

		fprintf(f, "%s %s: %s%s%s\n", doctor_severity_name(doctor_kinds[v->id].severity),
			doctor_kinds[v->id].name, v->about, v->about[0] != '\0' ? ": " : "", v->what);
		if (v->cure[0] != '\0')
			fprintf(f, "  do: %s\n", v->cure);
	}
	for (i = 0; i < facts.n; i++) {
		struct topo_addr addr;

		assert_int_equal(topology_parse_bdf(facts.v[i].bdf, &addr), 0);
		explain_device(f, root, &addr);
	}
	assert_int_equal(fclose(f), 0);
	doctor_findings_free(&list);
	doctor_facts_free(&facts);
	return text;
}

static void
expect_text(const char *name, const char *what, const char *text, const char *want)
{
	if (strcmp(text, want) != 0)
		fail_msg("%s%s: the findings are\n%s\nand not\n%s", name, what, text, want);
}

/* A capture must have all files that doctor and explain need. */
static void
captured_check(const char *name, const char *root, const struct scene *scene, const char *want)
{
	struct captured captured;
	char *text;

	captured_make(root, NULL, 0, &captured);
	text = findings_text(captured.root, scene);
	expect_text(name, ", captured", text, want);
	free(text);
	captured_free(&captured);
}

static void
test_scene(void **state)
{
	const struct scene_test *test = *state;
	char path[TREE_PATH_MAX + 16], root[TREE_PATH_MAX], *text, *want;
	const struct scene *scene = NULL;
	struct scene made;

	snprintf(root, sizeof(root), "%s", tree_fixture(test->name));
	snprintf(path, sizeof(path), "%s/machine", root);
	if (sysfs_exists("", "%s", path) == 0) {
		scene_make(test->root, path, &made);
		scene = &made;
		snprintf(root, sizeof(root), "%s", test->root);
	}
	text = findings_text(root, scene);
	if (print) {
		fputs(text, stdout);
	} else {
		want = scene_results(test->name, "doctor", text);
		expect_text(test->name, "", text, want);
		free(want);
		if (tar_available())
			captured_check(test->name, root, scene, text);
	}
	free(text);
}

/* With names of fixtures: print their findings. */
int
main(int argc, char **argv)
{
	print = argc > 1;
	return scene_run("doctor", true, test_scene, argv + 1, (size_t)argc - 1);
}
