/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * A machine as the fixtures have it (scene.h): files and answers of the kernel. Its devices
 * are surveyed, and all that is found goes into one layout.
 */

#include <errno.h>
#include <inttypes.h>

#include "fake_kernel.h"
#include "fuzz.h"
#include "fuzz_files.h"
#define FUZZ_SCENE_DEFINED_HERE
#include "fuzz_scene.h"
#include "plan/plan.h"
#include "scene.h"
#include "sysfs/sysfs.h"
#include "tree.h"

#define INPUT ""
#define KEPT_MAX 400		/* files; less than those in memory may be */

static const uint8_t *input;
static size_t input_size;
static void *kept[KEPT_MAX];
static size_t n_kept;
static FILE *opened;		/* one at a time, and the input */
static FILE *of_input;
static char *appended, append_path[TREE_PATH_MAX];
static size_t appended_len;
static jmp_buf rejected;

void
fuzz_scene_reject(void)
{
	longjmp(rejected, 1);
}

void
tree_write(const char *root, const char *path, const void *data, size_t len)
{
	void *copy;

	if (n_kept == KEPT_MAX || path[0] != '/' || strlen(path) > 200)
		fuzz_scene_reject();
	copy = fuzz_copy(data, len);
	kept[n_kept++] = copy;
	fuzz_file(path, copy, len);
}

void
tree_text(const char *root, const char *path, const char *text)
{
	tree_write(root, path, text, strlen(text));
}

void
tree_cells(const char *root, const char *path, const uint32_t *cells, size_t n)
{
	uint8_t bytes[4 * 64];
	size_t i;

	for (i = 0; i < 4 * n; i++)
		bytes[i] = (uint8_t)(cells[i / 4] >> (24 - 8 * (i % 4)));
	tree_write(root, path, bytes, 4 * n);
}

void
tree_link(const char *root, const char *path, const char *target)
{
	if (n_kept == KEPT_MAX || path[0] != '/' || strlen(path) > 200 || target[0] == '\0')
		fuzz_scene_reject();
	kept[n_kept++] = NULL;
	fuzz_link(path, target);
}

void
tree_device(const char *root, const char *path)
{
	static const char *const files[] = { "vendor", "device", "class", "subsystem_vendor",
		"subsystem_device" };
	char name[512], target[512];
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(*files); i++) {
		snprintf(name, sizeof(name), "/sys%s/%s", path, files[i]);
		tree_text(root, name, "0x1af4\n");
	}
	snprintf(name, sizeof(name), "/sys/bus/pci/devices/%s", strrchr(path, '/') + 1);
	snprintf(target, sizeof(target), "../../..%s", path);
	tree_link(root, name, target);
}

/* The content of a file in memory; NULL without it. */
static char *
content(const char *path, size_t *len)
{
	char *text;

	return sysfs_read_file("", &text, len, "%s", path) == 0 ? text : NULL;
}

FILE *
fuzz_scene_open(const char *path, const char *mode)
{
	size_t len;
	char *text;

	if (strcmp(path, INPUT) == 0) {
		of_input = fmemopen((void *)(uintptr_t)input, input_size, "r");
		return of_input;
	}
	text = content(path, &len);
	if (text == NULL)
		return NULL;
	if (n_kept == KEPT_MAX || len == 0 || strlen(path) > 200) {
		free(text);
		fuzz_scene_reject();
	}
	kept[n_kept++] = text;
	if (mode[0] == 'r') {
		opened = fmemopen(text, len, "r");
		return opened;
	}
	snprintf(append_path, sizeof(append_path), "%s", path + strlen(FUZZ_ROOT));
	opened = open_memstream(&appended, &appended_len);
	fwrite(text, 1, len, fuzz_memory(opened));
	return opened;
}

int
fuzz_scene_close(FILE *f)
{
	bool appends = f == opened && append_path[0] != '\0';
	char path[TREE_PATH_MAX];

	fclose(f);
	if (f == of_input) {
		of_input = NULL;
		return 0;
	}
	opened = NULL;
	if (!appends)
		return 0;
	snprintf(path, sizeof(path), "%s", append_path);
	append_path[0] = '\0';
	tree_write("", path, appended, appended_len);
	free(appended);
	appended = NULL;
	return 0;
}

/* A group of the fake kernel has a limited number of ranges, one for each dash in a line. */
static bool
fits(void)
{
	size_t i, dashes = 0;

	for (i = 0; i < input_size && dashes <= FAKE_RESERVED; i++)
		dashes = input[i] == '\n' ? 0 : dashes + (input[i] == '-');
	return input_size > 0 && dashes <= FAKE_RESERVED;
}

static void
survey(const struct scene *scene, struct iova_layout *layout)
{
	struct plan_request request = { .root = FUZZ_ROOT };
	struct ioas *space = NULL;
	char why[PLAN_WHY];
	unsigned int i;
	size_t j;
	int ret;

	for (i = 0; i < scene->n; i++) {
		struct plan_device pd;

		request.addr = scene->survey[i];
		request.backend = scene->backend[i];
		why[0] = '\0';
		ret = plan_survey(&request, &space, &pd, why, sizeof(why));
		FUZZ_CHECK(ret == 0 || why[0] != '\0');
		for (j = 0; j < pd.holes.n; j++)
			FUZZ_CHECK(iova_range_valid(pd.holes.v[j].range));
		if (ret == 0)
			plan_add(layout, &pd, why, sizeof(why));
		FUZZ_CHECK(iova_layout_check(layout, stderr) == 0);
		plan_device_free(&pd);
	}
	ioas_close(space);
}

static void
machine_forget(void)
{
	if (of_input != NULL)
		fclose(of_input);
	if (opened != NULL)
		fclose(opened);
	free(appended);
	of_input = opened = NULL;
	appended = NULL;
	append_path[0] = '\0';
	while (n_kept > 0)
		free(kept[--n_kept]);
	fuzz_files_reset();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct scene scene;
	struct iova_layout *layout;

	input = data;
	input_size = size;
	if (!fits())
		return 0;
	fake_reset();
	if (setjmp(rejected) == 0) {
		scene_make(FUZZ_ROOT, INPUT, &scene);
		FUZZ_CHECK(iova_layout_create(&layout) == 0);
		survey(&scene, layout);
		iova_layout_destroy(layout);
	}
	machine_forget();
	fuzz_files_check();
	FUZZ_CHECK(fake_leaks(stderr) == 0);
	return 0;
}
