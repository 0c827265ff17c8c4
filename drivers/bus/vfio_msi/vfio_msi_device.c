/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Open a device until it is a working bus master, and close it.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <linux/pci_regs.h>

#include <rte_bus_pci.h>
#include <rte_byteorder.h>
#include <rte_pci.h>

#include "device.h"
#include "neighbours.h"
#include "space.h"
#include "uapi/vfio_uapi.h"

void
vfio_msi_handles_free(struct vfio_msi_device *dev)
{
	struct rte_pci_device *p = &dev->pci.device;

	rte_intr_instance_free(p->intr_handle);
	rte_intr_instance_free(p->vfio_req_intr_handle);
	rte_intr_instance_free(dev->err_handle);
	p->intr_handle = NULL;
	p->vfio_req_intr_handle = NULL;
	dev->err_handle = NULL;
}

int
vfio_msi_handles_alloc(struct vfio_msi_device *dev)
{
	struct rte_pci_device *p = &dev->pci.device;

	p->intr_handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	p->vfio_req_intr_handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	dev->err_handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	if (p->intr_handle != NULL && p->vfio_req_intr_handle != NULL &&
	    dev->err_handle != NULL) {
		rte_intr_fd_set(p->intr_handle, -1);
		rte_intr_fd_set(p->vfio_req_intr_handle, -1);
		rte_intr_fd_set(dev->err_handle, -1);
		rte_intr_dev_fd_set(p->intr_handle, -1);
		return 0;
	}
	vfio_msi_handles_free(dev);
	BUS_LOG(ERR, "%s: no memory for interrupt handles; free memory or raise the limit (ulimit -v)", dev->label);
	return -ENOMEM;
}

/*
 * librte_bus_pci must read the device object as this plugin wrote it, and the open device must be
 * the one of the survey.
 */
static int
check_object(struct vfio_msi_device *dev)
{
	const struct topo_device *t = &dev->plan.topo;
	rte_le16_t id[2] = { 0 };	/* vendor, device */

	/* A failure has no reliable errno. */
	if (rte_pci_read_config(&dev->pci.device, id, sizeof(id), RTE_PCI_VENDOR_ID) != sizeof(id)) {
		BUS_LOG(ERR, "%s: librte_bus_pci can't read the device's config space; see dmesg; if it shows no error, rebuild the plugin against this build of DPDK",
			dev->label);
		return -EIO;
	}
	if (rte_le_to_cpu_16(id[0]) == t->vendor && rte_le_to_cpu_16(id[1]) == t->device)
		return 0;
	BUS_LOG(ERR, "%s: librte_bus_pci reads %04x:%04x, but sysfs showed %04x:%04x: if the device was replaced or bound again just now, attach it again; else this build of DPDK has another layout of PCI devices: rebuild the plugin against it",
		dev->label, rte_le_to_cpu_16(id[0]), rte_le_to_cpu_16(id[1]), t->vendor, t->device);
	return -ENOTSUP;
}

static void
close_fd(struct vfio_msi_device *dev)
{
	vfio_msi_regions_unmap(dev);
	rte_intr_dev_fd_set(dev->pci.device.intr_handle, -1);
	vfio_uapi_close(dev->fd);
	dev->fd = -1;
}

/*
 * A secondary process uses the file descriptor of the primary, and maps BARs at the same
 * addresses. The primary has set up the device and its interrupts.
 */
static int
open_shared(struct vfio_msi_device *dev)
{
	char why[VFIO_MSI_TEXT] = "";
	int ret = vfio_msi_mp_open(dev, why, sizeof(why));

	dev->fd = ret < 0 ? -1 : ret;
	if (ret < 0)
		goto err;
	rte_intr_dev_fd_set(dev->pci.device.intr_handle, dev->fd);
	ret = vfio_msi_regions_map(dev);
	if (ret < 0) {
		vfio_msi_place_explain(dev, ret, why, sizeof(why));
		goto err;
	}
	ret = check_object(dev);
	if (ret < 0)
		goto err_logged;
	ret = vfio_msi_req_setup(dev);
	if (ret == 0)
		return 0;
	snprintf(why, sizeof(why), "it can't be watched for removal: %s; free memory, or raise the limit of open files (ulimit -n)",
		strerror(-ret));
err:
	BUS_LOG(ERR, "%s: can't be shared: %s", dev->label, why);
err_logged:
	close_fd(dev);
	return ret;
}

