/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The 82576 (datasheet 321027, chapters 7.1, 7.2, 8) and the 82574 (318550, chapters 7, 10)
 * with the same registers: the 82576 has those of its first queue at the old places too.
 * Sent descriptors are legacy ones. Received ones have the advanced format of the 82576,
 * which is the extended one of the 82574.
 *
 * DPDK's drivers for these devices have no loopback mode.
 */

#include <errno.h>
#include <string.h>

#include <rte_atomic.h>
#include <rte_byteorder.h>
#include <rte_cycles.h>

#include "irq_nic.h"

#define CTRL 0x0000
#define CTRL_UP 0x40u			/* "set link up" */
#define STATUS 0x0008
#define STATUS_UP 0x2u
#define MDIC 0x0020
/* Write register 0 of PHY 1: full duplex, 1000 Mb/s, restart auto-negotiation. */
#define MDIC_NEGOTIATE (1u << 26 | 1u << 21 | 0x1340)
#define RCTL 0x0100
#define RCTL_ON 0x2u
#define RCTL_LOOP 0x40u			/* MAC loopback */
#define RCTL_NO_CRC (1u << 26)
#define TCTL 0x0400
#define TCTL_ON 0xau			/* enable, pad short packets */
#define SRRCTL 0x280c
#define SRRCTL_ADVANCED (1u << 25 | IRQ_NIC_FRAME >> 10)
#define RFCTL 0x5008
#define RFCTL_EXTENDED 0x8000u
#define MAC_LOW 0x5400			/* the address that it receives for */
#define MAC_HIGH 0x5404
#define RECEIVE 0x2800			/* first register of the ring */
#define SEND 0x3800
#define RING_LOW 0x00
#define RING_HIGH 0x04
#define RING_LEN 0x08
#define RING_HEAD 0x10
#define RING_TAIL 0x18
#define RING_CTL 0x28
#define RING_ON (1u << 25)

#define SEND_COMMAND 0x0b000000u	/* end of packet, insert CRC, report status */
#define DONE 0x1u

#define IMS 0x00d0
#define IMC 0x00d8
#define RECEIVED 0x80u			/* cause in ICR */
#define IGB_IVAR 0x1700
#define IGB_VALID 0x80u
#define E1000E_IVAR 0x00e4
#define E1000E_VALID 0x8u
#define E1000E_RECEIVED (1u << 20)

#define LINK_MS 5000
#define STEP_MS 10
#define QUIET_MS 10

struct irq_nic_model {
	uint16_t vendor, device;
	bool igb;
};

static const struct irq_nic_model models[] = {
	{ 0x8086, 0x10c9, true },
	{ 0x8086, 0x10d3, false },
};

struct write {
	uint32_t reg, value;
};

const struct irq_nic_model *
irq_nic_find(const struct topo_device *topo)
{
	size_t i;

	for (i = 0; i < sizeof(models) / sizeof(*models); i++)
		if (models[i].vendor == topo->vendor && models[i].device == topo->device)
			return &models[i];
	return NULL;
}

static int
do_writes(const struct irq_nic *nic, const struct write *w, size_t n)
{
	size_t i;
	int ret = 0;

	for (i = 0; ret == 0 && i < n; i++)
		ret = irq_reg_write(nic->dev, w[i].reg, w[i].value);
	return ret;
}

static int
set_ring(const struct irq_nic *nic, uint32_t at, uint64_t iova)
{
	const struct write w[] = {
		{ at + RING_LOW, (uint32_t)iova },
		{ at + RING_HIGH, (uint32_t)(iova >> 32) },
		{ at + RING_LEN, sizeof(nic->mem->send) },
		{ at + RING_HEAD, 0 },
		{ at + RING_TAIL, 0 },
		{ at + RING_CTL, RING_ON },
	};

	/* The bit has another meaning in the 82574, whose queues are always enabled. */
	return do_writes(nic, w, nic->model->igb ? 6 : 5);
}

/* The link is up, or comes up after a negotiation. */
static int
await_link(const struct irq_nic *nic)
{
	uint32_t value;
	int ms, ret = irq_reg_read(nic->dev, CTRL, &value);

	if (ret == 0)
		ret = irq_reg_write(nic->dev, CTRL, value | CTRL_UP);
	if (ret == 0)
		ret = irq_reg_read(nic->dev, STATUS, &value);
	if (ret == 0 && (value & STATUS_UP) == 0)
		ret = irq_reg_write(nic->dev, MDIC, MDIC_NEGOTIATE);
	for (ms = 0; ret == 0 && (value & STATUS_UP) == 0; ms += STEP_MS) {
		if (ms >= LINK_MS)
			return -ENOLINK;
		rte_delay_us_sleep(STEP_MS * 1000);
		ret = irq_reg_read(nic->dev, STATUS, &value);
	}
	return ret;
}

