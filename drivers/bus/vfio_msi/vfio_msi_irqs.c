/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Interrupts of a device. The folder msi_irqs of a device has the numbers of its messages,
 * and /proc/irq/NUMBER has a folder with the name that VFIO gave to the handler:
 * "vfio-msix[VECTOR](BDF)". A number without such a folder has no handler now. Without messages
 * the file irq of the device has the number of its line.
 */

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "sysfs/sysfs.h"
#include "uapi/vfio_abi.h"
#include "vfio_msi_irqs.h"

/* Handlers of VFIO; INTx has no vector. */
static const struct {
	unsigned int index;
	const char *kind, *begin, *end;
} handlers[] = {
	{ VFIO_PCI_MSIX_IRQ_INDEX, "MSI-X", "vfio-msix[", "](" },
	{ VFIO_PCI_MSI_IRQ_INDEX, "MSI", "vfio-msi[", "](" },
	{ VFIO_PCI_INTX_IRQ_INDEX, "INTx", "vfio-intx(", NULL },
};

/* Interrupts that were found. */
struct list {
	struct vfio_msi_irq *v;
	size_t n, room;
};

/* A decimal number of at most 9 digits. @return the text behind it, or NULL. */
static const char *
number(const char *s, unsigned int *out)
{
	size_t n = strspn(s, "0123456789");

	if (n == 0 || n > 9)
		return NULL;
	*out = (unsigned int)strtoul(s, NULL, 10);
	return s + n;
}

/* Whether this is the name of a handler of the device. */
static bool
parse_handler(const char *name, const char *bdf, struct vfio_msi_irq *out)
{
	size_t i, len = strlen(bdf);

	for (i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
		size_t begin = strlen(handlers[i].begin);
		const char *s = name + begin;

		if (strncmp(name, handlers[i].begin, begin) != 0)
			continue;
		out->vector = 0;
		out->index = handlers[i].index;
		out->kind = handlers[i].kind;
		if (handlers[i].end != NULL) {
			s = number(s, &out->vector);
			if (s == NULL || strncmp(s, handlers[i].end, 2) != 0)
				return false;
			s += 2;
		}
		return strncmp(s, bdf, len) == 0 && strcmp(s + len, ")") == 0;
	}
	return false;
}

/* @return 1: the device has a handler of this interrupt; 0: none (any more); -ENOMEM. */
static int
find_handler(const char *root, const char *bdf, struct vfio_msi_irq *out)
{
	char **names = NULL;
	size_t i, n = 0;
	int found = 0;
	int ret = sysfs_list(root, &names, &n, "/proc/irq/%u", out->irq);

	if (ret < 0)
		return ret == -ENOMEM ? ret : 0;
	for (i = 0; found == 0 && i < n; i++)
		found = parse_handler(names[i], bdf, out);
	sysfs_free_names(names, n);
	return found;
}

static int
by_vector(const void *a, const void *b)
{
	const struct vfio_msi_irq *x = a, *y = b;

	return (x->vector > y->vector) - (x->vector < y->vector);
}

/* Call step() if the device has a handler of this interrupt. @return of it; 0; -ENOMEM. */
static int
visit(const char *root, const char *bdf, unsigned int number,
		int (*step)(const struct vfio_msi_irq *irq, void *arg), void *arg)
{
	struct vfio_msi_irq irq = { .irq = number };
	int ret = find_handler(root, bdf, &irq);

	return ret > 0 ? step(&irq, arg) : ret;
}

/* The same for all interrupts, until step() returns anything but 0. @return that; 0; -errno. */
static int
foreach(const char *root, const char *bdf,
		int (*step)(const struct vfio_msi_irq *irq, void *arg), void *arg)
{
	char **names = NULL;
	size_t count = 0, i;
	uint64_t line = 0;
	unsigned int irq;
	int ret = sysfs_list(root, &names, &count, "/sys/bus/pci/devices/%s/msi_irqs", bdf);

	/* Since Linux 5.17 the folder remains after the first attempt to enable messages. */
	if (ret == -ENOENT || (ret == 0 && count == 0))
		ret = sysfs_read_u64(root, &line, "/sys/bus/pci/devices/%s/irq", bdf);
	for (i = 0; ret == 0 && i < count; i++) {
		const char *end = number(names[i], &irq);

		if (end != NULL && *end == '\0')
			ret = visit(root, bdf, irq, step, arg);
	}
	if (ret == 0 && line > 0 && line <= INT_MAX)
		ret = visit(root, bdf, (unsigned int)line, step, arg);
	sysfs_free_names(names, count);
	return ret;
}

