/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Every call to the kernel fails once.
 *
 * One sequence, from the survey of two devices to the close of their address space, runs
 * many times. In the n th run the n th call fails, with each of several errors. A caller
 * that stops at the first error must get exactly that error. A caller that ignores errors
 * must survive. Both leave nothing behind, and kernel, record and layout always have the
 * same mappings.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "common.h"
#include "machine.h"
#include "plan/plan.h"

#define SECOND "0000:00:05.0"
#define SECOND_GROUP 3
#define CALLS_LEAST 40	/* the sequence makes more calls */

struct story {
	const char *root;
	struct ioas *ioas;
	int device;
	bool stubborn;	/* go on after an error */
};

static int memory;	/* a file */

/* Run a step of the sequence. A caller that is not stubborn stops at an error. */
#define STEP(call) do { \
	int step_ret = (call); \
	if (step_ret < 0 && first == 0) \
		first = step_ret; \
	if (step_ret < 0 && !s->stubborn) \
		return first; \
} while (0)

/* An error without a special message must be reported by strerror() and the node. */
static void
expect_reported(const char *why, int ret)
{
	const char *node = BY_BACKEND("/dev/vfio/vfio", "/dev/iommu");

	if (ret != -EIO)
		return;
	assert_non_null(strstr(why, strerror(EIO)));
	/* The node that failed to open may be that of the group or device. */
	if (strcmp(fake_failed(), "vfio_uapi_open") != 0 && strstr(why, node) == NULL)
		fail_msg("%s failed, and \"%s\" is reported", fake_failed(), why);
}

static int
survey_add(struct story *s, const char *bdf)
{
	struct plan_request request = { .root = s->root, .backend = backend, .layout = layout };
	struct plan_device pd;
	char why[PLAN_TEXT] = "";
	int ret;

	topology_parse_bdf(bdf, &request.addr);
	ret = plan_survey(&request, &s->ioas, &pd, why, sizeof(why));
	if (ret == 0)
		ret = plan_add(layout, &pd, why, sizeof(why));
	plan_device_free(&pd);
	expect_reported(why, ret);
	assert_true((ret == 0) == (why[0] == '\0'));
	return ret;
}

static int
limits(struct ioas *ioas)
{
	struct ioas_info info;
	int ret = ioas_info_get(ioas, &info);

	if (ret == 0)
		ioas_info_free(&info);
	return ret;
}

/* Only an unmap that fails in one of several legs parks the mapping. */
static void
expect_record(struct ioas *ioas)
{
	const char *failed = fake_failed();

	if (per_group && failed != NULL && strcmp(failed, "vfio_uapi_unmap_dma") == 0)
		assert_in_range(expect_same_or_parked(ioas), 0, 1);
	else
		expect_same(ioas);
}

static int
mappings(struct story *s)
{
	const struct ioas_file file = { .fd = memory };
	const struct ioas_memory mem = { .va = PAGE, .file = &file, .read_only = true };
	uint64_t iova, i;
	int first = 0;

	for (i = 1; i <= 4; i++)
		STEP(ioas_map(s->ioas, IOAS_EAL, i << 20, i << 20, PAGE, NULL));
	STEP(ioas_map_memory(s->ioas, IOAS_EAL, &mem, 5 << 20, PAGE, NULL));
	for (i = 1; i <= 2; i++)
		STEP(ioas_map_any(s->ioas, IOAS_EAL, PAGE, 2 * PAGE, PAGE, UINT32_MAX, &iova));
	expect_record(s->ioas);
	STEP(ioas_unmap(s->ioas, IOAS_EAL, 1 << 20, PAGE));
	STEP(ioas_unmap(s->ioas, IOAS_EAL, 2 << 20, 2 << 20));
	expect_record(s->ioas);
	STEP(ioas_map(s->ioas, IOAS_EAL, PAGE, 1 << 20, 4 * PAGE, NULL));
	STEP(limits(s->ioas));
	return first;
}

static struct ioas_member
sweep_member(int group, const char *bdf)
{
	return (struct ioas_member) {
		.group = group,
		.group_fd = -1,
		.name = bdf,
		.cdev = BY_BACKEND(NULL, fake_cdev(bdf)),
	};
}

