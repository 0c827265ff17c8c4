/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vfio_msi_values.h"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Decimal digits only. */
static int
parse_decimal(const char *value, unsigned long last, unsigned long *out)
{
	char *end;

	if (!is_digit(value[0]))
		return -EINVAL;
	errno = 0;
	*out = strtoul(value, &end, 10);
	return errno != 0 || *end != '\0' || *out > last ? -EINVAL : 0;
}

int
vfio_msi_value_fd(const char *value, int *out)
{
	unsigned long fd;
	int ret = parse_decimal(value, INT_MAX, &fd);

	if (ret == 0)
		*out = (int)fd;
	return ret;
}

int
vfio_msi_value_range(const char *value, struct iova_range *out)
{
	struct iova_range range;
	char *end;

	if (!is_digit(value[0]))
		return -EINVAL;
	errno = 0;
	range.first = strtoull(value, &end, 0);
	if (errno != 0 || *end != '-' || !is_digit(end[1]))
		return -EINVAL;
	range.last = strtoull(end + 1, &end, 0);
	if (errno != 0 || *end != '\0' || !iova_range_valid(range))
		return -EINVAL;
	*out = range;
	return 0;
}

int
vfio_msi_value_bits(const char *value, unsigned int *out)
{
	unsigned long bits;
	int ret = parse_decimal(value, VFIO_MSI_BITS_MAX, &bits);

	if (ret < 0 || bits < VFIO_MSI_BITS_MIN)
		return -EINVAL;
	*out = (unsigned int)bits;
	return 0;
}

uint64_t
vfio_msi_bits_last(unsigned int bits)
{
	return bits == 0 || bits >= VFIO_MSI_BITS_MAX ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
}

bool
vfio_msi_bits_hole(unsigned int bits, struct iova_hole *out)
{
	const uint64_t last = vfio_msi_bits_last(bits);

	if (last == UINT64_MAX)
		return false;
	*out = (struct iova_hole) {
		.range = { last + 1, UINT64_MAX },
		.origin = IOVA_ORIGIN_USER,
		.hardness = IOVA_HARD,
	};
	snprintf(out->detail, sizeof(out->detail), "dma_bits=%u", bits);
	return true;
}

int
vfio_msi_bits_fit(unsigned int bits, const char *driver, const struct iova_range *ranges, size_t n,
		char *why, size_t size)
{
	const uint64_t last = vfio_msi_bits_last(bits);
	struct iova_range hull;

	if (n == 0)
		return 0;
	hull = iova_range_hull(ranges, n);
	if (hull.first <= last)
		return 0;
	if (driver != NULL)
		snprintf(why, size, "driver %s drives %u address bits, 0x0-0x%" PRIx64
			", but the IOMMU of the device translates only addresses in 0x%" PRIx64
			"-0x%" PRIx64 "; the device can't be used here with so few address bits",
			driver, bits, last, hull.first, hull.last);
	else
		snprintf(why, size, "dma_bits=%u allows 0x0-0x%" PRIx64
			", but the IOMMU of the device translates only addresses in 0x%" PRIx64
			"-0x%" PRIx64 "; the device can't be used here with so few address bits",
			bits, last, hull.first, hull.last);
	return -ERANGE;
}

unsigned int
vfio_msi_values_count(const char *args)
{
	unsigned int n = 0;
	bool list = false, any = false;

	for (; *args != '\0'; args++) {
		if (*args == '[')
			list = true;
		else if (*args == ']')
			list = false;
		if (*args == ',' && !list) {
			n += any;
			any = false;
		} else {
			any = true;
		}
	}
	return n + any;
}
