/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * A copy of a PCI function's configuration space, decoded: BARs, windows of bridges,
 * capabilities, MSI and MSI-X.
 *
 * No I/O: who has the bytes hands them in. They come from a device, so that nothing
 * in them is trusted: lists of capabilities may lead anywhere. Thread safe (no state).
 */

#ifndef PCI_CONFIG_H
#define PCI_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Bytes of the header, which anybody may read. */
#define PCI_CONFIG_HEADER 64

/** Bytes of the header and the capabilities. */
#define PCI_CONFIG_LEN 256

/** BARs of a function, at most. */
#define PCI_CONFIG_BARS 6

/** What stands for "no such address": it is no multiple of any BAR's size. */
#define PCI_CONFIG_NONE UINT64_MAX

/** A function's MSI-X capability. */
struct pci_config_msix {
	bool enabled;
	bool masked;		/**< all vectors are */
	unsigned int bar;	/**< where the table is; 6 and 7 are no BARs */
	uint32_t offset;	/**< of the table in its BAR */
	unsigned int vectors;	/**< 1 to 2048 */
};

/** A function's MSI capability. */
struct pci_config_msi {
	bool enabled;
	uint64_t address;	/**< where messages are written to */
};

/** Two and four bytes, little-endian as all of configuration space. */
uint16_t pci_config_u16(const uint8_t *p);
uint32_t pci_config_u32(const uint8_t *p);

/**
 * Was there a device to answer?
 *
 * @param config  PCI_CONFIG_HEADER bytes
 */
bool pci_config_answers(const uint8_t *config);

/**
 * Addresses of memory BARs on the bus, a BAR of 64 bits by its first number.
 *
 * @param config  PCI_CONFIG_HEADER bytes
 * @param at      PCI_CONFIG_BARS addresses; PCI_CONFIG_NONE where there is no memory
 *   BAR, or none that is set
 */
void pci_config_bars(const uint8_t *config, uint64_t *at);

/**
 * The memory window of a PCI-to-PCI bridge.
 *
 * @param config    PCI_CONFIG_HEADER bytes
 * @param prefetch  the prefetchable window, or the other one
 * @return false: it is no bridge, or the window is closed
 */
bool pci_config_window(const uint8_t *config, bool prefetch, uint64_t *first, uint64_t *last);

/**
 * Next capability of this kind.
 *
 * @param config  @p len bytes
 * @param len     PCI_CONFIG_HEADER at least
 * @param id      PCI_CAP_ID_*
 * @param after   offset of the one before, 0 for the first
 * @return its offset, with at least 2 bytes behind it; 0 if there is none
 */
size_t pci_config_cap(const uint8_t *config, size_t len, uint8_t id, size_t after);

/** MSI-X. @return 0; -ENODATA without it, or where @p len cuts it off. */
int pci_config_msix(const uint8_t *config, size_t len, struct pci_config_msix *out);

/** MSI. @return 0; -ENODATA without it, or where @p len cuts it off. */
int pci_config_msi(const uint8_t *config, size_t len, struct pci_config_msi *out);

#ifdef __cplusplus
}
#endif

#endif /* PCI_CONFIG_H */
