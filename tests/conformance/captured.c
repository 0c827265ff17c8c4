/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "captured.h"
#include "sysfs/sysfs.h"

void
captured_make(const char *root, const struct capture_device *v, size_t n, struct captured *out)
{
	struct capture c = { .root = root };
	char file[TREE_PATH_MAX + 8], why[512], *text;
	void *tree = NULL;
	sigset_t none;
	size_t len;

	*out = (struct captured){ 0 };
	sigemptyset(&none);
	assert_int_equal(tree_setup(&tree), 0);
	snprintf(out->root, sizeof(out->root), "%s", (char *)tree);
	free(tree);
	snprintf(file, sizeof(file), "%s.tar", out->root);
	assert_int_equal(tar_out_open(file, &c.tar), 0);
	assert_int_equal(capture_make(&c, v, n), 0);
	assert_int_equal(tar_out_close(c.tar, true), 0);
	out->missing = strdup(c.missing_text);
	assert_non_null(out->missing);
	capture_end(&c);
	assert_int_equal(sysfs_read_file("", &out->tar, &out->len, "%s", file), 0);
	if (tar_unpack(file, out->root, &none, why, sizeof(why)) != 0)
		fail_msg("%s", why);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(sysfs_read_file(out->root, &text, &len, "/" ANSWERS_NAME), 0);
	if (answers_parse(text, len, &out->machine, &out->answers, why, sizeof(why)) != 0)
		fail_msg("%s", why);
	free(text);
}

void
captured_free(struct captured *captured)
{
	void *tree = strdup(captured->root);

	assert_int_equal(tree_teardown(&tree), 0);
	plan_answers_free(&captured->answers);
	free(captured->tar);
	free(captured->missing);
}
