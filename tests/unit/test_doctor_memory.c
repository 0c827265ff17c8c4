/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* The judgement of doctor about hugepages: see test_doctor.c. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "doctor_check.h"

static void
no_hugepages(void)
{
	memset(nodes, 0, sizeof(nodes));
	nodes[1].node = 1;
}

static void
use_all(void)
{
	nodes[0].unused = nodes[1].unused = nodes[0].pool[0].unused = nodes[1].pool[0].unused = 0;
}

void
test_memory(void **state)
{
	(void)state;
	no_hugepages();
	free_bytes[1] = 16 * GIB;
	device.plan.topo.numa_node = -1;
	expect_only(DOCTOR_HUGEPAGES_NONE, "", "no hugepages",
		"echo 512 > /sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages");
	/* On the node of a device, if that has enough. */
	no_hugepages();
	free_bytes[1] = 16 * GIB;
	expect_only(DOCTOR_HUGEPAGES_NONE, "", "no hugepages", "echo 512 > /sys/devices/system/node/node0");
	no_hugepages();
	free_bytes[0] = 200 << 20;
	expect_only(DOCTOR_HUGEPAGES_NONE, "", "no hugepages", "echo 512 > /sys/devices/system/node/node1");
	/* Never more than a quarter of what is free, and nothing that harms a small machine. */
	no_hugepages();
	free_bytes[0] = 512 << 20;
	free_bytes[1] = 0;
	expect_only(DOCTOR_HUGEPAGES_NONE, "", "no hugepages", "echo 64 > /sys/devices/system/node/node0");
	no_hugepages();
	free_bytes[0] = free_bytes[1] = 200 << 20;
	expect_only(DOCTOR_HUGEPAGES_NONE, "", "no hugepages", "reserve as much as the application needs and is free on the machine, in /sys/devices/system/node/node0/hugepages/hugepages-2048kB/");
	/* Of the sizes that the kernel has: one that is mounted, else the smallest that is good. */
	no_hugepages();
	facts.memory.mounted.page[0] = GIB;
	expect_only(DOCTOR_HUGEPAGES_NONE, "", "no hugepages", "add hugepagesz=1G hugepages=1 to the kernel's command line, and reboot");
	no_hugepages();
	facts.memory.mounted.n_pages = 0;
	facts.memory.sizes = (struct va_need){ .page = { 16 << 20 }, .n_pages = 1 };
	expect_only(DOCTOR_HUGEPAGES_NONE, "", "no hugepages", "echo 64 > /sys/devices/system/node/node0/hugepages/hugepages-16384kB/");
	no_hugepages();
	facts.memory.mounted.n_pages = facts.memory.sizes.n_pages = 0;
	expect_only(DOCTOR_HUGEPAGES_NONE, "", "no hugepages", "hugepages-SIZE");
	facts.memory.mounts = DOCTOR_UNKNOWN;
	facts.memory.mounted.n_pages = 0;
	expect_nothing();
	facts.memory.sizes.n_pages = facts.memory.mounted.n_pages = 0;
	expect_nothing();
	use_all();
	expect_only(DOCTOR_HUGEPAGES_USED, "", "all 2048 MiB of hugepages are", "fuser -v /dev/hugepages/*, as root, names");
	use_all();
	snprintf(facts.memory.mount[0].path, sizeof(facts.memory.mount[0].path), "/mnt/pages");
	expect_only(DOCTOR_HUGEPAGES_USED, "", "all 2048 MiB", "in /mnt/pages keep them too: fuser -v /mnt/pages/*, as root");
	use_all();
	snprintf(facts.machine.container, sizeof(facts.machine.container), "kubernetes");
	expect_only(DOCTOR_HUGEPAGES_USED, "", "all 2048 MiB", "fuser -v of the same files, on the host and as root, names");
	nodes[0].total = nodes[0].unused = 0;
	nodes[0].n_pools = 0;
	expect_only(DOCTOR_HUGEPAGES_NODE, BDF, "node 0, which has no hugepages", "node0/hugepages");
	facts.memory.ret = -EACCES;
	expect_only(DOCTOR_HUGEPAGES_UNREAD, "", "Permission denied", "/sys");
}

