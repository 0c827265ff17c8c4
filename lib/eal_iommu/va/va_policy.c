/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include "va/va_policy.h"

enum va_policy
va_policy_decide(enum va_key key, const struct va_choice *choice, bool possible)
{
	if (key == VA_KEY_ASSIGNED)
		return VA_POLICY_KEY_ASSIGNED;
	if (key == VA_KEY_VA)
		return VA_POLICY_KEY_VA;
	if (choice == NULL || choice->lists.n == 0)
		return VA_POLICY_UNKNOWN;
	if (choice->quality != VA_BAD)
		return VA_POLICY_GOOD;
	return possible ? VA_POLICY_BAD : VA_POLICY_UNABLE;
}

bool
va_policy_assigns(enum va_policy policy)
{
	return policy == VA_POLICY_KEY_ASSIGNED || policy == VA_POLICY_BAD;
}

const char *
va_policy_why(enum va_policy policy)
{
	static const char *const words[] = {
		[VA_POLICY_KEY_VA] = "iova=va",
		[VA_POLICY_GOOD] = "EAL's memory can lie at good IOVAs",
		[VA_POLICY_UNKNOWN] = "the place of EAL's memory is unknown",
		[VA_POLICY_UNABLE] = "this user can't read physical addresses, so that IOVAs can't be assigned",
		[VA_POLICY_KEY_ASSIGNED] = "iova=assigned",
		[VA_POLICY_BAD] = "no free address is a good IOVA for each page size and NUMA node",
	};

	return words[policy];
}
