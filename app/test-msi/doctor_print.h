/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The output of doctor.
 */

#ifndef DOCTOR_PRINT_H
#define DOCTOR_PRINT_H

#include "doctor.h"
#include "test_msi.h"

/** Print the facts and the findings to stdout. */
void doctor_print(const struct doctor_facts *facts, const struct doctor_findings *list);

/** Add them to the report. */
void doctor_report(const struct doctor_facts *facts, const struct doctor_findings *list);

#endif /* DOCTOR_PRINT_H */
