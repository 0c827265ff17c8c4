/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "bench_layout.h"
#include "tool_progress.h"

#define ROUNDS 5
#define BATCH 64
#define ROUND_NS 4e6	/* a side repeats batches for so long, but at least one */
#define BATCHES 64	/* and at most so many */

/* One side, and what it did in this round. */
struct run {
	const struct bench_side *side;
	void *data;
	uint64_t random;
	uint64_t sums[BATCHES];		/* of the addresses chosen in each batch */
	size_t n;
};

static double
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static size_t
random_below(uint64_t *state, size_t n)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (size_t)((*state >> 32) % n);
}

/* One range of each of @p n parts of the whole, in random order. */
static void
choose(struct run *run, size_t ranges, uint64_t *firsts, size_t n)
{
	size_t i, k, part = ranges / n;
	uint64_t swap;

	for (i = 0; i < n; i++)
		firsts[i] = BENCH_ALIGN * (1 + i * part + random_below(&run->random, part));
	for (i = n - 1; i > 0; i--) {
		k = random_below(&run->random, i + 1);
		swap = firsts[i];
		firsts[i] = firsts[k];
		firsts[k] = swap;
	}
}

static int
batch(struct run *run, size_t ranges, double *place, double *release)
{
	const size_t n = ranges < 4 * BATCH ? ranges / 4 : BATCH;
	uint64_t firsts[BATCH], sum = 0, first;
	double start;
	int ret = 0;
	size_t i;

	choose(run, ranges, firsts, n);
	start = now_ns();
	for (i = 0; ret == 0 && i < n; i++)
		ret = run->side->release(run->data, firsts[i]);
	*release += (now_ns() - start) / (double)n;
	start = now_ns();
	for (i = 0; ret == 0 && i < n; i++) {
		ret = run->side->place(run->data, &first);
		sum = sum * 31 + first;
	}
	*place += (now_ns() - start) / (double)n;
	run->sums[run->n++] = sum;
	return ret;
}

/* One round of one side. */
static int
measure(struct run *run, size_t ranges, uint64_t seed, struct bench_result *out)
{
	double place = 0, release = 0, start = now_ns();
	int ret;

	run->random = seed;
	run->n = 0;
	do
		ret = batch(run, ranges, &place, &release);
	while (ret == 0 && run->n < BATCHES && now_ns() - start < ROUND_NS);
	place /= (double)run->n;
	release /= (double)run->n;
	if (out->operations == 0 || place < out->place_ns)
		out->place_ns = place;
	if (out->operations == 0 || release < out->release_ns)
		out->release_ns = release;
	out->operations += run->n * (ranges < 4 * BATCH ? ranges / 4 : BATCH);
	return ret;
}

static int
fill(struct run *run, size_t ranges)
{
	size_t i;
	int ret = 0;

	run->data = run->side->open();
	if (run->data == NULL)
		return -ENOMEM;
	for (i = 1; ret == 0 && i <= ranges; i++)
		ret = run->side->append(run->data, i * BENCH_ALIGN);
	return ret;
}

/* Compare the batches that both did. */
static bool
same(const struct run *a, const struct run *b)
{
	const size_t n = a->n < b->n ? a->n : b->n;

	return memcmp(a->sums, b->sums, n * sizeof(*a->sums)) == 0;
}

/* All sides with one number of ranges, in turn. */
static int
measure_all(size_t ranges, struct bench_result *out)
{
	struct run runs[BENCH_SIDES] = { 0 };
	int round, ret = 0;
	size_t i;

	for (i = 0; ret == 0 && i < BENCH_SIDES; i++) {
		runs[i].side = &bench_sides[i];
		out[i].ranges = ranges;
		ret = fill(&runs[i], ranges);
	}
	for (round = 0; ret == 0 && round < ROUNDS; round++)
		for (i = 0; ret == 0 && i < BENCH_SIDES; i++) {
			tool_progress_step("%zu ranges, round %d of %d, %s", ranges, round + 1, ROUNDS,
				bench_sides[i].name);
			ret = measure(&runs[i], ranges, (uint64_t)round + 1, &out[i]);
			if (ret == 0 && !same(&runs[0], &runs[i]))
				ret = -EBADE;
		}
	for (i = 0; i < BENCH_SIDES; i++)
		if (runs[i].data != NULL)
			runs[i].side->close(runs[i].data);
	return ret;
}

int
bench_layout_run(size_t most, struct bench_results *out)
{
	unsigned int sizes = 0;
	size_t ranges;
	int ret = 0;

	memset(out, 0, sizeof(*out));
	for (ranges = 100; ranges <= most && sizes < BENCH_SIZES_MAX; ranges *= 10)
		sizes++;
	tool_progress_begin("bench layout", sizes * ROUNDS * BENCH_SIDES);
	for (ranges = 100; ret == 0 && out->n < sizes; ranges *= 10) {
		ret = measure_all(ranges, out->v[out->n]);
		out->n++;
	}
	tool_progress_end();
	return ret;
}
