/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Counts what is logged as an error, by the place in the source that logs it.
 *
 * A place counts itself from its first error on, so there is no list of places to maintain.
 * Thread safe and lock-free.
 */

#ifndef LOG_COUNT_H
#define LOG_COUNT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A place that logs an error; static, all zero except the text. */
struct log_count {
	const char *text;	/**< format of the message */
	uint64_t times;
	struct log_count *next;
};

/** Count one error. Any thread. */
void log_count_add(struct log_count *c);

/**
 * Visit the places that have logged an error, the newest place first. Any thread.
 *
 * @param cb  returns 0 to continue; any other value stops and is returned
 */
int log_count_foreach(int (*cb)(const char *text, uint64_t times, void *arg), void *arg);

/** For a macro that logs: LOG_COUNT_##level(fmt). Only errors are counted. */
#define LOG_COUNT_ERR(fmt) do { \
	static struct log_count here_ = { .text = fmt }; \
	log_count_add(&here_); \
} while (0)
#define LOG_COUNT_WARNING(fmt)
#define LOG_COUNT_NOTICE(fmt)
#define LOG_COUNT_INFO(fmt)
#define LOG_COUNT_DEBUG(fmt)

#ifdef __cplusplus
}
#endif

#endif /* LOG_COUNT_H */
