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

/* Enable vectors of INTx, MSI or MSI-X. Only one of them can be active. */
static int
vectors_enable(struct fake_device *d, unsigned int index, uint32_t end)
{
	if (d->n_vectors > 0 && (d->irq_index != index || (end > d->n_vectors &&
			(index != VFIO_PCI_MSIX_IRQ_INDEX || !fake.dynamic_msix))))
		return -EINVAL;
	if (d->n_vectors > 0 && end > fake.vectors)
		return -ENOSPC;
	if (end <= d->n_vectors)
		return 0;
	/* The kernel maps doorbells into the address space that the device is attached to. */
	if (index != VFIO_PCI_INTX_IRQ_INDEX &&
			(fake.vectors == 0 || (d->bound != NULL && d->ioas == NULL &&
			!fake.no_doorbells)))
		return -ENOSPC;
	if (index != VFIO_PCI_INTX_IRQ_INDEX && end > fake.vectors)
		return (int)fake.vectors;
	d->irq_index = index;
	d->n_vectors = end;
	return 0;
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
		d->n_vectors = 0;
	return 0;
}

void
fake_irqs_off(struct fake_device *d)
{
	d->n_vectors = 0;
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
		return vectors_enable(d, index, start + n);
	*notice(d, index) = fds[0] >= 0;
	return 0;
}

int
vfio_uapi_trigger_irqs(int device, unsigned int index, unsigned int start,
		const uint8_t *which, unsigned int n)
{
	struct fake_device *d;
	int ret = fake_ioctl(__func__, device, FAKE_DEVICE, &d);

	if (ret < 0)
		return ret;
	if (n == 0 || index >= VFIO_PCI_NUM_IRQS || start >= irq_count(d, index) ||
			n > irq_count(d, index) - start)
		return -EINVAL;
	/* The kernel silently ignores vectors that are not enabled. */
	return enabled(d, index) ? 0 : -EINVAL;
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
