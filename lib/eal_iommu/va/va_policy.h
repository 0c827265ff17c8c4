/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Decides which IOVAs EAL's memory has: the bus acts on this decision, and the tool prints it.
 *
 * - va: IOVA is VA. EAL's memory is steered to addresses that are good IOVAs.
 * - assigned: the layout chooses the IOVAs, and EAL's records get them.
 *
 * Thread safe.
 */

#ifndef VA_POLICY_H
#define VA_POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include "va/va_place.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What the user wants: the key iova= of a device. */
enum va_key {
	VA_KEY_AUTO,		/**< VA where that can work, else assigned */
	VA_KEY_VA,
	VA_KEY_ASSIGNED,
};

/** Whether IOVAs can be assigned in the process. */
enum va_assign {
	VA_ASSIGN_UNPRIVILEGED,	/**< no: it can't read physical addresses */
	VA_ASSIGN_UNBUILT,	/**< no: DPDK was built without IOVAs in mbufs */
	VA_ASSIGN_POSSIBLE,
};

/** A decision and its reason. */
enum va_policy {
	VA_POLICY_KEY_VA,	/**< va, by the key */
	VA_POLICY_GOOD,		/**< va: memory of each kind can begin at good IOVAs */
	VA_POLICY_UNKNOWN,	/**< va, as it is unknown where the memory would lie */
	VA_POLICY_UNABLE,	/**< va: no place is good, and VA_ASSIGN_UNPRIVILEGED */
	VA_POLICY_UNBUILT,	/**< va: no place is good, and VA_ASSIGN_UNBUILT */
	VA_POLICY_KEY_ASSIGNED,	/**< assigned, by the key */
	VA_POLICY_BAD,		/**< assigned, as no place is good */
};

/**
 * Decide. va is better where it works: secondary processes need no privilege, memory that is
 * contiguous in VA is contiguous for devices too, and drivers that read physical addresses
 * work.
 *
 * @param key       of the first device that has another key than VA_KEY_AUTO
 * @param choice    result of va_place(); NULL if it failed
 * @param assign    not considered with VA_KEY_ASSIGNED: the caller reports it then
 */
enum va_policy va_policy_decide(enum va_key key, const struct va_choice *choice,
		enum va_assign assign);

/** Why VA_KEY_ASSIGNED can't be obeyed, and what to do; NULL if it can. */
const char *va_assign_fault(enum va_assign assign);

/** Whether IOVAs are assigned by this decision. */
bool va_policy_assigns(enum va_policy policy);

/** The reason, a clause. */
const char *va_policy_why(enum va_policy policy);

/** What is short, a clause. */
const char *va_shortage_why(enum va_shortage shortage);

#define VA_CURE 256	/**< size of the text of va_shortage_cure() */

/**
 * What to do about a shortage, a clause: another demand of the user if one can help, or
 * assigned IOVAs.
 *
 * @param policy  the decision, which does not assign
 */
void va_shortage_cure(enum va_shortage shortage, enum va_policy policy, enum va_assign assign,
		char *out, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* VA_POLICY_H */
