/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "uapi/vfio_uapi.h"
#include "vectors/vectors_request.h"

#define PAUSE_NS 25000000

void
vectors_pause(void)
{
	static const struct timespec pause = { .tv_nsec = PAUSE_NS };

	nanosleep(&pause, NULL);
}

int
vectors_request(int device, unsigned int index, const int *fds, unsigned int n,
		unsigned int tries)
{
	int ret;

	for (;;) {
		ret = vfio_uapi_set_irqs(device, index, 0, fds, n);
		if (ret == 0)
			return (int)n;
		if (ret < 0 && ret != -ENOSPC)
			return ret;
		if (tries > 1) {
			tries--;
			vectors_pause();
			continue;
		}
		/* n becomes lower each time. */
		if (ret < 1 || (unsigned int)ret >= n)
			return -ENOSPC;
		n = (unsigned int)ret;
	}
}

unsigned int
vectors_available(int device, unsigned int index, unsigned int n, unsigned int tries)
{
	int *fds = malloc(n * sizeof(*fds));
	int ret;

	if (fds == NULL)
		return n;
	memset(fds, -1, n * sizeof(*fds));
	ret = vectors_request(device, index, fds, n, tries);
	free(fds);
	if (ret <= 0)
		return n;
	(void)vfio_uapi_set_irqs(device, index, 0, NULL, 0);
	return (unsigned int)ret;
}
