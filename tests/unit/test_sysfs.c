/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "sysfs/sysfs.h"
#include "row.h"
#include "tree.h"


static void
test_file(void **state)
{
	const char *root = *state;
	char *text = NULL, dots[SYSFS_PATH_MAX + 1] = "";
	size_t len = 0;

	tree_write(root, "/sys/a", "x\0y\n", 4);
	assert_int_equal(sysfs_read_file(root, &text, &len, "/sys/%c", 'a'), 0);
	assert_int_equal(len, 4);
	assert_memory_equal(text, "x\0y\n", 5);
	free(text);
	assert_int_equal(sysfs_read_file(root, &text, NULL, "/sys/none"), -ENOENT);
	assert_int_equal(sysfs_read_file(root, &text, NULL, "/sys"), -EISDIR);
	assert_int_equal(sysfs_read_file(root, &text, NULL, "/sys/a/b"), -ENOTDIR);
	/* If truncated, each of these would be the path of another file. */
	memset(dots, '/', sizeof(dots) - 1);
	assert_int_equal(sysfs_read_file(root, &text, NULL, "%s/sys/a", dots), -ENAMETOOLONG);
	assert_int_equal(sysfs_read_file(dots, &text, NULL, "/proc/self/comm"), -ENAMETOOLONG);
}

static void
test_file_sizes(void **state)
{
	static const size_t sizes[] = { 0, 1, 4095, 4096, 4097, 8192, 100000, 4u << 20 };
	const char *root = *state;
	char *data = malloc((4u << 20) + 1), *text;
	size_t i, len;

	assert_non_null(data);
	memset(data, 'd', (4u << 20) + 1);
	EACH_ROW(i, sizes, "%zu bytes", sizes[i]) {
		tree_write(root, "/f", data, sizes[i]);
		assert_int_equal(sysfs_read_file(root, &text, &len, "/f"), 0);
		assert_int_equal(len, sizes[i]);
		assert_int_equal(strlen(text), len);
		free(text);
	}
	tree_write(root, "/f", data, (4u << 20) + 1);
	assert_int_equal(sysfs_read_file(root, &text, &len, "/f"), -EFBIG);
	free(data);
}

static void
test_u64(void **state)
{
	static const struct {
		const char *text;
		int ret;
		uint64_t v;
	} rows[] = {
		{ "0\n", 0, 0 }, { "0x8086\n", 0, 0x8086 }, { "42", 0, 42 },
		{ "18446744073709551615\n", 0, UINT64_MAX },
		{ "18446744073709551616\n", -EINVAL, 0 }, { "", -EINVAL, 0 }, { "\n", -EINVAL, 0 },
		{ "-1\n", -EINVAL, 0 }, { " 1\n", -EINVAL, 0 }, { "1 \n", -EINVAL, 0 },
		{ "+1\n", -EINVAL, 0 }, { "1\n\n", -EINVAL, 0 }, { "0x\n", -EINVAL, 0 },
		{ "word\n", -EINVAL, 0 },
	};
	const char *root = *state;
	uint64_t v;
	size_t i;

	EACH_ROW(i, rows, "%s", rows[i].text) {
		v = 77;
		tree_text(root, "/n", rows[i].text);
		assert_int_equal(sysfs_read_u64(root, &v, "/n"), rows[i].ret);
		assert_int_equal(v, rows[i].ret == 0 ? rows[i].v : 77);
	}
	tree_write(root, "/n", "1\0002\n", 4);
	assert_int_equal(sysfs_read_u64(root, &v, "/n"), -EINVAL);
	assert_int_equal(sysfs_read_u64(root, &v, "/gone"), -ENOENT);
}

static void
test_s64(void **state)
{
	static const struct {
		const char *text;
		int ret;
		int64_t v;
	} rows[] = {
		{ "-1\n", 0, -1 }, { "0\n", 0, 0 }, { "7\n", 0, 7 },
		{ "-9223372036854775808\n", 0, INT64_MIN },
		{ "9223372036854775808\n", -EINVAL, 0 }, { "-\n", -EINVAL, 0 },
		{ "- 1\n", -EINVAL, 0 }, { "1x\n", -EINVAL, 0 }, { "\n", -EINVAL, 0 },
	};
	const char *root = *state;
	int64_t v;
	size_t i;

	EACH_ROW(i, rows, "%s", rows[i].text) {
		v = 77;
		tree_text(root, "/n", rows[i].text);
		assert_int_equal(sysfs_read_s64(root, &v, "/n"), rows[i].ret);
		assert_int_equal(v, rows[i].ret == 0 ? rows[i].v : 77);
	}
}

