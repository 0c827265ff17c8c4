/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Interrupts of a device.
 *
 * Only one of INTx, MSI and MSI-X is enabled at a time. By default all its vectors must
 * be requested at once (NORESIZE, as behind a GIC). A request for more vectors than there
 * are enables nothing and returns the available number. A disabled type can be neither
 * disabled nor triggered.
 */

#include <errno.h>
#include <string.h>

#include "fake_private.h"

/* Descriptors of eventfds refer to these. */
static struct fake_eventfd {
	bool open;
	uint64_t n;
} eventfds[256];

int
vfio_uapi_eventfd(void)
{
	int ret = fake_enter(__func__);
	size_t i;

	for (i = 0; ret == 0 && i < sizeof(eventfds) / sizeof(eventfds[0]); i++) {
		if (eventfds[i].open)
			continue;
		ret = fake_file_open(FAKE_EVENTFD, &eventfds[i]);
		eventfds[i] = (struct fake_eventfd){ .open = ret >= 0 };
		return ret;
	}
	return ret < 0 ? ret : -EMFILE;
}

void
fake_eventfd_closed(struct fake_eventfd *e)
{
	e->open = false;
}

void
fake_eventfds_reset(void)
{
	memset(eventfds, 0, sizeof(eventfds));
}

void
vfio_uapi_signal(int eventfd)
{
	struct fake_eventfd *e = fake_file(eventfd, FAKE_EVENTFD);

	if (e == NULL)
		fake_fault(__func__, eventfd);
	else
		e->n++;
}

int
vfio_uapi_eventfd_read(int eventfd, uint64_t *n)
{
	struct fake_eventfd *e = fake_file(eventfd, FAKE_EVENTFD);

	*n = 0;
	if (e == NULL) {
		fake_fault(__func__, eventfd);
		return -EBADF;
	}
	if (e->n == 0)
		return -EAGAIN;
	*n = e->n;
	e->n = 0;
	return 0;
}

unsigned int
fake_vectors(const char *bdf)
{
	const struct fake_device *d = fake_device_find(bdf);
	unsigned int i, n = 0;

	for (i = 0; d->n_vectors > 0 && i < FAKE_VECTORS; i++)
		n += d->granted[i];
	return n;
}

bool
fake_irq_raise(const char *bdf, unsigned int vector)
{
	const struct fake_device *d = fake_device_find(bdf);

	/* A program that closes the descriptor of an enabled vector gets no signal. */
	if (d->n_vectors == 0 || fake_file(d->efd[vector], FAKE_EVENTFD) == NULL)
		return false;
	vfio_uapi_signal(d->efd[vector]);
	return true;
}

/* Disable the vectors. */
static void
vectors_forget(struct fake_device *d)
{
	d->n_vectors = 0;
	memset(d->granted, 0, sizeof(d->granted));
	memset(d->efd, -1, sizeof(d->efd));
}

static uint32_t
irq_count(const struct fake_device *d, unsigned int index)
{
	return index == VFIO_PCI_MSIX_IRQ_INDEX ? d->n_msix : 1;
}

int
vfio_uapi_irq_info(int device, unsigned int index, struct vfio_irq_info *info)
{
	struct fake_device *d;
	int ret = fake_ioctl(__func__, device, FAKE_DEVICE, &d);

	memset(info, 0, sizeof(*info));
	if (ret < 0)
		return ret;
	if (index >= VFIO_PCI_NUM_IRQS)
		return -EINVAL;
	info->argsz = sizeof(*info);
	info->index = index;
	info->count = irq_count(d, index);
	info->flags = VFIO_IRQ_INFO_EVENTFD;
	if (index == VFIO_PCI_INTX_IRQ_INDEX)
		info->flags |= VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED;
	else if (index != VFIO_PCI_MSIX_IRQ_INDEX || !fake.dynamic_msix)
		info->flags |= VFIO_IRQ_INFO_NORESIZE;
	return 0;
}

/* Vectors for a request of messages. */
static uint32_t
vectors_now(void)
{
	if (fake.few_times == 0)
		return fake.vectors;
	/* Another process has the others for a moment. */
	fake.few_times--;
	return fake.few_vectors;
}

/* Switch one vector of the enabled type on or off; fd is negative for off. */
static int
vector_set(struct fake_device *d, uint32_t i, int fd)
{
	if (fd >= 0 && !d->granted[i]) {
		if (fake_vectors(d->bdf) >= vectors_now())
			return -ENOSPC;
		d->granted[i] = true;
	}
	d->efd[i] = fd;
	return 0;
}

