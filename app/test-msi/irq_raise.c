/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Devices that interrupt when a register is written: their own write passes IOMMU and
 * doorbell, as with a driver. Only tested models are listed. The device was reset, and
 * nothing except interrupts is enabled.
 *
 *   igb     Intel 82576, datasheet chapter 8.8: EICS sets causes of MSI-X, ICS others
 *   e1000e  Intel 82574, datasheet chapter 10.2.4: ICS sets causes, IVAR maps them
 *   edu     QEMU's device for teaching, docs/specs/edu.rst
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "irq.h"
#include "uapi/vfio_uapi.h"

#define ALL UINT32_MAX
#define LEGACY_CAUSE 1u		/* "transmit descriptor written back" */

/* In BAR 0, in bytes. */
#define IGB_ICR 0x00c0		/* write to clear; by its alias, as QEMU lacks 0x1500 */
#define IGB_ICS 0x00c8
#define IGB_IMS 0x00d0
#define IGB_IMC 0x00d8
#define IGB_GPIE 0x1514
#define IGB_GPIE_MSIX 0x80000010u	/* pending bits cleared; one vector per cause */
#define IGB_EICS 0x1520
#define IGB_EIMS 0x1524
#define IGB_EIMC 0x1528
#define IGB_EICR 0x1580
#define IGB_VECTORS 10

#define E1000E_ICR 0x00c0
#define E1000E_ICS 0x00c8
#define E1000E_IMS 0x00d0
#define E1000E_IMC 0x00d8
#define E1000E_IVAR 0x00e4
#define E1000E_IVAR_IN_ORDER 0x000cba98u	/* cause 20 + n is vector n, all valid */
#define E1000E_CAUSE 20
#define E1000E_VECTORS 5
#define E1000E_CAUSES(n) (((1u << (n)) - 1) << E1000E_CAUSE)

#define EDU_RAISE 0x60
#define EDU_ACK 0x64

struct write {
	uint32_t reg, value;
};

struct irq_raiser {
	uint16_t vendor, device;
	const char *name;
	unsigned int vectors[IRQ_KINDS];	/* vectors that it can raise */
	/* @return number of writes, to be done in order */
	unsigned int (*prepare)(enum irq_kind kind, unsigned int n, struct write *w);
	struct write (*raise)(enum irq_kind kind, unsigned int i);
	struct write (*calm)(enum irq_kind kind, unsigned int i);
};

#define WRITES_MAX 6

static unsigned int
igb_prepare(enum irq_kind kind, unsigned int n, struct write *w)
{
	bool msix = kind == IRQ_MSIX;

	w[0] = (struct write){ IGB_IMC, ALL };
	w[1] = (struct write){ IGB_EIMC, ALL };
	w[2] = (struct write){ IGB_GPIE, msix ? IGB_GPIE_MSIX : 0 };
	w[3] = (struct write){ IGB_ICR, ALL };
	w[4] = (struct write){ IGB_EICR, ALL };
	w[5] = msix ? (struct write){ IGB_EIMS, (1u << n) - 1 } :
		(struct write){ IGB_IMS, LEGACY_CAUSE };
	return 6;
}

static struct write
igb_raise(enum irq_kind kind, unsigned int i)
{
	return kind == IRQ_MSIX ? (struct write){ IGB_EICS, 1u << i } :
		(struct write){ IGB_ICS, LEGACY_CAUSE };
}

static struct write
igb_calm(enum irq_kind kind, unsigned int i)
{
	return kind == IRQ_MSIX ? (struct write){ IGB_EICR, 1u << i } :
		(struct write){ IGB_ICR, ALL };
}

static unsigned int
e1000e_prepare(enum irq_kind kind, unsigned int n, struct write *w)
{
	bool msix = kind == IRQ_MSIX;

	w[0] = (struct write){ E1000E_IMC, ALL };
	w[1] = (struct write){ E1000E_IVAR, msix ? E1000E_IVAR_IN_ORDER : 0 };
	w[2] = (struct write){ E1000E_ICR, ALL };
	w[3] = (struct write){ E1000E_IMS, msix ? E1000E_CAUSES(n) : LEGACY_CAUSE };
	return 4;
}

static struct write
e1000e_raise(enum irq_kind kind, unsigned int i)
{
	return (struct write){ E1000E_ICS, kind == IRQ_MSIX ? 1u << (E1000E_CAUSE + i) :
		LEGACY_CAUSE };
}

static struct write
e1000e_calm(enum irq_kind kind, unsigned int i)
{
	return (struct write){ E1000E_ICR, ALL };
}

