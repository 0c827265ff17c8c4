/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Notices of the kernel about a device: requests and errors. EAL's interrupt thread is a
 * function of the test.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common.h"
#include "vfio_msi_notice.h"
#include "uapi/vfio_uapi.h"

/* What EAL has registered: it copies the handle. */
static struct {
	struct rte_intr_handle handle;
	rte_intr_callback_fn cb;
	void *arg;
	int error;	/* of the next registration */
} eal;

int
rte_intr_callback_register(const struct rte_intr_handle *h, rte_intr_callback_fn cb, void *arg)
{
	int error = eal.error;

	eal.error = 0;
	if (error != 0)
		return error;
	assert_null(eal.cb);
	eal.handle = *h;
	eal.cb = cb;
	eal.arg = arg;
	return 0;
}

int
rte_intr_callback_unregister_sync(const struct rte_intr_handle *h, rte_intr_callback_fn cb,
		void *arg)
{
	assert_int_equal(h->fd, eal.handle.fd);
	assert_ptr_equal(cb, eal.cb);
	assert_ptr_equal(arg, eal.arg);
	memset(&eal, 0, sizeof(eal));
	return 1;
}

static void
on_notice(void *arg)
{
	++*(int *)arg;
}

struct machine {
	struct ioas *ioas;
	int fd, count;
	struct rte_intr_handle handle;
};

static void
machine_open(struct machine *m)
{
	bool viable;

	memset(m, 0, sizeof(*m));
	m->handle.fd = -1;
	m->ioas = open_space();
	add_group(7);
	assert_int_equal(ioas_attach(m->ioas, MEMBER(7), &viable), 0);
	m->fd = ioas_open_device(m->ioas, MEMBER(7));
	assert_true(m->fd >= 0);
}

static void
machine_close(struct machine *m)
{
	vfio_uapi_close(m->fd);
	ioas_close(m->ioas);
}

static const unsigned int kinds[] = { VFIO_PCI_REQ_IRQ_INDEX, VFIO_PCI_ERR_IRQ_INDEX };

static void
expect_closed(struct machine *m, unsigned int kind, unsigned int left)
{
	assert_null(eal.cb);
	assert_int_equal(m->handle.fd, -1);
	assert_int_equal(vfio_uapi_trigger_irqs(m->fd, kind, 0, NULL, 1), -EINVAL);
	assert_int_equal(fake_leaks(NULL), left);
}

/* The kernel signals, the callback runs once; after the close it can't. */
static void
test_arrives(void **state)
{
	struct machine m;
	unsigned int left;
	size_t i;

	machine_open(&m);
	left = fake_leaks(NULL);
	EACH_ROW(i, kinds, "index %u", kinds[i]) {
		m.count = 0;
		assert_int_equal(vfio_msi_notice_open(&m.handle, m.fd, kinds[i], on_notice, &m.count), 0);
		assert_int_equal(eal.handle.type, RTE_INTR_HANDLE_VFIO_REQ);
		assert_int_equal(eal.handle.fd, m.handle.fd);
		assert_int_equal(eal.handle.dev_fd, m.fd);
		assert_int_equal(vfio_uapi_trigger_irqs(m.fd, kinds[i], 0, NULL, 1), 0);
		eal.cb(eal.arg);
		assert_int_equal(m.count, 1);
		vfio_msi_notice_close(&m.handle, m.fd, kinds[i], on_notice, &m.count);
		expect_closed(&m, kinds[i], left);
		vfio_msi_notice_close(&m.handle, m.fd, kinds[i], on_notice, &m.count);
	}
	machine_close(&m);
}

/* Each system call, and EAL, fails once: nothing is left, and the next attempt succeeds. */
static void
test_fails(void **state)
{
	struct machine m;
	unsigned int left, n, failed;
	size_t i;
	int ret;

	machine_open(&m);
	left = fake_leaks(NULL);
	EACH_ROW(i, kinds, "index %u", kinds[i]) {
		failed = 0;
		for (n = 1; ; n++) {
			fake_fail_nth(n, EMFILE);
			ret = vfio_msi_notice_open(&m.handle, m.fd, kinds[i], on_notice, &m.count);
			if (fake_failed() == NULL)
				break;
			fake_fail_nth(0, 0);
			assert_int_equal(ret, -EMFILE);
			expect_closed(&m, kinds[i], left);
			failed++;
		}
		fake_fail_nth(0, 0);
		assert_int_equal(ret, 0);
		assert_int_equal(failed, 3);
		vfio_msi_notice_close(&m.handle, m.fd, kinds[i], on_notice, &m.count);
		eal.error = -ENOMEM;
		assert_int_equal(vfio_msi_notice_open(&m.handle, m.fd, kinds[i], on_notice,
			&m.count), -ENOMEM);
		expect_closed(&m, kinds[i], left);
	}
	machine_close(&m);
}

/* EAL closed the device of a driver that maps it itself. */
static void
test_device_is_closed(void **state)
{
	struct machine m;

	machine_open(&m);
	assert_int_equal(vfio_msi_notice_open(&m.handle, m.fd, VFIO_PCI_ERR_IRQ_INDEX, on_notice,
		&m.count), 0);
	machine_close(&m);
	vfio_msi_notice_close(&m.handle, -1, VFIO_PCI_ERR_IRQ_INDEX, on_notice, &m.count);
	assert_null(eal.cb);
	assert_int_equal(m.handle.fd, -1);
}

/* In a secondary process: the process signals itself, and the kernel's notices stay the primary's. */
static void
test_without_the_kernel(void **state)
{
	struct machine m;
	unsigned int left;
	uint64_t n;
	int primary;

	machine_open(&m);
	primary = vfio_uapi_eventfd();
	assert_true(primary >= 0);
	assert_int_equal(vfio_uapi_set_irqs(m.fd, VFIO_PCI_REQ_IRQ_INDEX, 0, &primary, 1), 0);
	left = fake_leaks(NULL);
	assert_int_equal(vfio_msi_notice_open(&m.handle, -1, VFIO_PCI_REQ_IRQ_INDEX, on_notice,
		&m.count), 0);
	assert_int_equal(eal.handle.fd, m.handle.fd);
	vfio_uapi_signal(m.handle.fd);
	assert_int_equal(vfio_uapi_eventfd_read(m.handle.fd, &n), 0);
	assert_int_equal(n, 1);
	vfio_msi_notice_close(&m.handle, -1, VFIO_PCI_REQ_IRQ_INDEX, on_notice, &m.count);
	assert_null(eal.cb);
	assert_int_equal(m.handle.fd, -1);
	assert_int_equal(fake_leaks(NULL), left);
	assert_int_equal(vfio_uapi_trigger_irqs(m.fd, VFIO_PCI_REQ_IRQ_INDEX, 0, NULL, 1), 0);
	vfio_uapi_close(primary);
	machine_close(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_arrives),
		machine_test(test_fails),
		machine_test(test_device_is_closed),
		machine_test(test_without_the_kernel),
	};

	return RUN_ON_BACKENDS("notices", tests);
}
