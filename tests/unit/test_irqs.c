/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* The kernel's interrupts of a device, from trees of files. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "row.h"
#include "sysfs/sysfs.h"
#include "tree.h"
#include "uapi/vfio_abi.h"
#include "vfio_msi_irqs.h"

#define BDF "0000:01:00.0"
#define DEVICE "/sys/bus/pci/devices/" BDF

static void
add_message(const char *root, unsigned int irq, const char *handler)
{
	char path[200];

	snprintf(path, sizeof(path), DEVICE "/msi_irqs/%u", irq);
	tree_text(root, path, "msix\n");
	snprintf(path, sizeof(path), "/proc/irq/%u/%s/x", irq, handler);
	tree_text(root, path, "");
}

static void
check(const char *root, size_t wanted, const unsigned int *irqs, const char *kind)
{
	struct vfio_msi_irq *v = NULL;
	size_t i, n = 77;

	assert_int_equal(vfio_msi_irqs_read(root, BDF, &v, &n), 0);
	assert_int_equal(n, wanted);
	assert_true((v == NULL) == (wanted == 0));
	for (i = 0; i < n; i++) {
		assert_int_equal(v[i].irq, irqs[i]);
		assert_int_equal(v[i].vector, i);
		assert_string_equal(v[i].kind, kind);
	}
	free(v);
}

static void
test_messages(void **state)
{
	const char *root = *state;

	add_message(root, 50, "vfio-msix[2](" BDF ")");
	add_message(root, 51, "vfio-msix[0](" BDF ")");
	add_message(root, 9, "vfio-msix[1](" BDF ")");
	add_message(root, 52, "spurious");	/* allocated, without a handler */
	check(root, 3, (const unsigned int []) { 51, 9, 50 }, "MSI-X");
}

static void
test_msi(void **state)
{
	add_message(*state, 33, "vfio-msi[0](" BDF ")");
	check(*state, 1, (const unsigned int []) { 33 }, "MSI");
}

/* Messages were enabled once, and are not now. */
static void
empty_folder(const char *root)
{
	char path[TREE_PATH_MAX];

	tree_text(root, DEVICE "/msi_irqs/1", "");
	snprintf(path, sizeof(path), "%s" DEVICE "/msi_irqs/1", root);
	assert_int_equal(unlink(path), 0);
}

static void
test_intx(void **state)
{
	tree_text(*state, DEVICE "/irq", "11\n");
	check(*state, 0, NULL, NULL);
	/* The line is shared with another device. */
	tree_text(*state, "/proc/irq/11/vfio-intx(0000:02:00.0)/x", "");
	check(*state, 0, NULL, NULL);
	tree_text(*state, "/proc/irq/11/vfio-intx(" BDF ")/x", "");
	check(*state, 1, (const unsigned int []) { 11 }, "INTx");
	empty_folder(*state);
	check(*state, 1, (const unsigned int []) { 11 }, "INTx");
	add_message(*state, 50, "vfio-msix[0](" BDF ")");
	check(*state, 1, (const unsigned int []) { 50 }, "MSI-X");
}

static void
test_others(void **state)
{
	static const struct {
		const char *row, *handler;
	} rows[] = {
		{ "another device", "vfio-msix[0](0000:01:00.1)" },
		{ "another driver", "igb(" BDF ")" },
		{ "no vector", "vfio-msix[](" BDF ")" },
		{ "a long vector", "vfio-msix[1234567890](" BDF ")" },
		{ "a negative vector", "vfio-msix[-1](" BDF ")" },
		{ "cut short", "vfio-msix[0](" BDF },
		{ "more behind it", "vfio-msix[0](" BDF ")x" },
		{ "INTx with a vector", "vfio-intx[0](" BDF ")" },
	};

	size_t i;

	EACH_ROW(i, rows, "%s", rows[i].row)
		add_message(*state, 60 + (unsigned int)i, rows[i].handler);
	tree_text(*state, DEVICE "/msi_irqs/x1", "");
	tree_text(*state, DEVICE "/msi_irqs/12345678901", "");
	check(*state, 0, NULL, NULL);
}

static void
test_absent(void **state)
{
	struct vfio_msi_irq *v;
	size_t n;

	assert_int_equal(vfio_msi_irqs_read(*state, BDF, &v, &n), -ENOENT);
	assert_null(v);
}

static void
test_find(void **state)
{
	static const struct {
		const char *bdf;
		unsigned int index, vector;
		int expected;
	} rows[] = {
		{ BDF, VFIO_PCI_MSIX_IRQ_INDEX, 1, 40 },
		{ BDF, VFIO_PCI_MSIX_IRQ_INDEX, 12, 7 },
		{ BDF, VFIO_PCI_MSIX_IRQ_INDEX, 0, -ENOENT },
		{ BDF, VFIO_PCI_MSIX_IRQ_INDEX, 2, -ENOENT },
		{ BDF, VFIO_PCI_MSI_IRQ_INDEX, 1, -ENOENT },
		{ BDF, VFIO_PCI_INTX_IRQ_INDEX, 0, -ENOENT },
		{ "0000:02:00.0", VFIO_PCI_MSIX_IRQ_INDEX, 0, -ENOENT },
	};
	const char *root = *state;
	size_t i;

	add_message(root, 40, "vfio-msix[1](" BDF ")");
	/* Another device, and a vector that begins alike. */
	add_message(root, 41, "vfio-msix[0](0000:02:00.0)");
	add_message(root, 7, "vfio-msix[12](" BDF ")");
	EACH_ROW(i, rows, "%s %u[%u]", rows[i].bdf, rows[i].index, rows[i].vector)
		assert_int_equal(vfio_msi_irqs_find(root, rows[i].bdf, rows[i].index,
			rows[i].vector), rows[i].expected);
}