static unsigned int
edu_prepare(enum irq_kind kind, unsigned int n, struct write *w)
{
	w[0] = (struct write){ EDU_ACK, ALL };
	return 1;
}

static struct write
edu_raise(enum irq_kind kind, unsigned int i)
{
	return (struct write){ EDU_RAISE, 1 };
}

static struct write
edu_calm(enum irq_kind kind, unsigned int i)
{
	return (struct write){ EDU_ACK, 1 };
}

static const struct irq_raiser raisers[] = {
	{ 0x8086, 0x10c9, "igb", { IGB_VECTORS, 1, 1 }, igb_prepare, igb_raise, igb_calm },
	{ 0x8086, 0x10d3, "e1000e", { E1000E_VECTORS, 1, 1 }, e1000e_prepare, e1000e_raise,
		e1000e_calm },
	{ 0x1234, 0x11e8, "edu", { 0, 1, 1 }, edu_prepare, edu_raise, edu_calm },
};

const struct irq_raiser *
irq_raiser_find(const struct topo_device *topo)
{
	size_t i;

	for (i = 0; i < sizeof(raisers) / sizeof(*raisers); i++)
		if (raisers[i].vendor == topo->vendor && raisers[i].device == topo->device)
			return &raisers[i];
	return NULL;
}

const char *
irq_raiser_name(const struct irq_raiser *raiser)
{
	return raiser->name;
}

static int
do_write(const struct irq_device *dev, struct write w)
{
	return irq_reg_write(dev, w.reg, w.value);
}

static int
calm(const struct irq_vectors *vs, struct write w)
{
	int ret = do_write(vs->dev, w);

	/* The kernel masks INTx at each interrupt. */
	return ret == 0 && vs->kind == IRQ_INTX ? vfio_uapi_unmask_intx(vs->dev->fd) : ret;
}

int
irq_calm(const struct irq_raiser *raiser, const struct irq_vectors *vs, unsigned int i)
{
	return calm(vs, raiser->calm(vs->kind, i));
}

/* Raise one interrupt and restore the device. */
static int
raise_one(const struct irq_raiser *raiser, struct irq_vectors *vs, unsigned int i,
		struct irq_count *count)
{
	int ret = do_write(vs->dev, raiser->raise(vs->kind, i));
	bool came = ret == 0 && irq_vectors_await(vs, i, count);

	return ret == 0 && came ? irq_calm(raiser, vs, i) : ret;
}

unsigned int
irq_raiser_vectors(const struct irq_raiser *raiser, const struct irq_vectors *vs)
{
	unsigned int n = raiser->vectors[vs->kind];

	return vs->n < n ? vs->n : n;
}

static int
report_write(const struct irq_vectors *vs, int ret)
{
	if (ret < 0)
		tool_error(vs->dev->name, "its registers can't be written: %s", strerror(-ret));
	return ret;
}

int
irq_raise_prepare(const struct irq_raiser *raiser, const struct irq_vectors *vs)
{
	struct write w[WRITES_MAX];
	unsigned int n = raiser->prepare(vs->kind, irq_raiser_vectors(raiser, vs), w), i;
	int ret = 0;

	for (i = 0; ret == 0 && i < n; i++)
		ret = do_write(vs->dev, w[i]);
	return report_write(vs, ret);
}

int
irq_raise(const struct irq_raiser *raiser, struct irq_vectors *vs, struct irq_count *count)
{
	unsigned int n = irq_raiser_vectors(raiser, vs), i;
	int ret = 0;

	for (i = 0; ret == 0 && i < n && count->arrived == count->raised; i++)
		ret = raise_one(raiser, vs, i, count);
	return report_write(vs, ret);
}

/* Writes to one register for several vectors are one write. */
static struct write
together(struct write (*one)(enum irq_kind kind, unsigned int i), const struct irq_raiser *raiser,
		const struct irq_vectors *vs)
{
	unsigned int n = irq_raiser_vectors(raiser, vs), i;
	struct write w = one(vs->kind, 0);

	for (i = 1; i < n; i++)
		w.value |= one(vs->kind, i).value;
	return w;
}

int
irq_raise_all(const struct irq_raiser *raiser, const struct irq_vectors *vs)
{
	return do_write(vs->dev, together(raiser->raise, raiser, vs));
}

int
irq_calm_all(const struct irq_raiser *raiser, const struct irq_vectors *vs)
{
	return calm(vs, together(raiser->calm, raiser, vs));
}
