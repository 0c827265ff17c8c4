/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Sources of interrupts of a driver, in the functions of bus_vfio_msi_driver.h. tests/lab has the
 * interrupts themselves.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common.h"
#include "vfio_msi_vectors.h"
#include <rte_errno.h>

static struct rte_intr_handle handle = { .type = RTE_INTR_HANDLE_VFIO_MSIX };
static struct vfio_msi_vectors irqs = { .lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP };
static struct vfio_msi_device dev = {
	.label = "vfio_msi:0000:01:00.0", .pci.device.intr_handle = &handle, .vectors = &irqs,
};
static struct ioas *space;

/* What the bus has of itself, and of DPDK. */
struct vfio_msi_bus vfio_msi_bus;
int vfio_msi_logtype;
enum rte_proc_type_t fake_process_type = RTE_PROC_PRIMARY;
__thread int rte_errno;

void
fake_eal_log(const char *level, const char *format, ...)
{
}

enum rte_intr_handle_type
rte_intr_type_get(const struct rte_intr_handle *h)
{
	return h->type;
}

int
rte_thread_is_intr(void)
{
	return 0;
}

unsigned int
vfio_msi_vectors_tries(void)
{
	return 1;
}

void
vfio_msi_vectors_short(void)
{
}

int
vfio_msi_vectors_listen(struct vfio_msi_device *device, unsigned int vector)
{
	return 0;
}

static int
setup(void **state)
{
	bool viable;

	if (machine_setup(state) != 0)
		return -1;
	space = open_space();
	fake_device_add(fake_group_add(7), MEMBER(7)->name, 8);
	if (ioas_attach(space, MEMBER(7), &viable) != 0)
		return -1;
	dev.fd = ioas_open_device(space, MEMBER(7));
	return dev.fd < 0 ? -1 : 0;
}

static int
teardown(void **state)
{
	vectors_stop(&irqs.vs);
	free(irqs.source);
	irqs.source = NULL;
	irqs.room = 0;
	vfio_uapi_close(dev.fd);
	ioas_close(space);
	return machine_teardown(state);
}

static void
on_interrupt(struct rte_vfio_msi_device *device, unsigned int source, void *arg)
{
}

/* A source that was dropped is none, also where its room remains. */
static void
test_dropped(void **state)
{
	struct rte_vfio_msi_device *d = (struct rte_vfio_msi_device *)&dev;
	uint64_t count = 7;

	assert_int_equal(rte_vfio_msi_irq_count(d, 0, &count), -1);
	assert_int_equal(rte_vfio_msi_irq_request(d, 4), 0);
	assert_int_equal(rte_vfio_msi_irq_enable(d, 3, on_interrupt, NULL, RTE_VFIO_MSI_ANY_CPU), 3);
	assert_int_equal(rte_vfio_msi_irq_count(d, 3, &count), 0);
	assert_int_equal(count, 0);
	assert_int_equal(rte_vfio_msi_irq_disable(d, 3), 0);
	assert_int_equal(rte_vfio_msi_irq_request(d, 3), 0);
	rte_errno = 0;
	assert_int_equal(rte_vfio_msi_irq_count(d, 3, &count), -1);
	assert_int_equal(rte_errno, EINVAL);
	assert_int_equal(rte_vfio_msi_irq_count(d, 2, &count), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_dropped, setup, teardown),
	};

	return RUN_ON_BACKENDS("bus_vectors", tests);
}
