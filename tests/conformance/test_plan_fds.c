/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Nodes that the user opened: how they are checked, used, and left as they were.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "surveyed.h"
#include "tree.h"

#define GROUP_2 "/dev/vfio/2"
#define CDEV_0 "/dev/vfio/devices/vfio0"
#define SIBLING_GROUP 3
#define SPACE_FD BY_BACKEND(fds.container, fds.iommufd)
#define NODE_FD BY_BACKEND(fds.group, fds.device)
#define CALLS_LEAST 25	/* that can fail, from survey to detach */

/* What the user opened for the NIC, and for another function. */
static struct ioas_fds fds, more;
static struct ioas *space;

/* No name of a node may be opened: the process has none of them. */
static void
hide_nodes(bool hidden)
{
	fake.no_node = hidden;
	fake.no_iommufd = hidden;
	fake.no_cdevs = hidden;
	fake.no_groups = hidden;
}

static void
open_nodes(void)
{
	fds = (struct ioas_fds){ -1, -1, -1, -1 };
	if (backend == IOAS_BACKEND_IOMMUFD) {
		fds.device = vfio_uapi_open(CDEV_0);
		fds.iommufd = vfio_uapi_open("/dev/iommu");
	} else {
		fds.group = vfio_uapi_open(GROUP_2);
		fds.container = vfio_uapi_open("/dev/vfio/vfio");
	}
	hide_nodes(true);
}

static void
close_nodes(void)
{
	hide_nodes(false);
	vfio_uapi_close(fds.device);
	vfio_uapi_close(fds.iommufd);
	vfio_uapi_close(fds.group);
	vfio_uapi_close(fds.container);
}

static int
survey_with(const char *root, const char *bdf, const struct ioas_fds *with)
{
	struct plan_request request = {
		.root = root, .backend = backend, .layout = layout, .fds = with,
	};

	topology_parse_bdf(bdf, &request.addr);
	memset(why, 0, sizeof(why));
	return plan_survey(&request, &space, &pd, why, sizeof(why));
}

/* Survey, attach, open, map, and back. @return the first error. */
static int
life(const char *root)
{
	struct ioas_member m;
	bool viable;
	int ret = survey_with(root, NIC, &fds), device;

	if (ret < 0) {
		plan_device_free(&pd);
		return ret;
	}
	m = plan_member(&pd, NULL);
	ret = ioas_attach(space, &m, &viable);
	if (ret == 0) {
		device = ioas_open_device(space, &m);
		ret = device < 0 ? device : ioas_map(space, IOAS_EAL, PAGE, 1 << 20, PAGE, NULL);
		vfio_uapi_close(device);
		ioas_detach(space, &m);
	} else {
		ioas_release(space, &m);
	}
	plan_device_free(&pd);
	return ret;
}

static void
end_space(void)
{
	ioas_close(space);
	space = NULL;
}

/* Two descriptors of the user are left, in the state in which he opened them. */
static void
expect_as_opened(void)
{
	struct vfio_uapi_file file;
	uint32_t flags = 0;

	assert_int_equal(fake_leaks(NULL), 2);
	assert_int_equal(vfio_uapi_file_read(NODE_FD, &file), 0);
	assert_int_equal(vfio_uapi_file_read(SPACE_FD, &file), 0);
	assert_int_equal(fake_spaces(SPACE_FD), 0);
	if (backend == IOAS_BACKEND_TYPE1)
		assert_int_equal(vfio_uapi_group_status(fds.group, &flags), 0);
	assert_int_equal(flags & VFIO_GROUP_FLAGS_CONTAINER_SET, 0);
}

/* The same descriptors serve again: in the same space, and in a later one. */
static void
test_again(void **state)
{
	unsigned int round;

	open_nodes();
	for (round = 0; round < 4; round++) {
		if (life(*state) != 0)
			fail_msg("round %u: %s", round, why);
		if (round % 2 == 1) {
			end_space();
			expect_as_opened();
		}
	}
	close_nodes();
}

/* The user may close its descriptors while the bus uses the nodes. */
static void
test_closed_meanwhile(void **state)
{
	struct ioas_member m;
	bool viable;
	int device;

	open_nodes();
	assert_int_equal(survey_with(*state, NIC, &fds), 0);
	assert_string_equal(pd.backend_why, "descriptors of its nodes were given");
	close_nodes();
	hide_nodes(true);
	m = plan_member(&pd, NULL);
	assert_int_equal(ioas_attach(space, &m, &viable), BY_BACKEND(-EBADF, 0));
	/* A group is not held from its survey to its attach. */
	if (backend == IOAS_BACKEND_IOMMUFD) {
		device = ioas_open_device(space, &m);
		assert_true(device >= 0);
		assert_int_equal(ioas_map(space, IOAS_EAL, PAGE, 1 << 20, PAGE, NULL), 0);
		vfio_uapi_close(device);
		ioas_detach(space, &m);
	}
	plan_device_free(&pd);
	end_space();
	assert_int_equal(fake_leaks(stderr), 0);
}