/* The size that is mounted need not be the one that has pages. */
void
test_mounts(void **state)
{
	(void)state;
	facts.memory.mounted.n_pages = 0;
	expect_only(DOCTOR_HUGEPAGES_UNREACHED, "", "2048 MiB of hugepages of 2M are reserved, but no hugetlbfs",
		"mkdir -p /dev/hugepages-2M && mount -t hugetlbfs -o pagesize=2M hugetlbfs /dev/hugepages-2M");
	nodes[0].pool[0].page = nodes[1].pool[0].page = GIB;
	expect_only(DOCTOR_HUGEPAGES_UNREACHED, "", "2048 MiB of hugepages of 1G", "pagesize=1G hugetlbfs /dev/hugepages-1G");
	/* Another size is mounted and has pages. */
	nodes[1].pool[0].page = GIB;
	expect_only(DOCTOR_HUGEPAGES_UNMOUNTED, "", "1024 MiB of hugepages of 1G", "pagesize=1G");
	nodes[0].pool[0].page = 64 << 10;
	facts.vfio.entry_limit = 0;
	expect_only(DOCTOR_HUGEPAGES_UNMOUNTED, "", "1024 MiB of hugepages of 64K", "pagesize=64K");
}

/* EAL starts with what is unused of the mounted sizes, or is made on request. */
void
test_unused(void **state)
{
	(void)state;
	/* What a node had when somebody asked for 512 pages of 2 MiB. */
	use_all();
	nodes[0].pool[0].unused = 14 << 20;
	expect_only(DOCTOR_HUGEPAGES_FEW, "", "only 14336 KiB of hugepages can be used",
		"echo 1024 > /sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages; then read the file");
	use_all();
	nodes[0].pool[0].unused = 64 << 20;
	expect_nothing();
	/* The kernel makes pages when they are requested. */
	no_hugepages();
	facts.memory.overcommit[1] = GIB;
	expect_nothing();
	use_all();
	facts.memory.overcommit[1] = GIB;
	expect_nothing();
	no_hugepages();
	facts.memory.overcommit[1] = 2 << 20;
	expect_only(DOCTOR_HUGEPAGES_FEW, "", "only 2048 KiB", "echo 512 >");
	no_hugepages();
	facts.memory.overcommit[0] = GIB;
	expect_only(DOCTOR_HUGEPAGES_NONE, "", "no hugepages", "echo 512 >");
	/* Of another size there are enough, where EAL can't reach them. */
	nodes[0].pool[0].unused = 0;
	nodes[1].pool[0].page = GIB;
	doctor_judge(&facts, &found);
	assert_int_equal(found.n, 2);
	assert_int_equal(found.v[0].id, DOCTOR_HUGEPAGES_UNREACHED);
	assert_int_equal(found.v[1].id, DOCTOR_HUGEPAGES_USED);
	assert_string_equal(found.v[1].what, "all 1024 MiB of hugepages of the mounted sizes are in use");
}

/* What a run of root has left. */
void
test_left(void **state)
{
	(void)state;
	facts.memory.mount[0].left = true;
	expect_only(DOCTOR_HUGEPAGES_LEFT, "", "/dev/hugepages has files rtemap_N of another user", "--file-prefix=NAME; root may remove those that no application uses: fuser -v /dev/hugepages/rtemap_*, as root, names");
	facts.memory.mount[0].left = true;
	snprintf(facts.machine.container, sizeof(facts.machine.container), "kubernetes");
	expect_only(DOCTOR_HUGEPAGES_LEFT, "", "of another user", "fuser -v of the same files, on the host and as root, names");
	facts.memory.mount[0].left = true;
	facts.memory.mount[0].open = DOCTOR_NO;
	expect_only(DOCTOR_HUGEPAGES_DENIED, "", "this user can't create files in /dev/hugepages", "chgrp");
	facts.memory.mount[0].left = true;
	doctor_judge(&facts, &found);
	assert_int_equal(doctor_worst(&found), DOCTOR_WARNING);
}

