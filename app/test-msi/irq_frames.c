/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The self-test from one port: the device reads a frame from memory, loops it back, writes
 * it to memory and raises an interrupt. So both directions of DMA and the order of data and
 * interrupt are tested without a wire, a second port and a driver.
 *
 * The memory is mapped at the lowest free IOVA of the layout, which is not its address in
 * the process.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_cycles.h>

#include "irq_nic.h"
#include "map_fault.h"
#include "tool_progress.h"
#include "rxintr.h"

#define DONE_TRIES 100
#define DONE_US 1000
#define UNTOUCHED 0xa5

/* Frames are checked one at a time, so that an interrupt has one cause. */
struct loop {
	struct irq_nic nic;
	struct rxintr_wire wire;	/* from and to the device */
	const struct irq_raiser *raiser;
	struct irq_vectors *vs;
	struct irq_frames *out;
	uint64_t size;		/* of the mapped memory */
	bool mapped;
};

/* @return 0, -errno after printing the fault. */
static int
map_memory(struct loop *l, const struct plan_device *plan)
{
	uint64_t page = plan->info.page_sizes & -plan->info.page_sizes;
	uint64_t align = RTE_MAX(page, (uint64_t)sysconf(_SC_PAGESIZE));
	const char *name = l->vs->dev->name;
	struct ioas *ioas = l->vs->dev->ioas;
	char why[MAP_FAULT_LEN];
	int ret;

	if (ioas_traits_of(ioas)->no_translation) {
		tool_error(name, "--self-test needs an IOMMU, as its frames are not in hugepages; omit it for this device");
		return -ENOTSUP;
	}
	l->size = RTE_ALIGN_CEIL(sizeof(*l->nic.mem), align);
	l->nic.mem = aligned_alloc(align, l->size);
	if (l->nic.mem == NULL) {
		tool_error(name, "memory for frames can't be allocated: %s", strerror(ENOMEM));
		return -ENOMEM;
	}
	memset(l->nic.mem, 0, l->size);
	ret = ioas_map_any(ioas, IOAS_APPLICATION, (uintptr_t)l->nic.mem, l->size, align, UINT64_MAX,
			&l->nic.iova);
	l->mapped = ret == 0;
	if (ret < 0) {
		map_fault_text(ioas, (uintptr_t)l->nic.mem, l->size, ret, why, sizeof(why));
		tool_error(name, "memory for frames can't be mapped: %s", why);
		return ret;
	}
	l->out->first = l->nic.iova;
	l->out->last = l->nic.iova + l->size - 1;
	return 0;
}

/* The device can access no memory while it is not bus master. */
static void
unmap_memory(struct loop *l)
{
	irq_device_master(l->vs->dev, false);
	if (l->mapped)
		ioas_unmap(l->vs->dev->ioas, IOAS_APPLICATION, l->nic.iova, l->size);
	irq_device_master(l->vs->dev, true);
	free(l->nic.mem);
}

/* It reports a sent frame after the interrupt of the received one. */
static bool
await_sent(const struct loop *l, unsigned int number)
{
	int i;

	for (i = 0; i < DONE_TRIES && !irq_nic_sent(&l->nic, number); i++)
		rte_delay_us_sleep(DONE_US);
	return irq_nic_sent(&l->nic, number);
}

static enum irq_frame_fault
check_frame(const struct loop *l, unsigned int number)
{
	const uint8_t *data = l->nic.mem->to[number % IRQ_NIC_RING];
	size_t len = irq_nic_received(&l->nic, number);

	if (!await_sent(l, number))
		return IRQ_FRAME_NOT_READ;
	if (len == 0)
		return IRQ_FRAME_NOT_WRITTEN;
	/* The length is the device's. */
	len = RTE_MIN(len, sizeof(l->nic.mem->to[0]));
	return rxintr_frame_compare(&l->wire, number, data, len, &l->out->at) > 0 ?
		IRQ_FRAME_DAMAGED : IRQ_FRAME_GOOD;
}

/* @return 0, -errno: the registers can't be written. */
static int
one_frame(const struct loop *l, unsigned int number)
{
	unsigned int slot = number % IRQ_NIC_RING;
	unsigned int v = number % irq_raiser_vectors(l->raiser, l->vs);
	size_t len = rxintr_frame_build(&l->wire, number, l->nic.mem->from[slot]);
	int ret = irq_nic_route(&l->nic, l->vs->kind, v);
	bool came;

	memset(l->nic.mem->to[slot], UNTOUCHED, sizeof(l->nic.mem->to[slot]));
	if (ret == 0)
		ret = irq_nic_send(&l->nic, number, len);
	if (ret < 0)
		return ret;
	l->out->sent++;
	came = irq_vectors_await(l->vs, v, &l->out->count);
	l->out->fault = check_frame(l, number);
	if (l->out->fault == IRQ_FRAME_GOOD)
		l->out->received++;
	return came ? irq_calm(l->raiser, l->vs, v) : 0;
}

static int
all_frames(struct loop *l, unsigned int rounds)
{
	unsigned int n = rounds * irq_raiser_vectors(l->raiser, l->vs), i;
	int ret = irq_nic_mac(&l->nic, l->wire.to);

	memcpy(l->wire.from, l->wire.to, sizeof(l->wire.from));
	if (ret == 0)
		ret = irq_nic_start(&l->nic);

	if (ret == -ENOLINK) {
		l->out->fault = IRQ_FRAME_NO_LINK;
		return 0;
	}
	tool_progress_step("%s, frames", irq_kind_name(l->vs->kind));
	for (i = 0; ret == 0 && i < n && l->out->received == i && l->out->count.arrived == i; i++) {
		ret = one_frame(l, i);
		tool_progress_count(i + 1, n);
	}
	irq_nic_stop(&l->nic);
	if (ret < 0)
		tool_error(l->vs->dev->name, "its registers can't be accessed: %s", strerror(-ret));
	return ret;
}

int
irq_frames_run(const struct irq_raiser *raiser, struct irq_vectors *vs,
		const struct plan_device *plan, unsigned int rounds, struct irq_frames *out)
{
	struct loop l = { .raiser = raiser, .vs = vs, .out = out,
		.nic = { .model = irq_nic_find(&plan->topo), .dev = vs->dev } };
	int ret;

	*out = (struct irq_frames) { .tried = l.nic.model != NULL && raiser != NULL };
	if (!out->tried)
		return 0;
	ret = map_memory(&l, plan);
	if (ret == 0)
		ret = all_frames(&l, rounds);
	unmap_memory(&l);
	return ret;
}

void
irq_frames_explain(const struct irq_frames *frames, char *out, size_t size)
{
	static const char *const what[] = {
		[IRQ_FRAME_GOOD] = "",
		[IRQ_FRAME_NO_LINK] = "its link does not come up; connect the port",
		[IRQ_FRAME_NOT_READ] = "the device did not read it from memory",
		[IRQ_FRAME_NOT_WRITTEN] = "the device read it from memory, but wrote nothing back",
		[IRQ_FRAME_DAMAGED] = "the device wrote it back with other bytes",
	};
	int n = snprintf(out, size, "%s", what[frames->fault]);

	if (frames->fault == IRQ_FRAME_DAMAGED)
		n += snprintf(out + n, size - (size_t)n, ", the first at byte %zu", frames->at);
	if (frames->fault > IRQ_FRAME_NO_LINK)
		snprintf(out + n, size - (size_t)n, "; its memory is at IOVA 0x%llx-0x%llx; see dmesg for IOMMU faults",
			(unsigned long long)frames->first, (unsigned long long)frames->last);
}
