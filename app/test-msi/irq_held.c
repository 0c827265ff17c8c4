/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "irq_held.h"
#include "topology/topology.h"

#define DESCRIPTORS "/proc/self/fd"
#define READINGS 15
#define PERIOD_NS 4000000

/* A line: number, a count for each processor, then text that ends with "vfio-TYPE[N](BDF)". */
static uint64_t
line_sum(const char *line)
{
	const char *at = strchr(line, ':');
	uint64_t sum = 0;
	char *end;

	for (at = at != NULL ? at + 1 : ""; ; at = end) {
		unsigned long long n = strtoull(at, &end, 10);

		if (end == at || *end != ' ')
			return sum;
		sum += n;
	}
}

static int
read_interrupts(const char *bdf, unsigned int *vectors, uint64_t *interrupts)
{
	FILE *f = fopen(IRQ_HELD_INTERRUPTS, "re");
	char *line = NULL, name[TOPO_BDF_LEN + 2];
	size_t size = 0;

	*vectors = 0;
	*interrupts = 0;
	if (f == NULL)
		return -errno;
	snprintf(name, sizeof(name), "(%s)", bdf);
	while (getline(&line, &size, f) > 0)
		if (strstr(line, " vfio-") != NULL && strstr(line, name) != NULL) {
			++*vectors;
			*interrupts += line_sum(line);
		}
	free(line);
	fclose(f);
	return 0;
}

/* With that of the folder, "." and "..", each time. */
static int
read_descriptors(unsigned int *out)
{
	DIR *dir = opendir(DESCRIPTORS);

	*out = 0;
	if (dir == NULL)
		return -errno;
	while (readdir(dir) != NULL)
		++*out;
	closedir(dir);
	return 0;
}

static int
by_value(const void *a, const void *b)
{
	const unsigned int *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static unsigned int
median(unsigned int *v)
{
	qsort(v, READINGS, sizeof(*v), by_value);
	return v[READINGS / 2];
}

int
irq_held_count(const char *bdf, struct irq_held *out, const char **file)
{
	static const struct timespec period = { .tv_nsec = PERIOD_NS };
	unsigned int vectors[READINGS], descriptors[READINGS], i;
	uint64_t interrupts;
	int ret = 0;

	for (i = 0; ret == 0 && i < READINGS; i++) {
		if (i > 0)
			nanosleep(&period, NULL);
		*file = IRQ_HELD_INTERRUPTS;
		ret = read_interrupts(bdf, &vectors[i], &interrupts);
		if (ret == 0) {
			*file = DESCRIPTORS;
			ret = read_descriptors(&descriptors[i]);
		}
	}
	if (ret == 0)
		*out = (struct irq_held){ median(vectors), median(descriptors) };
	return ret;
}

int
irq_held_interrupts(const char *bdf, uint64_t *out)
{
	unsigned int vectors;

	return read_interrupts(bdf, &vectors, out);
}
