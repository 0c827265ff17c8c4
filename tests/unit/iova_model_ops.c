/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* One operation on the layout and on the model, and the comparison of both. */

#include <errno.h>
#include <string.h>

#include "iova_model_ops.h"

const char *const ops_names[OP_COUNT] = {
	"place", "place_at", "release", "allow", "add_hole", "forget", "lookup", "test", "hole_in",
};

unsigned long ops_seen[OP_COUNT][OPS_ERRORS];

static struct iova_model model;
static struct iova_layout *layout;

/* ---- comparison ---- */

static void
expect(bool ok, enum op op, const char *what)
{
	if (ok)
		return;
	iova_layout_dump(layout, stderr);
	ops_differ(op, what);
}

/* Compare and count the result of an operation, 0 or a negative errno. */
static void
expect_result(enum op op, int got, int want)
{
	if (got != want)
		fprintf(stderr, "got %d, want %d\n", got, want);
	expect(got == want, op, "result");
	ops_seen[op][-want]++;
}

static void
expect_same(enum op op, const char *difference)
{
	expect(difference == NULL, op, difference);
}

static void
expect_conflict(enum op op, const struct iova_conflict *got, const struct iova_conflict *want)
{
	expect_same(op, model_conflict_differs(got, want));
	if (op == OP_ALLOW)
		expect(strcmp(got->hole.owner, want->hole.owner) == 0, op, "owner in conflict");
}

/* ---- one operation on both ---- */

static void
do_place(void)
{
	struct iova_range got = { 1, 0 }, want = { 1, 0 };
	uint64_t span = ((1 + model_random(1 + model_random(24))) << model.shift) - 1;
	uint64_t align = model_draw_align(&model), limit = model_draw_limit(&model);
	char what[IOVA_OWNER_LEN];

	model_draw_name(what, sizeof(what), "memory ");
	expect_result(OP_PLACE, iova_layout_place(layout, span, align, limit, what, &got),
		model_place(&model, span, align, limit, what, &want));
	expect(model_same_range(got, want), OP_PLACE, "place");
}

static void
do_place_at(void)
{
	struct iova_range range = model_draw_range(&model, 12);
	struct iova_conflict got, want;
	char what[IOVA_OWNER_LEN];

	model_draw_name(what, sizeof(what), "fixed ");
	expect_result(OP_PLACE_AT, iova_layout_place_at(layout, range, what, &got),
		model_place_at(&model, range, what, &want));
	expect_conflict(OP_PLACE_AT, &got, &want);
}

static void
do_test(void)
{
	struct iova_range range = model_draw_range(&model, 24);
	struct iova_conflict got, want;
	bool soft_too = model_random(2);

	expect_result(OP_TEST, iova_layout_test(layout, range, soft_too, &got),
		model_test(&model, range, soft_too, &want));
	expect_conflict(OP_TEST, &got, &want);
}

static void
do_release(void)
{
	struct iova_range range = model_draw_used(&model);

	expect_result(OP_RELEASE, iova_layout_release(layout, range),
		model_release(&model, range));
}

/* Allow a few ranges that exclude little, so that the space does not vanish. */
static void
do_allow(void)
{
	struct iova_range ranges[4], hole = model_draw_range(&model, 8);
	struct iova_conflict got, want;
	size_t i, n = model_random(16) == 0 ? 0 : 2;
	char owner[IOVA_OWNER_LEN];

	if (model.n_grants == MODEL_GRANTS - 1)
		return;
	ranges[0] = model_range(&model, 0, MODEL_UNITS - 1);
	ranges[1] = ranges[0];
	if (n > 0 && hole.first > model.base && hole.last < ranges[0].last) {
		ranges[0].first = hole.last + 1;
		ranges[1].last = hole.first - 1;
		n += model_random(3);
	}
	for (i = 2; i < n; i++)
		ranges[i] = model_draw_range(&model, 4);
	model_draw_name(owner, sizeof(owner), "0000:01:00.");
	expect_result(OP_ALLOW, iova_layout_allow(layout, ranges, n, owner, &got),
		model_allow(&model, ranges, n, owner, &want));
	expect_conflict(OP_ALLOW, &got, &want);
}

