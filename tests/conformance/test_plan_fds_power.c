/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Nodes that the user opened, where a container takes one group. The process has no node by
 * name.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "surveyed.h"
#include "tree.h"

#define OTHER_GROUP 3
#define NEIGHBOUR "0000:00:03.1"	/* in the NIC's group */

static struct ioas *space;
static struct ioas_fds nic, other;

static void
hide_nodes(bool hidden)
{
	fake.no_node = hidden;
	fake.no_groups = hidden;
}

static int
setup(void **state)
{
	backend = IOAS_BACKEND_TYPE1;
	if (tree_machine_setup(state) < 0)
		return -1;
	fake.power.on = true;
	machine_device(*state, NEIGHBOUR, NIC_GROUP, "vfio-pci");
	fake_device_add(machine_group, NEIGHBOUR, 4);
	machine_device(*state, SIBLING, OTHER_GROUP, "vfio-pci");
	machine_regions_of(*state, OTHER_GROUP, SW_MSI_LINE);
	fake_device_add(fake_group_add(OTHER_GROUP), SIBLING, 4);
	nic = (struct ioas_fds){ -1, -1, vfio_uapi_open("/dev/vfio/2"), vfio_uapi_open(FAKE_NODE) };
	other = nic;
	other.group = vfio_uapi_open("/dev/vfio/3");
	hide_nodes(true);
	return 0;
}

static int
teardown(void **state)
{
	ioas_close(space);
	space = NULL;
	vfio_uapi_close(nic.group);
	vfio_uapi_close(other.group);
	vfio_uapi_close(nic.container);
	return tree_machine_teardown(state);
}

static int
survey_with(const char *root, const char *bdf, const struct ioas_fds *fds)
{
	struct plan_request request = {
		.root = root, .backend = backend, .layout = layout, .fds = fds,
	};

	topology_parse_bdf(bdf, &request.addr);
	memset(why, 0, sizeof(why));
	return plan_survey(&request, &space, &pd, why, sizeof(why));
}

/* Survey a device and, if wanted, attach it. */
static void
add(const char *root, const char *bdf, const struct ioas_fds *fds, bool attach)
{
	struct ioas_member m;
	bool viable;

	if (survey_with(root, bdf, fds) != 0)
		fail_msg("%s: %s", bdf, why);
	m = plan_member(&pd, NULL);
	if (attach)
		assert_int_equal(ioas_attach(space, &m, &viable), 0);
	plan_device_free(&pd);
}

static void
remove_device(const char *bdf, int group)
{
	const struct ioas_member m = { .group = group, .group_fd = -1, .name = bdf };

	ioas_detach(space, &m);
}

static void
rejected(const char *root, const char *bdf, const struct ioas_fds *fds, const char *words)
{
	assert_int_equal(survey_with(root, bdf, fds), -EINVAL);
	if (strstr(why, words) == NULL)
		fail_msg("no \"%s\" in \"%s\"", words, why);
	plan_device_free(&pd);
}

/* The devices of a group share it, at start-up and later. */
static void
test_one_group(void **state)
{
	add(*state, NIC, &nic, false);
	add(*state, NEIGHBOUR, &nic, true);
	add(*state, NIC, &nic, true);
	assert_int_equal(ioas_n_attached(space), 1);
}

/* At start-up all devices are surveyed before the first is attached; hotplug is later. */
static void
test_second_group(void **state)
{
	char text[PLAN_TEXT];
	struct ioas_fds own;
	size_t i;

	snprintf(text, sizeof(text), "container=%d serves IOMMU group 2 of " NIC " only, as a container of this machine takes one group, and the bus opens those of other groups itself; give access to the nodes in place of descriptors, or use another process for each group",
		nic.container);
	for (i = 0; i < 2; i++) {
		add(*state, NIC, &nic, i > 0);
		rejected(*state, SIBLING, &other, text);
		/* Another container does not help. */
		own = other;
		own.container = vfio_uapi_dup(nic.container);
		rejected(*state, SIBLING, &own, text);
		vfio_uapi_close(own.container);
		ioas_close(space);
		space = NULL;
		/* The other order. */
		add(*state, SIBLING, &other, i > 0);
		rejected(*state, NIC, &nic, "serves IOMMU group 3 of " SIBLING " only");
		ioas_close(space);
		space = NULL;
	}
}

/* With the nodes there is a container for each group. One that is closed serves no group. */
static void
test_nodes_too(void **state)
{
	hide_nodes(false);
	add(*state, NIC, &nic, true);
	/* A group is opened once at a time. */
	vfio_uapi_close(other.group);
	other.group = -1;
	add(*state, SIBLING, NULL, true);
	assert_int_equal(ioas_n_attached(space), 2);
	remove_device(NIC, NIC_GROUP);
	rejected(*state, NIC, &nic, "give descriptors for all devices, or for none");
	vfio_uapi_close(nic.group);
	nic.group = -1;
	add(*state, NIC, NULL, true);
	assert_int_equal(ioas_n_attached(space), 2);
}

#define power_test(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		power_test(test_one_group),
		power_test(test_second_group),
		power_test(test_nodes_too),
	};

	return cmocka_run_group_tests_name("plan_fds_power", tests, NULL, NULL);
}
