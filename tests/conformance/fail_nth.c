/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * vfio-msi-fail-nth BACKEND BDF [all]: do what the bus does with a device, and make each
 * allocation of the kernel inside of each of these system calls fail once. Without "all"
 * some allocations of long calls are left out. The device is bound to VFIO, alone in its
 * group. For "compat" an iommufd provides the container's node.
 *
 * After a failure the call has returned an error, or succeeded without the memory. After an
 * error everything is as before: descriptors, mappings, pinned memory. The same step then
 * works.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fail_calls.h"
#include "fail_state.h"
#include "fail_steps.h"

/* More calls in a step, and more allocations in a call, are a fault. */
#define CALLS_MAX 64
#define NTH_MAX 5000
/* Without "all": the first ones, then ever fewer. */
#define FIRST 4
#define FEWER 2

static bool all;
static unsigned int n_broken, n_failed;

static void __attribute__((format(printf, 3, 4)))
broken(const char *step, const char *where, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printf("BROKEN %s, %s: ", step, where);
	vprintf(fmt, ap);
	putchar('\n');
	va_end(ap);
	n_broken++;
}

/* Results of one call of a step, of all allocations that failed. */
struct tally {
	unsigned int failed, errors, other;	/* other: errors that are not ENOMEM */
	int last_other;
};

/* The state with and without the step. */
struct states {
	struct fail_state before, after;
};

static void
expect_state(const struct fail_step *s, const char *where, const struct fail_state *want,
		const char *when)
{
	struct fail_state now;
	const char *why;

	fail_state_read(fail_space(), &now);
	why = fail_state_differs(&now, want);
	if (why != NULL)
		broken(s->name, where, "%s: %s", when, why);
	if (fail_layout_check() < 0)
		broken(s->name, where, "%s: the layout is inconsistent", when);
}

static void
go_back(const struct fail_step *s)
{
	if (s->back != NULL)
		s->back();
}

/* An error of the step must leave nothing, be explained, and not come again. */
static void
expect_error(const struct fail_step *s, const char *where, int ret, const struct states *states)
{
	const char *message = s->explained ? fail_message(ret) : "";
	int again;

	if (!s->parks)
		expect_state(s, where, &states->before, "after the error");
	if (s->explained && strstr(message, "/dev/") == NULL && strstr(message, "IOMMU group") == NULL)
		broken(s->name, where, "the message names no node: %s", message);
	again = s->call();
	if (again != 0)
		broken(s->name, where, "repeated: %s", strerror(-again));
	else
		expect_state(s, where, &states->after, "repeated");
}

/* One allocation fails. @return whether the call had so many. */
static bool
fail_once(const struct fail_step *s, unsigned int call, unsigned int nth, const struct states *states,
		struct tally *tally, struct fail_seen *seen)
{
	char where[FAIL_NAME_LEN + 40];
	int ret;

	fail_begin(call, nth);
	ret = s->call();
	fail_end(seen);
	snprintf(where, sizeof(where), "%s, allocation %u", seen->name, nth);
	if (!seen->failed) {
		if (ret != 0)
			broken(s->name, where, "without a failure: %s", strerror(-ret));
		else
			go_back(s);
		return false;
	}
	tally->failed++;
	n_failed++;
	if (ret < 0) {
		tally->errors++;
		if (ret != -ENOMEM) {
			tally->other++;
			tally->last_other = ret;
		}
		expect_error(s, where, ret, states);
	} else {
		expect_state(s, where, &states->after, "after success without it");
	}
	go_back(s);
	expect_state(s, where, &states->before, "undone");
	return true;
}

static void
call_try(const struct fail_step *s, unsigned int call, const struct states *states)
{
	struct tally tally = { 0 };
	struct fail_seen seen;
	unsigned int nth = 1;

	while (nth < NTH_MAX && n_broken < 50 && fail_once(s, call, nth, states, &tally, &seen))
		nth += all || nth < FIRST ? 1 : 1 + nth / FEWER;
	if (nth >= NTH_MAX)
		broken(s->name, seen.name, "it has no end");
	if (tally.failed == 0)
		return;
	printf("%s, %s: %u failed, %u errors", s->name, seen.name, tally.failed, tally.errors);
	if (tally.other > 0)
		printf(", %u of them not ENOMEM (%s)", tally.other, strerrorname_np(-tally.last_other));
	putchar('\n');
	fflush(stdout);
}

/* @return 0; -1: the step does not work at all */
static int
step_try(const struct fail_step *s)
{
	struct fail_seen seen;
	struct states states;
	unsigned int call;
	int ret;

	fail_state_read(fail_space(), &states.before);
	fail_begin(0, 0);
	ret = s->call();
	fail_end(&seen);
	if (ret != 0) {
		broken(s->name, "all", "without a failure: %s", strerror(-ret));
		return -1;
	}
	if (s->given)
		return 0;
	fail_state_read(fail_space(), &states.after);
	go_back(s);
	expect_state(s, "all", &states.before, "undone");
	if (seen.calls > CALLS_MAX)
		broken(s->name, "all", "%u calls", seen.calls);
	for (call = 1; call <= seen.calls && call <= CALLS_MAX; call++)
		call_try(s, call, &states);
	ret = s->stays ? s->call() : 0;
	if (ret != 0)
		broken(s->name, "all", "at the end: %s", strerror(-ret));
	return ret;
}

int
main(int argc, char **argv)
{
	const char *word = argc > 1 && strcmp(argv[1], "compat") == 0 ? "type1" : argv[argc > 1];
	struct fail_state begin, end;
	enum ioas_backend backend;
	size_t i;
	int ret;

	all = argc == 4 && strcmp(argv[3], "all") == 0;
	if (argc < 3 || (argc > 3 && !all) || ioas_backend_parse(word, &backend) < 0) {
		fprintf(stderr, "usage: %s type1|iommufd|compat BDF [all]\n", argv[0]);
		return 2;
	}
	ret = fail_open();
	if (ret < 0)
		fprintf(stderr, "%s: the kernel injects no faults: %s\n", argv[0], strerror(-ret));
	if (ret < 0 || fail_prepare(backend, argv[2]) < 0)
		return 2;
	fail_state_read(NULL, &begin);
	for (i = 0; i < fail_steps_n; i++)
		if (step_try(&fail_steps[i]) != 0)
			break;
	fail_state_read(NULL, &end);
	if (fail_state_differs(&end, &begin) != NULL)
		broken("all", "at the end", "%s", fail_state_differs(&end, &begin));
	if (end.tables > begin.tables)
		broken("all", "at the end", "pages of IOMMUs: %" PRIu64 ", not %" PRIu64, end.tables,
			begin.tables);
	fail_finish();
	printf("%u allocations failed, %u broken\n", n_failed, n_broken);
	return n_broken > 0;
}
