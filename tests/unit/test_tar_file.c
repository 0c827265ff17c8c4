/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Unpacking a tar file from an untrusted source. The entries of a capture are unpacked
 * unchanged. Any other entry ends the unpacking. No file is created outside the directory.
 */

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <archive.h>
#include <archive_entry.h>

#include "sysfs/sysfs.h"
#include "tar_file.h"
#include "tool_signals.h"
#include "tree.h"

#define MIB (1u << 20)

/* Three directories deep, so that "../.." from inside is still in the tree of the test. */
static char folder[TREE_PATH_MAX], file[TREE_PATH_MAX], why[512];
static volatile sig_atomic_t signals;

static int
setup(void **state)
{
	if (tree_setup(state) != 0)
		return -1;
	tree_text(*state, "/out/side/mark", "");
	tree_text(*state, "/out/side/in/mark", "");
	snprintf(folder, sizeof(folder), "%s/out/side/in", (char *)*state);
	snprintf(file, sizeof(file), "%s/file.tar", (char *)*state);
	return 0;
}

/* Append an entry that may be malicious. */
static void
entry(struct archive *a, mode_t type, const char *name, const char *target, size_t size)
{
	static const char zeros[8 * MIB];
	struct archive_entry *e = archive_entry_new();

	archive_entry_set_pathname(e, name);
	archive_entry_set_filetype(e, type);
	archive_entry_set_perm(e, 04777);
	archive_entry_set_size(e, (la_int64_t)size);
	if (type == AE_IFLNK)
		archive_entry_set_symlink(e, target);
	else if (target != NULL)
		archive_entry_set_hardlink(e, target);
	assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
	if (size > 0)
		assert_int_equal(archive_write_data(a, zeros, size), size);
	archive_entry_free(e);
}

static struct archive *
begin(bool packed)
{
	struct archive *a = archive_write_new();

	assert_int_equal(archive_write_set_format_pax_restricted(a), ARCHIVE_OK);
	if (packed)
		assert_int_equal(archive_write_add_filter_gzip(a), ARCHIVE_OK);
	assert_int_equal(archive_write_open_filename(a, file), ARCHIVE_OK);
	return a;
}

static void
end(struct archive *a)
{
	assert_int_equal(archive_write_free(a), ARCHIVE_OK);
}

/* Count the names in a directory of the tree. */
static size_t
count(const char *root, const char *path)
{
	char **names;
	size_t n;

	assert_int_equal(sysfs_list(root, &names, &n, "%s", path), 0);
	sysfs_free_names(names, n);
	return n;
}

static int
unpack(void)
{
	sigset_t none;

	sigemptyset(&none);
	return tar_unpack(file, folder, &none, why, sizeof(why));
}

static void
expect_refused(const char *root, int error, const char *words)
{
	int ret = unpack();

	if (ret != error || strstr(why, words) == NULL)
		fail_msg("%d \"%s\" and not %d \"%s\"", ret, why, error, words);
	assert_int_equal(count(root, ""), 2);
	assert_int_equal(count(root, "/out"), 1);
	assert_int_equal(count(root, "/out/side"), 2);
}

static void
refused(const char *root, mode_t type, const char *name, const char *target, const char *words)
{
	struct archive *a = begin(false);

	entry(a, type, name, target, 0);
	end(a);
	expect_refused(root, -EBADMSG, words);
}

static void
test_round(void **state)
{
	static const char config[64] = { 'a', 0, 'b' };
	char text[64], *data;
	struct tar_out *tar;
	size_t len;

	assert_int_equal(tar_out_open(file, &tar), 0);
	assert_int_equal(tar_out_folder(tar, "sys/empty"), 0);
	assert_int_equal(tar_out_link(tar, "sys/bus/pci/devices/x", "../../../devices/x"), 0);
	assert_int_equal(tar_out_file(tar, "sys/devices/x/config", config, sizeof(config)), 0);
	assert_int_equal(tar_out_file(tar, "sys/devices/x/none", "", 0), 0);
	assert_int_equal(tar_out_close(tar, true), 0);
	assert_int_equal(tar_out_open(file, &tar), -EEXIST);
	assert_int_equal(unpack(), 0);
	assert_int_equal(sysfs_read_file(folder, &data, &len, "/sys/bus/pci/devices/x/config"), 0);
	assert_int_equal(len, sizeof(config));
	assert_memory_equal(data, config, sizeof(config));
	free(data);
	assert_int_equal(sysfs_read_link_target(folder, text, sizeof(text),
			"/sys/bus/pci/devices/x"), 0);
	assert_string_equal(text, "../../../devices/x");
	assert_int_equal(count(folder, "/sys/empty"), 0);
	assert_int_equal(count(folder, "/sys/devices/x"), 2);
	assert_int_equal(unlink(file), 0);
	/* An incomplete file is removed. */
	assert_int_equal(tar_out_open(file, &tar), 0);
	assert_int_equal(tar_out_close(tar, false), 0);
	assert_int_equal(access(file, F_OK), -1);
}

