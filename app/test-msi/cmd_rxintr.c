/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * "dpdk-test-msi rxintr": does a packet wake a thread that sleeps on its queue, and does it
 * have the right bytes? This models an application that sleeps in rte_epoll_wait() while
 * its queues are empty. The path is: device, MSI-X write through the IOMMU, doorbell,
 * kernel, eventfd, epoll.
 */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_mbuf.h>

#include "rxintr.h"
#include "test_msi.h"
#include "tool_progress.h"

#define PACKETS 32
#define PACKETS_MAX 1000000

struct rxintr_options {
	unsigned int packets;
	unsigned int queues;
	bool no_link;
	bool verbose;
	char *device[2];
	struct tool_eal eal;
};

static void
usage(FILE *f)
{
	fputs("usage: dpdk-test-msi rxintr [OPTION]... DEVICE DEVICE [-- EAL_ARG...]\n"
		"Sends packets from the first device, sleeps on the second, and checks that each\n"
		"one wakes it up and has the right bytes. Both must be on one wire. A DEVICE is\n"
		"an argument of EAL's -a, with or without this bus: vfio_msi:BDF[,KEY=VALUE]...\n"
		"or BDF.\n\n"
		"  -n, --packets N  number of packets (default: 32)\n"
		"  -q, --queues N   number of receive queues, with RSS (default: 1)\n"
		"  -L, --no-link    no link interrupts: devices with one vector can't have both\n"
		"  -v, --verbose    show VFIO's lines of /proc/interrupts at the end\n"
		"  -Q, --quiet      show no progress\n"
		TOOL_JSON_USAGE
		"  -h, --help       this text\n", f);
}

/* Parse the two devices. @return a STATUS_*, or -1 to go on. */
static int
parse_devices(int n, char **v, struct rxintr_options *opt)
{
	if (n == 2 && strcmp(v[0], v[1]) != 0) {
		opt->device[0] = v[0];
		opt->device[1] = v[1];
		return -1;
	}
	if (n == 2)
		tool_error(v[0], "can't be both ends of the wire");
	else
		tool_error("rxintr", "needs two devices, not %d", n);
	usage(stderr);
	return STATUS_USAGE;
}

/* Parse the options up to "--". @return a STATUS_*, or -1 to go on. */
static int
parse_options(int argc, char **argv, struct rxintr_options *opt)
{
	const struct tool_option options[] = {
		{ "packets", 'n', .number = &opt->packets, .max = PACKETS_MAX },
		{ "queues", 'q', .number = &opt->queues, .max = RXINTR_QUEUES_MAX },
		{ "no-link", 'L', .flag = &opt->no_link },
		{ "verbose", 'v', .flag = &opt->verbose },
		{ "quiet", 'Q', .flag = &tool_quiet },
		TOOL_JSON_OPTION,
	};
	int n = tool_eal_split(argc, argv, &opt->eal);
	int ret = tool_options_read(n, argv, options, RTE_DIM(options), usage);

	return ret >= 0 ? ret : parse_devices(n - optind, argv + optind, opt);
}

static int
start_ports(struct rxintr_run *run)
{
	int ret;

	tool_progress_step("the link");
	ret = rxintr_ports_start(&run->sender, &run->receiver, true, &run->wire, &run->pool);
	if (ret == 0)
		ret = rxintr_port_await_link(&run->sender);
	if (ret == 0)
		ret = rxintr_port_await_link(&run->receiver);
	run->wire.spread = run->receiver.queues > 1;
	return ret;
}

static void
print_interrupts(void)
{
	FILE *f = fopen("/proc/interrupts", "r");
	char *line = NULL;
	size_t size = 0;

	while (f != NULL && getline(&line, &size, f) > 0)
		if (strstr(line, "vfio") != NULL)
			fputs(line, stdout);
	free(line);
	if (f != NULL)
		fclose(f);
	else
		tool_error("/proc/interrupts", "%s", strerror(errno));
}

/* Print the result of each queue. @return whether there was a fault. */
static bool
report_queues(const struct rxintr_run *run)
{
	bool dead = false;
	uint16_t q;

	for (q = 0; q < run->receiver.queues; q++) {
		const struct rxintr_queue *v = &run->queue[q];

		if (run->receiver.queues > 1)
			printf("queue %u: %u packets, %u wake-ups%s\n", q, v->packets, v->wakeups,
				v->packets == 0 ? "; this queue was not tested" : "");
		if (v->packets == 0 || v->wakeups > 0)
			continue;
		dead = true;
		tool_error(run->receiver.device, "queue %u: no interrupts at all, %u packets were found by polling; if the count of its vector in /proc/interrupts (-v) is 0, the device's write did not arrive, otherwise the eventfd did not wake the thread",
			q, v->packets);
	}
	if (run->silent > 0 && !dead)
		tool_error(run->receiver.device, "interrupt lost: %u packets came without a wake-up, the first was number %u",
			run->silent, run->first_silent);
	return run->silent > 0;
}