/* A process ended without a detach. Its launcher has the descriptors, and starts another. */
static void
test_after_a_crash(void **state)
{
	uint32_t old;

	open_nodes();
	if (backend == IOAS_BACKEND_IOMMUFD) {
		assert_int_equal(vfio_uapi_device_bind(fds.device, fds.iommufd, NULL), 0);
		assert_int_equal(vfio_uapi_ioas_alloc(fds.iommufd, &old), 0);
		assert_int_equal(vfio_uapi_device_attach(fds.device, old), 0);
		assert_int_equal(vfio_uapi_ioas_map(fds.iommufd, old, PAGE, PAGE, PAGE, false), 0);
	} else {
		assert_int_equal(vfio_uapi_group_set_container(fds.group, fds.container), 0);
		assert_int_equal(vfio_uapi_set_iommu(fds.container, VFIO_TYPE1v2_IOMMU), 0);
	}
	assert_int_equal(life(*state), 0);
	if (backend == IOAS_BACKEND_IOMMUFD)
		assert_int_equal(fake_resets(NIC), 1);
	end_space();
	close_nodes();
	assert_int_equal(fake_leaks(stderr), 0);
}

/* A bound device does not leave its iommufd. It is not reset, as another process may use it. */
static void
test_other_iommufd(void **state)
{
	struct ioas_fds other;

	if (backend != IOAS_BACKEND_IOMMUFD)
		return;
	open_nodes();
	hide_nodes(false);
	other = (struct ioas_fds){ fds.device, vfio_uapi_open("/dev/iommu"), -1, -1 };
	assert_int_equal(life(*state), 0);
	end_space();
	assert_int_equal(survey_with(*state, NIC, &other), -EXDEV);
	assert_int_equal(fake_resets(NIC), 0);
	assert_non_null(strstr(why, "is bound to another iommufd than iommufd="));
	plan_device_free(&pd);
	assert_int_equal(fake_spaces(other.iommufd), 0);
	/* A space of the first one has the number that the check uses in the other one. */
	assert_int_equal(survey_with(*state, NIC, &fds), 0);
	plan_device_free(&pd);
	end_space();
	vfio_uapi_close(other.iommufd);
	close_nodes();
}

static void
rejected(const char *root, int error, const struct ioas_fds *with, const char *text)
{
	assert_int_equal(survey_with(root, NIC, with), error);
	assert_string_equal(why, text);
	assert_null(space);
	plan_device_free(&pd);
	assert_int_equal(fake_leaks(NULL), 2);
}

#define REJECTED(error, with, ...) do { \
	char text[PLAN_TEXT]; \
	snprintf(text, sizeof(text), __VA_ARGS__); \
	rejected(*state, error, &(with), text); \
} while (0)

/* Each key with the descriptor of the other one, and more. */
static void
test_wrong_node(void **state)
{
	const char *key = BY_BACKEND("group", "device"), *path = BY_BACKEND(GROUP_2, CDEV_0);
	const char *number = BY_BACKEND("242:2", "509:0"), *source;
	const char *node = BY_BACKEND("/dev/vfio/vfio", "/dev/iommu");
	const char *node_key = BY_BACKEND("container", "iommufd");
	const char *node_number = BY_BACKEND("10:196", "10:124");
	struct ioas_fds wrong;
	char link[64];
	int file;

	open_nodes();
	snprintf(link, sizeof(link), "/proc/self/fd/%d", SPACE_FD);
	tree_link(*state, link, node);
	wrong = fds;
	*BY_BACKEND(&wrong.group, &wrong.device) = SPACE_FD;
	REJECTED(-EINVAL, wrong, "%s=%d is %s (%s), not %s (%s); give the number of a descriptor of that node",
		key, SPACE_FD, node, node_number, path, number);
	wrong = fds;
	*BY_BACKEND(&wrong.container, &wrong.iommufd) = NODE_FD;
	REJECTED(-EINVAL, wrong, "%s=%d is another file (%s), not %s (%s); give the number of a descriptor of that node",
		node_key, NODE_FD, number, node, node_number);
	*BY_BACKEND(&wrong.container, &wrong.iommufd) = 77;
	REJECTED(-EBADF, wrong, "%s=77 can't be used: Bad file descriptor; open %s without close-on-exec before this process starts, e.g. by a launcher",
		node_key, node);
	fake.read_only_files = true;
	REJECTED(-EACCES, fds, "%s=%d is open for reading or writing only; open %s for both (O_RDWR)",
		key, NODE_FD, path);
	fake.read_only_files = false;
	close_nodes();
	file = vfio_uapi_eventfd();
	open_nodes();
	wrong = fds;
	*BY_BACKEND(&wrong.group, &wrong.device) = file;
	assert_int_equal(survey_with(*state, NIC, &wrong), -EINVAL);
	assert_non_null(strstr(why, "(no device), not "));
	plan_device_free(&pd);
	vfio_uapi_close(file);
	source = BY_BACKEND("/sys/class/vfio/2/dev", "/sys/class/misc/iommu/dev");
	tree_text(*state, source, "0x10:1\n");
	assert_int_equal(survey_with(*state, NIC, &fds), -EBADMSG);
	assert_non_null(strstr(why, source));
	assert_non_null(strstr(why, "can't be checked"));
	plan_device_free(&pd);
	close_nodes();
}

