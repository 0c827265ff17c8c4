/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sync_space.h"
#include "text_count.h"

struct ioas *sync_ioas;
char sync_why[1024];

int
sync_start_only(enum dma_sync_choice choice)
{
	struct dma_sync_stats st;

	return dma_sync_start(sync_ioas, layout, choice, &st, sync_why, sizeof(sync_why));
}

int
sync_start(enum dma_sync_choice choice)
{
	int ret = sync_start_only(choice);

	if (ret == 0)
		dma_sync_restored();
	return ret;
}

void
sync_assign(void)
{
	dma_sync_stop();
	dma_sync_forget();
	fake_iova_mode = RTE_IOVA_PA;
	assert_int_equal(sync_start(DMA_SYNC_ALL), 0);
}

/* A hole that the kernel enforces. */
static void
add_msi(void)
{
	const struct iova_hole msi = {
		.range = RANGE(MSI, MSI + MIB - 1), .origin = IOVA_ORIGIN_MSI,
		.hardness = IOVA_HARD, .by = IOVA_BY_KERNEL, .owner = "0000:01:07.0",
	};

	assert_int_equal(iova_layout_add_hole(layout, &msi, NULL), 0);
}

int
sync_setup(void **state)
{
	struct fake_group *g;

	if (machine_setup(state) < 0)
		return -1;
	fake_eal_reset();
	g = add_group(7);
	g->aperture = RANGE(0, TOP_IOVA);
	fake_range(g, MSI, MSI + MIB - 1);
	sync_ioas = open_space();
	attach_group(sync_ioas, 7);
	add_hole(0, PAGE - 1, IOVA_HARD);
	add_msi();
	add_hole(WINDOW, WINDOW + 4 * GIB - 1, IOVA_SOFT);
	obey(sync_ioas, "0000:01:07.0");
	fake_eal_alloc(EAL_VA, 4, LARGE, 1);
	return sync_start(DMA_SYNC_EXTERNAL);
}

int
sync_teardown(void **state)
{
	dma_sync_stop();
	dma_sync_forget();
	assert_int_equal(fake_eal_is_watched(), 0);
	fake_eal_reset();
	ioas_close(sync_ioas);
	return machine_teardown(state);
}

void
heap_add_at(uint64_t va, unsigned int pages, uint64_t offset)
{
	uint64_t iovas[FAKE_EAL_PAGES];
	unsigned int i;

	for (i = 0; i < pages; i++)
		iovas[i] = va + i * LARGE + offset;
	fake_eal_heap_add(va, pages, LARGE, iovas);
}

void
heap_add(uint64_t va, unsigned int pages)
{
	heap_add_at(va, pages, 0);
}

void
expect_mapped(uint64_t va, uint64_t iova, uint64_t len)
{
	assert_int_equal(fake_eal_iova(va), iova);
	assert_true(ioas_covers(sync_ioas, va, iova, len));
	expect_same(sync_ioas);
}

void
expect_start(void)
{
	assert_int_equal(mappings_count(sync_ioas), 1);
	assert_true(ioas_covers(sync_ioas, EAL_VA, EAL_VA, 4 * LARGE));
	expect_same(sync_ioas);
}

size_t
said(const char *text)
{
	return text_count(fake_eal_said, text);
}
