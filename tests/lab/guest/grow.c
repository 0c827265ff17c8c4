/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * vfio-msi-grow SMALL LARGE MEGABYTES REPORT EAL_ARG...: make EAL's memory grow and shrink
 * under devices that are probed.
 *
 * Every lcore allocates and frees blocks of 1 to 8 hugepages of 2 MiB, SMALL times, all
 * lcores in parallel. Then the main lcore allocates and frees blocks of 64 MiB to MEGABYTES
 * (doubled each time), LARGE times. Each page of a block is written, and read back before
 * the block is freed. The shell command REPORT runs at the start, after each PART blocks of
 * each lcore and after the large blocks, while each lcore holds a block, and at the end, with
 * "start", "part_N", "held" or "end" as its last argument. No lcore allocates meanwhile.
 *
 * Prints facts: the number of blocks, of allocations that failed, of pages that lost what
 * was written, the milliseconds that small and large blocks took, and what the library and
 * the bus's telemetry report as mapped at each point.
 */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_malloc.h>

#include "eal/rte_eal_iommu.h"

#define HUGE_PAGE (2ULL << 20)
#define PAGES_MAX 8
#define HEADER 256		/* of EAL in each block, or more than it */
#define SMALLEST (64ULL << 20)
#define PART 500UL

struct counts {
	unsigned long blocks, failed, lost;
	uint64_t state;		/* of next_number() */
	void *held;
};

static struct counts counts[RTE_MAX_LCORE];
static unsigned long small_cycles;	/* of the running part */

static void
fact(const char *name, const char *when, unsigned long value)
{
	printf("{\"fact\": \"%s%s\", \"value\": %lu}\n", name, when, value);
}

/* xorshift: the numbers differ by lcore, and are the same in every run. */
static uint64_t
next_number(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void *
block_alloc(struct counts *c, size_t bytes, uint64_t mark)
{
	volatile uint64_t *words = rte_malloc(NULL, bytes - HEADER, 0);
	size_t at;

	c->blocks++;
	if (words == NULL) {
		c->failed++;
		return NULL;
	}
	for (at = 0; at + sizeof(mark) <= bytes - HEADER; at += HUGE_PAGE)
		words[at / sizeof(mark)] = mark + at;
	return (void *)(uintptr_t)words;
}

static void
block_free(struct counts *c, void *block, size_t bytes, uint64_t mark)
{
	volatile uint64_t *words = block;
	size_t at;

	for (at = 0; block != NULL && at + sizeof(mark) <= bytes - HEADER; at += HUGE_PAGE)
		if (words[at / sizeof(mark)] != mark + at)
			c->lost++;
	rte_free(block);
}

static int
grow_small(void *arg)
{
	struct counts *c = &counts[rte_lcore_id()];
	unsigned long i;

	if (c->state == 0)
		c->state = 0x9e3779b97f4a7c15ULL * (rte_lcore_id() + 1);
	for (i = 0; i < small_cycles; i++) {
		uint64_t mark = next_number(&c->state);
		size_t bytes = (1 + mark % PAGES_MAX) * HUGE_PAGE;

		block_free(c, block_alloc(c, bytes, mark), bytes, mark);
	}
	return 0;
}

static int
hold(void *arg)
{
	struct counts *c = &counts[rte_lcore_id()];

	c->held = block_alloc(c, PAGES_MAX * HUGE_PAGE, rte_lcore_id());
	return 0;
}

static int
release(void *arg)
{
	struct counts *c = &counts[rte_lcore_id()];

	block_free(c, c->held, PAGES_MAX * HUGE_PAGE, rte_lcore_id());
	return 0;
}

static void
on_all(lcore_function_t *function)
{
	rte_eal_mp_remote_launch(function, NULL, CALL_MAIN);
	rte_eal_mp_wait_lcore();
}

static void
grow_large(unsigned long cycles, size_t largest)
{
	struct counts *c = &counts[rte_lcore_id()];
	size_t bytes = SMALLEST;
	unsigned long i;

	for (i = 0; i < cycles; i++) {
		block_free(c, block_alloc(c, bytes, i + 1), bytes, i + 1);
		bytes = bytes >= largest ? SMALLEST : bytes * 2;
	}
}

static int
add_mapped(const struct rte_eal_iommu_mapped *mapped, void *arg)
{
	*(unsigned long *)arg += mapped->len;
	return 0;
}

/* Print the reply of telemetry, which is JSON, as a fact. */
static int
ask_telemetry(const char *when)
{
	static const char question[] = "/vfio_msi/memory";
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), i, ret = -1;
	char reply[4096];
	ssize_t len;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/dpdk_telemetry.v2",
		rte_eal_get_runtime_dir());
	/* The first packet is a greeting. */
	if (s >= 0 && connect(s, (struct sockaddr *)&addr, sizeof(addr)) == 0 &&
	    read(s, reply, sizeof(reply)) > 0 && write(s, question, strlen(question)) > 0) {
		len = read(s, reply, sizeof(reply));
		printf("{\"fact\": \"telemetry_%s\", \"value\": \"", when);
		for (i = 0; i < len && reply[i] != '\0'; i++)
			printf("%s%c", reply[i] == '"' ? "\\" : "", reply[i]);
		printf("\"}\n");
		ret = len > 0 ? 0 : -1;
	}
	if (s >= 0)
		close(s);
	return ret;
}

