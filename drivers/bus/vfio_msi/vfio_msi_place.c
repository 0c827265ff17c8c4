/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Addresses of BARs.
 *
 * Drivers keep pointers into BARs in shared memory, so a secondary process must map BARs
 * at the addresses of the primary. The primary chooses addresses that are likely to be
 * free in a secondary: behind EAL's memory, which has the same addresses in both. The
 * kernel would choose addresses next to the libraries, which differ in every process.
 *
 * A BAR has its addresses again when its device comes again, unless other memory has them by
 * then. Otherwise devices that come and go would use up the addresses of the process.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_memory.h>

#include "device.h"
#include "sysfs/sysfs.h"
#include "uapi/vfio_uapi.h"

#define BAR_DISTANCE (64ULL << 30)	/* left to the pci bus, behind EAL's memory */
#define BAR_ALIGN_MAX (1ULL << 30)	/* largest page of the kernel's mappings */

/* Addresses of a BAR, also while the device is closed. */
struct place {
	LIST_ENTRY(place) next;
	struct topo_addr addr;
	unsigned int bar;
	uint64_t first, size;	/* size 0: it needs new addresses */
};

static LIST_HEAD(, place) places = LIST_HEAD_INITIALIZER(places);

static int
find_end(const struct rte_memseg_list *msl, void *arg)
{
	uint64_t *end = arg, last = (uintptr_t)msl->base_va + msl->len;

	if (!msl->external && last > *end)
		*end = last;
	return 0;
}

/*
 * New addresses, aligned so that the kernel can use large pages. The pci bus uses the addresses
 * right behind EAL's memory in the same way.
 */
static uint64_t
new_place(uint64_t size)
{
	static uint64_t next;
	uint64_t align = RTE_MIN(rte_align64pow2(size), BAR_ALIGN_MAX), at;

	if (next == 0) {
		rte_memseg_list_walk(find_end, &next);
		next += BAR_DISTANCE;
	}
	align = RTE_MAX(align, (uint64_t)sysconf(_SC_PAGESIZE));
	at = RTE_ALIGN_CEIL(next, align);
	next = at + size;
	return at;
}

/* The place for a BAR of the primary, with enough addresses. NULL: no memory. */
static struct place *
find_place(const struct topo_addr *addr, unsigned int bar, uint64_t size)
{
	struct place *p;

	LIST_FOREACH(p, &places, next)
		if (p->bar == bar && topology_addr_cmp(&p->addr, addr) == 0)
			break;
	if (p == NULL) {
		p = calloc(1, sizeof(*p));
		if (p == NULL)
			return NULL;
		p->addr = *addr;
		p->bar = bar;
		LIST_INSERT_HEAD(&places, p, next);
	}
	/* Another device may be at the address now. */
	if (p->size < size) {
		p->first = new_place(size);
		p->size = size;
	}
	return p;
}

/* Reserve addresses in the primary. If others have those of the place, the kernel chooses some. */
static int
reserve_place(const struct topo_addr *addr, unsigned int bar, uint64_t size, void **out)
{
	struct place *p = find_place(addr, bar, size);
	/* Without a place it has other addresses the next time. */
	void *at = (void *)(uintptr_t)(p != NULL ? p->first : new_place(size));
	int ret = vfio_uapi_mmap(at, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
			-1, 0, out);

	if (ret == 0 && *out != at && p != NULL)
		p->size = 0;
	return ret;
}

void
vfio_msi_places_free(void)
{
	struct place *p;

	while ((p = LIST_FIRST(&places)) != NULL) {
		LIST_REMOVE(p, next);
		free(p);
	}
}

int
vfio_msi_bar_reserve(const struct vfio_msi_device *dev, unsigned int i,
		uint64_t size, void **addr)
{
	void *at = dev->bar[i].primary;
	int ret;

	if (!vfio_msi_is_secondary())
		return reserve_place(&dev->plan.topo.addr, i, size, addr);
	if (at == NULL)
		return -EBADMSG;
	ret = vfio_uapi_mmap(at, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
			MAP_FIXED_NOREPLACE, -1, 0, addr);
	/* Kernels before 4.17 ignore MAP_FIXED_NOREPLACE: the address is a hint. */
	if (ret == 0 && *addr != at) {
		vfio_uapi_munmap(*addr, size);
		ret = -EEXIST;
	}
	return ret;
}

/* Describe the first mapping of this process in a range. @return false: none. */
static bool
find_occupant(struct iova_range range, char *out, size_t size)
{
	char *text, *line, *save = NULL;
	bool found = false;

	if (sysfs_read_file("", &text, NULL, "/proc/self/maps") < 0)
		return false;
	for (line = strtok_r(text, "\n", &save); line != NULL && !found;
	     line = strtok_r(NULL, "\n", &save)) {
		uint64_t start, end;
		int name = 0;

		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %*s %*s %*s %n",
				&start, &end, &name) < 2 ||
		    end <= range.first || start > range.last)
			continue;
		snprintf(out, size, "0x%" PRIx64 "-0x%" PRIx64 " (%s)", start,
			end - 1, name > 0 && line[name] != '\0' ?
			line + name : "anonymous memory");
		found = true;
	}
	free(text);
	return found;
}

void
vfio_msi_place_explain(const struct vfio_msi_device *dev, int ret, char *why,
		size_t size)
{
	char what[192];
	unsigned int i;

	for (i = 0; ret == -EEXIST && i < TOPO_BARS; i++) {
		struct iova_range r;

		if (!iova_range_make((uintptr_t)dev->bar[i].primary,
				dev->plan.topo.bar[i].len, &r) ||
		    r.first == 0 || !find_occupant(r, what, sizeof(what)))
			continue;
		snprintf(why, size, "the primary process has BAR %u at 0x%" PRIx64 "-0x%" PRIx64 ", where this process has %s; start the primary with another --base-virtaddr",
			i, r.first, r.last, what);
		return;
	}
	snprintf(why, size, "can't map its BARs: %s; see dmesg", strerror(-ret));
}
