/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * vfio-msi-foreach EAL_ARG... -- STRING...: look for devices by each STRING that begins with
 * "bus=", with RTE_DEV_FOREACH, and for ports by each other STRING, with
 * RTE_ETH_FOREACH_MATCHING_DEV. If it begins with "+", attach it to the pci bus before.
 *
 * Print facts of each STRING, numbered from 0: the devices and the final rte_errno, or the
 * result of the attach and the ports. The log of each is in /tmp/foreach.NUMBER.
 */

#include <stdio.h>
#include <string.h>

#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_log.h>

static void
print_devices(int number, const char *text)
{
	struct rte_dev_iterator it;
	struct rte_device *dev;

	rte_errno = 0;
	printf("{\"fact\": \"devices_%d\", \"value\": \"", number);
	RTE_DEV_FOREACH(dev, text, &it)
		printf("%s ", rte_dev_name(dev));
	printf("\"}\n{\"fact\": \"error_%d\", \"value\": %d}\n", number, rte_errno);
}

static void
print_ports(int number, const char *text)
{
	char name[RTE_ETH_NAME_MAX_LEN];
	struct rte_dev_iterator it;
	uint16_t port;

	if (*text == '+')
		printf("{\"fact\": \"attached_%d\", \"value\": %d}\n", number,
			rte_eal_hotplug_add("pci", ++text, ""));
	printf("{\"fact\": \"ports_%d\", \"value\": \"", number);
	RTE_ETH_FOREACH_MATCHING_DEV(port, text, &it)
		if (rte_eth_dev_get_name_by_port(port, name) == 0)
			printf("%s ", name);
	printf("\"}\n");
}

int
main(int argc, char *argv[])
{
	int i, used = rte_eal_init(argc, argv);

	if (used < 0)
		return 1;
	for (i = used + 1; i < argc; i++) {
		int number = i - used - 1;
		char path[32];
		FILE *log;

		snprintf(path, sizeof(path), "/tmp/foreach.%d", number);
		log = fopen(path, "w");
		if (log == NULL)
			return 1;
		rte_openlog_stream(log);
		if (strncmp(argv[i], "bus=", 4) == 0)
			print_devices(number, argv[i]);
		else
			print_ports(number, argv[i]);
		rte_openlog_stream(NULL);
		fclose(log);
	}
	return rte_eal_cleanup() < 0 ? 1 : 0;
}
