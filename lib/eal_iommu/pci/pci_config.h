/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Decoder for a copy of a PCI function's config space: BARs, bridge windows,
 * capabilities, MSI and MSI-X.
 *
 * No I/O: the caller passes the bytes. They come from a device, so nothing in them is
 * trusted: a capability list may point anywhere. Thread safe (no state).
 */

#ifndef PCI_CONFIG_H
#define PCI_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Size of the header, which every user may read. */
#define PCI_CONFIG_HEADER 64

/** Size of the header and the capabilities. */
#define PCI_CONFIG_LEN 256

/** Maximum number of BARs of a function. */
#define PCI_CONFIG_BARS 6

/** No address; not a multiple of any BAR's size. */
#define PCI_CONFIG_NONE UINT64_MAX

struct pci_config_msix {
	bool enabled;
	bool masked;		/**< the function masks all vectors */
	unsigned int bar;	/**< BAR of the table; 6 and 7 are not BARs */
	uint32_t offset;	/**< of the table within its BAR */
	unsigned int vectors;	/**< 1 to 2048 */
};

struct pci_config_msi {
	bool enabled;
	uint64_t address;	/**< the address that the device writes messages to */
};

/** Read a little-endian number. */
uint16_t pci_config_u16(const uint8_t *p);
uint32_t pci_config_u32(const uint8_t *p);

/**
 * Did a device answer when the bytes were read?
 *
 * @param config  PCI_CONFIG_HEADER bytes
 */
bool pci_config_answers(const uint8_t *config);

/**
 * Read the bus addresses of memory BARs. A 64-bit BAR has the number of its lower half.
 *
 * @param config  PCI_CONFIG_HEADER bytes
 * @param at      PCI_CONFIG_BARS addresses; PCI_CONFIG_NONE if the BAR is not memory or
 *   not set
 */
void pci_config_bars(const uint8_t *config, uint64_t *at);

/**
 * Read a memory window of a PCI-to-PCI bridge.
 *
 * @param config    PCI_CONFIG_HEADER bytes
 * @param prefetch  the prefetchable window, or the other one
 * @return false if it is no bridge or the window is closed
 */
bool pci_config_window(const uint8_t *config, bool prefetch, uint64_t *first, uint64_t *last);

/**
 * Find the next capability with this ID.
 *
 * @param config  @p len bytes
 * @param len     PCI_CONFIG_HEADER at least
 * @param id      PCI_CAP_ID_*
 * @param after   offset of the previous one, 0 for the first
 * @return its offset, with at least 2 bytes up to @p len; 0 if there is none
 */
size_t pci_config_cap(const uint8_t *config, size_t len, uint8_t id, size_t after);

/** Decode MSI-X. @return 0; -ENODATA if it is absent or does not fit @p len. */
int pci_config_msix(const uint8_t *config, size_t len, struct pci_config_msix *out);

/** Decode MSI. @return 0; -ENODATA if it is absent or does not fit @p len. */
int pci_config_msi(const uint8_t *config, size_t len, struct pci_config_msi *out);

#ifdef __cplusplus
}
#endif

#endif /* PCI_CONFIG_H */
