/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Config space of a device that tells anything. */

#include <linux/pci_regs.h>

#include "fuzz.h"
#include "irq_where.h"
#include "pci/pci_config.h"

static void
caps(const uint8_t *config, size_t len)
{
	static const uint8_t ids[] = { PCI_CAP_ID_MSI, PCI_CAP_ID_MSIX, PCI_CAP_ID_EXP, 0, 0xff };
	size_t i, at, steps;

	for (i = 0; i < sizeof(ids); i++) {
		at = 0;
		for (steps = 0; (at = pci_config_cap(config, len, ids[i], at)) != 0; steps++) {
			FUZZ_CHECK(at >= PCI_CONFIG_HEADER && at + 2 <= len);
			FUZZ_CHECK(config[at] == ids[i]);
			/* The callers take the first only. */
			if (steps > 64)
				break;
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t at[PCI_CONFIG_BARS], first, last;
	struct pci_config_msix msix;
	struct pci_config_msi msi;
	struct irq_where where;
	uint8_t *config;
	int kind, prefetch;

	if (size < PCI_CONFIG_HEADER || size > 4096)
		return 0;
	config = fuzz_copy(data, size);
	pci_config_answers(config);
	pci_config_bars(config, at);
	for (prefetch = 0; prefetch < 2; prefetch++)
		if (pci_config_window(config, prefetch != 0, &first, &last))
			FUZZ_CHECK(first <= last);
	caps(config, size);
	if (pci_config_msix(config, size, &msix) == 0)
		FUZZ_CHECK(msix.vectors >= 1 && msix.vectors <= 2048 && msix.bar < 8);
	pci_config_msi(config, size, &msi);
	for (kind = 0; kind < IRQ_KINDS; kind++)
		irq_where_config(config, size, kind, &where);
	free(config);
	return 0;
}
