/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The argument that a device was given: read it, compare it, show the driver its part.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claim.h"
#include "neighbours.h"

void
vfio_msi_given_set(struct vfio_msi_device *dev)
{
	dev->devargs.data = dev->conf.pmd_args;
	dev->devargs.args = dev->conf.pmd_args;
	dev->devargs.cls_str = dev->cls_str;
}

char *
vfio_msi_given_text(const struct rte_devargs *da)
{
	char *text = NULL;
	int n;

	if (da->bus_str == NULL)
		return strdup(da->args != NULL ? da->args : "");
	n = asprintf(&text, "%s/%s/%s", da->bus_str, da->drv_str != NULL ? da->drv_str : "",
		da->cls_str != NULL ? da->cls_str : "");
	return n < 0 ? NULL : text;
}

/* In the layered syntax the keys are in the bus layer. */
int
vfio_msi_given_read(struct vfio_msi_device *dev, const struct rte_devargs *da, char *why,
		size_t size)
{
	bool layers = da->bus_str != NULL;
	int ret = 0;

	dev->args = vfio_msi_given_text(da);
	if (layers && da->cls_str != NULL)
		dev->cls_str = strdup(da->cls_str);
	if (dev->args == NULL || (layers && da->cls_str != NULL && dev->cls_str == NULL))
		ret = -ENOMEM;
	if (ret == 0)
		ret = vfio_msi_parse_args(layers ? da->bus_str : da->args, &dev->conf,
				why, size);
	if (ret == 0 && layers && da->drv_str != NULL)
		ret = vfio_msi_conf_pmd(&dev->conf, da->drv_str);
	if (ret == -ENOMEM)
		snprintf(why, size, "%s", strerror(ENOMEM));
	return ret;
}

void
vfio_msi_given_free(struct vfio_msi_device *dev)
{
	vfio_msi_conf_free(&dev->conf);
	free(dev->args);
	free(dev->cls_str);
}

void
vfio_msi_given_update(struct vfio_msi_device *dev, const struct rte_devargs *da)
{
	const struct rte_pci_driver *drv = compat_pci_driver(&dev->pci.device);
	struct vfio_msi_device *given;
	char why[VFIO_MSI_TEXT] = "";

	if (drv == NULL || (drv->drv_flags & RTE_PCI_DRV_PROBE_AGAIN) == 0)
		return;
	given = calloc(1, sizeof(*given));
	if (given == NULL)
		return;
	if (vfio_msi_given_read(given, da, why, sizeof(why)) < 0) {
		vfio_msi_reject(dev->label, da, why);
	} else {
		RTE_SWAP(dev->args, given->args);
		RTE_SWAP(dev->cls_str, given->cls_str);
		RTE_SWAP(dev->conf.pmd_args, given->conf.pmd_args);
		vfio_msi_given_set(dev);
	}
	vfio_msi_given_free(given);
	free(given);
}