static int
report(const char *command, const char *when)
{
	unsigned long mapped = 0;
	char line[512];

	if (rte_eal_iommu_mapping_foreach(add_mapped, &mapped) < 0 || ask_telemetry(when) < 0)
		return -1;
	fact("mapped_", when, mapped);
	fflush(stdout);	/* before the output of the command */
	snprintf(line, sizeof(line), "%s %s", command, when);
	return system(line) == 0 ? 0 : -1;
}

static unsigned long
milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000UL + now.tv_nsec / 1000000;
}

/* Small blocks in parts, then the large blocks; 0 if each report succeeded. */
static int
grow_in_parts(unsigned long small, unsigned long large, size_t largest, const char *command)
{
	unsigned long taken = 0, part = 0, began;
	char when[32];
	int bad = 0;

	for (; small > 0; small -= small_cycles) {
		small_cycles = RTE_MIN(small, PART);
		began = milliseconds();
		on_all(grow_small);
		taken += milliseconds() - began;
		snprintf(when, sizeof(when), "part_%lu", ++part);
		bad |= report(command, when);
	}
	fact("small_ms", "", taken);
	began = milliseconds();
	grow_large(large, largest);
	fact("large_ms", "", milliseconds() - began);
	snprintf(when, sizeof(when), "part_%lu", ++part);
	bad |= report(command, when);
	fact("parts", "", part);
	return bad;
}

int
main(int argc, char **argv)
{
	unsigned long small, large;
	struct counts sum = { 0 };
	const char *command;
	unsigned int lcore;
	size_t largest;
	int bad;

	if (argc < 6)
		return 2;
	small = strtoul(argv[1], NULL, 0);
	large = strtoul(argv[2], NULL, 0);
	largest = strtoul(argv[3], NULL, 0) << 20;
	command = argv[4];
	argv[4] = argv[0];
	if (rte_eal_init(argc - 4, argv + 4) < 0)
		return 1;
	bad = report(command, "start");
	bad |= grow_in_parts(small, large, largest, command);
	on_all(hold);
	bad |= report(command, "held");
	on_all(release);
	bad |= report(command, "end");
	RTE_LCORE_FOREACH(lcore) {
		sum.blocks += counts[lcore].blocks;
		sum.failed += counts[lcore].failed;
		sum.lost += counts[lcore].lost;
	}
	fact("blocks", "", sum.blocks);
	fact("failed", "", sum.failed);
	fact("lost", "", sum.lost);
	return rte_eal_cleanup() < 0 || bad != 0 ? 1 : 0;
}
