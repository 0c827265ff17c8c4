/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* The judgement of doctor about what the user can reach: see test_doctor.c. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "doctor_check.h"

void
test_nodes(void **state)
{
	(void)state;
	/* One way is enough. */
	device.node[2].open = DOCTOR_NO;
	doctor_judge(&facts, &found);
	assert_int_equal(found.n, 0);
	device.node[1].open = DOCTOR_NO;
	snprintf(facts.user.name, sizeof(facts.user.name), "alice");
	expect_only(DOCTOR_NODE_DENIED, BDF, "alice can't open /dev/node1", "chgrp GROUP /dev/node1");
	device.node[0].open = device.node[1].open = DOCTOR_UNKNOWN;
	device.node[2].path[0] = '\0';
	expect_only(DOCTOR_NODE_UNTESTED, BDF, "whether this user can open /dev/node0", "as root");
}
