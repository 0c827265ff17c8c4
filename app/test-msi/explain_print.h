/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The output of explain.
 */

#ifndef EXPLAIN_PRINT_H
#define EXPLAIN_PRINT_H

#include "explain_find.h"

/** Print a fault and what it is to stdout. */
void explain_print(const struct explain_fault *fault, const struct explain_device *dev,
		const struct explain_verdict *verdict);

/** Add it to the report. */
void explain_report(const struct explain_fault *fault, const struct explain_device *dev,
		const struct explain_verdict *verdict);

#endif /* EXPLAIN_PRINT_H */
