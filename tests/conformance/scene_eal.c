/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "common.h"
#include "eal/dma_place.h"
#include "scene_eal.h"
#include "va_kernel.h"
#include "va/va_policy.h"

#define EAL_BASE (UINT64_C(1) << 32)
#define AMOUNT (UINT64_C(512) << 20)

static void
print_lists(FILE *f, const struct va_choice *choice)
{
	size_t i;

	for (i = 0; i < choice->lists.n; i++) {
		const struct va_list_at *l = &choice->lists.v[i];

		fprintf(f, "  %" PRIu64 " KiB, node %u: 0x%" PRIx64 "-0x%" PRIx64 ", %" PRIu64
			" MiB good\n", l->page >> 10, l->node, l->range.first, l->range.last,
			va_good_bytes(layout, l->range) >> 20);
	}
}

/* The place of a list decides its IOVAs only modulo the page size. */
static void
print_assigned(FILE *f, const struct va_choice *choice)
{
	struct dma_pieces pieces = { 0 };
	size_t i, done = 0;

	for (i = 0; i < choice->lists.n; i++) {
		const struct va_list_at *l = &choice->lists.v[i];
		uint64_t bytes = l->page > AMOUNT ? l->page : AMOUNT;
		int ret;

		if (!l->first)
			continue;
		ret = dma_place(layout, l->range.first, bytes, l->page, &pieces);
		fprintf(f, "  %" PRIu64 " KiB, node %u: %" PRIu64 " MiB at", l->page >> 10, l->node,
			bytes >> 20);
		for (; ret == 0 && done < pieces.n; done++) {
			const struct dma_piece *p = &pieces.v[done];

			assert_int_equal((p->iova - p->va) % l->page, 0);
			fprintf(f, " 0x%" PRIx64 "-0x%" PRIx64, p->iova, p->iova + p->len - 1);
		}
		fprintf(f, "%s\n", ret == 0 ? "" : " no free IOVAs");
		done = pieces.n;
	}
	dma_pieces_free(&pieces);
	dma_place_end(layout);
}

/* Most machines' files lack hugepages. */
static void
read_need(const char *root, struct va_need *need)
{
	assert_int_equal(va_need_read(root, false, need), 0);
	if (need->n_pages == 0)
		need->page[need->n_pages++] = UINT64_C(2) << 20;
}

void
scene_eal_choose(const char *root, const struct scene *scene, struct va_choice *out)
{
	static const struct va_limits limits = VA_DEBIAN_LIMITS;
	struct va_space space;
	struct va_need need;

	if (scene->user_bits == 0)
		fail_msg("the machine has no line: process BITS");
	va_kernel_start(VA_ARM64(scene->user_bits), VA_ARM64(scene->user_window));
	va_kernel_maps(root);
	read_need(root, &need);
	assert_int_equal(va_space_read(root, EAL_BASE, &space), 0);
	assert_int_equal(va_place(layout, &need, &limits, &space, out), 0);
	assert_int_equal(va_kernel_left(), 0);
	va_space_free(&space);
}

void
scene_eal_print(FILE *f, const char *root, const struct scene *scene)
{
	struct va_choice choice;
	enum va_policy policy;

	scene_eal_choose(root, scene, &choice);
	policy = va_policy_decide(VA_KEY_AUTO, &choice, VA_ASSIGN_POSSIBLE);
	fprintf(f, "%s: %s\n", va_policy_assigns(policy) ? "IOVAs are assigned" : choice.moved ?
		"IOVA is VA, steered" : "IOVA is VA", va_policy_why(policy));
	if (va_policy_assigns(policy))
		print_assigned(f, &choice);
	else
		print_lists(f, &choice);
	va_choice_free(&choice);
}
