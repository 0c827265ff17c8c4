/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "bench.h"
#include "irq_bench.h"
#include "tool_progress.h"

/* One round of one bus. */
struct side {
	const struct irq_bench *bench;
	bool pci;
	size_t round;
};

static int
in_child(void *arg, void *result)
{
	const struct side *side = arg;

	*(char *)result = 0;
	return irq_bench_side(side->bench, side->pci, side->round);
}

/* @return a STATUS_*. */
static int
run_side(const struct irq_bench *bench, bool pci, size_t round)
{
	struct side side = { bench, pci, round };
	char unused;
	int ret;

	tool_progress_step("round %zu of %d, %s", round + 1, IRQ_BENCH_ROUNDS,
		pci ? "pci bus of DPDK" : "vfio_msi");
	ret = tool_child_run(bench->name, in_child, &side, &unused, sizeof(unused));
	return ret < 0 ? STATUS_FAULT : ret;
}

/* @return a STATUS_*. */
static int
all_rounds(const struct irq_bench *bench)
{
	int status = STATUS_GOOD;
	size_t round;

	tool_progress_begin("irq", 2 * IRQ_BENCH_ROUNDS);
	for (round = 0; status == STATUS_GOOD && round < IRQ_BENCH_ROUNDS; round++) {
		status = run_side(bench, false, round);
		if (status == STATUS_GOOD)
			status = run_side(bench, true, round);
	}
	tool_progress_end();
	if (status == STATUS_GOOD && bench->kind[0] != bench->kind[1]) {
		tool_error(bench->name, "has %s on this bus and %s on the pci bus, which can't be compared; see msi= and --vfio-intr",
			irq_kind_name(bench->kind[0]), irq_kind_name(bench->kind[1]));
		status = STATUS_FAULT;
	}
	return status;
}

static void
draw(FILE *f, const void *what)
{
	irq_bench_picture(f, what);
}

/* @return a STATUS_*. */
static int
show(const struct irq_bench *bench)
{
	struct irq_bench_results results = {
		.kind = bench->kind[0], .triggers = bench->raiser != NULL ? IRQ_TRIGGERS : 1 };
	unsigned int r, t;

	for (r = 0; r < IRQ_RECEIVERS; r++)
		for (t = 0; t < results.triggers; t++)
			irq_stats_make(bench->ns[r][t], IRQ_BENCH_ROUNDS, bench->per_round,
				&results.v[r][t]);
	irq_bench_print(&results);
	irq_bench_report(&results);
	if (bench->plot)
		irq_bench_plot(stdout, &results);
	return bench->svg != NULL ? tool_picture_save(bench->svg, draw, &results) : STATUS_GOOD;
}

int
irq_bench_run(struct irq_bench *bench, unsigned int samples)
{
	size_t n = samples / IRQ_BENCH_ROUNDS * IRQ_BENCH_ROUNDS, size;
	int status = STATUS_FAULT;
	unsigned int r, t;
	uint32_t *mem;

	bench->per_round = samples / IRQ_BENCH_ROUNDS;
	size = IRQ_RECEIVERS * IRQ_TRIGGERS * n * sizeof(*mem) + 2 * sizeof(*bench->kind);
	mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED) {
		tool_error("irq", "no memory for the samples: %s", strerror(errno));
		return STATUS_FAULT;
	}
	for (r = 0; r < IRQ_RECEIVERS; r++)
		for (t = 0; t < IRQ_TRIGGERS; t++)
			bench->ns[r][t] = mem + (r * IRQ_TRIGGERS + t) * n;
	bench->kind = (enum irq_kind *)(mem + IRQ_RECEIVERS * IRQ_TRIGGERS * n);
	status = all_rounds(bench);
	if (status == STATUS_GOOD)
		status = show(bench);
	munmap(mem, size);
	return status;
}
