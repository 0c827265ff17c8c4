/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * "dpdk-test-msi explain": faults of IOMMUs in the kernel's log, or one address: which
 * device, what the address is, what usually causes it, what to do. Changes nothing.
 */

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>

#include "explain_find.h"
#include "explain_print.h"
#include "sysfs/sysfs.h"
#include "test_msi.h"

struct explain_options {
	const char *file;		/* NULL: stdin */
	struct explain_fault asked;	/* an address of the user, if it has one */
	struct tool_root_options where;
};

static void
usage(FILE *f)
{
	fputs("usage: dpdk-test-msi explain [--json] [--root DIR|FILE.tar] [FILE]\n"
		"       dpdk-test-msi explain [--json] [--root DIR|FILE.tar] ADDRESS [BDF]\n"
		"Finds faults of IOMMUs in the kernel's log (FILE or stdin: \"dmesg | dpdk-test-msi\n"
		"explain\"), or takes an I/O virtual address. Prints which device it was, what the\n"
		"address is, what usually causes that and what to do. Processes with the bus are\n"
		"asked what they have mapped. Changes nothing.\n"
		"Exit status: 0 no fault, 1 faults (explained, or missing in the log), no lines or\n"
		"the command failed, 2 usage.\n\n"
		"  FILE            lines of dmesg or of a system log; \"-\" is stdin\n"
		"  ADDRESS         begins with 0x\n"
		"  BDF             the device that uses it\n"
		TOOL_JSON_USAGE
		"  -r, --root DIR|FILE.tar  another machine: its sys and proc, or what\n"
		"                  \"dpdk-test-msi capture\" wrote there\n"
		"  -h, --help      this text\n", f);
}

/* @return 0, or -errno after printing the fault; -ENODATA: nothing was read. */
static int
log_read(const char *file, struct explain_log *log)
{
	const bool is_stdin = file == NULL || strcmp(file, "-") == 0;
	const char *name = is_stdin ? "stdin" : file;
	FILE *f = is_stdin ? stdin : fopen(file, "re");
	int ret = 0;

	if (file == NULL && isatty(STDIN_FILENO))
		fputs("reading the kernel's log from the terminal; better: dmesg | dpdk-test-msi explain\n", stderr);
	if (f == NULL) {
		ret = -errno;
		tool_error(name, "can't be read: %s", strerror(-ret));
		return ret;
	}
	explain_read(f, log);
	if (ferror(f)) {
		ret = -EIO;
		tool_error(name, "can't be read: %s", strerror(-ret));
	} else if (log->lines == 0) {
		/* So it is not taken for a log without faults. */
		ret = -ENODATA;
		tool_error(name, "has no lines; many systems show the kernel's log to root only: run dmesg as root");
	}
	if (!is_stdin)
		fclose(f);
	return ret;
}

/* Explain one fault. @return 0, -ENOMEM, errors of reading devices. */
static int
explain_one(struct explain_finder *finder, const struct explain_processes *processes,
		const struct explain_fault *f)
{
	struct explain_facts facts = { .processes = (unsigned int)processes->n };
	struct explain_verdict verdict;
	struct explain_device dev;
	struct explain_map *maps = NULL;
	struct explain_freed *freed = NULL;
	const struct explain_process *foreign;
	int ret = explain_device_find(finder, f, &dev);

	if (ret == 0)
		ret = explain_maps_for(processes, &dev, &maps, &facts.n_maps);
	if (ret == 0)
		ret = explain_freed_for(processes, &dev, &freed, &facts.n_freed, &facts.all_freed);
	if (ret == 0) {
		facts.owners = explain_owners(processes, &dev, &foreign);
		facts.foreign = foreign != NULL;
		facts.uid = foreign != NULL ? foreign->uid : 0;
		facts.map = maps;
		facts.freed = freed;
		explain_device_facts(&dev, &facts);
		explain_judge(f, &facts, &verdict);
		if (tool_json)
			explain_report(f, &dev, &verdict);
		else
			explain_print(f, &dev, &verdict);
	}
	free(maps);
	free(freed);
	return ret;
}

static int
explain_all(struct tool_root *root, const struct explain_fault *v, size_t n)
{
	struct explain_processes processes = { 0 };
	struct explain_finder finder;
	size_t i;
	int ret = root->other ? 0 : explain_processes_ask(&processes);

	if (processes.cut)
		tool_error("explain", "not all processes of other users were asked, as they are too many or too slow; if an answer needs one of them, run dpdk-test-msi explain ADDRESS BDF as its user");
	tool_report_put("explained", json_array());
	explain_finder_begin(&finder, root->path, tool_root_answers(root), tool_root_page_size(root));
	for (i = 0; ret == 0 && i < n; i++)
		ret = explain_one(&finder, &processes, &v[i]);
	explain_finder_end(&finder);
	explain_processes_free(&processes);
	if (ret < 0)
		tool_error("explain", "%s", strerror(-ret));
	return ret;
}