#define LIMIT "/sys/fs/cgroup/hugetlb.2MB.max"

static void
limit(uint64_t bytes)
{
	facts.memory.limit[1].bytes = bytes;
	snprintf(facts.memory.limit[1].file, sizeof(facts.memory.limit[1].file), "%s", LIMIT);
}

static void
allow(const char *list)
{
	snprintf(facts.memory.allowed, sizeof(facts.memory.allowed), "%s", list);
}

/* EAL counts the pages of the machine, and not what a control group allows. */
void
test_limits(void **state)
{
	(void)state;
	limit(0);
	expect_only(DOCTOR_HUGEPAGES_LIMITED, "", LIMIT " allows no hugepages of 2M", "echo max > " LIMIT);
	limit((2 << 20) - 1);
	snprintf(facts.machine.container, sizeof(facts.machine.container), "kubernetes");
	expect_only(DOCTOR_HUGEPAGES_LIMITED, "", LIMIT " allows no hugepages of 2M", "limits of hugepages-2Mi");
	limit(GIB);
	expect_only(DOCTOR_HUGEPAGES_CAPPED, "", LIMIT " allows 1024 MiB of hugepages of 2M, and 2048 MiB are unused",
		"less than 1024 MiB");
	limit(2 * GIB);
	expect_nothing();
	/* A size that is not mounted is not used. */
	limit(0);
	nodes[1].pool[0].page = facts.memory.mounted.page[0] = GIB;
	expect_only(DOCTOR_HUGEPAGES_UNMOUNTED, "", "1024 MiB of hugepages of 2M", "pagesize=2M");
	/* What is missing altogether is no matter of limits. */
	limit(0);
	no_hugepages();
	expect_only(DOCTOR_HUGEPAGES_NONE, "", "no hugepages", "echo");
	allow("2-5,8");
	expect_only(DOCTOR_HUGEPAGES_LIMITED, "", "no unused hugepages are on the NUMA nodes that this process may use: 2-5,8",
		"--cpuset-mems");
	allow("1");
	expect_nothing();
	allow("3,0-1");
	expect_nothing();
	allow("?");
	expect_nothing();
	limit(32 << 20);
	doctor_judge(&facts, &found);
	assert_int_equal(found.n, 2);
	assert_int_equal(found.v[0].id, DOCTOR_HUGEPAGES_FEW);
	assert_string_equal(found.v[0].cure, "let the control group use more of those that are unused: see its limits and its cpuset");
	assert_int_equal(found.v[1].id, DOCTOR_HUGEPAGES_CAPPED);
	doctor_findings_free(&found);
	facts.memory.limit[1].file[0] = '\0';
	expect_nothing();
	/* The limit counts against the nodes that are allowed. */
	allow("1");
	limit(GIB);
	expect_nothing();
	allow("1");
	nodes[1].pool[0].unused = 0;
	expect_only(DOCTOR_HUGEPAGES_LIMITED, "", "may use: 1", "AllowedMemoryNodes=");
}

