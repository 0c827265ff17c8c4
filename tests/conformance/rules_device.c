/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * A device that is open: regions, config space, reset, interrupts.
 */

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>

#include "rules.h"

#define MSI VFIO_PCI_MSI_IRQ_INDEX
#define MSIX VFIO_PCI_MSIX_IRQ_INDEX
#define INTX VFIO_PCI_INTX_IRQ_INDEX
#define LINE 0x3c	/* a byte of config space for the software's own use */
#define EVENTFDS 65

static int
region(int fd, unsigned int index, struct vfio_region_info *out)
{
	*out = (struct vfio_region_info){ .argsz = sizeof(*out), .index = index };
	return vfio_uapi_region_info(fd, out);
}

static void
bar(int fd, const struct vfio_region_info *r)
{
	void *p;

	rule("bar: flags", r->flags, VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE |
			VFIO_REGION_INFO_FLAG_MMAP);
	rule("bar: private", vfio_uapi_mmap(NULL, r->size, PROT_READ, MAP_PRIVATE, fd, r->offset,
				&p), -EINVAL);
	rule("bar: longer than it is", vfio_uapi_mmap(NULL, r->size * 2, PROT_READ, MAP_SHARED,
				fd, r->offset, &p), -EINVAL);
	rule("bar: behind it", vfio_uapi_mmap(NULL, RULES_PAGE, PROT_READ, MAP_SHARED, fd,
				r->offset + r->size, &p), -EINVAL);
	if (rule("bar: all of it", vfio_uapi_mmap(NULL, r->size, PROT_READ | PROT_WRITE,
				MAP_SHARED, fd, r->offset, &p), 0) == 0)
		vfio_uapi_munmap(p, r->size);
}

static void
config(int fd, const struct vfio_region_info *r)
{
	uint8_t v = 0x5a, w = 0, old = 0;
	uint32_t word;
	void *p;

	rule("config: size", (int64_t)r->size, 4096);
	rule("config: flags", r->flags,
			VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE);
	rule("config: mmap", vfio_uapi_mmap(NULL, RULES_PAGE, PROT_READ, MAP_SHARED, fd,
				r->offset, &p), -EINVAL);
	rule("config: read a byte", vfio_uapi_pread(fd, &old, 1, r->offset + LINE), 0);
	rule("config: write it", vfio_uapi_pwrite(fd, &v, 1, r->offset + LINE), 0);
	rule("config: read it", vfio_uapi_pread(fd, &w, 1, r->offset + LINE), 0);
	rule("config: is what was written", w, v);
	rule("config: write it back", vfio_uapi_pwrite(fd, &old, 1, r->offset + LINE), 0);
	rule("config: read the last word", vfio_uapi_pread(fd, &word, 4, r->offset + r->size - 4),
			0);
	rule("config: read over the end", vfio_uapi_pread(fd, &word, 4,
				r->offset + r->size - 2), -EFAULT);
	rule("config: read behind the end", vfio_uapi_pread(fd, &word, 4, r->offset + r->size),
			-EFAULT);
	rule("config: write over the end", vfio_uapi_pwrite(fd, &word, 4,
				r->offset + r->size - 2), -EFAULT);
}

void
rules_device(struct rules_machine *m, int fd)
{
	struct vfio_device_info info;
	struct vfio_region_info r;
	uint32_t v;

	rule("device: info", vfio_uapi_device_info(fd, &info), 0);
	rule("device: flags", info.flags, VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET);
	rule("device: regions", info.num_regions, VFIO_PCI_NUM_REGIONS);
	rule("device: interrupts", info.num_irqs, VFIO_PCI_NUM_IRQS);
	r = (struct vfio_region_info){ .argsz = 8 };
	rule("region: small", vfio_uapi_region_info(fd, &r), -EINVAL);
	rule("region: one too many", region(fd, VFIO_PCI_NUM_REGIONS, &r), -EINVAL);
	rule("region: VGA", region(fd, VFIO_PCI_VGA_REGION_INDEX, &r), -EINVAL);
	rule("region: ROM", region(fd, VFIO_PCI_ROM_REGION_INDEX, &r), 0);
	rule("region: there is none", (int64_t)r.size | r.flags, 0);
	rule("region: BAR 5", region(fd, VFIO_PCI_BAR5_REGION_INDEX, &r), 0);
	rule("region: there is none", (int64_t)r.size | r.flags, 0);
	rule("region: read one too many", vfio_uapi_pread(fd, &v, 4,
				(uint64_t)VFIO_PCI_NUM_REGIONS << 40), -EINVAL);
	if (rule("region: BAR 0", region(fd, VFIO_PCI_BAR0_REGION_INDEX, &r), 0) == 0)
		bar(fd, &r);
	if (rule("region: config", region(fd, VFIO_PCI_CONFIG_REGION_INDEX, &r), 0) == 0)
		config(fd, &r);
	rule("device: reset", vfio_uapi_reset(fd), 0);
	rule("device: who is reset with it", vfio_uapi_hot_reset_info(fd, NULL, &(uint32_t){ 0 },
				&v), -ENODEV);
}

