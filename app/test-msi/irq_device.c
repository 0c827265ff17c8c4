/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * A device without a driver, opened by the library like the bus does, so that problems of
 * group, address space or node show here too.
 */

#include <errno.h>
#include <string.h>

#include <linux/pci_regs.h>

#include <rte_byteorder.h>

#include "irq.h"
#include "uapi/vfio_uapi.h"

static int
read_regions(struct irq_device *dev)
{
	struct vfio_region_info info = { .argsz = sizeof(info) };
	unsigned int i;
	int ret;

	info.index = VFIO_PCI_CONFIG_REGION_INDEX;
	ret = vfio_uapi_region_info(dev->fd, &info);
	dev->config = info.offset;
	for (i = 0; ret == 0 && i < TOPO_BARS; i++) {
		info = (struct vfio_region_info) { .argsz = sizeof(info), .index = i };
		ret = vfio_uapi_region_info(dev->fd, &info);
		dev->bar[i] = info.offset;
		dev->bar_size[i] = info.size;
	}
	return ret;
}

static int
reset(const struct irq_device *dev)
{
	struct vfio_device_info info;
	int ret = vfio_uapi_device_info(dev->fd, &info);

	if (ret < 0 || (info.flags & VFIO_DEVICE_FLAGS_RESET) == 0)
		return ret;
	return vfio_uapi_reset(dev->fd);
}

static int
set_command(const struct irq_device *dev, uint16_t set, uint16_t clear)
{
	uint64_t at = dev->config + PCI_COMMAND;
	uint16_t cmd;
	int ret = vfio_uapi_pread(dev->fd, &cmd, sizeof(cmd), at);

	if (ret < 0)
		return ret;
	cmd = rte_cpu_to_le_16((uint16_t)((rte_le_to_cpu_16(cmd) | set) & ~clear));
	return vfio_uapi_pwrite(dev->fd, &cmd, sizeof(cmd), at);
}

static int
attach(struct irq_device *dev)
{
	char why[PLAN_TEXT];
	bool viable = true;
	int ret = ioas_attach(dev->ioas, &dev->member, &viable);

	dev->attached = ret == 0;
	if (ret == 0)
		return 0;
	ret = plan_explain_attach("", dev->ioas, &dev->member, ret, viable, why, sizeof(why));
	tool_error(dev->name, "set-up failed: %s", why);
	return ret;
}

int
irq_eal_start(struct tool_eal *eal)
{
	/* Only the interrupt thread is needed: no memory, no devices. */
	static const char *const ours[] = { "--no-shconf", "--no-huge", "-m", "16", "--no-pci",
		"--no-telemetry", "--log-level=lib.eal:warning" };

	return tool_eal_start(eal, ours, sizeof(ours) / sizeof(*ours));
}

/* The survey's address space has no layout, so nothing can be mapped in it. */
int
irq_space_open(struct tool_plan *plan, const char *name)
{
	const struct ioas_member member = plan_member(&plan->v[0].plan, NULL);
	int ret;

	ioas_close(plan->space);
	plan->space = NULL;
	ret = ioas_open(plan->v[0].plan.backend, &member, plan->layout, &plan->space, NULL);
	if (ret < 0)
		tool_error(name, "set-up failed: no address space can be opened: %s; see dpdk-test-msi doctor %s",
			strerror(-ret), name);
	return ret;
}

int
irq_device_master(const struct irq_device *dev, bool on)
{
	return set_command(dev, on ? PCI_COMMAND_MASTER : 0, on ? 0 : PCI_COMMAND_MASTER);
}

int
irq_device_open(struct irq_device *dev, const struct tool_device *td, struct ioas *space)
{
	const char *token = td->conf->vf_token[0] != '\0' ? td->conf->vf_token : NULL;
	const char *step = "opened";
	char why[PLAN_TEXT];
	int ret;

	dev->fd = -1;
	dev->topo = &td->plan.topo;
	dev->ioas = space;
	dev->member = plan_member(&td->plan, token);
	ret = attach(dev);
	if (ret < 0)
		return ret;
	ret = dev->fd = ioas_open_device(dev->ioas, &dev->member);
	if (ret == -EKEYREJECTED) {
		plan_explain_token(&dev->member, why, sizeof(why));
		tool_error(dev->name, "set-up failed: %s", why);
		return ret;
	}
	if (ret >= 0) {
		step = "asked for its regions";
		ret = read_regions(dev);
	}
	if (ret == 0) {
		step = "reset";
		ret = reset(dev);
	}
	if (ret == 0) {
		step = "made bus master";
		ret = set_command(dev, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
	}
	if (ret < 0)
		tool_error(dev->name, "set-up failed: the device can't be %s: %s; see dmesg", step,
			strerror(-ret));
	return ret;
}

void
irq_device_close(struct irq_device *dev)
{
	if (dev->fd >= 0)
		irq_device_master(dev, false);
	vfio_uapi_close(dev->fd);
	dev->fd = -1;
	if (dev->attached)
		ioas_detach(dev->ioas, &dev->member);
	dev->attached = false;
}

int
irq_device_borrow(struct irq_device *dev, int fd)
{
	int ret;

	dev->fd = fd;
	ret = read_regions(dev);
	if (ret < 0)
		tool_error(dev->name, "the kernel can't describe its regions: %s", strerror(-ret));
	return ret;
}

int
irq_reg_write(const struct irq_device *dev, uint32_t reg, uint32_t value)
{
	value = rte_cpu_to_le_32(value);
	if (reg >= dev->bar_size[0])
		return -EINVAL;
	return vfio_uapi_pwrite(dev->fd, &value, sizeof(value), dev->bar[0] + reg);
}

int
irq_reg_read(const struct irq_device *dev, uint32_t reg, uint32_t *value)
{
	int ret = reg < dev->bar_size[0] ?
		vfio_uapi_pread(dev->fd, value, sizeof(*value), dev->bar[0] + reg) : -EINVAL;

	*value = ret < 0 ? 0 : rte_le_to_cpu_32(*value);
	return ret;
}