/* Enable a type with its first vectors. */
static int
type_enable(struct fake_device *d, unsigned int index, uint32_t end)
{
	uint32_t vectors = index == VFIO_PCI_INTX_IRQ_INDEX ? 1 : vectors_now();

	/* The kernel maps doorbells into the address space that the device is attached to. */
	if (index != VFIO_PCI_INTX_IRQ_INDEX &&
			(vectors == 0 || (d->bound != NULL && d->ioas == NULL &&
			!fake.no_doorbells)))
		return -ENOSPC;
	if (index != VFIO_PCI_INTX_IRQ_INDEX && end > vectors)
		return (int)vectors;
	vectors_forget(d);
	d->irq_index = index;
	d->n_vectors = end;
	memset(d->granted, true, end * sizeof(*d->granted));
	return 0;
}

/* Enable vectors of INTx, MSI or MSI-X. Only one of them can be active. */
static int
vectors_enable(struct fake_device *d, unsigned int index, uint32_t start, uint32_t end,
		const int *fds)
{
	uint32_t i;
	int ret = 0;

	if (d->n_vectors == 0)
		ret = type_enable(d, index, end);
	else if (d->irq_index != index || (end > d->n_vectors &&
			(index != VFIO_PCI_MSIX_IRQ_INDEX || !fake.dynamic_msix)))
		return -EINVAL;
	for (i = start; ret == 0 && i < end; i++)
		ret = vector_set(d, i, fds[i - start]);
	/* If one fails, the kernel switches off those before it. */
	if (ret < 0 && i > start)
		while (i-- > start)
			d->efd[i] = -1;
	return ret;
}

/* Is there an eventfd for errors of the device, or for requests to release it? */
static bool *
notice(struct fake_device *d, unsigned int index)
{
	return &d->notices[index - VFIO_PCI_ERR_IRQ_INDEX];
}

static bool
enabled(struct fake_device *d, unsigned int index)
{
	if (index > VFIO_PCI_MSIX_IRQ_INDEX)
		return *notice(d, index);
	return d->n_vectors > 0 && d->irq_index == index;
}

/* Only an enabled type can be disabled. */
static int
disable(struct fake_device *d, unsigned int index)
{
	if (!enabled(d, index))
		return -EINVAL;
	if (index > VFIO_PCI_MSIX_IRQ_INDEX)
		*notice(d, index) = false;
	else
		vectors_forget(d);
	return 0;
}

void
fake_irqs_off(struct fake_device *d)
{
	vectors_forget(d);
	memset(d->notices, 0, sizeof(d->notices));
}

int
vfio_uapi_set_irqs(int device, unsigned int index, unsigned int start, const int *fds,
		unsigned int n)
{
	struct fake_device *d;
	int ret = fake_ioctl(__func__, device, FAKE_DEVICE, &d);
	unsigned int i;

	if (ret < 0)
		return ret;
	if (index >= VFIO_PCI_NUM_IRQS || start >= irq_count(d, index) ||
			n > irq_count(d, index) - start)
		return -EINVAL;
	if (n == 0)
		return disable(d, index);
	for (i = 0; i < n; i++)
		if (fds[i] >= 0 && fake_file(fds[i], FAKE_EVENTFD) == NULL)
			return fake_is_open(fds[i]) ? -EINVAL : -EBADF;
	if (index <= VFIO_PCI_MSIX_IRQ_INDEX)
		return vectors_enable(d, index, start, start + n, fds);
	*notice(d, index) = fds[0] >= 0;
	return 0;
}

int
vfio_uapi_trigger_irqs(int device, unsigned int index, unsigned int start,
		const uint8_t *which, unsigned int n)
{
	struct fake_device *d;
	int ret = fake_ioctl(__func__, device, FAKE_DEVICE, &d);
	unsigned int i;

	if (ret < 0)
		return ret;
	if (n == 0 || index >= VFIO_PCI_NUM_IRQS || start >= irq_count(d, index) ||
			n > irq_count(d, index) - start)
		return -EINVAL;
	if (!enabled(d, index))
		return -EINVAL;
	/* The kernel silently ignores vectors that are not enabled. */
	for (i = start; i < start + n && index <= VFIO_PCI_MSIX_IRQ_INDEX; i++)
		if (which == NULL || which[i - start] != 0)
			(void)fake_irq_raise(d->bdf, i);
	return 0;
}

int
vfio_uapi_unmask_intx(int device)
{
	struct fake_device *d;
	int ret = fake_ioctl(__func__, device, FAKE_DEVICE, &d);

	if (ret < 0)
		return ret;
	return enabled(d, VFIO_PCI_INTX_IRQ_INDEX) ? 0 : -EINVAL;
}
