/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <stdio.h>

#include "va/va_policy.h"

enum va_policy
va_policy_decide(enum va_key key, const struct va_choice *choice, enum va_assign assign)
{
	if (key == VA_KEY_ASSIGNED)
		return VA_POLICY_KEY_ASSIGNED;
	if (key == VA_KEY_VA)
		return VA_POLICY_KEY_VA;
	if (choice == NULL || choice->lists.n == 0)
		return VA_POLICY_UNKNOWN;
	if (choice->quality != VA_BAD)
		return VA_POLICY_GOOD;
	if (assign == VA_ASSIGN_POSSIBLE)
		return VA_POLICY_BAD;
	return assign == VA_ASSIGN_UNBUILT ? VA_POLICY_UNBUILT : VA_POLICY_UNABLE;
}

const char *
va_assign_fault(enum va_assign assign)
{
	static const char *const words[] = {
		[VA_ASSIGN_UNPRIVILEGED] = "iova=assigned needs EAL's IOVA mode PA, which EAL has for root (CAP_SYS_ADMIN) with hugepages only; run the application so, or drop the key",
		[VA_ASSIGN_UNBUILT] = "iova=assigned needs IOVAs in mbufs, which this DPDK does not have; build DPDK with -Denable_iova_as_pa=true, or drop the key",
		[VA_ASSIGN_POSSIBLE] = NULL,
	};

	return words[assign];
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
		[VA_POLICY_UNBUILT] = "this DPDK has no IOVAs in mbufs, so that IOVAs can't be assigned",
		[VA_POLICY_KEY_ASSIGNED] = "iova=assigned",
		[VA_POLICY_BAD] = "no free address is a good IOVA for each page size and NUMA node",
	};

	return words[policy];
}

const char *
va_shortage_why(enum va_shortage shortage)
{
	static const char *const words[] = {
		[VA_SHORT_OF_ALL] = "no free address above 4 GiB is a good IOVA for EAL's memory",
		[VA_SHORT_OF_APERTURE] = "the IOMMU translates no address between 4 GiB and the end of user space, where EAL's memory lies",
		[VA_SHORT_OF_PAGES] = "no free range of good IOVAs above 4 GiB has room for EAL's memory of each page size and NUMA node",
		[VA_SHORT_OF_NODES] = "no free range of good IOVAs above 4 GiB has room for EAL's memory of each NUMA node",
	};

	return words[shortage];
}

/* How IOVAs would be assigned. Root does not help where mbufs have no IOVA. */
static const char *
assign_cure(enum va_policy policy, enum va_assign assign)
{
	const bool unbuilt = assign == VA_ASSIGN_UNBUILT;

	switch (policy) {
	case VA_POLICY_KEY_VA:
		return unbuilt ? "drop iova=va, build DPDK with -Denable_iova_as_pa=true, and run the application as root (CAP_SYS_ADMIN) with hugepages" :
			"drop iova=va and run the application as root (CAP_SYS_ADMIN) with hugepages, so that the bus assigns IOVAs";
	case VA_POLICY_UNABLE:
	case VA_POLICY_UNBUILT:
		return unbuilt ? "build DPDK with -Denable_iova_as_pa=true, and run the application as root (CAP_SYS_ADMIN) with hugepages" :
			"run the application as root (CAP_SYS_ADMIN) with hugepages, so that the bus assigns IOVAs";
	default:
		return unbuilt ? "build DPDK with -Denable_iova_as_pa=true, give iova=assigned, and run the application as root (CAP_SYS_ADMIN) with hugepages" :
			"give iova=assigned and run the application as root (CAP_SYS_ADMIN) with hugepages";
	}
}

void
va_shortage_cure(enum va_shortage shortage, enum va_policy policy, enum va_assign assign,
		char *out, size_t size)
{
	static const char *const words[] = {
		[VA_SHORT_OF_ALL] = "give fewer devices or holes to one process",
		[VA_SHORT_OF_APERTURE] = "",
		[VA_SHORT_OF_PAGES] = "use one hugepage size only (unmount the other sizes, if nothing else uses them)",
		[VA_SHORT_OF_NODES] = "use a machine or guest with fewer NUMA nodes",
	};

	snprintf(out, size, "%s%s%s", words[shortage], words[shortage][0] != '\0' ? ", or " : "",
		assign_cure(policy, assign));
}
