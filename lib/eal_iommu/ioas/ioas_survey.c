/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* The survey of a group in the container of others. */

#include "ioas/ioas_private.h"
#include "uapi/vfio_uapi.h"

bool
ioas_must_join(const struct ioas *ioas, const struct ioas_member *m)
{
	return m->fds != NULL && m->fds->group >= 0 && ioas->n_attached > 0 &&
		!ioas->ops->traits.group_by_device;
}

int
ioas_survey_joined(struct ioas *ioas, const struct ioas_member *m, struct ioas_info *out,
		bool *viable)
{
	struct ioas_attachment s = { .group = m->group };
	void *leg = ioas_first_leg(ioas);
	int ret = ioas->ops->enter(leg, m, &s, viable);

	if (ret < 0)
		return ret;
	ret = ioas->ops->attach(leg, &s);
	if (ret == 0) {
		ret = ioas_legs_info(ioas, out);
		ioas->ops->detach(&s);
	}
	if (s.ours)
		vfio_uapi_close(s.fd);
	return ret;
}