/* The line, which other devices can share. */
static void
test_find_intx(void **state)
{
	const unsigned int intx = VFIO_PCI_INTX_IRQ_INDEX;

	assert_int_equal(vfio_msi_irqs_find(*state, BDF, intx, 0), -ENOENT);
	tree_text(*state, DEVICE "/irq", "33\n");
	assert_int_equal(vfio_msi_irqs_find(*state, BDF, intx, 0), -ENOENT);
	tree_text(*state, "/proc/irq/33/vfio-intx(" BDF ")/x", "");
	assert_int_equal(vfio_msi_irqs_find(*state, BDF, intx, 0), 33);
	empty_folder(*state);
	assert_int_equal(vfio_msi_irqs_find(*state, BDF, intx, 0), 33);
	tree_text(*state, DEVICE "/irq", "0\n");
	assert_int_equal(vfio_msi_irqs_find(*state, BDF, intx, 0), -ENOENT);
}

static void
test_move(void **state)
{
	static const struct {
		unsigned int irq, index;
		int ret;
		const char *list;
	} rows[] = {
		{ 40, VFIO_PCI_MSIX_IRQ_INDEX, 0, "5" },
		{ 41, VFIO_PCI_MSI_IRQ_INDEX, 0, "5" },
		/* The line, which other devices can share. */
		{ 42, VFIO_PCI_INTX_IRQ_INDEX, -ENOTSUP, "0" },
	};
	const struct vfio_msi_irq gone = { .irq = 7, .index = VFIO_PCI_MSIX_IRQ_INDEX };
	char path[64], *text;
	size_t i;

	EACH_ROW(i, rows, "%u", rows[i].irq) {
		const struct vfio_msi_irq irq = { .irq = rows[i].irq, .index = rows[i].index };

		snprintf(path, sizeof(path), "/proc/irq/%u/smp_affinity_list", irq.irq);
		tree_text(*state, path, "0\n");
		assert_int_equal(vfio_msi_irq_move(*state, &irq, "5"), rows[i].ret);
		assert_int_equal(sysfs_read_file(*state, &text, NULL, "%s", path), 0);
		assert_memory_equal(text, rows[i].list, 1);
		free(text);
	}
	assert_int_equal(vfio_msi_irq_move(*state, &gone, "5"), -ENOENT);
}

static void
test_ids(void **state)
{
	const char *root = *state;
	struct vfio_msi_irq_id *v = NULL, *w = NULL;
	size_t n;

	/* No folder is no message, as with INTx. */
	assert_int_equal(vfio_msi_irqs_ids(root, BDF, &v, &n), 0);
	assert_int_equal(n, 0);
	assert_null(v);
	add_message(root, 50, "vfio-msix[0](" BDF ")");
	add_message(root, 51, "x");
	tree_text(root, DEVICE "/msi_irqs/x", "");
	assert_int_equal(vfio_msi_irqs_ids(root, BDF, &v, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(v[0].irq, 50);
	assert_int_equal(v[1].irq, 51);
	assert_true(v[0].inode != 0 && v[0].inode != v[1].inode);
	assert_int_equal(vfio_msi_irqs_ids(root, BDF, &w, &n), 0);
	assert_memory_equal(v, w, n * sizeof(*v));
	free(v);
	free(w);
}

static void
test_count(void **state)
{
	static const struct {
		const char *row, *text;
		int ret;
		uint64_t count;
	} rows[] = {
		{ "one processor", "7\n", 0, 7 },
		{ "several", "1,0,4294967295\n", 0, 4294967296 },
		{ "no newline", "1,2", 0, 3 },
		{ "empty", "", -EINVAL, 0 },
		{ "a comma at the end", "1,\n", -EINVAL, 0 },
		{ "negative", "-1\n", -EINVAL, 0 },
		{ "a word behind", "1,2 x\n", -EINVAL, 0 },
	};
	uint64_t count;
	size_t i;

	assert_int_equal(vfio_msi_irq_count(*state, 5, &count), -ENOENT);
	EACH_ROW(i, rows, "%s", rows[i].row) {
		tree_text(*state, "/sys/kernel/irq/5/per_cpu_count", rows[i].text);
		count = 0;
		assert_int_equal(vfio_msi_irq_count(*state, 5, &count), rows[i].ret);
		assert_int_equal(count, rows[i].count);
	}
}

static void
test_cpus(void **state)
{
	char out[VFIO_MSI_CPUS_LEN], text[400];

	vfio_msi_irq_cpus(*state, 5, "smp_affinity_list", out);
	assert_string_equal(out, "");
	tree_text(*state, "/proc/irq/5/smp_affinity_list", "0-3,7\n");
	vfio_msi_irq_cpus(*state, 5, "smp_affinity_list", out);
	assert_string_equal(out, "0-3,7");
	memset(text, '1', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	tree_text(*state, "/proc/irq/5/smp_affinity_list", text);
	vfio_msi_irq_cpus(*state, 5, "smp_affinity_list", out);
	assert_int_equal(strlen(out), sizeof(out) - 1);
	tree_text(*state, "/proc/irq/5/smp_affinity_list", "\x1b[0m\n");
	vfio_msi_irq_cpus(*state, 5, "smp_affinity_list", out);
	assert_string_equal(out, "?[0m");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_messages, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_msi, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_intx, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_others, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_absent, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_find, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_find_intx, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_move, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_ids, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_count, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_cpus, tree_setup, tree_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
