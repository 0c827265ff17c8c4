/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Errors of the kernel that strerror() does not know. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "uapi/vfio_uapi.h"

static int error;

int __wrap_ioctl(int fd, unsigned long request, ...);

int
__wrap_ioctl(int fd, unsigned long request, ...)
{
	(void)fd;
	(void)request;
	errno = error;
	return -1;
}

static void
test_interrupts(void **state)
{
	int fd = -1;

	(void)state;
	error = 524;
	assert_int_equal(vfio_uapi_set_irqs(0, VFIO_PCI_MSIX_IRQ_INDEX, 0, &fd, 1), -ENOTSUP);
	assert_int_equal(vfio_uapi_device_attach(0, 1), -ENOTSUP);
	assert_int_equal(vfio_uapi_spapr_eeh_state(0), -ENOTSUP);
	error = EINVAL;
	assert_int_equal(vfio_uapi_set_irqs(0, VFIO_PCI_MSIX_IRQ_INDEX, 0, &fd, 1), -EINVAL);
	assert_int_equal(vfio_uapi_device_attach(0, 1), -EINVAL);
	assert_int_equal(vfio_uapi_spapr_eeh_state(0), -EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_interrupts),
	};

	return cmocka_run_group_tests_name("uapi_error", tests, NULL, NULL);
}