static int
tell(struct story *s)
{
	int first = 0;
	const struct ioas_member nic = sweep_member(NIC_GROUP, NIC);
	const struct ioas_member second = sweep_member(SECOND_GROUP, SECOND);
	const struct iova_range keep = { 0x10000000, 0x1fffffff };
	bool viable;

	STEP(survey_add(s, NIC));
	STEP(survey_add(s, SECOND));
	/* The first survey failed, but the process continues. */
	if (s->ioas == NULL)
		STEP(ioas_open(backend, NULL, layout, &s->ioas, NULL));
	if (s->ioas == NULL)
		return first;
	STEP(ioas_attach(s->ioas, &nic, &viable));
	STEP(ioas_attach(s->ioas, &second, &viable));
	s->device = ioas_open_device(s->ioas, &nic);
	STEP(s->device);
	STEP(ioas_keep(s->ioas, &keep, 1));
	STEP(mappings(s));
	vfio_uapi_close(s->device);
	s->device = -1;
	ioas_detach(s->ioas, &nic);
	STEP(ioas_map(s->ioas, IOAS_EAL, PAGE, 8 << 20, PAGE, NULL));
	ioas_detach(s->ioas, &second);
	STEP(ioas_attach(s->ioas, &second, &viable));
	STEP(ioas_map(s->ioas, IOAS_EAL, PAGE, 8 << 20, PAGE, NULL));
	return first;
}

static int
stop_at_any(const struct iova_used *used, void *arg)
{
	return 1;
}

/* Run the whole sequence. @return the first error. */
static int
run(const char *root, bool stubborn, unsigned int n, int error)
{
	struct story s = { .root = root, .device = -1, .stubborn = stubborn };
	struct fake_group *g;
	int ret;

	machine_kernel();
	g = fake_group_add(SECOND_GROUP);
	fake_range(g, 0x8000000, 0x80fffff);
	g->aperture.last = UINT32_MAX;
	fake_device_add(g, SECOND, 4);
	assert_int_equal(iova_layout_create(&layout), 0);
	fake_fail_nth(n, error);
	ret = tell(&s);
	if (s.ioas != NULL)
		expect_record(s.ioas);
	vfio_uapi_close(s.device);
	ioas_close(s.ioas);
	assert_int_equal(fake_leaks(stderr), 0);
	assert_int_equal(iova_layout_check(layout, stderr), 0);
	assert_int_equal(iova_layout_foreach_used(layout, stop_at_any, NULL), 0);
	iova_layout_destroy(layout);
	layout = NULL;
	return ret;
}

/* A release continues after an error of the kernel. */
static bool
may_be_ignored(const char *call)
{
	static const char *const calls[] = {
		"vfio_uapi_group_unset_container", "vfio_uapi_unmap_dma",
		"vfio_uapi_device_detach", "vfio_uapi_ioas_unmap", "vfio_uapi_ioas_destroy",
		"vfio_uapi_ioas_allow",
		/* The memory is then mapped by address. */
		"vfio_uapi_ioas_map_file",
	};
	size_t i;

	for (i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (strcmp(call, calls[i]) == 0)
			return true;
	return false;
}

/* The error that a caller that stops must get. */
static int
wanted(int error)
{
	/* ENOENT for a range that is mapped is an error of the kernel. */
	if (error == ENOENT && strcmp(fake_failed(), "vfio_uapi_ioas_unmap") == 0)
		return -EIO;
	/* A node without this call is treated as a container. */
	if (error != ENOMEM && strcmp(fake_failed(), "vfio_uapi_iommufd_rlimit_mode") == 0)
		return 0;
	return -error;
}

static void
sweep(const char *root, bool stubborn)
{
	static const int errors[] = { EIO, ENOMEM, EBUSY, ENOSPC, EPERM, EINVAL, ENOENT };
	unsigned int n, length;
	size_t i;
	int ret;

	assert_int_equal(run(root, stubborn, 0, 0), 0);
	length = fake_calls();
	assert_true(length >= CALLS_LEAST);
	EACH_ROW(i, errors, "%s", strerror(errors[i]))
		for (n = 1; n <= length; n++) {
			ret = run(root, stubborn, n, errors[i]);
			if (fake_failed() == NULL)
				fail_msg("call %u did not come", n);
			if (ret != wanted(errors[i]) &&
					!(ret == 0 && may_be_ignored(fake_failed())))
				fail_msg("call %u, %s: %d in place of %d", n, fake_failed(), ret,
						-errors[i]);
		}
}

static void
test_give_up(void **state)
{
	sweep(*state, false);
}

static void
test_go_on(void **state)
{
	sweep(*state, true);
}

static int
setup(void **state)
{
	if (tree_machine_setup(state) != 0)
		return -1;
	memory = memfd_create("sweep", MFD_CLOEXEC);
	if (memory < 0 || ftruncate(memory, PAGE) < 0)
		return -1;
	/* Each run creates its own layout. */
	iova_layout_destroy(layout);
	machine_device(*state, SECOND, SECOND_GROUP, "vfio-pci");
	machine_regions_of(*state, SECOND_GROUP, SW_MSI_LINE);
	return 0;
}

static int
teardown(void **state)
{
	close(memory);
	return iova_layout_create(&layout) != 0 ? -1 : tree_machine_teardown(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_give_up, setup, teardown),
		cmocka_unit_test_setup_teardown(test_go_on, setup, teardown),
	};

	return RUN_ON_BACKENDS("sweep", tests);
}
