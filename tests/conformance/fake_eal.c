/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal_memconfig.h>
#include <rte_errno.h>
#include <rte_memzone.h>

#include "fake_eal.h"
#include "fake_eal_growth.h"
#include "fake_kernel.h"

struct list {
	struct rte_memseg_list msl;	/* the first: lists are found by it */
	struct rte_memseg ms[FAKE_EAL_PAGES];
};

__thread int rte_errno, fake_mem_locked;
enum rte_iova_mode fake_iova_mode;
enum rte_proc_type_t fake_process_type;
char fake_eal_said[4096];
int fake_eal_is_legacy;
void (*fake_eal_on_page)(void);

static struct list lists[FAKE_EAL_LISTS];
static rte_mem_event_callback_t callback;

void
fake_eal_reset(void)
{
	memset(lists, 0, sizeof(lists));
	callback = NULL;
	fake_eal_growth_reset();
	fake_eal_on_page = NULL;
	fake_eal_is_legacy = 0;
	fake_iova_mode = RTE_IOVA_VA;
	fake_eal_said[0] = '\0';
}

int
fake_eal_is_watched(void)
{
	return callback != NULL || fake_eal_is_validated();
}

void
fake_eal_log(const char *level, const char *format, ...)
{
	size_t at = strlen(fake_eal_said);
	va_list ap;

	if (strcmp(level, "INFO") == 0 || strcmp(level, "DEBUG") == 0)
		return;
	at += (size_t)snprintf(fake_eal_said + at, sizeof(fake_eal_said) - at, "%s: ", level);
	if (at >= sizeof(fake_eal_said))
		return;
	va_start(ap, format);
	vsnprintf(fake_eal_said + at, sizeof(fake_eal_said) - at, format, ap);
	va_end(ap);
}

static struct list *
add(uint64_t va, unsigned int pages, uint64_t page)
{
	unsigned int i;
	struct list *l = lists;

	while (l->msl.base_va != NULL)
		if (++l == lists + FAKE_EAL_LISTS)
			abort();
	if (pages > FAKE_EAL_PAGES)
		abort();
	memset(l, 0, sizeof(*l));
	l->msl.base_va = (void *)(uintptr_t)va;
	l->msl.page_sz = page;
	l->msl.len = pages * page;
	l->msl.memseg_arr.len = FAKE_EAL_PAGES;
	l->msl.memseg_arr.count = pages;
	for (i = 0; i < pages; i++)
		l->ms[i] = (struct rte_memseg){
			.iova = va + i * page, .addr_64 = va + i * page, .len = page,
		};
	return l;
}

static void
notify(const struct list *l, enum rte_mem_event event)
{
	if (callback != NULL)
		callback(event, l->msl.base_va, l->msl.memseg_arr.count * l->msl.page_sz, NULL);
}

/* Bytes of the node's heap. */
static uint64_t
held(void)
{
	const struct list *l;
	uint64_t bytes = 0;

	for (l = lists; l < lists + FAKE_EAL_LISTS; l++)
		if (l->msl.heap && !l->msl.external)
			bytes += l->msl.memseg_arr.count * l->msl.page_sz;
	return bytes;
}

void
fake_eal_list(uint64_t va, uint64_t page)
{
	struct list *l = add(va, 0, page);

	l->msl.len = page;
	l->msl.heap = 1;
}

int
fake_eal_alloc(uint64_t va, unsigned int pages, uint64_t page, int at_start)
{
	struct list *l;
	unsigned int i;

	if (!at_start && fake_eal_rejects(held() + pages * page))
		return -1;
	l = add(va, pages, page);
	l->msl.heap = 1;
	for (i = 0; at_start && i < pages; i++)
		l->ms[i].flags = RTE_MEMSEG_FLAG_DO_NOT_FREE;
	if (!at_start)
		notify(l, RTE_MEM_EVENT_ALLOC);
	return 0;
}

void
fake_eal_reserve(uint64_t va, uint64_t len)
{
	rte_mem_virt2memseg_list((const void *)(uintptr_t)va)->len = len;
}

void
fake_eal_heap_add(uint64_t va, unsigned int pages, uint64_t page, const uint64_t *iovas)
{
	struct list *l = add(va, pages, page);
	unsigned int i;

	l->msl.external = 1;
	l->msl.socket_id = 256;
	for (i = 0; i < pages; i++)
		l->ms[i].iova = iovas != NULL ? iovas[i] : RTE_BAD_IOVA;
	notify(l, RTE_MEM_EVENT_ALLOC);
	l->msl.heap = 1;
}

