/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Operations on a layout and on the model (iova_model.h), compared. model_random() decides
 * about their arguments. Not thread safe.
 */

#ifndef IOVA_MODEL_OPS_H
#define IOVA_MODEL_OPS_H

#include "iova_model.h"

enum op {
	OP_PLACE,
	OP_PLACE_AT,
	OP_RELEASE,
	OP_ALLOW,
	OP_ADD_HOLE,
	OP_FORGET,
	OP_LOOKUP,
	OP_TEST,
	OP_HOLE_IN,
	OP_COUNT
};

#define OPS_ERRORS 256

extern const char *const ops_names[OP_COUNT];

/** Results by operation and errno. */
extern unsigned long ops_seen[OP_COUNT][OPS_ERRORS];

/** Begin with a new layout and a new model, in place of the ones before. */
void ops_begin(void);

/** Do one operation on both, compare the results, and check the layout. */
void ops_do(enum op op);

/** Compare all sets. */
void ops_compare(enum op op);

/** Free the layout. */
void ops_end(void);

/** Fail: layout and model differ. The user of this header defines it; it does not return. */
void ops_differ(enum op op, const char *what) __attribute__((noreturn));

#endif /* IOVA_MODEL_OPS_H */
