/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include "ioas/ioas_watch.h"

/* An earlier member of the same group, which has been asked; or NULL. */
static const struct ioas_watched *
asked(const struct ioas_watch *watch, const struct ioas_watched *w)
{
	const struct ioas_watched *e;

	for (e = TAILQ_FIRST(watch); e != w; e = TAILQ_NEXT(e, link))
		if (e->member.group == w->member.group)
			return e;
	return NULL;
}

void
ioas_watch_poll(struct ioas *ioas, struct ioas_watch *watch)
{
	const struct ioas_watched *e;
	struct ioas_watched *w;
	int ret;

	TAILQ_FOREACH(w, watch, link) {
		e = asked(watch, w);
		ret = e == NULL ? ioas_stopped(ioas, &w->member) : 0;
		if (e != NULL)
			w->samples = e->samples;
		else if (ret == 0)
			w->samples = 0;
		else if (ret > 0 && w->samples < IOAS_WATCH_SAMPLES)
			w->samples++;
		/* An error says nothing. */
		w->is_new = w->samples == IOAS_WATCH_SAMPLES && !w->stopped;
		w->stopped = w->samples == IOAS_WATCH_SAMPLES;
	}
}
