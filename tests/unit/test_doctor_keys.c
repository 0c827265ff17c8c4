/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* The judgement of doctor about keys, and about trials that must wait: see test_doctor.c. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "doctor_check.h"

#define PF "0000:01:00.1"

/* A virtual function whose physical function is with VFIO too. */
void
test_token(void **state)
{
	(void)state;
	snprintf(device.physical, sizeof(device.physical), PF);
	expect_only(DOCTOR_VF_TOKEN, BDF, "its physical function " PF " is bound to a VFIO driver",
		"-a vfio_msi:" BDF ",vf_token=UUID");
	/* The kernel has opened it without one. */
	snprintf(device.physical, sizeof(device.physical), PF);
	device.trial = (struct doctor_trial){ .came = DOCTOR_CAME_THROUGH, .kind = "MSI-X", .raised = true };
	expect_only(DOCTOR_TRY_GOOD, BDF, "the device raised", "");
}

static void
expect_obstacle(const char *want)
{
	char why[PLAN_TEXT] = "";

	assert_int_equal(doctor_obstacle(&device, why, sizeof(why)), want != NULL);
	assert_string_equal(why, want != NULL ? want : "");
	iova_layout_destroy(facts.layout);
	healthy();
}

/* What another process or container has is not tried, and is no fault of this machine. */
void
test_refused(void **state)
{
	(void)state;
	/* The trial says it all. */
	device.used = false;
	device.trial = (struct doctor_trial){ .came = DOCTOR_CAME_REFUSED, .why = "set-up failed: x; see dmesg" };
	expect_only(DOCTOR_TRY_REFUSED, BDF, "set-up failed: x", "see dmesg");
	/* What a request for a vector would decide, it has decided. */
	device.plan.msi = PLAN_MSI_LOST;
	device.plan.msi_doubtful = true;
	device.trial = (struct doctor_trial){ .came = DOCTOR_CAME_THROUGH, .kind = "INTx", .raised = true, .fewer = true,
		.why = "MSI-X: set-up failed: x; y" };
	doctor_judge(&facts, &found);
	assert_int_equal(found.n, 2);
	assert_int_equal(found.v[0].id, DOCTOR_TRY_FEWER);
	assert_int_equal(found.v[1].id, DOCTOR_TRY_GOOD);
}

void
test_obstacle(void **state)
{
	(void)state;
	expect_obstacle(NULL);
	/* One way is enough. */
	device.node[1].absent = true;
	expect_obstacle(NULL);
	device.node[1].absent = device.node[3].absent = true;
	expect_obstacle("/dev/node1 does not exist here");
	device.node[0].absent = true;
	device.node[2].path[0] = device.node[3].path[0] = '\0';
	expect_obstacle("/dev/node0 does not exist here");
	plan_reason_add(&device.plan.reasons, PLAN_REASON_ACCESS, PLAN_CERTAIN, -EBUSY,
		"is held by process 1 (x); stop it");
	expect_obstacle("is held by process 1 (x)");
	plan_reason_add(&device.plan.reasons, PLAN_REASON_PLATFORM, PLAN_DOUBTFUL, -EINVAL, "firmware; x");
	device.used = false;
	expect_obstacle(NULL);
	device.used = false;
	expect_obstacle("the bus would skip it, see its other findings");
	/* The kernel says the same about what this process can't see. */
	assert_true(doctor_can_wait(-EBUSY) && doctor_can_wait(-EKEYREJECTED));
	assert_false(doctor_can_wait(0) || doctor_can_wait(-EPERM) || doctor_can_wait(-EINVAL));
}
