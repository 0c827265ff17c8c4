/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * vfio-msi-foreach EAL_ARG... -- STRING...: look for devices by each STRING, as an
 * application does with RTE_DEV_FOREACH.
 *
 * Prints facts of each, named by its number from 0: the devices, and rte_errno at the end.
 * What is logged of it goes to /tmp/foreach.NUMBER.
 */

#include <stdio.h>

#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>

int
main(int argc, char *argv[])
{
	int i, used = rte_eal_init(argc, argv);

	if (used < 0)
		return 1;
	for (i = used + 1; i < argc; i++) {
		int number = i - used - 1;
		struct rte_dev_iterator it;
		struct rte_device *dev;
		char path[32];
		FILE *log;

		snprintf(path, sizeof(path), "/tmp/foreach.%d", number);
		log = fopen(path, "w");
		if (log == NULL)
			return 1;
		rte_openlog_stream(log);
		rte_errno = 0;
		printf("{\"fact\": \"devices_%d\", \"value\": \"", number);
		RTE_DEV_FOREACH(dev, argv[i], &it)
			printf("%s ", rte_dev_name(dev));
		printf("\"}\n{\"fact\": \"error_%d\", \"value\": %d}\n", number, rte_errno);
		rte_openlog_stream(NULL);
		fclose(log);
	}
	return rte_eal_cleanup() < 0 ? 1 : 0;
}
