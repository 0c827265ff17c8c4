/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <rte_version.h>

#include "test_msi.h"
#include "tool_supervise.h"

struct command {
	const char *name;
	const char *about;
	int (*run)(int argc, char **argv);
	bool supervised;	/* its EALs leave files */
};

/* A command and its words. */
struct call {
	const struct command *command;
	int argc;
	char **argv;
};

static const struct command commands[] = {
	{ "bench", "times of this bus and its layout, beside those of others", cmd_bench, true },
	{ "capture", "a file about this machine, to examine it on another", cmd_capture },
	{ "doctor", "what keeps the bus from working on this machine, and what to do about it",
		cmd_doctor },
	{ "explain", "faults of the IOMMU in the kernel's log, or an address: what it is, and what to do",
		cmd_explain },
	{ "irq", "whether interrupts of a device arrive, and if not, where they get lost", cmd_irq,
		true },
	{ "list", "PCI functions, their groups, and whether the bus can use them", cmd_list },
	{ "layout", "I/O virtual addresses the given devices may use, and why not others",
		cmd_layout },
	{ "map", "calls and time it takes to map memory, also by the pci bus", cmd_map, true },
	{ "rxintr", "whether packets from one device wake a thread that sleeps on a queue of another",
		cmd_rxintr, true },
};

#define N_COMMANDS (sizeof(commands) / sizeof(*commands))

static void
usage(FILE *f)
{
	size_t i;

	fputs("usage: dpdk-test-msi COMMAND [OPTION]...\n"
		"Looks at devices for the bus vfio_msi, and tries them. explain, list, layout,\n"
		"capture and bench layout start no EAL, nor does doctor without --try. layout, capture\n"
		"with a DEVICE and doctor --try may reset devices.\n\n"
		"commands:\n", f);
	for (i = 0; i < N_COMMANDS; i++)
		fprintf(f, "  %-8s %s\n", commands[i].name, commands[i].about);
	fputs("\n\"dpdk-test-msi COMMAND --help\" prints the options of a command.\n"
		"\"dpdk-test-msi --version\" prints its version and that of DPDK.\n"
		"exit status: 0 good, 1 a fault was found, 2 wrong usage; doctor and irq have more\n", f);
}

/* A result that could not be written is a fault. */
static int
finish(const char *command, int status)
{
	int ret = tool_report_end(command, status);

	if (ret == 0 && (fflush(stdout) != 0 || ferror(stdout)))
		ret = -errno;
	if (ret == 0)
		return status;
	tool_error("stdout", "can't be written: %s", strerror(-ret));
	return STATUS_FAULT;
}

static int
run(void *arg)
{
	const struct call *call = arg;

	return finish(call->command->name, call->command->run(call->argc, call->argv));
}

static int
supervise(struct call *call)
{
	struct tool_ending ending;
	int ret = tool_supervise(run, call, &ending);

	if (ret < 0)
		tool_error(call->command->name, "no process can be created: %s", strerror(-ret));
	else if (ending.killed_by != 0)
		tool_error(call->command->name, "ended by signal %d (%s); see the messages above, and the kernel's log",
			ending.killed_by, strsignal(ending.killed_by));
	return ret < 0 || ending.killed_by != 0 ? STATUS_FAULT : ending.status;
}

/* Messages of getopt() begin with argv[0]. */
static int
run_command(const struct command *command, int argc, char **argv)
{
	struct call call = { command, argc, argv };
	char title[64];

	snprintf(title, sizeof(title), "dpdk-test-msi: %s", command->name);
	argv[0] = title;
	/* If it is ignored, the kernel drops the status of a child. */
	signal(SIGCHLD, SIG_DFL);
	return command->supervised ? supervise(&call) : run(&call);
}

int
main(int argc, char **argv)
{
	size_t i;

	if (argc < 2) {
		usage(stderr);
		return STATUS_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		usage(stdout);
		return finish("", STATUS_GOOD);
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("dpdk-test-msi %s, built for %s\n", TOOL_VERSION, rte_version());
		return finish("", STATUS_GOOD);
	}
	for (i = 0; i < N_COMMANDS; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return run_command(&commands[i], argc - 1, argv + 1);
	tool_error(argv[1], "is not a command");
	usage(stderr);
	return STATUS_USAGE;
}