static int
add(const struct vfio_msi_irq *irq, void *arg)
{
	struct list *list = arg;
	size_t room = list->room > 0 ? 2 * list->room : 16;
	struct vfio_msi_irq *v;

	if (list->n == list->room) {
		v = realloc(list->v, room * sizeof(*v));
		if (v == NULL)
			return -ENOMEM;
		list->v = v;
		list->room = room;
	}
	list->v[list->n++] = *irq;
	return 0;
}

int
vfio_msi_irqs_read(const char *root, const char *bdf, struct vfio_msi_irq **out, size_t *n)
{
	struct list list = { .v = NULL };
	int ret = foreach(root, bdf, add, &list);

	*out = NULL;
	*n = 0;
	if (ret < 0) {
		free(list.v);
		return ret;
	}
	if (list.n > 0)
		qsort(list.v, list.n, sizeof(*list.v), by_vector);
	*out = list.v;
	*n = list.n;
	return 0;
}

static int
is_wanted(const struct vfio_msi_irq *irq, void *arg)
{
	struct vfio_msi_irq *wanted = arg;

	if (irq->index != wanted->index || irq->vector != wanted->vector)
		return 0;
	wanted->irq = irq->irq;
	return 1;
}

int
vfio_msi_irqs_find(const char *root, const char *bdf, unsigned int index, unsigned int vector)
{
	struct vfio_msi_irq wanted = { .index = index, .vector = vector };
	int ret = foreach(root, bdf, is_wanted, &wanted);

	if (ret == 0)
		return -ENOENT;
	return ret < 0 ? ret : (int)wanted.irq;
}

int
vfio_msi_irq_move(const char *root, const struct vfio_msi_irq *irq, const char *cpus)
{
	if (irq->index == VFIO_PCI_INTX_IRQ_INDEX)
		return -ENOTSUP;
	return sysfs_write(root, cpus, "/proc/irq/%u/smp_affinity_list", irq->irq);
}

int
vfio_msi_irqs_ids(const char *root, const char *bdf, struct vfio_msi_irq_id **out, size_t *n)
{
	struct vfio_msi_irq_id *v;
	unsigned int irq;
	char **names = NULL;
	size_t i, count = 0, found = 0;
	int ret = sysfs_list(root, &names, &count, "/sys/bus/pci/devices/%s/msi_irqs", bdf);

	*out = NULL;
	*n = 0;
	if (ret < 0 || count == 0)
		return ret == -ENOENT ? 0 : ret;
	v = calloc(count, sizeof(*v));
	for (i = 0; v != NULL && i < count; i++) {
		const char *end = number(names[i], &irq);

		/* A message that is gone now is not listed. */
		if (end == NULL || *end != '\0' || sysfs_inode(root, &v[found].inode,
				"/sys/bus/pci/devices/%s/msi_irqs/%u", bdf, irq) < 0)
			continue;
		v[found++].irq = irq;
	}
	sysfs_free_names(names, count);
	if (v == NULL)
		return -ENOMEM;
	*out = v;
	*n = found;
	return 0;
}

int
vfio_msi_irq_count(const char *root, unsigned int irq, uint64_t *out)
{
	char *text, *s, *end;
	uint64_t sum = 0;
	int ret = sysfs_read_file(root, &text, NULL, "/sys/kernel/irq/%u/per_cpu_count", irq);

	if (ret < 0)
		return ret;
	/* "N,N,...", a number for each processor. */
	for (s = text; ret == 0; s = end + 1) {
		if (*s < '0' || *s > '9')
			ret = -EINVAL;
		sum += strtoull(s, &end, 10);
		if (*end != ',')
			break;
	}
	if (ret == 0 && strcmp(end, "\n") != 0 && *end != '\0')
		ret = -EINVAL;
	if (ret == 0)
		*out = sum;
	free(text);
	return ret;
}

void
vfio_msi_irq_cpus(const char *root, unsigned int irq, const char *file, char *out)
{
	char *text;

	out[0] = '\0';
	if (sysfs_read_file(root, &text, NULL, "/proc/irq/%u/%s", irq, file) < 0)
		return;
	text[strcspn(text, "\n")] = '\0';
	strlcpy(out, sysfs_mask(text), VFIO_MSI_CPUS_LEN);
	free(text);
}
