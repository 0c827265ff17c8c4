/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Members that POWER has stopped: what the kernel of the fake says, and what the registers say,
 * which are files.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common.h"
#include "ioas/ioas_watch.h"
#include "tree.h"

static struct ioas *ioas;
static struct ioas_watch watch = TAILQ_HEAD_INITIALIZER(watch);
static struct ioas_watched a, b, other;

/* The registers of a member, as long as the header or shorter. */
static void
registers(const char *root, const struct ioas_member *m, uint8_t value, size_t len)
{
	uint8_t config[64];
	char path[80];

	memset(config, value, sizeof(config));
	/* A virtual function: its IDs are ones. */
	memset(config, 0xff, 4);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", m->name);
	tree_write(root, path, config, len);
}

static void
all_registers(const char *root, uint8_t value)
{
	registers(root, &a.member, value, 64);
	registers(root, &other.member, value, 64);
}

static int
setup(void **state)
{
	backend = IOAS_BACKEND_TYPE1;
	if (tree_setup(state) < 0 || machine_setup(state) < 0)
		return -1;
	fake.power.on = true;
	add_group(7);
	add_group(8);
	ioas = open_space();
	TAILQ_INIT(&watch);
	a = (struct ioas_watched){ .member = *member(7) };
	b = (struct ioas_watched){ .member = a.member };
	other = (struct ioas_watched){ .member = *member(8) };
	return 0;
}

static int
teardown(void **state)
{
	int ret = tree_teardown(state);

	ioas_close(ioas);
	ioas = NULL;
	return machine_teardown(state) != 0 ? -1 : ret;
}

static void
watch_all(void)
{
	bool viable;

	assert_int_equal(ioas_attach(ioas, &a.member, &viable), 0);
	assert_int_equal(ioas_attach(ioas, &other.member, &viable), 0);
	TAILQ_INSERT_TAIL(&watch, &a, link);
	TAILQ_INSERT_TAIL(&watch, &other, link);
}

/* So many polls that find nothing new. */
static void
poll_in_vain(const char *root, unsigned int n)
{
	for (; n > 0; n--) {
		ioas_watch_poll(ioas, root, &watch);
		assert_false(a.is_new || other.is_new);
	}
}

/* Two devices of one group: the kernel thaws both when it closes one of them. */
static void
test_groups(void **state)
{
	const char *root = *state;
	int device;

	watch_all();
	all_registers(root, 0xff);
	device = ioas_open_device(ioas, &a.member);
	assert_true(device >= 0);
	/* Firmware recovers: the answer is no proof. */
	fake.power.eeh_state = VFIO_EEH_PE_STATE_STOPPED;
	poll_in_vain(root, 2);
	fake.power.eeh_state = VFIO_EEH_PE_STATE_NORMAL;
	poll_in_vain(root, 1);
	fake.power.eeh_state = VFIO_EEH_PE_STATE_STOPPED;
	poll_in_vain(root, IOAS_WATCH_SAMPLES - 1);
	/* One that comes late is reported with the others of its group. */
	TAILQ_INSERT_TAIL(&watch, &b, link);
	/* A thread that maps does not delay, and an error says nothing. */
	ioas_layout_lock(ioas);
	assert_int_equal(ioas_stopped(ioas, &a.member), -EAGAIN);
	poll_in_vain(root, 1);
	ioas_layout_unlock(ioas);
	ioas_watch_poll(ioas, root, &watch);
	assert_true(a.is_new && b.is_new && other.is_new);
	TAILQ_REMOVE(&watch, &a, link);
	vfio_uapi_close(device);
	assert_int_equal(fake.power.eeh_state, VFIO_EEH_PE_STATE_NORMAL);
	a.is_new = b.is_new = other.is_new = false;
	poll_in_vain(root, 1);
	/* It goes on: the next time is reported again, and once. */
	fake.power.eeh_state = VFIO_EEH_PE_STATE_STOPPED;
	poll_in_vain(root, IOAS_WATCH_SAMPLES - 1);
	assert_false(b.is_new);
	ioas_watch_poll(ioas, root, &watch);
	assert_true(b.is_new);
	ioas_watch_poll(ioas, root, &watch);
	assert_false(b.is_new);
}

/* Firmware has no EEH for the device: the kernel says STOPPED for good. */
static void
test_live_registers(void **state)
{
	const char *root = *state;

	watch_all();
	all_registers(root, 0);
	fake.power.eeh_state = VFIO_EEH_PE_STATE_STOPPED;
	poll_in_vain(root, 2 * IOAS_WATCH_SAMPLES);
	/* A reset of the device by its driver is shorter. */
	all_registers(root, 0xff);
	poll_in_vain(root, IOAS_WATCH_SAMPLES - 1);
	all_registers(root, 0);
	poll_in_vain(root, 1);
	/* It does not respond any more. */
	registers(root, &a.member, 0xff, 64);
	poll_in_vain(root, IOAS_WATCH_SAMPLES - 1);
	ioas_watch_poll(ioas, root, &watch);
	assert_true(a.is_new);
	assert_false(other.is_new);
}

/* The registers still respond: firmware says for sure that DMA is stopped. */
static void
test_dma_only(void **state)
{
	watch_all();
	all_registers(*state, 0);
	fake.power.eeh_state = VFIO_EEH_PE_STATE_STOPPED_DMA;
	poll_in_vain(*state, IOAS_WATCH_SAMPLES - 1);
	ioas_watch_poll(ioas, *state, &watch);
	assert_true(a.is_new && other.is_new);
}

/* Registers that can't be read are no proof. */
static void
test_unreadable(void **state)
{
	watch_all();
	fake.power.eeh_state = VFIO_EEH_PE_STATE_STOPPED;
	poll_in_vain(*state, IOAS_WATCH_SAMPLES);
	registers(*state, &a.member, 0xff, 11);
	poll_in_vain(*state, IOAS_WATCH_SAMPLES);
}

#define watch_test(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		watch_test(test_groups),
		watch_test(test_live_registers),
		watch_test(test_dma_only),
		watch_test(test_unreadable),
	};

	return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