static void
test_link(void **state)
{
	const char *root = *state;
	char out[32], small[4];

	tree_text(root, "/sys/devices/pci0000:00/dev", "");
	tree_link(root, "/sys/bus/dev", "../devices/pci0000:00/dev");
	tree_link(root, "/sys/bus/hang", "../drivers/vfio-pci");
	tree_link(root, "/sys/bus/plain", "word");
	tree_link(root, "/sys/bus/loop", "loop");
	tree_link(root, "/sys/bus/out", "/usr");
	tree_link(root, "/sys/bus/top", "../..");

	assert_int_equal(sysfs_read_link_name(root, out, sizeof(out), "/sys/bus/hang"), 0);
	assert_string_equal(out, "vfio-pci");
	assert_int_equal(sysfs_read_link_name(root, out, sizeof(out), "/sys/bus/plain"), 0);
	assert_string_equal(out, "word");
	assert_int_equal(sysfs_read_link_target(root, out, sizeof(out), "/sys/bus/hang"), 0);
	assert_string_equal(out, "../drivers/vfio-pci");
	assert_int_equal(sysfs_read_link_path(root, out, sizeof(out), "/sys/bus/dev"), 0);
	assert_string_equal(out, "/sys/devices/pci0000:00/dev");
	assert_int_equal(sysfs_read_link_path(root, out, sizeof(out), "/sys/bus/top"), 0);
	assert_string_equal(out, "/");

	assert_int_equal(sysfs_read_link_name(root, out, sizeof(out), "/sys/bus/gone"), -ENOENT);
	assert_int_equal(sysfs_read_link_name(root, out, sizeof(out), "/sys/bus"), -ENOENT);
	assert_int_equal(sysfs_read_link_name(root, small, 4, "/sys/bus/plain"), -ENAMETOOLONG);
	assert_int_equal(sysfs_read_link_path(root, small, 4, "/sys/bus/dev"), -ENAMETOOLONG);
	assert_int_equal(sysfs_read_link_path(root, out, sizeof(out), "/sys/bus/hang"), -ENOENT);
	assert_int_equal(sysfs_read_link_path(root, out, sizeof(out), "/sys/bus/loop"), -ELOOP);
	assert_int_equal(sysfs_read_link_path(root, out, sizeof(out), "/sys/bus/out"), -EXDEV);
	assert_int_equal(sysfs_read_link_path("", out, sizeof(out), "/proc/.."), 0);
	assert_string_equal(out, "/");
}

static void
test_list(void **state)
{
	const char *root = *state;
	char name[32], **names;
	size_t n, i;

	for (i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "/d/%02zu", (i * 37) % 100);
		tree_text(root, name, "");
	}
	tree_link(root, "/empty/x", "y");
	assert_int_equal(sysfs_list(root, &names, &n, "/d"), 0);
	assert_int_equal(n, 100);
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%02zu", i);
		assert_string_equal(names[i], name);
	}
	sysfs_free_names(names, n);
	assert_int_equal(sysfs_list(root, &names, &n, "/d/00"), -ENOTDIR);
	assert_int_equal(sysfs_list(root, &names, &n, "/none"), -ENOENT);
	sysfs_free_names(NULL, 0);
}

static void
test_lines(void **state)
{
	char text[] = "one\n\nthree\n", cut[] = "one\ntw", nul[] = "o\0e\n", none[] = "";
	struct sysfs_lines it;

	sysfs_lines_start(&it, text, strlen(text));
	assert_string_equal(sysfs_lines_next(&it), "one");
	assert_string_equal(sysfs_lines_next(&it), "");
	assert_string_equal(sysfs_lines_next(&it), "three");
	assert_null(sysfs_lines_next(&it));
	assert_false(it.bad);
	sysfs_lines_start(&it, none, 0);
	assert_null(sysfs_lines_next(&it));
	assert_false(it.bad);
	sysfs_lines_start(&it, cut, strlen(cut));
	assert_null(sysfs_lines_next(&it));
	assert_true(it.bad);
	sysfs_lines_start(&it, nul, 4);
	assert_true(it.bad);
}