static void
test_names(void **state)
{
	/* The directories of a name do not count as entries. */
	static const char deep[] = "0/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2";
	struct archive *a = begin(false);

	entry(a, AE_IFREG, deep + 2, NULL, 0);
	end(a);
	assert_int_equal(unpack(), 0);
	a = begin(false);
	entry(a, AE_IFREG, deep, NULL, 0);
	end(a);
	expect_refused(*state, -EFBIG, "/0/1/2 has more than 31 folders");
	refused(*state, AE_IFREG, "../mark2", NULL, "path ../mark2, which is not accepted");
	refused(*state, AE_IFREG, "a/../../mark2", NULL, "which is not accepted");
	refused(*state, AE_IFREG, "/mark2", NULL, "which is not accepted");
	refused(*state, AE_IFREG, "a//b", NULL, "which is not accepted");
	refused(*state, AE_IFREG, "a/./b", NULL, "which is not accepted");
	refused(*state, AE_IFREG, "a\033[2J", NULL, "path a?[2J, which");
	refused(*state, AE_IFDIR, "../dir", NULL, "which is not accepted");
	refused(*state, AE_IFIFO, "fifo", NULL, "neither folder, file nor link");
	refused(*state, AE_IFCHR, "null", NULL, "neither folder, file nor link");
	refused(*state, AE_IFREG, "hard", "../side/mark", "hard link");
	refused(*state, AE_IFREG, "hard", "mark", "hard link");
}

static void
test_links(void **state)
{
	struct archive *a;
	char path[2 * TREE_PATH_MAX];
	struct stat st;

	refused(*state, AE_IFLNK, "link", "/etc/passwd", "leads out");
	refused(*state, AE_IFLNK, "link", "..", "leads out");
	refused(*state, AE_IFLNK, "a/b/link", "../../../x", "leads out");
	refused(*state, AE_IFLNK, "a/link", "b/../../../x", "leads out");
	refused(*state, AE_IFLNK, "link", "\033]0;", "leads out");
	/* A valid link to a parent directory, followed by a file whose path uses this link. */
	a = begin(false);
	entry(a, AE_IFDIR, "a/b", NULL, 0);
	entry(a, AE_IFLNK, "a/b/up", "../..", 0);
	entry(a, AE_IFREG, "a/b/up/mark2", NULL, 0);
	end(a);
	assert_true(unpack() < 0);
	snprintf(path, sizeof(path), "%s/mark2", folder);
	assert_int_equal(access(path, F_OK), -1);
	/* A link to the top, and two that follow it and then go up to directories of the host. */
	a = begin(false);
	entry(a, AE_IFLNK, "a/b/c/s", "../../..", 0);
	entry(a, AE_IFLNK, "sys", "a/b/c/s/../../sys", 0);
	entry(a, AE_IFLNK, "proc", "a/b/c/s/../../proc", 0);
	end(a);
	expect_refused(*state, -EBADMSG, "the link sys leads out");
	refused(*state, AE_IFLNK, "proc", "a/b/c/s/../../proc", "the link proc leads out");
	/* No file is written through a link. */
	a = begin(false);
	entry(a, AE_IFLNK, "x", "y", 0);
	entry(a, AE_IFREG, "x", NULL, 5);
	end(a);
	(void)unpack();
	snprintf(path, sizeof(path), "%s/y", folder);
	assert_int_equal(access(path, F_OK), -1);
	/* The modes in the tar file are ignored. */
	a = begin(false);
	entry(a, AE_IFREG, "mode", NULL, 5);
	end(a);
	assert_int_equal(unpack(), 0);
	snprintf(path, sizeof(path), "%s/mode", folder);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07177, 0);
}

