/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The maker of fixtures (scene.h) with files in memory, and with an invalid machine as an
 * input to skip instead of a failed test. Included before the text of scene.c, as fuzz_calls.h is.
 */

#ifndef FUZZ_SCENE_H
#define FUZZ_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/** The machine can't be made. */
void fuzz_scene_reject(void) __attribute__((noreturn));

/** @param mode  "re" reads a file, or the input if it has no path; "ae" appends to a file */
FILE *fuzz_scene_open(const char *path, const char *mode);
int fuzz_scene_close(FILE *f);

#ifndef FUZZ_SCENE_DEFINED_HERE
#define fuzz_scene_expect(condition) ((condition) ? (void)0 : fuzz_scene_reject())
#undef fail_msg
#undef assert_non_null
#undef assert_int_equal
#undef assert_in_range
#undef assert_string_not_equal
#define fail_msg(...) fuzz_scene_reject()
#define assert_non_null(p) fuzz_scene_expect((p) != NULL)
#define assert_int_equal(a, b) fuzz_scene_expect((a) == (b))
#define assert_in_range(v, low, high) fuzz_scene_expect((uint64_t)(v) - (low) <= (high) - (low))
#define assert_string_not_equal(a, b) fuzz_scene_expect(strcmp(a, b) != 0)
#define fopen(path, mode) fuzz_scene_open(path, mode)
#define fclose(f) fuzz_scene_close(f)
#endif

#endif /* FUZZ_SCENE_H */