int
irq_nic_start(const struct irq_nic *nic)
{
	const struct write format = nic->model->igb ?
		(struct write){ SRRCTL, SRRCTL_ADVANCED } :
		(struct write){ RFCTL, RFCTL_EXTENDED };
	const struct write on[] = {
		{ TCTL, TCTL_ON },
		{ RCTL, RCTL_ON | RCTL_LOOP | RCTL_NO_CRC },
	};
	int ret = irq_reg_write(nic->dev, IMC, UINT32_MAX);

	if (ret == 0)
		ret = set_ring(nic, SEND, nic->iova + offsetof(struct irq_nic_memory, send));
	if (ret == 0)
		ret = do_writes(nic, &format, 1);
	if (ret == 0)
		ret = set_ring(nic, RECEIVE,
			nic->iova + offsetof(struct irq_nic_memory, receive));
	if (ret == 0)
		ret = await_link(nic);
	return ret == 0 ? do_writes(nic, on, 2) : ret;
}

void
irq_nic_stop(const struct irq_nic *nic)
{
	const struct write off[] = { { RCTL, 0 }, { TCTL, 0 }, { IMC, UINT32_MAX } };

	do_writes(nic, off, 3);
	/* Let it finish what it has begun. */
	rte_delay_us_sleep(QUIET_MS * 1000);
}

int
irq_nic_mac(const struct irq_nic *nic, uint8_t mac[6])
{
	uint32_t low, high;
	int ret = irq_reg_read(nic->dev, MAC_LOW, &low), i;

	if (ret == 0)
		ret = irq_reg_read(nic->dev, MAC_HIGH, &high);
	for (i = 0; ret == 0 && i < 6; i++)
		mac[i] = (uint8_t)(i < 4 ? low >> (8 * i) : high >> (8 * (i - 4)));
	return ret;
}

int
irq_nic_route(const struct irq_nic *nic, enum irq_kind kind, unsigned int v)
{
	const struct write igb = { IGB_IVAR, IGB_VALID | v }, legacy = { IMS, RECEIVED };
	const struct write e1000e[] = {
		{ E1000E_IVAR, E1000E_VALID | v }, { IMS, E1000E_RECEIVED } };

	if (kind != IRQ_MSIX)
		return do_writes(nic, &legacy, 1);
	return nic->model->igb ? do_writes(nic, &igb, 1) : do_writes(nic, e1000e, 2);
}

int
irq_nic_send(const struct irq_nic *nic, unsigned int number, size_t len)
{
	unsigned int i = number % IRQ_NIC_RING, tail = (number + 1) % IRQ_NIC_RING;
	const struct write w[] = { { RECEIVE + RING_TAIL, tail }, { SEND + RING_TAIL, tail } };
	const uint64_t from = offsetof(struct irq_nic_memory, from) + i * IRQ_NIC_FRAME;
	const uint64_t to = offsetof(struct irq_nic_memory, to) + i * IRQ_NIC_FRAME;

	nic->mem->receive[i] = (struct irq_nic_desc){ rte_cpu_to_le_64(nic->iova + to), 0, 0 };
	nic->mem->send[i] = (struct irq_nic_desc){ rte_cpu_to_le_64(nic->iova + from),
		rte_cpu_to_le_32(SEND_COMMAND | (uint32_t)len), 0 };
	rte_wmb();
	return do_writes(nic, w, 2);
}

/* The device writes to it at any time. */
static uint32_t
word(const uint32_t *of_desc)
{
	uint32_t value = rte_le_to_cpu_32(*(const volatile uint32_t *)of_desc);

	rte_rmb();
	return value;
}

bool
irq_nic_sent(const struct irq_nic *nic, unsigned int number)
{
	return (word(&nic->mem->send[number % IRQ_NIC_RING].status) & DONE) != 0;
}

size_t
irq_nic_received(const struct irq_nic *nic, unsigned int number)
{
	const struct irq_nic_desc *desc = &nic->mem->receive[number % IRQ_NIC_RING];

	return (word(&desc->command) & DONE) != 0 ? word(&desc->status) & 0xffff : 0;
}