static int64_t
irq_count(struct rules_machine *m, int fd, unsigned int index)
{
	struct vfio_irq_info info;
	int ret = vfio_uapi_irq_info(fd, index, &info);

	if (ret == 0)
		printf("irqs: flags of index %u: %#x\n", index, info.flags);
	if (index == MSIX)
		m->dynamic = ret == 0 && (info.flags & VFIO_IRQ_INFO_NORESIZE) == 0;
	return ret < 0 ? ret : (int64_t)info.count;
}

static void
msix(int fd, const int *efd, unsigned int n, bool dynamic)
{
	rule("msix: loopback while off", vfio_uapi_trigger_irqs(fd, MSIX, 0, NULL, 1), -EINVAL);
	rule("msix: off while off", vfio_uapi_set_irqs(fd, MSIX, 0, NULL, 0), -EINVAL);
	rule("msix: one too many", vfio_uapi_set_irqs(fd, MSIX, 0, efd, n + 1), -EINVAL);
	rule("msix: the one too many", vfio_uapi_set_irqs(fd, MSIX, n, efd, 1), -EINVAL);
	rule("msix: no eventfd", vfio_uapi_set_irqs(fd, MSIX, 0, &fd, 1), -EINVAL);
	rule("msix: no descriptor", vfio_uapi_set_irqs(fd, MSIX, 0, &(int){ 9999 }, 1), -EBADF);
	rule("msix: is still off", vfio_uapi_trigger_irqs(fd, MSIX, 0, NULL, 1), -EINVAL);
	rule("msix: three", vfio_uapi_set_irqs(fd, MSIX, 0, efd, 3), 0);
	rule("msix: again", vfio_uapi_set_irqs(fd, MSIX, 0, efd, 3), 0);
	rule("msix: one of them off", vfio_uapi_set_irqs(fd, MSIX, 1, &(int){ -1 }, 1), 0);
	rule("msix: and on", vfio_uapi_set_irqs(fd, MSIX, 1, &efd[1], 1), 0);
	rule("msix: one more", vfio_uapi_set_irqs(fd, MSIX, 3, &efd[3], 1),
			dynamic ? 0 : -EINVAL);
	rule("msix: loopback", vfio_uapi_trigger_irqs(fd, MSIX, 0, NULL, 3), 0);
	rule("msix: loopback of some", vfio_uapi_trigger_irqs(fd, MSIX, 0,
				(const uint8_t[]){ 0, 1, 0 }, 3), 0);
	rule("msix: loopback of what is off", vfio_uapi_trigger_irqs(fd, MSIX, n - 1, NULL, 1), 0);
	rule("msix: loopback of none", vfio_uapi_trigger_irqs(fd, MSIX, 0, NULL, 0), -EINVAL);
	rule("msix: loopback of too many", vfio_uapi_trigger_irqs(fd, MSIX, 0, NULL, n + 1), -EINVAL);
	rule("msix: loopback of MSI", vfio_uapi_trigger_irqs(fd, MSI, 0, NULL, 1), -EINVAL);
	rule("msix: unmask INTx", vfio_uapi_unmask_intx(fd), -EINVAL);
	rule("msix: MSI on", vfio_uapi_set_irqs(fd, MSI, 0, efd, 1), -EINVAL);
	rule("msix: MSI off", vfio_uapi_set_irqs(fd, MSI, 0, NULL, 0), -EINVAL);
	rule("msix: INTx on", vfio_uapi_set_irqs(fd, INTX, 0, efd, 1), -EINVAL);
	rule("msix: INTx off", vfio_uapi_set_irqs(fd, INTX, 0, NULL, 0), -EINVAL);
	rule("msix: off", vfio_uapi_set_irqs(fd, MSIX, 0, NULL, 0), 0);
	rule("msix: all of them", vfio_uapi_set_irqs(fd, MSIX, 0, efd, n), 0);
	rule("msix: off again", vfio_uapi_set_irqs(fd, MSIX, 0, NULL, 0), 0);
}

/* Number of signals. */
static int64_t
signals(int efd)
{
	uint64_t n;
	int ret = vfio_uapi_eventfd_read(efd, &n);

	return ret == -EAGAIN ? 0 : ret < 0 ? ret : (int64_t)n;
}

