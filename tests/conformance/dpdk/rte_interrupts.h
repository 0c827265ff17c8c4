/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* In place of DPDK's. The test implements the functions, except those of a handle's fields. */

#ifndef FAKE_RTE_INTERRUPTS_H
#define FAKE_RTE_INTERRUPTS_H

#include <stdint.h>

#define RTE_INTR_INSTANCE_F_PRIVATE 0

enum rte_intr_handle_type {
	RTE_INTR_HANDLE_UNKNOWN,
	RTE_INTR_HANDLE_VFIO_LEGACY,
	RTE_INTR_HANDLE_VFIO_MSI,
	RTE_INTR_HANDLE_VFIO_MSIX,
	RTE_INTR_HANDLE_VFIO_REQ,
};

struct rte_intr_handle {
	int fd, dev_fd;
	enum rte_intr_handle_type type;
};

typedef void (*rte_intr_callback_fn)(void *cb_arg);

static inline int
rte_intr_fd_get(const struct rte_intr_handle *h)
{
	return h->fd;
}

static inline int
rte_intr_fd_set(struct rte_intr_handle *h, int fd)
{
	h->fd = fd;
	return 0;
}

static inline int
rte_intr_dev_fd_set(struct rte_intr_handle *h, int fd)
{
	h->dev_fd = fd;
	return 0;
}

static inline int
rte_intr_type_set(struct rte_intr_handle *h, enum rte_intr_handle_type type)
{
	h->type = type;
	return 0;
}

static inline int
rte_intr_dev_fd_get(const struct rte_intr_handle *h)
{
	return h->dev_fd;
}

struct rte_intr_handle *rte_intr_instance_alloc(uint32_t flags);
void rte_intr_instance_free(struct rte_intr_handle *h);
enum rte_intr_handle_type rte_intr_type_get(const struct rte_intr_handle *h);
int rte_intr_callback_register(const struct rte_intr_handle *h, rte_intr_callback_fn cb,
		void *arg);
int rte_intr_callback_unregister_sync(const struct rte_intr_handle *h, rte_intr_callback_fn cb,
		void *arg);
int rte_thread_is_intr(void);

#endif /* FAKE_RTE_INTERRUPTS_H */
