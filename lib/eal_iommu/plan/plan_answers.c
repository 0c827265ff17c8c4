/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Answers of a kernel: asked for and stored on one machine, used by a survey on another.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bsd/string.h>

#include "plan/plan_internal.h"

int
plan_answers_add(struct plan_answers *answers, const struct plan_answer *answer)
{
	struct plan_answer *v = reallocarray(answers->v, answers->n + 1, sizeof(*v));

	if (v == NULL)
		return -ENOMEM;
	answers->v = v;
	v[answers->n++] = *answer;
	return 0;
}

void
plan_answers_free(struct plan_answers *answers)
{
	size_t i;

	for (i = 0; i < answers->n; i++)
		ioas_info_free(&answers->v[i].info);
	free(answers->v);
	ioas_info_free(&answers->assumed);
	*answers = (struct plan_answers){ 0 };
}

uint64_t
plan_page_size(const struct plan_request *request)
{
	return request->answers != NULL ? request->answers->page_size : (uint64_t)sysconf(_SC_PAGESIZE);
}

int
plan_answer_ask(const char *root, const struct topo_addr *addr, enum ioas_backend backend,
		const char *vf_token, bool may_wake, struct plan_answer *out)
{
	struct plan_device pd = { 0 };
	struct ioas_choice choice = { 0 };
	struct ioas_member member;
	struct ioas *space;
	int ret = topology_read(root, addr, &pd.topo);

	if (ret < 0)
		return ret;
	(void)topology_cdev_node(root, &pd.topo, pd.cdev, sizeof(pd.cdev));
	member = plan_member(&pd, vf_token);
	*out = (struct plan_answer){
		.addr = *addr,
		.backend = backend,
		.viable = true,
		.asked = may_wake || !ioas_backend_opens(backend, &member),
	};
	out->opened = ioas_open(backend, &member, NULL, &space, &choice);
	if (choice.node != NULL)
		strlcpy(out->node, choice.node, sizeof(out->node));
	if (out->opened == -ENOMEM)
		return -ENOMEM;
	if (out->opened < 0)
		return 0;
	/* The node may imply another backend. */
	out->backend = ioas_backend_of(space);
	out->asked = may_wake || !ioas_backend_opens(out->backend, &member);
	if (out->asked)
		out->surveyed = ioas_survey(space, &member, &out->info, &out->viable);
	ioas_close(space);
	return out->surveyed == -ENOMEM ? -ENOMEM : 0;
}

static int
info_copy(const struct ioas_info *from, struct ioas_info *to)
{
	struct iova_range *ranges = calloc(from->n_ranges + 1, sizeof(*ranges));

	if (ranges == NULL)
		return -ENOMEM;
	if (from->n_ranges > 0)
		memcpy(ranges, from->ranges, from->n_ranges * sizeof(*ranges));
	*to = *from;
	to->ranges = ranges;
	return 0;
}

static const struct plan_answer *
find(const struct plan_request *request, enum ioas_backend backend)
{
	const struct plan_answers *a = request->answers;
	size_t i;

	for (i = 0; i < a->n; i++)
		if (ioas_backend_serves(backend, a->v[i].backend) &&
		    topology_addr_cmp(&a->v[i].addr, &request->addr) == 0)
			return &a->v[i];
	return NULL;
}

static int
say_not_asked(bool asleep, char *why, size_t size)
{
	return say(-ENODATA, why, size,
		"the kernel of that machine was not asked what it allows%s; name the device when the machine is captured, or give the limits of its IOMMU: --aperture FIRST-LAST --page-sizes SIZE,...",
		asleep ? ", as the device slept" : "");
}

/* Choose the backend like that kernel for its first device. */
static int
choose(const struct plan_request *request, struct plan_device *pd, char *why, size_t size)
{
	struct ioas_choice c = { .passed = IOAS_BACKEND_AUTO };
	const struct plan_answer *answer;
	enum ioas_backend backend, asleep = IOAS_BACKEND_AUTO;
	int ret = -ENODATA;
	size_t i;

	for (i = 0; ret < 0 && (backend = ioas_backend_at(i)) != IOAS_BACKEND_COUNT; i++) {
		if (!ioas_backend_serves(request->backend, backend))
			continue;
		answer = find(request, backend);
		if (answer == NULL)
			continue;
		if (answer->opened == 0 && !answer->asked) {
			asleep = backend;
			continue;
		}
		ret = answer->opened;
		c.backend = answer->backend;
		c.traits = ioas_backend_traits(answer->backend);
		c.node = answer->node[0] != '\0' ? answer->node : NULL;
		if (ret < 0 && c.passed == IOAS_BACKEND_AUTO) {
			c.passed = backend;
			c.passed_node = c.node;
			c.error = ret;
		}
	}
	if (c.traits == NULL || (ret < 0 && asleep != IOAS_BACKEND_AUTO))
		return say_not_asked(asleep != IOAS_BACKEND_AUTO, why, size);
	ret = plan_explain_choice(request, ret, &c, pd, why, size);
	if (ret < 0)
		return ret;
	if (asleep != IOAS_BACKEND_AUTO)
		say(0, pd->backend_why, sizeof(pd->backend_why),
			"%s was not tried, as that wakes the device", ioas_backend_name(asleep));
	request->answers->chosen = c.backend;
	return 0;
}

int
plan_ask_answers(const struct plan_request *request, struct topo_snapshot *snap,
		struct plan_device *pd, bool *asked, char *why, size_t size)
{
	const struct ioas_member member = plan_member(pd, request->vf_token);
	struct plan_answers *answers = request->answers;
	const bool first = answers->chosen == IOAS_BACKEND_AUTO;
	const struct plan_answer *answer;
	int ret;

	*asked = false;
	if (answers->assumed.page_sizes != 0) {
		pd->backend = request->backend;
		say(0, pd->backend_why, sizeof(pd->backend_why),
			"no kernel was asked; the limits were given by the user");
		return info_copy(&answers->assumed, &pd->info);
	}
	ret = first ? choose(request, pd, why, size) :
		plan_check_backend(request, answers->chosen, why, size);
	if (ret < 0)
		return ret;
	pd->backend = answers->chosen;
	answer = find(request, answers->chosen);
	if (answer == NULL || !answer->asked)
		return say_not_asked(answer != NULL, why, size);
	*asked = answer->opened == 0;
	/*
	 * Devices were asked one at a time, so a later one may lack the first one's
	 * backend.
	 */
	ret = answer->opened < 0 ? answer->opened : answer->surveyed;
	if (ret == 0) {
		ret = info_copy(&answer->info, &pd->info);
		return ret == 0 ? plan_check_regions(pd, why, size) : ret;
	}
	if (first)
		answers->chosen = IOAS_BACKEND_AUTO;
	return plan_explain_refusal(snap, pd, &member, ret, answer->viable, why, size);
}