/* The node of another function is never used for this one. */
static void
test_other_function(void **state)
{
	struct ioas_fds wrong;

	machine_device(*state, SIBLING, SIBLING_GROUP, "vfio-pci");
	fake_device_add(fake_group_add(SIBLING_GROUP), SIBLING, 4);
	hide_nodes(false);
	open_nodes();
	hide_nodes(false);
	wrong = fds;
	if (backend == IOAS_BACKEND_IOMMUFD) {
		vfio_uapi_close(fds.device);
		wrong.device = fds.device = vfio_uapi_open(fake_cdev(SIBLING));
		REJECTED(-EINVAL, wrong, "device=%d is another file (509:1), not %s (509:0); give the number of a descriptor of that node",
			wrong.device, CDEV_0);
	} else {
		vfio_uapi_close(fds.group);
		wrong.group = fds.group = vfio_uapi_open("/dev/vfio/3");
		REJECTED(-EINVAL, wrong, "group=%d is another file (242:3), not %s (242:2); give the number of a descriptor of that node",
			wrong.group, GROUP_2);
	}
	close_nodes();
}

/* A device without a character device can be given by its group only. */
static void
test_no_cdev(void **state)
{
	if (backend != IOAS_BACKEND_IOMMUFD)
		return;
	open_nodes();
	machine_no_cdev(*state, NIC);
	REJECTED(-ENODEV, fds, "device=%d can't be used, as the device has no character device; give the nodes of its group: group=FD,container=FD",
		fds.device);
	close_nodes();
}

static void
add_sibling(const char *root)
{
	struct fake_group *g = fake_group_add(SIBLING_GROUP);

	fake_range(g, 0x8000000, 0x80fffff);
	fake_range(g, 0xfee00000, 0xfeefffff);
	fake_device_add(g, SIBLING, 4);
	machine_device(root, SIBLING, SIBLING_GROUP, "vfio-pci");
	machine_regions_of(root, SIBLING_GROUP, SW_MSI_LINE);
	more = fds;
	more.device = BY_BACKEND(-1, vfio_uapi_open(fake_cdev(SIBLING)));
	more.group = BY_BACKEND(vfio_uapi_open("/dev/vfio/3"), -1);
}

/* A second device joins while the first one has mappings. */
static void
test_second(void **state)
{
	struct plan_device first;
	struct ioas_member m, second;
	bool viable;

	if (per_group)
		return;
	hide_nodes(false);
	open_nodes();
	hide_nodes(false);
	add_sibling(*state);
	hide_nodes(true);
	assert_int_equal(survey_with(*state, NIC, &fds), 0);
	first = pd;
	m = plan_member(&first, NULL);
	assert_int_equal(ioas_attach(space, &m, &viable), 0);
	assert_int_equal(ioas_map(space, IOAS_EAL, PAGE, 1 << 20, PAGE, NULL), 0);
	assert_int_equal(survey_with(*state, SIBLING, &more), 0);
	assert_int_equal(pd.info.n_ranges, 3);
	assert_int_equal(ioas_n_attached(space), 1);
	expect_same(space);
	second = plan_member(&pd, NULL);
	assert_int_equal(ioas_attach(space, &second, &viable), 0);
	ioas_detach(space, &m);
	expect_same(space);
	ioas_detach(space, &second);
	plan_device_free(&pd);
	/* A mapping is in the way, and the survey of the other device says so. */
	assert_int_equal(ioas_attach(space, &m, &viable), 0);
	assert_int_equal(ioas_map(space, IOAS_EAL, PAGE, 0xfee00000, PAGE, NULL), 0);
	if (BY_KERNEL(true, false)) {
		assert_int_equal(survey_with(*state, SIBLING, &more), -EINVAL);
		assert_non_null(strstr(why, "the kernel refuses group="));
		plan_device_free(&pd);
	}
	expect_same(space);
	plan_device_free(&first);
	end_space();
	vfio_uapi_close(BY_BACKEND(more.group, more.device));
	expect_as_opened();
	close_nodes();
}