void
fake_eal_attach_begin(uint64_t va, unsigned int pages, uint64_t page)
{
	struct list *l = add(va, pages, page);

	l->msl.external = 1;
	l->msl.heap = 1;
}

void
fake_eal_attach_end(uint64_t va)
{
	notify((struct list *)rte_mem_virt2memseg_list((const void *)(uintptr_t)va),
		RTE_MEM_EVENT_ALLOC);
}

void
fake_eal_heap_attach(uint64_t va, unsigned int pages, uint64_t page)
{
	fake_eal_attach_begin(va, pages, page);
	fake_eal_attach_end(va);
}

void
fake_eal_free(uint64_t va)
{
	struct list *l = (struct list *)rte_mem_virt2memseg_list((const void *)(uintptr_t)va);

	notify(l, RTE_MEM_EVENT_FREE);
	memset(&l->msl, 0, sizeof(l->msl));
}

uint64_t
fake_eal_iova(uint64_t va)
{
	return rte_mem_virt2memseg((const void *)(uintptr_t)va, NULL)->iova;
}

int
rte_mem_event_callback_register(const char *name __rte_unused, rte_mem_event_callback_t cb,
		void *arg __rte_unused)
{
	if (fake_eal_is_legacy) {
		rte_errno = ENOTSUP;
		return -1;
	}
	callback = cb;
	return 0;
}

int
rte_mem_event_callback_unregister(const char *name __rte_unused, void *arg __rte_unused)
{
	callback = NULL;
	return 0;
}

int
rte_memseg_walk_thread_unsafe(rte_memseg_walk_t cb, void *arg)
{
	const struct list *l;
	unsigned int i;
	int ret = 0;

	for (l = lists; l < lists + FAKE_EAL_LISTS; l++)
		for (i = 0; ret == 0 && i < l->msl.memseg_arr.count; i++)
			ret = cb(&l->msl, &l->ms[i], arg);
	return ret;
}

int
rte_memseg_contig_walk_thread_unsafe(rte_memseg_contig_walk_t cb, void *arg)
{
	const struct list *l;
	int ret = 0;

	for (l = lists; ret == 0 && l < lists + FAKE_EAL_LISTS; l++)
		if (l->msl.memseg_arr.count > 0)
			ret = cb(&l->msl, l->ms, l->msl.memseg_arr.count * l->msl.page_sz, arg);
	return ret;
}

int
rte_memseg_list_walk_thread_unsafe(rte_memseg_list_walk_t cb, void *arg)
{
	const struct list *l;
	int ret = 0;

	for (l = lists; ret == 0 && l < lists + FAKE_EAL_LISTS; l++)
		if (l->msl.base_va != NULL)
			ret = cb(&l->msl, arg);
	return ret;
}

struct rte_memseg_list *
rte_mem_virt2memseg_list(const void *addr)
{
	struct list *l;

	for (l = lists; l < lists + FAKE_EAL_LISTS; l++)
		if (l->msl.memseg_arr.count > 0 &&
		    (uintptr_t)addr - (uintptr_t)l->msl.base_va <
				l->msl.memseg_arr.count * l->msl.page_sz)
			return &l->msl;
	return NULL;
}

struct rte_memseg *
rte_mem_virt2memseg(const void *addr, const struct rte_memseg_list *msl)
{
	struct list *l = (struct list *)(uintptr_t)(msl != NULL ? msl :
			rte_mem_virt2memseg_list(addr));

	if (l == NULL)
		return NULL;
	return &l->ms[((uintptr_t)addr - (uintptr_t)l->msl.base_va) / l->msl.page_sz];
}

int
rte_memseg_get_fd_thread_unsafe(const struct rte_memseg *ms __rte_unused)
{
	if (fake_eal_on_page != NULL)
		fake_eal_on_page();
	return -1;
}

int
rte_memseg_get_fd_offset_thread_unsafe(const struct rte_memseg *ms __rte_unused,
		size_t *offset __rte_unused)
{
	return -1;
}

void
rte_memzone_walk(void (*cb)(const struct rte_memzone *mz, void *arg) __rte_unused,
		void *arg __rte_unused)
{
}

int
__wrap_getrlimit64(int resource, struct rlimit *out)
{
	/* The code above the system calls reads no other. */
	if (resource != RLIMIT_MEMLOCK)
		abort();
	*out = (struct rlimit){ fake.memlock, fake.memlock };
	return 0;
}
