/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>
#include <rte_eal.h>
#include <rte_errno.h>

#include "eal/eal_iommu_api.h"
#include "own_memory_space.h"

__thread int rte_errno;
enum rte_proc_type_t fake_process_type;

struct ioas *own_ioas;
unsigned int own_n_lost;
int own_lost_ret;
unsigned int own_n_met;
struct ioas_mapping own_met;
int own_met_ret;
struct iova_conflict own_met_why;
void (*own_restore)(void);

static void
lost(const struct ioas_mapping *m, int ret, const struct iova_conflict *why)
{
	own_n_lost++;
	own_lost_ret = ret;
}

static void
met(const struct ioas_mapping *m, int ret, const struct iova_conflict *why)
{
	own_n_met++;
	own_met = *m;
	own_met_ret = ret;
	own_met_why = *why;
}

static void
restore(void)
{
	if (own_restore != NULL)
		own_restore();
}

static const struct own_memory_calls calls = { .lost = lost, .met = met, .restore = restore };

void
own_space_up(void)
{
	own_ioas = open_space();
	attach_group(own_ioas, 7);
	own_memory_up(own_ioas, layout, PAGE, &calls);
}

static void
unmap_all(void)
{
	ioas_unmap_all(own_ioas);
}

void
own_space_down(void)
{
	own_memory_down(unmap_all);
	ioas_close(own_ioas);
	own_ioas = NULL;
}

void
own_space_restart(unsigned int rounds)
{
	unsigned int i;

	for (i = 0; i < rounds; i++) {
		own_space_down();
		own_space_up();
		usleep(100);
	}
}

int
own_space_setup(void **state)
{
	if (machine_setup(state) < 0)
		return -1;
	add_group(7)->aperture = RANGE(0, OWN_SPACE_LIMIT);
	own_n_lost = 0;
	own_n_met = 0;
	own_restore = NULL;
	own_space_up();
	return 0;
}

int
own_space_setup_api(void **state)
{
	if (own_space_setup(state) < 0)
		return -1;
	obey(own_ioas, "0000:01:00.0");
	return eal_iommu_api_set(&own_memory_api, sizeof(own_memory_api));
}

int
own_space_teardown(void **state)
{
	if (own_ioas != NULL)
		own_space_down();
	own_memory_forget();
	fake_process_type = RTE_PROC_PRIMARY;
	return machine_teardown(state);
}
