/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* The list of reasons why a device can't be used, sorted by kind. */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <bsd/string.h>

#include "plan/plan_internal.h"

/*
 * Make room in a full list by dropping the last doubtful reason, as a certain one is more
 * important. A doubtful reason never replaces a certain one, nor a doubtful one of an
 * earlier kind.
 */
static bool
make_room(struct plan_reasons *reasons, enum plan_reason_kind kind, bool doubtful)
{
	size_t i = reasons->n;

	while (i > 0 && !reasons->v[i - 1].doubtful)
		i--;
	if (i == 0)
		return !doubtful;
	if (doubtful && reasons->v[i - 1].kind <= kind)
		return false;
	memmove(&reasons->v[i - 1], &reasons->v[i], (reasons->n - i) * sizeof(*reasons->v));
	reasons->n--;
	return true;
}

void
plan_reason_add(struct plan_reasons *reasons, enum plan_reason_kind kind,
		enum plan_doubt doubt, int error, const char *fmt, ...)
{
	const bool doubtful = doubt != PLAN_CERTAIN;
	struct plan_reason *r;
	size_t at;
	va_list ap;

	if (reasons->n == PLAN_REASONS && !make_room(reasons, kind, doubtful))
		return;
	at = reasons->n;
	while (at > 0 && reasons->v[at - 1].kind > kind)
		at--;
	if (at == PLAN_REASONS)
		return;
	if (reasons->n < PLAN_REASONS)
		reasons->n++;
	r = &reasons->v[at];
	memmove(r + 1, r, (reasons->n - 1 - at) * sizeof(*r));
	r->kind = kind;
	r->doubtful = doubtful;
	r->expected = doubt == PLAN_EXPECTED;
	r->error = error;
	va_start(ap, fmt);
	vsnprintf(r->text, sizeof(r->text), fmt, ap);
	va_end(ap);
}

bool
plan_reasons_certain(const struct plan_reasons *reasons)
{
	size_t i;

	for (i = 0; i < reasons->n; i++)
		if (!reasons->v[i].doubtful)
			return true;
	return false;
}

void
plan_reasons_settle(struct plan_reasons *reasons, int error)
{
	size_t i, kept = 0;

	for (i = 0; i < reasons->n; i++)
		if (!reasons->v[i].doubtful || (error != 0 && reasons->v[i].error != error))
			reasons->v[kept++] = reasons->v[i];
	reasons->n = kept;
}

int
plan_reasons_text(const struct plan_reasons *reasons, char *out, size_t size)
{
	size_t i;

	if (reasons->n == 0)
		return 0;
	strlcpy(out, reasons->v[0].text, size);
	for (i = 1; i < reasons->n; i++) {
		strlcat(out, PLAN_ALSO, size);
		strlcat(out, reasons->v[i].text, size);
	}
	return reasons->v[0].error;
}
