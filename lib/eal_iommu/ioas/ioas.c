/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * An address space and who is in it; ioas_map.c has its mappings.
 *
 * Who is in has an attachment: a group, or with some backends a device alone. An attachment
 * is attached, or held: a device that was opened for its survey and waits for
 * its attach.
 *
 * Invariant, under the lock: an attachment in the list has its node open; n_attached
 * are attached, each to a leg. The last of those that leaves takes every mapping with it,
 * as the kernel drops or keeps them depending on the backend.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "ioas/ioas_private.h"
#include "uapi/vfio_uapi.h"

/* Close an attachment's node and forget it; it is in no list. */
static void
attachment_free(struct ioas_attachment *attachment)
{
	if (attachment->ours)
		vfio_uapi_close(attachment->fd);
	free(attachment);
}

/* An attachment leaves; its mappings go with the last. */
static void
attachment_leave(struct ioas *ioas, struct ioas_attachment *attachment)
{
	struct ioas_attachment **p;

	for (p = &ioas->attachments; *p != attachment; p = &(*p)->next)
		;
	*p = attachment->next;
	if (attachment->attached) {
		if (ioas->n_attached == 1) {
			ioas_keep_nothing_locked(ioas);
			ioas_unmap_all_locked(ioas);
		}
		ioas->n_attached--;
		ioas_part(ioas, attachment);
	}
	attachment_free(attachment);
}

void
ioas_close(struct ioas *ioas)
{
	if (ioas == NULL)
		return;
	pthread_mutex_lock(&ioas->lock);
	ioas_settle(ioas);
	ioas_keep_nothing_locked(ioas);
	ioas_unmap_all_locked(ioas);
	pthread_mutex_unlock(&ioas->lock);
	while (ioas->attachments != NULL)
		attachment_leave(ioas, ioas->attachments);
	ioas_leg_close(ioas->ops, TAILQ_FIRST(&ioas->legs));
	pthread_cond_destroy(&ioas->settled);
	pthread_mutex_destroy(&ioas->lock);
	free(ioas);
}

static bool
is_alone(const struct ioas *ioas, const struct ioas_member *m)
{
	return ioas->ops->alone != NULL && ioas->ops->alone(m);
}

static struct ioas_attachment *
attachment_find(const struct ioas *ioas, const struct ioas_member *m)
{
	struct ioas_attachment *s;

	if (is_alone(ioas, m))
		for (s = ioas->attachments; s != NULL; s = s->next)
			if (strcmp(s->name, m->name) == 0)
				return s;
	/* While a group is attached, none of its devices can be attached alone. */
	for (s = ioas->attachments; s != NULL; s = s->next)
		if (s->name[0] == '\0' && s->group == m->group)
			return s;
	return NULL;
}

/* The attachment of a member: the one it has, or a new one that is in the list. */
static int
attachment_get(struct ioas *ioas, const struct ioas_member *m, bool *viable,
		struct ioas_attachment **out, bool *is_new)
{
	struct ioas_attachment *s = attachment_find(ioas, m);
	int ret;

	*is_new = s == NULL;
	*out = s;
	if (s != NULL)
		return 0;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return -ENOMEM;
	s->group = m->group;
	if (is_alone(ioas, m) &&
	    strlcpy(s->name, m->name, sizeof(s->name)) >= sizeof(s->name))
		ret = -EINVAL;
	else
		ret = ioas->ops->enter(ioas_first_leg(ioas), m, s, viable);
	if (ret < 0) {
		free(s);
		return ret;
	}
	s->next = ioas->attachments;
	ioas->attachments = s;
	*out = s;
	return 0;
}

/* Attach an attachment if it is not, and see that a member of its group is. */
static int
attachment_attach(struct ioas *ioas, struct ioas_attachment *s, const struct ioas_member *m)
{
	bool first = !s->attached;
	int ret = first ? ioas_join(ioas, s) : 0;

	if (ret < 0)
		return ret;
	ret = ioas_anchor_get(ioas, s, m);
	if (ret < 0) {
		if (first)
			ioas_part(ioas, s);
		return ret;
	}
	ioas->n_attached += first;
	s->attached = true;
	s->refs++;
	return 0;
}

int
ioas_attach(struct ioas *ioas, const struct ioas_member *m, bool *viable)
{
	struct ioas_attachment *s;
	bool is_new;
	int ret;

	*viable = true;
	pthread_mutex_lock(&ioas->lock);
	ioas_settle(ioas);
	ret = attachment_get(ioas, m, viable, &s, &is_new);
	if (ret == 0) {
		ret = attachment_attach(ioas, s, m);
		if (ret < 0 && is_new)
			attachment_leave(ioas, s);
	}
	pthread_mutex_unlock(&ioas->lock);
	return ret;
}

void
ioas_detach(struct ioas *ioas, const struct ioas_member *m)
{
	struct ioas_attachment *s;

	pthread_mutex_lock(&ioas->lock);
	ioas_settle(ioas);
	s = attachment_find(ioas, m);
	if (s != NULL && s->attached) {
		if (--s->refs == 0)
			attachment_leave(ioas, s);
		else
			ioas_anchor_put(s, m);
	}
	pthread_mutex_unlock(&ioas->lock);
}