static int
explain(const struct explain_options *opt, struct tool_root *root, struct explain_log *log)
{
	bool unlogged;

	if (opt->asked.has_iova)
		return explain_all(root, &opt->asked, 1) == 0 ? STATUS_GOOD : STATUS_FAULT;
	tool_report_put("lines", json_integer(log->lines));
	tool_report_put("dropped", json_integer(log->dropped));
	tool_report_put("lost", json_integer(log->lost));
	tool_report_put("suppressed", json_integer(log->suppressed));
	unlogged = explain_unlogged(root->path);
	tool_report_put("unlogged", json_boolean(unlogged));
	if (explain_all(root, log->v, log->n) < 0)
		return STATUS_FAULT;
	if (!tool_json && log->n == 0)
		printf("no fault of an IOMMU in %u lines\n", log->lines);
	if (!tool_json && log->lost > 0)
		printf("the log lacks faults: %u times an IOMMU could not record all of them; read the log soon after the application starts\n",
			log->lost);
	if (!tool_json && log->suppressed > 0)
		printf("the log lacks faults: the kernel suppressed %u messages about them, as too many came at once; the counts are too low, and one device can hide the faults of others: end its application, and read the log again\n",
			log->suppressed);
	if (!tool_json && unlogged)
		printf("on POWER the kernel does not log that it froze a device which a program has by VFIO; /sys/bus/pci/devices/BDF/eeh_pe_state shows it while the program runs\n");
	if (log->dropped > 0)
		tool_error("explain", "%u more faults are not explained; give fewer lines", log->dropped);
	return log->n > 0 || log->lost > 0 || log->suppressed > 0 ? STATUS_FAULT : STATUS_GOOD;
}

/* @return a STATUS_*, or -1 to go on. */
static int
take_words(int argc, char **argv, struct explain_options *opt)
{
	struct explain_fault *f = &opt->asked;
	const char *word = optind < argc ? argv[optind] : NULL, *end;

	if (word == NULL)
		return -1;
	if (strncmp(word, "0x", 2) != 0) {
		opt->file = word;
		if (argc - optind == 1)
			return -1;
		tool_error(argv[optind + 1], "is not an option");
		return STATUS_USAGE;
	}
	f->times = 1;
	end = sysfs_hex0x(word, &f->iova);
	f->has_iova = end != NULL && *end == '\0';
	if (!f->has_iova) {
		tool_error(word, "is no address; write up to 16 hexadecimal digits behind 0x");
		return STATUS_USAGE;
	}
	if (argc - optind == 1)
		return -1;
	if (argc - optind > 2) {
		tool_error(argv[optind + 2], "is not an option");
		return STATUS_USAGE;
	}
	if (topology_parse_bdf(argv[optind + 1], &f->addr) != 0) {
		tool_error(argv[optind + 1], "is no PCI address; write DDDD:BB:DD.F");
		return STATUS_USAGE;
	}
	f->has_addr = true;
	return -1;
}

/* Explain what was read, for the machine of the user. @return a STATUS_*. */
static int
explain_on(const struct explain_options *opt, struct explain_log *log)
{
	struct tool_root root = { 0 };
	int status = tool_root_find(&opt->where, &root);

	if (status < 0)
		status = explain(opt, &root, log);
	tool_root_close(&root);
	return status;
}

int
cmd_explain(int argc, char **argv)
{
	struct explain_options opt = { 0 };
	struct explain_log *log;
	const struct tool_option options[] = {
		TOOL_JSON_OPTION,
		{ "root", 'r', .text = &opt.where.root },
	};
	int status = tool_options_read(argc, argv, options, RTE_DIM(options), usage);

	if (status < 0)
		status = take_words(argc, argv, &opt);
	if (status >= 0)
		return status;
	log = calloc(1, sizeof(*log));
	if (log == NULL) {
		tool_error("explain", "%s", strerror(ENOMEM));
		return STATUS_FAULT;
	}
	/* Input can take any time, and signals are blocked from the unpacking of a tar file on. */
	if (!opt.asked.has_iova && log_read(opt.file, log) < 0)
		status = STATUS_FAULT;
	else
		status = explain_on(&opt, log);
	free(log);
	return status;
}
