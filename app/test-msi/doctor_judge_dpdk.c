/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Findings about DPDK and the plugin. */

#include <stdio.h>
#include <string.h>

#include "doctor.h"

/* Releases as YEAR * 100 + MONTH. */
#define FIRST_TRIED 2211
#define LAST_TRIED 2511

static void
judge_release(const struct doctor_dpdk *d, struct doctor_findings *out)
{
	static const unsigned int tried[] = { FIRST_TRIED, 2411, LAST_TRIED };
	const char *number = strpbrk(d->version, "0123456789");
	unsigned int year, month, release;
	size_t i;

	if (number == NULL)
		return;
	release = sscanf(number, "%2u.%2u", &year, &month) == 2 ? year * 100 + month : 0;
	for (i = 0; i < sizeof(tried) / sizeof(*tried); i++)
		if (release == tried[i])
			return;
	doctor_add(out, release > FIRST_TRIED && release < LAST_TRIED ? DOCTOR_DPDK_BETWEEN : DOCTOR_DPDK_UNTRIED,
		NULL, "this is %s", d->version);
}

void
doctor_judge_dpdk(const struct doctor_dpdk *d, struct doctor_findings *out)
{
	judge_release(d, out);
	if (d->installed == DOCTOR_NO) {
		doctor_add(out, DOCTOR_PLUGIN_MISSING, NULL, "%s does not exist", d->plugin);
		doctor_cure(out, "install the bus for this DPDK (doc/howto/install.rst), or start applications with -d and the path of the plugin");
	} else if (d->broken[0] != '\0') {
		doctor_add(out, DOCTOR_PLUGIN_BROKEN, NULL, "%s can't be loaded: %s", d->plugin, d->broken);
		doctor_cure(out, "install the bus for this DPDK again (doc/howto/install.rst); applications that do not need the bus start if the file is moved to another folder");
	}
	if (d->other[0] == '\0')
		return;
	doctor_add(out, DOCTOR_DPDK_OTHER, NULL, "%s is another DPDK, and its folder of plugins lacks the bus", d->other);
	doctor_cure(out, "if the application uses it, as ldd shows, build and install the bus for it (doc/howto/install.rst), and run doctor of that build");
}