void
ioas_release(struct ioas *ioas, const struct ioas_member *m)
{
	struct ioas_attachment *s;

	pthread_mutex_lock(&ioas->lock);
	s = attachment_find(ioas, m);
	if (s != NULL && !s->attached)
		attachment_leave(ioas, s);
	pthread_mutex_unlock(&ioas->lock);
}

void
ioas_surrender(struct ioas *ioas, const struct ioas_member *m)
{
	struct ioas_attachment *s;

	pthread_mutex_lock(&ioas->lock);
	s = attachment_find(ioas, m);
	if (s != NULL && s->name[0] == '\0') {
		ioas_anchor_surrender(s, m);
	} else if (s != NULL && s->fd >= 0) {
		ioas->ops->detach(s);
		vfio_uapi_close(s->fd);
		s->fd = -1;
	}
	pthread_mutex_unlock(&ioas->lock);
}

/* Read the limits of a group in a temporary space without other members. */
static int
survey_apart(const struct ioas *ioas, const struct ioas_member *m,
		struct ioas_info *out, bool *viable)
{
	struct ioas *scratch;
	int ret = ioas_open(ioas->ops->backend, m->fds != NULL ? m : NULL, NULL, &scratch, NULL);

	if (ret < 0)
		return ret;
	scratch->need = ioas->need;
	ret = ioas_attach(scratch, m, viable);
	if (ret == 0)
		ret = ioas_info_get(scratch, out);
	ioas_close(scratch);
	return ret;
}

/* If the group is attached, none of its devices can be in a temporary space. */
static bool
group_is_attached(const struct ioas *ioas, int group)
{
	const struct ioas_attachment *s;

	for (s = ioas->attachments; s != NULL; s = s->next)
		if (s->attached && s->group == group)
			return true;
	return false;
}

int
ioas_survey(struct ioas *ioas, const struct ioas_member *m,
		struct ioas_info *out, bool *viable)
{
	struct ioas_attachment *s;
	bool is_new = false;
	int ret = 0;

	*viable = true;
	memset(out, 0, sizeof(*out));
	pthread_mutex_lock(&ioas->lock);
	if (ioas_must_join(ioas, m))
		ioas_settle(ioas);
	if (is_alone(ioas, m))
		ret = attachment_get(ioas, m, viable, &s, &is_new);
	else
		s = attachment_find(ioas, m);
	if (ret == 0) {
		if (s == NULL && ioas_must_join(ioas, m))
			ret = ioas_survey_joined(ioas, m, out, viable);
		else if (s == NULL)
			ret = survey_apart(ioas, m, out, viable);
		else if (s->attached || group_is_attached(ioas, m->group))
			ret = ioas_legs_info(ioas, out);
		else
			ret = ioas->ops->survey(ioas_first_leg(ioas), s, out);
		if (ret < 0 && is_new)
			attachment_leave(ioas, s);
	}
	pthread_mutex_unlock(&ioas->lock);
	return ret;
}

void
ioas_layout_lock(struct ioas *ioas)
{
	pthread_mutex_lock(&ioas->lock);
}

void
ioas_layout_unlock(struct ioas *ioas)
{
	pthread_mutex_unlock(&ioas->lock);
}

bool
ioas_has_group(struct ioas *ioas, int group)
{
	bool has;

	pthread_mutex_lock(&ioas->lock);
	has = group_is_attached(ioas, group);
	pthread_mutex_unlock(&ioas->lock);
	return has;
}

unsigned int
ioas_n_attached(struct ioas *ioas)
{
	unsigned int n;

	pthread_mutex_lock(&ioas->lock);
	n = ioas->n_attached;
	pthread_mutex_unlock(&ioas->lock);
	return n;
}

int
ioas_open_device(struct ioas *ioas, const struct ioas_member *m)
{
	struct ioas_attachment *s;
	int ret = -ENODEV;

	pthread_mutex_lock(&ioas->lock);
	s = attachment_find(ioas, m);
	if (s != NULL && s->attached && s->fd >= 0)
		ret = ioas->ops->open_device(s, m);
	pthread_mutex_unlock(&ioas->lock);
	return ret;
}

int
ioas_stopped(struct ioas *ioas, const struct ioas_member *m)
{
	const struct ioas_attachment *s;
	int ret = -ENODEV;

	if (ioas->ops->stopped == NULL)
		return -ENOTSUP;
	if (pthread_mutex_trylock(&ioas->lock) != 0)
		return -EAGAIN;
	s = attachment_find(ioas, m);
	if (s != NULL && s->leg != NULL)
		ret = ioas->ops->stopped(s->leg->state);
	pthread_mutex_unlock(&ioas->lock);
	return ret;
}

int
ioas_info_get(struct ioas *ioas, struct ioas_info *out)
{
	int ret;

	pthread_mutex_lock(&ioas->lock);
	ret = ioas_legs_info(ioas, out);
	pthread_mutex_unlock(&ioas->lock);
	return ret;
}
