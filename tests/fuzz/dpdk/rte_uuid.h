/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* In place of DPDK's, for the parser of device arguments without DPDK. */

#ifndef FUZZ_RTE_UUID_H
#define FUZZ_RTE_UUID_H

#include <stddef.h>

#define RTE_UUID_STRLEN 37

typedef unsigned char rte_uuid_t[16];

int rte_uuid_parse(const char *in, rte_uuid_t uu);
void rte_uuid_unparse(const rte_uuid_t uu, char *out, size_t len);

#endif /* FUZZ_RTE_UUID_H */
