/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * An EAL for the commands that need one. The user's arguments follow those of the command
 * and so take precedence.
 */

#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>

#include "test_msi.h"
#include "tool_leavings.h"
#include "tool_supervise.h"

#define OUR_WORDS 3	/* --lcores, its value, --file-prefix= */

int
tool_eal_split(int argc, char **argv, struct tool_eal *eal)
{
	int n;

	for (n = 1; n < argc && strcmp(argv[n], "--") != 0; n++)
		;
	eal->user = argv + n + (n < argc);
	eal->n_user = argc - n - (n < argc);
	return n;
}

static bool
names_cores(const struct tool_eal *eal)
{
	int i;

	for (i = 0; i < eal->n_user; i++)
		if (strncmp(eal->user[i], "-l", 2) == 0 || strncmp(eal->user[i], "-c", 2) == 0 ||
		    strncmp(eal->user[i], "--lcores", 8) == 0)
			return true;
	return false;
}

/* Choose a logical core that the process may use: a container may lack the first one. */
static void
one_lcore(char *where, size_t size)
{
	cpu_set_t allowed;
	int cpu = 0;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0 && CPU_COUNT(&allowed) > 0)
		while (!CPU_ISSET(cpu, &allowed))
			cpu++;
	snprintf(where, size, "0@%d", cpu);
}

/* EAL takes char ** and does not modify the text. */
static char *
word(const char *s)
{
	return (char *)(uintptr_t)s;
}

int
tool_eal_start(struct tool_eal *eal, const char *const *ours, int n_ours)
{
	int n = 0, i;

	eal->argv = calloc((size_t)(1 + n_ours + OUR_WORDS + eal->n_user + 1),
		sizeof(*eal->argv));
	if (eal->argv == NULL) {
		tool_error("EAL", "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	eal->argv[n++] = word("dpdk-test-msi");
	if (tool_file_prefix()[0] != '\0') {
		snprintf(eal->prefix, sizeof(eal->prefix), "--file-prefix=%s", tool_file_prefix());
		eal->argv[n++] = eal->prefix;
	}
	for (i = 0; i < n_ours; i++)
		eal->argv[n++] = word(ours[i]);
	if (!names_cores(eal)) {
		one_lcore(eal->lcore, sizeof(eal->lcore));
		eal->argv[n++] = word("--lcores");
		eal->argv[n++] = eal->lcore;
	}
	for (i = 0; i < eal->n_user; i++)
		eal->argv[n++] = eal->user[i];
	if (rte_eal_init(n, eal->argv) >= 0)
		return 0;
	tool_error("EAL", "does not start: %s; see the messages above", rte_strerror(rte_errno));
	free(eal->argv);
	eal->argv = NULL;
	return rte_errno > 0 ? -rte_errno : -EIO;
}

int
tool_eal_stop(struct tool_eal *eal)
{
	int ret = rte_eal_cleanup();

	free(eal->argv);
	eal->argv = NULL;
	if (ret < 0)
		tool_error("EAL", "does not clean up; see the messages above");
	return ret;
}