/* Vectors without eventfds, which get them one at a time. */
static void
msix_later(int fd, const int *efd, unsigned int n, bool dynamic)
{
	int none[EVENTFDS];
	unsigned int i;

	for (i = 0; i < EVENTFDS; i++) {
		none[i] = -1;
		(void)signals(efd[i]);
	}
	rule("later: all without eventfds", vfio_uapi_set_irqs(fd, MSIX, 0, none, n), 0);
	rule("later: loopback of all", vfio_uapi_trigger_irqs(fd, MSIX, 0, NULL, n), 0);
	rule("later: the last one on", vfio_uapi_set_irqs(fd, MSIX, n - 1, &efd[n - 1], 1), 0);
	rule("later: one more on", vfio_uapi_set_irqs(fd, MSIX, 1, &efd[1], 1), 0);
	rule("later: loopback of all", vfio_uapi_trigger_irqs(fd, MSIX, 0, NULL, n), 0);
	rule("later: reaches the last", signals(efd[n - 1]), 1);
	rule("later: reaches the other", signals(efd[1]), 1);
	rule("later: and no other", signals(efd[0]), 0);
	rule("later: the last one off", vfio_uapi_set_irqs(fd, MSIX, n - 1, &(int){ -1 }, 1), 0);
	rule("later: loopback of all", vfio_uapi_trigger_irqs(fd, MSIX, 0, NULL, n), 0);
	rule("later: does not reach it", signals(efd[n - 1]), 0);
	rule("later: reaches the other", signals(efd[1]), 1);
	rule("later: off", vfio_uapi_set_irqs(fd, MSIX, 0, NULL, 0), 0);
	rule("later: one without eventfd", vfio_uapi_set_irqs(fd, MSIX, 0, none, 1), 0);
	rule("later: the last, not requested", vfio_uapi_set_irqs(fd, MSIX, n - 1, &efd[n - 1], 1),
			dynamic ? 0 : -EINVAL);
	rule("later: loopback of all", vfio_uapi_trigger_irqs(fd, MSIX, n - 1, NULL, 1), 0);
	rule("later: reaches it", signals(efd[n - 1]), dynamic);
	rule("later: off again", vfio_uapi_set_irqs(fd, MSIX, 0, NULL, 0), 0);
}

static void
others(int fd, const int *efd)
{
	const unsigned int err = VFIO_PCI_ERR_IRQ_INDEX, req = VFIO_PCI_REQ_IRQ_INDEX;

	rule("msi: on", vfio_uapi_set_irqs(fd, MSI, 0, efd, 1), 0);
	rule("msi: MSI-X on", vfio_uapi_set_irqs(fd, MSIX, 0, efd, 1), -EINVAL);
	rule("msi: off", vfio_uapi_set_irqs(fd, MSI, 0, NULL, 0), 0);
	rule("intx: unmask while off", vfio_uapi_unmask_intx(fd), -EINVAL);
	rule("intx: off while off", vfio_uapi_set_irqs(fd, INTX, 0, NULL, 0), -EINVAL);
	rule("intx: two", vfio_uapi_set_irqs(fd, INTX, 0, efd, 2), -EINVAL);
	rule("intx: on", vfio_uapi_set_irqs(fd, INTX, 0, efd, 1), 0);
	rule("intx: unmask", vfio_uapi_unmask_intx(fd), 0);
	rule("intx: loopback", vfio_uapi_trigger_irqs(fd, INTX, 0, NULL, 1), 0);
	rule("intx: MSI-X on", vfio_uapi_set_irqs(fd, MSIX, 0, efd, 1), -EINVAL);
	rule("intx: off", vfio_uapi_set_irqs(fd, INTX, 0, NULL, 0), 0);
	rule("req: off while off", vfio_uapi_set_irqs(fd, req, 0, NULL, 0), -EINVAL);
	rule("req: loopback while off", vfio_uapi_trigger_irqs(fd, req, 0, NULL, 1), -EINVAL);
	rule("req: on", vfio_uapi_set_irqs(fd, req, 0, efd, 1), 0);
	rule("req: two", vfio_uapi_set_irqs(fd, req, 0, efd, 2), -EINVAL);
	rule("req: loopback", vfio_uapi_trigger_irqs(fd, req, 0, NULL, 1), 0);
	rule("req: off", vfio_uapi_set_irqs(fd, req, 0, NULL, 0), 0);
	rule("err: on", vfio_uapi_set_irqs(fd, err, 0, efd, 1), 0);
	rule("err: off", vfio_uapi_set_irqs(fd, err, 0, NULL, 0), 0);
	rule("irqs: set one too many", vfio_uapi_set_irqs(fd, VFIO_PCI_NUM_IRQS, 0, efd, 1), -EINVAL);
}

void
rules_irqs(struct rules_machine *m, int fd)
{
	int efd[EVENTFDS];
	int64_t n;
	int i;

	rule("irqs: INTx", irq_count(m, fd, INTX), 1);
	rule("irqs: MSI", irq_count(m, fd, MSI), 1);
	n = irq_count(m, fd, MSIX);
	rule("irqs: MSI-X enough, and not too many", n >= 4 && n < EVENTFDS, 1);
	rule("irqs: errors", irq_count(m, fd, VFIO_PCI_ERR_IRQ_INDEX), 1);
	rule("irqs: requests", irq_count(m, fd, VFIO_PCI_REQ_IRQ_INDEX), 1);
	rule("irqs: one too many", irq_count(m, fd, VFIO_PCI_NUM_IRQS), -EINVAL);
	if (n < 4 || n >= EVENTFDS)
		return;
	m->msix = (uint32_t)n;
	for (i = 0; i < EVENTFDS; i++)
		efd[i] = vfio_uapi_eventfd();
	msix(fd, efd, m->msix, m->dynamic);
	msix_later(fd, efd, m->msix, m->dynamic);
	others(fd, efd);
	for (i = 0; i < EVENTFDS; i++)
		vfio_uapi_close(efd[i]);
}
