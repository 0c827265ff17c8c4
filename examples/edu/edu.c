/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <inttypes.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <bus_vfio_msi_driver.h>
#include <rte_dev.h>
#include <rte_eal_iommu.h>
#include <rte_errno.h>
#include <rte_io.h>

#include "edu.h"

/* Registers. Those below DMA_SOURCE have 4 bytes, the others 8. */
#define ID 0x00
#define FACTORIAL 0x08
#define STATUS 0x20
#define IRQ_CAUSE 0x24
#define IRQ_ACK 0x64
#define DMA_SOURCE 0x80
#define DMA_TARGET 0x88
#define DMA_COUNT 0x90
#define DMA_COMMAND 0x98

#define ID_MASK 0xffff
#define ID_EDU 0x00ed
#define STATUS_BUSY 0x01
#define STATUS_IRQ 0x80		/* interrupt after the factorial */
#define CAUSE_FACTORIAL 0x001
#define CAUSE_DMA 0x100
#define DMA_RUN 0x1
#define DMA_TO_MEMORY 0x2
#define DMA_IRQ 0x4
#define BUFFER_AT 0x40000	/* address of the buffer for the device's own DMA */

#define DMA_BITS 28
#define MEMORY 65536		/* bytes: a multiple of any page size, and at least EDU_BUFFER */
#define WAIT_SECONDS 20		/* a copy takes 0.1 s of the emulator's time */

struct edu {
	struct rte_vfio_msi_device *dev;
	uint8_t *regs;
	uint8_t *memory;
	struct rte_eal_iommu_mapping *mapping;
	rte_iova_t iova;
	sem_t factorial, copied;	/* posted by the callback */
};

static struct edu *the_device;

int
complain(const char *what, int error)
{
	fprintf(stderr, "edu: %s: %s\n", what, strerror(error));
	return -1;
}

static uint32_t
read32(const struct edu *edu, size_t reg)
{
	return rte_read32(edu->regs + reg);
}

static void
write32(const struct edu *edu, size_t reg, uint32_t value)
{
	rte_write32(value, edu->regs + reg);
}

static void
write64(const struct edu *edu, size_t reg, uint64_t value)
{
	rte_write64(value, edu->regs + reg);
}

/* On EAL's interrupt thread. */
static void
on_interrupt(struct rte_vfio_msi_device *dev __rte_unused, unsigned int source __rte_unused,
		void *arg)
{
	struct edu *edu = arg;
	uint32_t cause = read32(edu, IRQ_CAUSE);

	/* The device interrupts again only when all causes are acknowledged. */
	write32(edu, IRQ_ACK, cause);
	if (cause & CAUSE_FACTORIAL)
		sem_post(&edu->factorial);
	if (cause & CAUSE_DMA)
		sem_post(&edu->copied);
}

static int
await(sem_t *done, const char *what)
{
	struct timespec end;
	int ret;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += WAIT_SECONDS;
	do {
		ret = sem_timedwait(done, &end);
	} while (ret < 0 && errno == EINTR);
	return ret < 0 ? complain(what, errno) : 0;
}

/* The layout chooses an address that the IOMMU translates and the device drives. */
static int
map_memory(struct edu *edu)
{
	struct rte_eal_iommu_map_conf conf = {
		.len = MEMORY,
		.limit = rte_vfio_msi_dma_limit(edu->dev),
	};
	struct rte_eal_iommu_mapped mapped;

	conf.addr = mmap(NULL, conf.len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		-1, 0);
	if (conf.addr == MAP_FAILED)
		return complain("no memory", errno);
	if (rte_eal_iommu_map(&conf, &edu->mapping) < 0 ||
	    rte_eal_iommu_mapping_get(edu->mapping, &mapped) < 0) {
		complain("memory can't be mapped for the device", rte_errno);
		munmap(conf.addr, conf.len);
		return -1;
	}
	edu->memory = conf.addr;
	edu->iova = mapped.iova;
	return 0;
}

static void
unmap_memory(struct edu *edu)
{
	struct rte_eal_iommu_mapped mapped;

	if (edu->mapping == NULL)
		return;
	rte_eal_iommu_mapping_get(edu->mapping, &mapped);
	if (rte_eal_iommu_unmap(edu->mapping) < 0)
		complain("memory can't be unmapped", rte_errno);
	munmap(mapped.addr, mapped.len);
}

