/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "row.h"
#include "va/va_policy.h"

#define NOWHERE -1	/* va_place() failed */
#define NO_LISTS -2	/* EAL can use no hugepages */

/* A key decides. Without one, IOVAs are assigned if no place is good and it is possible. */
static void
test_policy(void **state)
{
	static const struct {
		const char *name;
		enum va_key key;
		int quality;
		enum va_assign assign;
		enum va_policy policy;
		bool assigned;
	} rows[] = {
		{ "good", VA_KEY_AUTO, VA_WHOLE, VA_ASSIGN_POSSIBLE, VA_POLICY_GOOD, false },
		{ "short", VA_KEY_AUTO, VA_SHORT, VA_ASSIGN_POSSIBLE, VA_POLICY_GOOD, false },
		{ "bad", VA_KEY_AUTO, VA_BAD, VA_ASSIGN_POSSIBLE, VA_POLICY_BAD, true },
		{ "bad, unprivileged", VA_KEY_AUTO, VA_BAD, VA_ASSIGN_UNPRIVILEGED, VA_POLICY_UNABLE, false },
		{ "bad, unbuilt", VA_KEY_AUTO, VA_BAD, VA_ASSIGN_UNBUILT, VA_POLICY_UNBUILT, false },
		{ "good, unbuilt", VA_KEY_AUTO, VA_WHOLE, VA_ASSIGN_UNBUILT, VA_POLICY_GOOD, false },
		{ "no place", VA_KEY_AUTO, NOWHERE, VA_ASSIGN_POSSIBLE, VA_POLICY_UNKNOWN, false },
		{ "no hugepages", VA_KEY_AUTO, NO_LISTS, VA_ASSIGN_POSSIBLE, VA_POLICY_UNKNOWN, false },
		{ "va, bad", VA_KEY_VA, VA_BAD, VA_ASSIGN_POSSIBLE, VA_POLICY_KEY_VA, false },
		{ "va, no place", VA_KEY_VA, NOWHERE, VA_ASSIGN_POSSIBLE, VA_POLICY_KEY_VA, false },
		{ "assigned, good", VA_KEY_ASSIGNED, VA_WHOLE, VA_ASSIGN_POSSIBLE, VA_POLICY_KEY_ASSIGNED,
			true },
		{ "assigned, no place", VA_KEY_ASSIGNED, NOWHERE, VA_ASSIGN_UNPRIVILEGED,
			VA_POLICY_KEY_ASSIGNED, true },
	};
	struct va_list_at list = { .page = 2 << 20, .first = true };
	size_t i;

	(void)state;
	EACH_ROW(i, rows, "%s", rows[i].name) {
		struct va_choice choice = {
			.quality = rows[i].quality == NO_LISTS ? VA_BAD : rows[i].quality,
			.lists = { &list, rows[i].quality != NO_LISTS },
		};
		enum va_policy policy = va_policy_decide(rows[i].key,
				rows[i].quality == NOWHERE ? NULL : &choice, rows[i].assign);

		assert_int_equal(policy, rows[i].policy);
		assert_int_equal(va_policy_assigns(policy), rows[i].assigned);
		assert_true(strlen(va_policy_why(policy)) > 0);
	}
}

/* Each cure fits the shortage, or leads to assigned IOVAs: what keeps the bus from them ends. */
static void
test_cure(void **state)
{
	static const struct {
		enum va_shortage shortage;
		const char *why, *cure;
	} rows[] = {
		{ VA_SHORT_OF_ALL, "no free address", "give fewer devices or holes to one process, or " },
		{ VA_SHORT_OF_APERTURE, "the IOMMU translates no address", "" },
		{ VA_SHORT_OF_PAGES, "each page size and NUMA node", "use one hugepage size only " },
		{ VA_SHORT_OF_NODES, "of each NUMA node", "use a machine or guest with fewer NUMA nodes, or " },
	};
	static const struct {
		enum va_policy policy;
		enum va_assign assign;
		const char *cure;
	} policies[] = {
		{ VA_POLICY_KEY_VA, VA_ASSIGN_UNPRIVILEGED, "drop iova=va and run the application as root" },
		{ VA_POLICY_UNABLE, VA_ASSIGN_UNPRIVILEGED, "run the application as root" },
		{ VA_POLICY_GOOD, VA_ASSIGN_UNPRIVILEGED, "give iova=assigned and run the application as root" },
		{ VA_POLICY_UNKNOWN, VA_ASSIGN_UNPRIVILEGED, "give iova=assigned and run the application as root" },
		/* Root alone does not help. */
		{ VA_POLICY_KEY_VA, VA_ASSIGN_UNBUILT, "drop iova=va, build DPDK with -Denable_iova_as_pa=true, and run" },
		{ VA_POLICY_UNBUILT, VA_ASSIGN_UNBUILT, "build DPDK with -Denable_iova_as_pa=true, and run" },
		{ VA_POLICY_GOOD, VA_ASSIGN_UNBUILT, "build DPDK with -Denable_iova_as_pa=true, give iova=assigned, and run" },
	};
	char cure[VA_CURE];
	size_t i, k;

	(void)state;
	EACH_ROW(i, rows, "%s", rows[i].cure) {
		assert_non_null(strstr(va_shortage_why(rows[i].shortage), rows[i].why));
		EACH_ROW(k, policies, "%s", policies[k].cure) {
			va_shortage_cure(rows[i].shortage, policies[k].policy, policies[k].assign,
				cure, sizeof(cure));
			assert_ptr_equal(strstr(cure, rows[i].cure), cure);
			assert_non_null(strstr(cure, policies[k].cure));
			assert_int_equal(strstr(cure, ", or ") != NULL, rows[i].cure[0] != '\0');
			assert_true(strlen(cure) < sizeof(cure) - 1);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policy),
		cmocka_unit_test(test_cure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