static void
do_add_hole(void)
{
	struct iova_conflict got, want;
	struct iova_hole hole = { .origin = model_random(IOVA_ORIGIN_COUNT), .hardness = model_random(2) };

	if (model.n_holes == MODEL_HOLES)
		return;
	hole.range = model_draw_range(&model, 16);
	if (model.n_holes > 0 && model_random(3) == 0)
		hole = model.holes[model_random(model.n_holes)];
	if (model_random(2) != 0)
		model_draw_name(hole.detail, sizeof(hole.detail), "0000:0");
	if (model_random(8) == 0)
		hole.owner[0] = '\0';
	else
		model_draw_name(hole.owner, sizeof(hole.owner), "0000:01:00.");
	expect_result(OP_ADD_HOLE, iova_layout_add_hole(layout, &hole, &got),
		model_add_hole(&model, &hole, &want));
	expect_conflict(OP_ADD_HOLE, &got, &want);
}

static void
do_forget(void)
{
	char owner[IOVA_OWNER_LEN] = "";

	if (model_random(16) != 0)
		model_draw_name(owner, sizeof(owner), "0000:01:00.");
	iova_layout_forget(layout, owner);
	model_forget(&model, owner);
	expect_result(OP_FORGET, 0, 0);
	expect_same(OP_FORGET, model_sets_differ(&model, layout));
}

static void
do_lookup(void)
{
	uint64_t iova = model.base + model_random((uint64_t)MODEL_UNITS << model.shift);
	const struct iova_used *got = iova_layout_lookup(layout, iova);
	const struct iova_used *want = model_lookup(&model, iova);

	expect_result(OP_LOOKUP, got ? 0 : -ENOENT, want ? 0 : -ENOENT);
	if (want != NULL)
		expect(model_same_range(got->range, want->range) && strcmp(got->what, want->what) == 0,
			OP_LOOKUP, "used range");
}

static void
do_hole_in(void)
{
	struct iova_range range = model_draw_range(&model, 24);
	const struct iova_hole *got = iova_layout_hole_in(layout, range);
	const struct iova_hole *want = model_hole_in(&model, range);

	expect_result(OP_HOLE_IN, got ? 0 : -ENOENT, want ? 0 : -ENOENT);
	if (want != NULL)
		expect(model_same_hole(got, want), OP_HOLE_IN, "hole");
}

static void (*const op_do[OP_COUNT])(void) = {
	do_place, do_place_at, do_release, do_allow, do_add_hole, do_forget, do_lookup, do_test,
	do_hole_in,
};

void
ops_begin(void)
{
	static const uint64_t bases[] = { 0, UINT64_C(0x7ffffff000), 0 /* ends at the top */ };
	static const unsigned int shifts[] = { 0, 12 };
	unsigned int i = model_random(3), shift = shifts[model_random(2)];
	unsigned int first = model_random(2) * model_random(32);
	unsigned int last = MODEL_UNITS - 1 - model_random(2) * model_random(32);
	uint64_t base = i < 2 ? bases[i] : 0 - ((uint64_t)MODEL_UNITS << shift);
	struct iova_range space;

	iova_layout_destroy(layout);
	expect(iova_layout_create(&layout) == 0, OP_ALLOW, "a new layout");
	model_reset(&model, base, shift, first, last);
	space = model_range(&model, first, last);
	expect(iova_layout_allow(layout, &space, 1, "oracle", NULL) == 0, OP_ALLOW, "the space");
}

void
ops_do(enum op op)
{
	op_do[op]();
	expect(iova_layout_check(layout, stderr) == 0, op, "self-check");
}

void
ops_compare(enum op op)
{
	expect_same(op, model_sets_differ(&model, layout));
}

void
ops_end(void)
{
	iova_layout_destroy(layout);
	layout = NULL;
}