static void
report_json(const struct rxintr_run *run)
{
	const struct {
		const char *name;
		size_t value;
	} counts[] = {
		{ "sent", run->sent },
		{ "lost", run->lost },
		{ "late", run->late },
		{ "without_wakeup", run->silent },
		{ "surplus", run->surplus },
		{ "wakeups_without_packet", run->false_wakeups },
		{ "wrong_packets", run->wrong_packets },
		{ "wrong_bytes", run->wrong_bytes },
		{ "other_frames", run->foreign },
		{ "link_interrupts", atomic_load(&run->receiver.link_interrupts) },
	};
	uint16_t q;
	size_t i;

	tool_report_put("sender", json_string(run->sender.device));
	tool_report_put("receiver", json_string(run->receiver.device));
	tool_report_put("queues", json_array());
	for (q = 0; q < run->receiver.queues; q++)
		tool_report_add("queues", json_pack("{s:i, s:i}",
			"packets", (int)run->queue[q].packets,
			"wakeups", (int)run->queue[q].wakeups));
	for (i = 0; i < RTE_DIM(counts); i++)
		tool_report_put(counts[i].name, json_integer((json_int_t)counts[i].value));
}

/* @return a STATUS_*. */
static int
report(const struct rxintr_run *run)
{
	unsigned int received = 0, wakeups = 0;
	const char *who = run->receiver.device;
	bool bad;
	uint16_t q;

	for (q = 0; q < run->receiver.queues; q++) {
		received += run->queue[q].packets;
		wakeups += run->queue[q].wakeups;
	}
	if (tool_json)
		report_json(run);
	bad = report_queues(run);
	printf("sent %u, received %u, wake-ups %u, bytes wrong %zu, link interrupts %u\n",
		run->sent, received, wakeups, run->wrong_bytes,
		atomic_load(&run->receiver.link_interrupts));
	if (run->lost > 0)
		tool_error(who, "packet lost: %u did not arrive in time, the first was number %u; %u came later",
			run->lost, run->first_lost, run->late);
	if (run->wrong_packets > 0)
		tool_error(who, "payload differs: %u packets, the first was number %u at byte %zu",
			run->wrong_packets, run->first_wrong, run->first_wrong_byte);
	if (run->surplus > 0)
		tool_error(who, "%u packets came twice or were not sent", run->surplus);
	if (run->false_wakeups > 0)
		tool_error(who, "%u wake-ups came without a packet", run->false_wakeups);
	if (run->foreign > 0)
		printf("other frames, not counted: %u\n", run->foreign);
	bad |= run->lost > 0 || run->wrong_packets > 0 || run->surplus > 0;
	return bad || run->false_wakeups > 0 || run->sent < run->packets ?
		STATUS_FAULT : STATUS_GOOD;
}

/* @return a STATUS_*. */
static int
run_with_eal(struct rxintr_run *run, struct rxintr_options *opt)
{
	int status = STATUS_FAULT, ret;

	tool_progress_begin("rxintr", 0);
	ret = start_ports(run);
	if (ret == 0)
		ret = rxintr_run(run);
	tool_progress_end();
	if (ret == 0)
		status = report(run);
	if (opt->verbose)
		print_interrupts();
	rxintr_port_stop(&run->sender);
	rxintr_port_stop(&run->receiver);
	rte_mempool_free(run->pool);
	return tool_eal_stop(&opt->eal) < 0 ? STATUS_FAULT : status;
}

int
cmd_rxintr(int argc, char **argv)
{
	struct rxintr_options opt = { .packets = PACKETS, .queues = 1 };
	struct rxintr_run run = { 0 };
	int status = parse_options(argc, argv, &opt);
	const char *ours[4];

	if (status >= 0)
		return status;
	run.packets = opt.packets;
	run.sender.device = opt.device[0];
	run.sender.queues = 1;
	run.receiver.device = opt.device[1];
	run.receiver.queues = (uint16_t)opt.queues;
	run.receiver.lsc = !opt.no_link;
	run.seen = calloc(opt.packets, sizeof(*run.seen));
	ours[0] = ours[2] = "-a";
	ours[1] = opt.device[0];
	ours[3] = opt.device[1];
	status = STATUS_FAULT;
	if (run.seen == NULL)
		tool_error("rxintr", "%s", strerror(ENOMEM));
	else if (tool_eal_start(&opt.eal, ours, 4) == 0)
		status = run_with_eal(&run, &opt);
	free(run.seen);
	return status;
}
