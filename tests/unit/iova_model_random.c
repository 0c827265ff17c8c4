/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Random numbers with a seed, in place of those of another source. */

#include "iova_model.h"

static uint64_t rng_state;

void
model_random_seed(uint64_t seed)
{
	rng_state = seed;
}

/* splitmix64 */
uint64_t
model_random(uint64_t below)
{
	uint64_t z = (rng_state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (z ^ (z >> 31)) % below;
}
