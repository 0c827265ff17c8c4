/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Steering EAL's memory, while IOVA is VA.
 *
 * Right after the scan of the buses EAL reserves address space for all memory that it
 * may ever have. It requests an address that starts at a fixed base and advances with
 * each mapping; if that range is not free, the kernel chooses another. So the bus chooses
 * a free start that leads to good IOVAs (va_place.h) and moves EAL's next address there.
 * If EAL's default is as good, the bus does nothing. Steering leaves no mapping, so it can't
 * make EAL fail: bring-up detects memory that is out of reach.
 */

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_fbarray.h>
#include <rte_lcore.h>

#include "dpdk_limits.h"
#include "policy.h"

#define DEFAULT_BASE (UINT64_C(1) << 32)	/* EAL's default base address */

static bool tried;
static struct va_space before;	/* free addresses before EAL reserved its memory */

/*
 * EAL's next address is the end of its last mapping at a requested address. Attaching an
 * fbarray requests one. No array of this name exists: EAL maps the address, advances its
 * next address, finds no file and unmaps again.
 */
static void
move_eal(uint64_t start)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	struct rte_fbarray array = {
		.name = "vfio_msi_start",
		.data = (void *)(uintptr_t)(start - page),
		.len = 1,
		.elt_sz = 1,
	};

	if (rte_fbarray_attach(&array) == 0)
		rte_fbarray_detach(&array);
}

/*
 * What EAL will reserve. The bus can't read EAL's options: an EAL without shared
 * configuration may run with --in-memory, which uses every page size.
 */
static int
read_need(const struct va_space *space, struct va_need *need)
{
	unsigned int i;
	int ret = va_need_read("", !space->has_config, need);

	if (ret < 0)
		return ret;
	need->plain = !rte_eal_has_hugepages();
	need->n_nodes = RTE_MIN(rte_socket_count(), (unsigned int)VA_NODES_MAX);
	for (i = 0; i < need->n_nodes; i++)
		need->node[i] = (unsigned int)rte_socket_id_by_idx(i);
	return 0;
}

static int
choose(const struct iova_layout *layout, struct va_choice *choice)
{
	const struct va_limits limits = dpdk_va_limits(0);
	struct va_need need;
	int ret;

	va_space_free(&before);
	ret = va_space_read("", rte_eal_get_baseaddr(), &before);
	if (ret < 0)
		return ret;
	ret = read_need(&before, &need);
	return ret < 0 ? ret : va_place(layout, &need, &limits, &before, choice);
}

static void
log_shortage(enum va_shortage shortage, enum va_policy policy, enum va_assign assign)
{
	char cure[VA_CURE];

	va_shortage_cure(shortage, policy, assign, cure, sizeof(cure));
	BUS_LOG(WARNING, VFIO_MSI_BUS ": %s; devices may be rejected; %s (see: dpdk-test-msi layout -a vfio_msi:BDF)",
		va_shortage_why(shortage), cure);
}

static void
log_choice(const struct iova_layout *layout, const struct va_choice *choice,
		enum va_policy policy, enum va_assign assign)
{
	const struct va_lists *lists = &choice->lists;
	struct iova_range first = lists->v[0].range;
	uint64_t last = lists->v[lists->n - 1].range.last;

	if (choice->quality == VA_BAD) {
		log_shortage(choice->shortage, policy, assign);
		return;
	}
	if (choice->quality == VA_SHORT)
		last = first.first + va_good_bytes(layout, first) - 1;
	if (choice->moved && rte_eal_get_baseaddr() != DEFAULT_BASE)
		BUS_LOG(WARNING, VFIO_MSI_BUS ": memory is steered to 0x%" PRIx64 "-0x%" PRIx64 ": above 0x%" PRIx64 " (--base-virtaddr) too few free addresses are good IOVAs; give another address, or drop the option",
			first.first, last, rte_eal_get_baseaddr());
	else if (choice->moved)
		BUS_LOG(INFO, "memory is steered to 0x%" PRIx64 "-0x%" PRIx64, first.first, last);
	else
		BUS_LOG(DEBUG, "memory is not steered: 0x%" PRIx64 "-0x%" PRIx64 " are good IOVAs",
			first.first, last);
}

enum va_policy
vfio_msi_steer(const struct iova_layout *layout, enum va_key key, enum va_assign assign)
{
	static bool moved;
	struct va_choice choice;
	enum va_policy policy;
	int ret;

	tried = true;
	if (moved)
		return VA_POLICY_GOOD;
	if (key == VA_KEY_ASSIGNED)
		return va_policy_decide(key, NULL, assign);
	ret = choose(layout, &choice);
	policy = va_policy_decide(key, ret < 0 ? NULL : &choice, assign);
	if (ret < 0) {
		BUS_LOG(WARNING, VFIO_MSI_BUS ": can't steer EAL's memory: %s; check the limit of the address space (ulimit -v)",
			strerror(-ret));
		return policy;
	}
	if (!va_policy_assigns(policy)) {
		if (choice.moved)
			move_eal(choice.start);
		if (choice.lists.n > 0)
			log_choice(layout, &choice, policy, assign);
		moved = choice.moved;
	}
	va_choice_free(&choice);
	return policy;
}

enum va_shortage
vfio_msi_steer_shortage(const struct iova_layout *layout, const struct va_begin *begin)
{
	return va_shortage(layout, &before, begin);
}

bool
vfio_msi_steer_tried(void)
{
	return tried;
}
