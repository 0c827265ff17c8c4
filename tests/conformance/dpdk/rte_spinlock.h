/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* In place of DPDK's, for tests without DPDK. A lock of which a test sees whether it is held; with one thread. */

#ifndef FAKE_RTE_SPINLOCK_H
#define FAKE_RTE_SPINLOCK_H

typedef struct {
	int locked;
} rte_spinlock_t;

#define RTE_SPINLOCK_INITIALIZER { 0 }

static inline void
rte_spinlock_lock(rte_spinlock_t *lock)
{
	lock->locked++;
}

static inline int
rte_spinlock_trylock(rte_spinlock_t *lock)
{
	if (lock->locked != 0)
		return 0;
	lock->locked = 1;
	return 1;
}

static inline void
rte_spinlock_unlock(rte_spinlock_t *lock)
{
	lock->locked--;
}

#endif /* FAKE_RTE_SPINLOCK_H */
