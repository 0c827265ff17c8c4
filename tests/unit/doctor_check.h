/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The facts of a healthy machine for tests of doctor, which change them, and a check of its findings.
 */

#ifndef DOCTOR_CHECK_H
#define DOCTOR_CHECK_H

#include "doctor.h"

#define GIB (UINT64_C(1) << 30)
#define BDF "0000:01:00.0"	/* of the device */

extern struct doctor_facts facts;
extern struct topo_node nodes[2];	/* facts refers to these */
extern uint64_t free_bytes[2];
extern struct doctor_device device;
extern struct plan_device odd;
extern struct doctor_findings found;
extern bool seen[DOCTOR_KINDS];		/* by expect_only() */

/* Set all facts. Nothing is wrong with this machine. */
void healthy(void);

int setup(void **state);
int teardown(void **state);

/*
 * Only this finding with these texts, an empty cure for none, and perhaps that this is a container.
 * Afterwards the machine is healthy again.
 */
void expect_only(enum doctor_id id, const char *about, const char *what, const char *cure);

/* No finding, likewise. */
void expect_nothing(void);

/* test_doctor_access.c */

void test_nodes(void **state);
void test_nodes_absent(void **state);
void test_nodes_passed(void **state);
void test_nodes_forbidden(void **state);
void test_driver(void **state);
void test_on_host(void **state);
void test_machine_on_host(void **state);
void test_unit_nodes(void **state);
void test_unit_mounts(void **state);
void test_runtime(void **state);
void test_mount_denied(void **state);
void test_windows_of_user(void **state);

/* test_doctor_keys.c */

void test_token(void **state);
void test_msi_off(void **state);
void test_holes_given(void **state);
void test_holes_too_large(void **state);
void test_windows_given(void **state);
void test_noiommu(void **state);
void test_iova_key(void **state);
void test_megabytes(void **state);
void test_unit_runs(void **state);
void test_refused(void **state);
void test_obstacle(void **state);

/* test_doctor_memory.c */

void test_memory(void **state);
void test_mounts(void **state);
void test_unused(void **state);
void test_left(void **state);
void test_limits(void **state);
void test_limits_wanted(void **state);
void test_limit_of_one(void **state);
void test_overcommit(void **state);

#endif /* DOCTOR_CHECK_H */
