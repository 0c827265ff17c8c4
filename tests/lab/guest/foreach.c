/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * vfio-msi-foreach EAL_ARG... -- STRING...: look for devices by each STRING, as an
 * application does with RTE_DEV_FOREACH.
 *
 * A section for each, named by its number from 0: the devices, and rte_errno in the
 * end. What the bus logs of it stands there too.
 */

#include <stdio.h>

#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>

int
main(int argc, char *argv[])
{
	int i, used = rte_eal_init(argc, argv);

	if (used < 0)
		return 1;
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = used + 1; i < argc; i++) {
		struct rte_dev_iterator it;
		struct rte_device *dev;

		rte_errno = 0;
		printf("@@ %d\n", i - used - 1);
		RTE_DEV_FOREACH(dev, argv[i], &it)
			printf("device %s\n", rte_dev_name(dev));
		printf("error %d\n", rte_errno);
	}
	return rte_eal_cleanup() < 0 ? 1 : 0;
}