static void
test_hex(void **state)
{
	uint64_t v = 77;

	assert_string_equal(sysfs_hex("00fFg", 4, &v), "g");
	assert_int_equal(v, 0xff);
	assert_string_equal(sysfs_hex("ffffffffffffffff", 16, &v), "");
	assert_int_equal(v, UINT64_MAX);
	assert_string_equal(sysfs_hex0x("0xaB-", &v), "-");
	assert_int_equal(v, 0xab);
	v = 77;
	assert_null(sysfs_hex("123", 2, &v));
	assert_null(sysfs_hex("00000000000000000", 99, &v));
	assert_null(sysfs_hex("", 4, &v));
	assert_null(sysfs_hex("0x1", 0, &v));
	assert_null(sysfs_hex("-1", 4, &v));
	assert_null(sysfs_hex0x("12", &v));
	assert_null(sysfs_hex0x("0y12", &v));
	assert_null(sysfs_hex0x("0x", &v));
	assert_null(sysfs_hex0x("", &v));
	assert_int_equal(v, 77);
}

static void
test_mask(void **state)
{
	char good[] = " ~az", bad[] = "a\033[2J\n\x7f\x9b\xff";

	assert_string_equal(sysfs_mask(good), " ~az");
	assert_string_equal(sysfs_mask(bad), "a?[2J????");
}

/* No descriptor leaks, and running out of descriptors is reported as an error. */
static void
test_descriptors(void **state)
{
	const char *root = *state;
	size_t before = tree_open_fds(), n;
	struct rlimit old, none;
	char *text, **names;
	uint64_t v;
	int ret[3];

	tree_text(root, "/n", "word");
	assert_int_equal(sysfs_read_u64(root, &v, "/n"), -EINVAL);
	assert_int_equal(sysfs_read_file(root, &text, NULL, "/"), -EISDIR);
	assert_int_equal(sysfs_list(root, &names, &n, "/n"), -ENOTDIR);
	assert_int_equal(sysfs_list(root, &names, &n, "/"), 0);
	sysfs_free_names(names, n);
	assert_int_equal(tree_open_fds(), before);

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = old;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	ret[0] = sysfs_read_u64(root, &v, "/n");
	ret[1] = sysfs_read_file(root, &text, NULL, "/n");
	ret[2] = sysfs_list(root, &names, &n, "/");
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(ret[0], -EMFILE);
	assert_int_equal(ret[1], -EMFILE);
	assert_int_equal(ret[2], -EMFILE);
}

static void
test_write(void **state)
{
	const char *root = *state;
	uint64_t inode = 0, other = 0;
	char *text;

	assert_int_equal(sysfs_write(root, "1", "/sys/none"), -ENOENT);
	assert_int_equal(sysfs_exists(root, "/sys/none"), -ENOENT);
	tree_text(root, "/sys/a", "0\n");
	assert_int_equal(sysfs_write(root, "1-3", "/sys/%c", 'a'), 0);
	assert_int_equal(sysfs_read_file(root, &text, NULL, "/sys/a"), 0);
	assert_string_equal(text, "1-3");
	free(text);
	assert_int_equal(sysfs_write(root, "1", "/sys"), -EISDIR);
	assert_int_equal(sysfs_write("", "1", "/dev/full"), -ENOSPC);
	assert_int_equal(sysfs_inode(root, &inode, "/sys/none"), -ENOENT);
	assert_int_equal(inode, 0);
	assert_int_equal(sysfs_inode(root, &inode, "/sys/a"), 0);
	assert_int_equal(sysfs_inode(root, &other, "/sys"), 0);
	assert_true(inode != 0 && other != 0 && inode != other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_file, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_file_sizes, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_u64, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_s64, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_link, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_list, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_write, tree_setup, tree_teardown),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_mask),
		cmocka_unit_test_setup_teardown(test_descriptors, tree_setup, tree_teardown),
	};

	return cmocka_run_group_tests_name("sysfs", tests, NULL, NULL);
}