/* All devices share one space, hence one descriptor of its node. */
static void
test_one_space(void **state)
{
	char text[PLAN_TEXT];
	int other;

	open_nodes();
	hide_nodes(false);
	add_sibling(*state);
	other = vfio_uapi_open(BY_BACKEND("/dev/vfio/vfio", "/dev/iommu"));
	assert_int_equal(survey_with(*state, NIC, &fds), 0);
	plan_device_free(&pd);
	*BY_BACKEND(&more.container, &more.iommufd) = other;
	assert_int_equal(survey_with(*state, SIBLING, &more), -EINVAL);
	snprintf(text, sizeof(text), per_group ? "%s=%d serves" : "%s=%d differs from %s=%d of %s, and the devices of a process share one address space; give all of them the same number",
		BY_BACKEND("container", "iommufd"), per_group ? SPACE_FD : other,
		BY_BACKEND("container", "iommufd"), SPACE_FD, NIC);
	assert_ptr_equal(strstr(why, text), why);
	plan_device_free(&pd);
	end_space();
	/* The bus has opened the node itself. */
	vfio_uapi_close(NODE_FD);
	*BY_BACKEND(&fds.group, &fds.device) = -1;
	assert_int_equal(survey_with(*state, NIC, NULL), 0);
	plan_device_free(&pd);
	assert_int_equal(survey_with(*state, SIBLING, &more), -EINVAL);
	assert_non_null(strstr(why, "give descriptors for all devices, or for none"));
	plan_device_free(&pd);
	end_space();
	vfio_uapi_close(other);
	vfio_uapi_close(BY_BACKEND(more.group, more.device));
	close_nodes();
}

/* A release goes on after these; a call that stops a bound device may fail. */
static bool
may_be_ignored(const char *call)
{
	static const char *const calls[] = {
		"vfio_uapi_group_unset_container", "vfio_uapi_device_detach",
		"vfio_uapi_ioas_destroy", "vfio_uapi_unmap_dma", "vfio_uapi_ioas_unmap",
		"vfio_uapi_iommufd_rlimit_mode", "vfio_uapi_set_irqs", "vfio_uapi_reset",
		/* EINVAL: it is bound, and it is. */
		"vfio_uapi_device_bind",
	};
	size_t i;

	for (i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (strcmp(call, calls[i]) == 0)
			return true;
	return false;
}

/* Each call fails once. The user's descriptors remain, and serve again. */
static void
test_each_call_fails(void **state)
{
	static const int errors[] = { EIO, ENOMEM, EBUSY, EINVAL };
	unsigned int n, before, again, length = 0;
	size_t i;
	int ret;

	if (per_group)
		return;
	for (again = 0; again < 2; again++)
		EACH_ROW(i, errors, "%s", strerror(errors[i]))
			for (n = 0; n == 0 || n <= length; n++) {
				machine_kernel();
				open_nodes();
				/* Then the device is bound, or was attached. */
				if (again > 0) {
					assert_int_equal(life(*state), 0);
					end_space();
				}
				before = fake_calls();
				fake_fail_nth(n, errors[i]);
				ret = life(*state);
				length = n == 0 ? fake_calls() - before : length;
				if (n > 0 && fake_failed() == NULL)
					fail_msg("call %u did not come", n);
				if (n > 0 && ret == 0 && !may_be_ignored(fake_failed()))
					fail_msg("%s failed without an error", fake_failed());
				end_space();
				fake_fail_nth(0, 0);
				if (life(*state) != 0)
					fail_msg("after call %u: %s", n, why);
				end_space();
				assert_int_equal(fake_leaks(NULL), 2);
				close_nodes();
				assert_int_equal(fake_leaks(stderr), 0);
			}
	assert_true(length >= CALLS_LEAST);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PLAN_TEST(test_again),
		PLAN_TEST(test_closed_meanwhile),
		PLAN_TEST(test_after_a_crash),
		PLAN_TEST(test_other_iommufd),
		PLAN_TEST(test_wrong_node),
		PLAN_TEST(test_other_function),
		PLAN_TEST(test_no_cdev),
		PLAN_TEST(test_second),
		PLAN_TEST(test_one_space),
		PLAN_TEST(test_each_call_fails),
	};

	return RUN_ON_BACKENDS("plan_fds", tests);
}
