/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "doctor_check.h"

struct doctor_facts facts;
struct topo_node nodes[2];
uint64_t free_bytes[2];
struct doctor_device device;
struct plan_device odd;
struct doctor_findings found;
bool seen[DOCTOR_KINDS];

void
healthy(void)
{
	size_t i;

	facts = (struct doctor_facts){
		.machine = { .kernel = "6.12.1", .version = 6012, .arch = TOPO_ARCH_X86,
			.iommu = DOCTOR_YES, .remap = DOCTOR_YES, .groups = 12, .iommu_bits = 48, .cpu_bits = 48 },
		.vfio = { .driver = DOCTOR_YES, .container = DOCTOR_YES, .iommufd = DOCTOR_YES,
			.compat = DOCTOR_NO, .noiommu = DOCTOR_NO, .unsafe_type1 = DOCTOR_NO,
			.unsafe_iommufd = DOCTOR_NO, .entry_limit = 65535 },
		.memory = { .nodes = nodes, .n_nodes = 2, .free_bytes = free_bytes,
			.mounts = DOCTOR_YES, .mount = { { "/dev/hugepages", DOCTOR_YES } }, .mounted = { .page = { 2 << 20 }, .n_pages = 1 },
			.sizes = { .page = { GIB, 2 << 20, 64 << 10 }, .n_pages = 3 } },
		.user = { .memlock_known = true, .memlock = UINT64_MAX },
		.v = &device, .n = 1, .odd = &odd,
		.dpdk = { .version = "DPDK 25.11.0", .plugin = "/lib/x.so", .installed = DOCTOR_YES },
	};
	for (i = 0; i < 2; i++) {
		nodes[i] = (struct topo_node){ .node = (int)i, .total = GIB, .unused = GIB, .n_pools = 1,
			.pool = { { 2 << 20, GIB, GIB } } };
		free_bytes[i] = 8 * GIB;
	}
	device = (struct doctor_device){ .bdf = BDF, .used = true,
		.plan.topo = { .bdf = BDF, .numa_node = 0, .group = 3, .driver = "vfio-pci" } };
	for (i = 0; i < DOCTOR_NODES; i++) {
		snprintf(device.node[i].path, sizeof(device.node[i].path), "/dev/node%zu", i);
		device.node[i].open = DOCTOR_YES;
	}
	odd = (struct plan_device){ .topo.bdf = "0000:02:00.0", .msi_why = "can't be used: odd; compare it" };
	assert_int_equal(iova_layout_create(&facts.layout), 0);
}

int
setup(void **state)
{
	(void)state;
	healthy();
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	iova_layout_destroy(facts.layout);
	doctor_findings_free(&found);
	return 0;
}

/* A container has this note in any case. */
static void
container_drop(void)
{
	size_t i, n = 0;

	for (i = 0; i < found.n; i++)
		if (found.v[i].id != DOCTOR_CONTAINER)
			found.v[n++] = found.v[i];
	found.n = n;
}

void
expect_only(enum doctor_id id, const char *about, const char *what, const char *cure)
{
	doctor_judge(&facts, &found);
	if (id != DOCTOR_CONTAINER)
		container_drop();
	if (found.n != 1)
		fail_msg("%zu findings, the first: %s", found.n, found.n > 0 ? found.v[0].what : "");
	assert_int_equal(found.v[0].id, id);
	assert_string_equal(found.v[0].about, about);
	if (strstr(found.v[0].what, what) == NULL)
		fail_msg("\"%s\" lacks \"%s\"", found.v[0].what, what);
	if (strstr(found.v[0].cure, cure) == NULL || (*cure == '\0' && found.v[0].cure[0] != '\0'))
		fail_msg("the cure \"%s\" is not \"%s\"", found.v[0].cure, cure);
	assert_int_equal(doctor_worst(&found), doctor_kinds[id].severity);
	seen[id] = true;
	doctor_findings_free(&found);
	iova_layout_destroy(facts.layout);
	healthy();
}

void
expect_nothing(void)
{
	doctor_judge(&facts, &found);
	if (found.n != 0)
		fail_msg("%zu findings, the first: %s", found.n, found.v[0].what);
	iova_layout_destroy(facts.layout);
	healthy();
}
