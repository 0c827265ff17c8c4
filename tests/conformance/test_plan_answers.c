/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Surveys with recorded answers of a kernel: the result equals that of the kernel itself,
 * and no node is opened.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "surveyed.h"

static struct plan_answers answers;

static void
ask(const char *root, const char *bdf, bool may_wake)
{
	struct plan_answer answer;
	struct topo_addr addr;
	enum ioas_backend b;
	size_t i;

	plan_answers_free(&answers);
	answers.page_size = machine_page();
	assert_int_equal(topology_parse_bdf(bdf, &addr), 0);
	for (i = 0; (b = ioas_backend_at(i)) != IOAS_BACKEND_COUNT; i++) {
		assert_int_equal(plan_answer_ask(root, &addr, b, NULL, may_wake, &answer), 0);
		assert_int_equal(answer.asked, may_wake || answer.backend == IOAS_BACKEND_TYPE1 ||
			answer.backend == IOAS_BACKEND_NOIOMMU);
		assert_int_equal(plan_answers_add(&answers, &answer), 0);
	}
	assert_int_equal(fake_leaks(stderr), 0);
}

static int
survey_by(const char *root, enum ioas_backend by, struct plan_device *out, char *text)
{
	struct plan_request request = { .root = root, .backend = by, .answers = &answers };
	struct ioas *space = NULL;
	unsigned int calls = fake_calls();
	int ret;

	assert_int_equal(topology_parse_bdf(NIC, &request.addr), 0);
	answers.chosen = IOAS_BACKEND_AUTO;
	ret = plan_survey(&request, &space, out, text, PLAN_TEXT);
	assert_null(space);
	assert_int_equal(fake_calls(), calls);
	return ret;
}

/* Both surveys have the same result and the same message. */
static void
expect_equal_surveys(const char *root, int error)
{
	char then[PLAN_TEXT] = "";
	struct plan_device past;
	size_t i;

	ask(root, NIC, true);
	assert_int_equal(survey(root, NIC), error);
	assert_int_equal(survey_by(root, backend, &past, then), error);
	assert_string_equal(then, error == 0 ? "" : why);
	if (error == 0) {
		assert_int_equal(past.backend, pd.backend);
		assert_string_equal(past.backend_why, pd.backend_why);
		assert_int_equal(past.msi_doubtful, pd.msi_doubtful);
		assert_int_equal(past.info.n_ranges, pd.info.n_ranges);
		for (i = 0; i < pd.info.n_ranges; i++)
			assert_memory_equal(&past.info.ranges[i], &pd.info.ranges[i],
				sizeof(struct iova_range));
		assert_int_equal(past.info.page_sizes, pd.info.page_sizes);
		assert_int_equal(past.info.dma_avail, pd.info.dma_avail);
	}
	assert_int_equal(past.holes.n, pd.holes.n);
	plan_device_free(&past);
	plan_device_free(&pd);
}

static void
test_same(void **state)
{
	expect_equal_surveys(*state, 0);
	machine_group->isolated = false;
	expect_equal_surveys(*state, -EPERM);
	machine_group->isolated = true;
	machine_group->direct = true;
	expect_equal_surveys(*state, -EINVAL);
	machine_group->direct = false;
	machine_group->held = true;
	expect_equal_surveys(*state, -EBUSY);
	machine_group->held = false;
	*BY_BACKEND(&fake.no_node, &fake.no_iommufd) = true;
	expect_equal_surveys(*state, -ENOENT);
}

/* "auto" selects the backend of the recorded kernel, with the same reason. */
static void
test_choice(void **state)
{
	char text[PLAN_TEXT];
	struct plan_device past;

	if (backend == IOAS_BACKEND_TYPE1)
		fake.no_iommufd = true;
	ask(*state, NIC, true);
	assert_int_equal(survey_by(*state, IOAS_BACKEND_AUTO, &past, text), 0);
	assert_int_equal(past.backend, BACKEND);
	assert_int_equal(answers.chosen, BACKEND);
	assert_non_null(strstr(past.backend_why, BY_BACKEND("no iommufd, as /dev/iommu can't be opened",
				"kernel and device support it")));
	plan_device_free(&past);
}

/* A sleeping device is surveyed only by backends that do not open it. */
static void
test_asleep(void **state)
{
	char text[PLAN_TEXT];
	struct plan_device past;

	ask(*state, NIC, false);
	assert_int_equal(fake_resets(NIC), 0);
	assert_int_equal(survey_by(*state, IOAS_BACKEND_AUTO, &past, text),
			over_iommufd ? -ENODATA : 0);
	if (!over_iommufd) {
		assert_int_equal(past.backend, IOAS_BACKEND_TYPE1);
		assert_string_equal(past.backend_why,
				"iommufd was not tried, as that wakes the device");
	}
	plan_device_free(&past);
	assert_int_equal(survey_by(*state, IOAS_BACKEND_IOMMUFD, &past, text), -ENODATA);
	assert_non_null(strstr(text, "as the device slept; name the device"));
	plan_device_free(&past);
}

/* Without recorded answers the survey fails. Limits and page sizes given by hand replace them. */
static void
test_assumed(void **state)
{
	struct iova_range *range = calloc(1, sizeof(*range));
	char text[PLAN_TEXT];
	struct plan_device past;

	plan_answers_free(&answers);
	answers.page_size = UINT64_C(65536);
	assert_int_equal(survey_by(*state, backend, &past, text), -ENODATA);
	assert_non_null(strstr(text, "--aperture FIRST-LAST --page-sizes"));
	plan_device_free(&past);
	assert_non_null(range);
	*range = RANGE(0, (UINT64_C(1) << 39) - 1);
	answers.assumed = (struct ioas_info){ .ranges = range, .n_ranges = 1,
		.page_sizes = 65536, .dma_avail = UINT64_MAX };
	assert_int_equal(survey_by(*state, IOAS_BACKEND_AUTO, &past, text), 0);
	assert_int_equal(past.info.ranges[0].last, range->last);
	assert_int_equal(past.holes.v[0].origin, IOVA_ORIGIN_ZERO_PAGE);
	assert_int_equal(past.holes.v[0].range.last, 65535);
	plan_device_free(&past);
}

static int
teardown(void **state)
{
	plan_answers_free(&answers);
	return tree_machine_teardown(state);
}

int
main(void)
{
#define ANSWERS_TEST(t) cmocka_unit_test_setup_teardown(t, tree_machine_setup, teardown)
	const struct CMUnitTest tests[] = {
		ANSWERS_TEST(test_same),
		ANSWERS_TEST(test_choice),
		ANSWERS_TEST(test_asleep),
		ANSWERS_TEST(test_assumed),
	};

	return RUN_ON_BACKENDS("plan_answers", tests);
}