static void
test_sizes(void **state)
{
	struct archive *a = begin(true);
	char name[32], *text;
	unsigned int i;
	size_t len;

	entry(a, AE_IFREG, "big", NULL, 4 * MIB + 1);
	end(a);
	expect_refused(*state, -EFBIG, "big is larger");
	/* The total is too large, although every file is small enough. */
	a = begin(true);
	for (i = 0; i <= TAR_SIZE_MAX / (4 * MIB); i++) {
		snprintf(name, sizeof(name), "%u", i);
		entry(a, AE_IFREG, name, NULL, 4 * MIB);
	}
	end(a);
	expect_refused(*state, -EFBIG, "larger than any capture");
	/* The file is truncated, empty, not a tar file, or missing. */
	a = begin(false);
	entry(a, AE_IFREG, "cut", NULL, 4096);
	end(a);
	assert_int_equal(sysfs_read_file("", &text, &len, "%s", file), 0);
	tree_write(*state, "/file.tar", text, 1024);
	free(text);
	assert_true(unpack() < 0);
	tree_text(*state, "/file.tar", "");
	assert_int_equal(unpack(), -EBADMSG);
	tree_text(*state, "/file.tar", "this is no tar file\n");
	assert_true(unpack() < 0);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(unpack(), -ENOENT);
}

static void
count_signal(int number)
{
	signals++;
}

/* A signal ends the writing soon. It is delivered after the incomplete file is removed. */
static void
test_signals(void **state)
{
	void (*term)(int) = signal(SIGTERM, count_signal), (*hup)(int) = signal(SIGHUP, SIG_IGN);
	struct tar_out *tar;
	sigset_t held;

	signals = 0;
	assert_int_equal(tar_out_open(file, &tar), 0);
	assert_int_equal(tar_out_file(tar, "a", "a", 1), 0);
	assert_int_equal(raise(SIGTERM), 0);
	assert_int_equal(tar_out_file(tar, "b", "b", 1), -EINTR);
	assert_int_equal(signals, 0);
	assert_int_equal(tar_out_close(tar, false), 0);
	assert_int_equal(signals, 1);
	assert_int_equal(access(file, F_OK), -1);
	/* With a late signal the file is complete. An ignored signal does not end the writing. */
	assert_int_equal(tar_out_open(file, &tar), 0);
	assert_int_equal(raise(SIGHUP), 0);
	assert_int_equal(tar_out_file(tar, "a", "a", 1), 0);
	assert_int_equal(raise(SIGTERM), 0);
	assert_int_equal(tar_out_close(tar, true), 0);
	assert_int_equal(signals, 2);
	tool_signals_hold(&held);
	assert_int_equal(raise(SIGHUP), 0);
	assert_int_equal(tar_unpack(file, folder, &held, why, sizeof(why)), 0);
	assert_int_equal(count(folder, ""), 2);
	assert_int_equal(raise(SIGTERM), 0);
	assert_int_equal(tar_unpack(file, folder, &held, why, sizeof(why)), -EINTR);
	assert_string_equal(why, "a signal ends the unpacking");
	assert_int_equal(signals, 2);
	tool_signals_release(&held);
	assert_int_equal(signals, 3);
	assert_true(signal(SIGTERM, term) != SIG_ERR);
	assert_true(signal(SIGHUP, hup) != SIG_ERR);
}

static void
test_stays(void **state)
{
	assert_true(tar_link_stays("a", "b"));
	assert_true(tar_link_stays("a/b", "../c/./d//e"));
	assert_true(tar_link_stays("a/b/c", "../../d"));
	assert_false(tar_link_stays("a/b/c", "../../../d"));
	assert_false(tar_link_stays("a/b", "c/../../../d"));
	/* "c" may be a link. Then ".." is the parent of its target. */
	assert_false(tar_link_stays("a/b", "c/../d"));
	assert_false(tar_link_stays("x", "a/b/../c"));
	assert_false(tar_link_stays("sys", "a/b/c/s/../../sys"));
	assert_false(tar_link_stays("a", "/b"));
	assert_false(tar_link_stays("a", ""));
	assert_false(tar_link_stays("../a", "b"));
}

int
main(void)
{
#define TAR_TEST(t) cmocka_unit_test_setup_teardown(t, setup, tree_teardown)
	const struct CMUnitTest tests[] = {
		TAR_TEST(test_round),
		TAR_TEST(test_names),
		TAR_TEST(test_links),
		TAR_TEST(test_sizes),
		TAR_TEST(test_signals),
		cmocka_unit_test(test_stays),
	};

	return cmocka_run_group_tests_name("tar_file", tests, NULL, NULL);
}