/* -m, against what limits leave. */
void
test_limits_wanted(void **state)
{
	(void)state;
	limit(512 << 20);
	facts.user.maps = GIB;
	doctor_judge(&facts, &found);
	assert_int_equal(found.n, 2);
	assert_int_equal(found.v[0].id, DOCTOR_HUGEPAGES_LIMITED);
	assert_string_equal(found.v[0].what, "512 MiB of hugepages can be used, and the application uses 1024 MiB: " LIMIT " limits those of 2M");
	assert_string_equal(found.v[0].cure, "if nobody means it to be so: echo max > " LIMIT "; it lasts until the control group is made again");
	assert_int_equal(found.v[1].id, DOCTOR_HUGEPAGES_CAPPED);
	doctor_findings_free(&found);
	/* It is enough. */
	facts.user.maps = 512 << 20;
	expect_nothing();
	/* Other sizes have enough. */
	limit(GIB);
	nodes[1].pool[0].page = GIB;
	facts.memory.mounted = (struct va_need){ .page = { GIB, 2 << 20 }, .n_pages = 2 };
	facts.memory.mount[1] = facts.memory.mount[0];
	facts.user.maps = 2 * GIB;
	expect_nothing();
	allow("1");
	facts.user.maps = 2 * GIB;
	expect_only(DOCTOR_HUGEPAGES_LIMITED, "", "only 1024 MiB of hugepages are unused on the NUMA nodes that this process may use: 1, and the application uses 2048 MiB",
		"AllowedMemoryNodes=");
	allow("1");
	facts.user.maps = GIB;
	expect_nothing();
	/* Pages that the kernel makes on request. */
	no_hugepages();
	facts.memory.overcommit[1] = GIB;
	facts.user.maps = 2 * GIB;
	expect_only(DOCTOR_HUGEPAGES_USED, "", "1024 of 1024 MiB of hugepages are unused, and the application uses 2048 MiB", "reserve more");
	use_all();
	facts.memory.overcommit[1] = GIB;
	facts.user.maps = 2 * GIB;
	expect_only(DOCTOR_HUGEPAGES_USED, "", "1024 of 3072 MiB of hugepages are unused", "reserve more");
}

/* They are in files too, of a mount that the user can write to or not. */
void
test_overcommit(void **state)
{
	(void)state;
	no_hugepages();
	facts.memory.overcommit[1] = GIB;
	facts.memory.mount[0].open = DOCTOR_NO;
	expect_only(DOCTOR_HUGEPAGES_DENIED, "", "this user can't create files in /dev/hugepages", "chgrp");
	/* The user can write where they are. */
	facts.memory.mounted = (struct va_need){ .page = { GIB, 2 << 20 }, .n_pages = 2 };
	nodes[0].pool[0].page = nodes[1].pool[0].page = GIB;
	facts.memory.overcommit[1] = GIB;
	facts.memory.mount[0].open = DOCTOR_NO;
	facts.memory.mount[1] = (struct doctor_mount){ "/mnt/pages", DOCTOR_YES };
	expect_nothing();
	no_hugepages();
	facts.memory.overcommit[1] = GIB;
	facts.user.maps = 2 * GIB;
	snprintf(facts.memory.mount[0].path, sizeof(facts.memory.mount[0].path), "/mnt/pages");
	expect_only(DOCTOR_HUGEPAGES_USED, "", "1024 of 1024 MiB", "in /mnt/pages keep them too");
}

/* The limit of one size is 0, and another size can be used. */
void
test_limit_of_one(void **state)
{
	(void)state;
	limit(0);
	facts.memory.mounted = (struct va_need){ .page = { GIB, 2 << 20 }, .n_pages = 2 };
	facts.memory.mount[0] = (struct doctor_mount){ "/mnt/large", DOCTOR_YES };
	facts.memory.mount[1] = (struct doctor_mount){ "/dev/hugepages", DOCTOR_YES };
	nodes[1].pool[0].page = GIB;
	facts.user.maps = 512 << 20;
	expect_only(DOCTOR_HUGEPAGES_CAPPED, "", LIMIT " allows 0 MiB of hugepages of 2M, and 1024 MiB are unused",
		"let the application use pages of another size only: --huge-dir=/mnt/large");
	/* None can be used. */
	limit(0);
	facts.memory.limit[0] = facts.memory.limit[1];
	facts.memory.mounted = (struct va_need){ .page = { GIB, 2 << 20 }, .n_pages = 2 };
	facts.memory.mount[1] = facts.memory.mount[0];
	nodes[1].pool[0].page = GIB;
	expect_only(DOCTOR_HUGEPAGES_LIMITED, "", "allows no hugepages of", "echo max");
}