static int
start(struct edu *edu)
{
	size_t len;

	edu->regs = rte_vfio_msi_bar(edu->dev, 0, &len);
	if (edu->regs == NULL || len <= DMA_COMMAND)
		return complain("no registers", rte_errno);
	if ((read32(edu, ID) & ID_MASK) != ID_EDU)
		return complain("another device answers", ENODEV);
	if (map_memory(edu) < 0)
		return -1;
	if (rte_vfio_msi_irq_request(edu->dev, 1) < 0 ||
	    rte_vfio_msi_irq_enable(edu->dev, 0, on_interrupt, edu, 0) < 0)
		return complain("no interrupt", rte_errno);
	write32(edu, STATUS, STATUS_IRQ);
	return 0;
}

static void
destroy(struct edu *edu)
{
	unmap_memory(edu);
	sem_destroy(&edu->factorial);
	sem_destroy(&edu->copied);
	free(edu);
}

static int
edu_probe(struct rte_vfio_msi_device *dev)
{
	struct edu *edu;

	if (the_device != NULL)
		return -EBUSY;
	edu = calloc(1, sizeof(*edu));
	if (edu == NULL)
		return -ENOMEM;
	edu->dev = dev;
	sem_init(&edu->factorial, 0, 0);
	sem_init(&edu->copied, 0, 0);
	if (start(edu) < 0) {
		/* The callback uses what is freed. */
		rte_vfio_msi_irq_disable(dev, 0);
		destroy(edu);
		return -EIO;
	}
	rte_vfio_msi_private_set(dev, edu);
	the_device = edu;
	return 0;
}

static int
edu_remove(struct rte_vfio_msi_device *dev)
{
	struct edu *edu = rte_vfio_msi_private(dev);

	/* The memory is freed, so no copy may be under way. */
	if (read32(edu, DMA_COMMAND) & DMA_RUN)
		return -EBUSY;
	write32(edu, STATUS, 0);
	rte_vfio_msi_irq_disable(dev, 0);
	the_device = NULL;
	destroy(edu);
	printf("edu: removed\n");
	return 0;
}

int
edu_driver_register(void)
{
	static const struct rte_vfio_msi_id ids[] = {
		{ 0x1234, 0x11e8, RTE_VFIO_MSI_ANY_ID, RTE_VFIO_MSI_ANY_ID },
		{ .vendor = 0 },
	};
	static const struct rte_vfio_msi_driver driver = {
		.name = "example_edu",
		.ids = ids,
		.dma_bits = DMA_BITS,
		.flags = RTE_VFIO_MSI_DRIVER_OWN_MEMORY,
		.probe = edu_probe,
		.remove = edu_remove,
	};

	if (rte_vfio_msi_driver_register(&driver) < 0)
		return complain("the driver can't be registered", rte_errno);
	return 0;
}

struct edu *
edu_device(void)
{
	return the_device;
}

const char *
edu_name(const struct edu *edu)
{
	return rte_dev_name(rte_vfio_msi_rte_device(edu->dev));
}

uint8_t *
edu_memory(const struct edu *edu, rte_iova_t *iova)
{
	*iova = edu->iova;
	return edu->memory;
}

uint64_t
edu_limit(const struct edu *edu)
{
	return rte_vfio_msi_dma_limit(edu->dev);
}

int
edu_factorial(struct edu *edu, uint32_t n, uint32_t *result)
{
	write32(edu, FACTORIAL, n);
	if (await(&edu->factorial, "no interrupt after a factorial") < 0)
		return -1;
	*result = read32(edu, FACTORIAL);
	return 0;
}

static int
copy(struct edu *edu, uint64_t source, uint64_t target, uint32_t len, uint64_t direction)
{
	if (len == 0 || len > EDU_BUFFER)
		return complain("a copy is too long", EINVAL);
	write64(edu, DMA_SOURCE, source);
	write64(edu, DMA_TARGET, target);
	write64(edu, DMA_COUNT, len);
	write64(edu, DMA_COMMAND, DMA_RUN | DMA_IRQ | direction);
	return await(&edu->copied, "no interrupt after a copy");
}

int
edu_copy_in(struct edu *edu, uint32_t len)
{
	return copy(edu, edu->iova, BUFFER_AT, len, 0);
}

int
edu_copy_out(struct edu *edu, uint32_t len)
{
	return copy(edu, BUFFER_AT, edu->iova, len, DMA_TO_MEMORY);
}

int
edu_interrupts(const struct edu *edu, uint64_t *count)
{
	return rte_vfio_msi_irq_count(edu->dev, 0, count);
}
