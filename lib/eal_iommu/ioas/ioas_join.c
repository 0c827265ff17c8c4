/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * An attach uses the leg that all members share, or creates a leg if the backend allows only
 * one group in each. A new leg first gets the mappings and kept ranges of the others. If this
 * fails, nothing of the leg remains in the kernel and in the layout.
 */

#include <errno.h>
#include <stdio.h>

#include "ioas/ioas_private.h"

/* The backend prepares the leg. If this gives it ranges, restrict the layout to them. */
static int
prepare(struct ioas *ioas, struct ioas_leg *leg, int group)
{
	struct ioas_info info = { 0 };
	int ret = ioas->ops->prepare != NULL ?
		ioas->ops->prepare(leg->state, &ioas->need, &info) : 0;

	if (ret == 0 && info.n_ranges > 0 && ioas->layout != NULL) {
		snprintf(leg->window, sizeof(leg->window), "IOMMU group %d", group);
		ret = iova_layout_allow(ioas->layout, info.ranges, info.n_ranges, leg->window,
				NULL);
		if (ret < 0)
			leg->window[0] = '\0';
	}
	ioas_info_free(&info);
	return ret;
}

/* Remove the restriction that prepare() added to the layout. */
static void
forget_window(struct ioas *ioas, struct ioas_leg *leg)
{
	if (leg->window[0] != '\0')
		iova_layout_forget(ioas->layout, leg->window);
	leg->window[0] = '\0';
}

/* Give a new leg the kept ranges and the mappings of the others. It must be in the list. */
static int
catch_up(struct ioas *ioas, struct ioas_leg *leg)
{
	struct ioas_info info;
	int ret = ioas_legs_info(ioas, &info);

	if (ret < 0)
		return ret;
	ret = ioas_kept_enter(ioas, leg, &info);
	ioas_info_free(&info);
	return ret < 0 ? ret : ioas_mappings_enter(ioas, leg);
}

static int
attach(struct ioas *ioas, struct ioas_leg *leg, struct ioas_attachment *s, bool is_new)
{
	int ret = ioas->ops->attach(leg->state, s);

	if (ret < 0 || leg->n_attached > 0)
		return ret;
	ret = prepare(ioas, leg, s->group);
	if (ret == 0 && is_new)
		ret = catch_up(ioas, leg);
	if (ret < 0) {
		forget_window(ioas, leg);
		ioas->ops->detach(s);
	}
	return ret;
}

int
ioas_join(struct ioas *ioas, struct ioas_attachment *attachment)
{
	struct ioas_leg *leg = TAILQ_FIRST(&ioas->legs);
	bool is_new = ioas->ops->leg_per_group && leg->n_attached > 0;
	int ret = is_new ? ioas_leg_open(ioas->ops, NULL, &leg) : 0;

	if (ret < 0)
		return ret;
	if (is_new)
		TAILQ_INSERT_TAIL(&ioas->legs, leg, link);
	ret = attach(ioas, leg, attachment, is_new);
	if (ret == 0) {
		leg->n_attached++;
		attachment->leg = leg;
	} else if (is_new) {
		TAILQ_REMOVE(&ioas->legs, leg, link);
		ioas_leg_close(ioas->ops, leg);
	}
	return ret;
}

void
ioas_part(struct ioas *ioas, struct ioas_attachment *attachment)
{
	struct ioas_leg *leg = attachment->leg;
	bool last = --leg->n_attached == 0, others = ioas->n_attached > 0;

	if (last && others) {
		/* Only the first leg was ever opened by a descriptor of the user. */
		if (leg == TAILQ_FIRST(&ioas->legs))
			ioas->fd = -1;
		ioas_mappings_leave(ioas, leg);
		TAILQ_REMOVE(&ioas->legs, leg, link);
	}
	ioas_anchors_free(attachment);
	if (attachment->fd >= 0)
		ioas->ops->detach(attachment);
	attachment->leg = NULL;
	if (last)
		forget_window(ioas, leg);
	if (last && others)
		ioas_leg_close(ioas->ops, leg);
}