static int
open_fd(struct vfio_msi_device *dev)
{
	struct ioas_member member = vfio_msi_member(dev);
	char why[VFIO_MSI_TEXT];
	int ret = ioas_open_device(vfio_msi_bus.ioas, &member);

	if (ret == -EINVAL && vfio_msi_token_is_optional(dev)) {
		dev->vf_token[0] = '\0';
		member = vfio_msi_member(dev);
		ret = ioas_open_device(vfio_msi_bus.ioas, &member);
	}
	if (ret >= 0)
		return ret;
	if (ret == -EINVAL && dev->vf_token[0] != '\0')
		BUS_LOG(ERR, "%s: the kernel refuses the VF token: the device has no SR-IOV, or its physical function is not bound to vfio-pci; drop vf_token=",
			dev->label);
	else if (ret == -EKEYREJECTED) {
		plan_explain_token(&member, why, sizeof(why));
		BUS_LOG(ERR, "%s: %s", dev->label, why);
	} else
		BUS_LOG(ERR, "%s: can't be opened: %s; see dmesg", dev->label,
			strerror(-ret));
	return ret;
}

/* The last steps of an open. After a failure vfio_msi_device_close() must follow. */
static int
start(struct vfio_msi_device *dev, const char **step)
{
	int ret;

	*step = "watched for removal";
	ret = vfio_msi_req_setup(dev);
	if (ret < 0)
		return ret;
	*step = "watched for errors";
	ret = vfio_msi_err_setup(dev, dev->fd);
	if (ret < 0)
		return ret;
	*step = "made bus master";
	return vfio_msi_command_update(dev, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
}

int
vfio_msi_device_open(struct vfio_msi_device *dev)
{
	const char *step = "mapped (BARs)";
	int ret;

	if (vfio_msi_is_secondary())
		return open_shared(dev);
	dev->fd = open_fd(dev);
	if (dev->fd < 0)
		return dev->fd;
	rte_intr_dev_fd_set(dev->pci.device.intr_handle, dev->fd);
	ret = vfio_msi_regions_map(dev);
	if (ret < 0)
		goto err;
	ret = check_object(dev);
	if (ret < 0)
		goto err_logged;
	step = "reset";
	ret = vfio_msi_device_reset(dev);
	if (ret < 0)
		goto err;
	ret = vfio_msi_intr_setup(dev);
	if (ret < 0)
		goto err_logged;
	ret = start(dev, &step);
	if (ret == 0) {
		vfio_msi_eeh_start(dev);
		return 0;
	}
	BUS_LOG(ERR, "%s: can't be %s: %s; see dmesg", dev->label, step, strerror(-ret));
	/* The kernel may have requested the device already. */
	vfio_msi_device_close(dev);
	return ret;

err:
	BUS_LOG(ERR, "%s: can't be %s: %s; see dmesg", dev->label, step, strerror(-ret));
err_logged:
	close_fd(dev);
	return ret;
}

void
vfio_msi_device_close(struct vfio_msi_device *dev)
{
	/* The device must not start DMA after mappings are removed. */
	if (dev->fd >= 0 && !vfio_msi_is_secondary())
		vfio_msi_command_update(dev, 0, PCI_COMMAND_MASTER);
	vfio_msi_device_unwatch(dev);
	if (dev->fd < 0)
		return;
	vfio_msi_vectors_free(dev);
	if (!vfio_msi_is_secondary())
		vfio_msi_intr_teardown(dev);
	close_fd(dev);
}
