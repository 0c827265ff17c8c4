/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Numbered frames. The number determines the length and every byte, so a frame can be
 * checked completely, and a stale buffer is detected.
 *
 *   Ethernet, type 0x88b5 (IEEE: local experiments), or IPv4 of protocol 253
 *   (RFC 3692: experiments) from 198.18.x.y (RFC 2544: benchmarks)
 *   number, big endian
 *   bytes that follow from number and position
 */

#include <string.h>

#include "rxintr.h"

#define ETHER_LEN 14
#define IP_LEN 20

static void
put16(uint8_t *out, uint32_t value)
{
	out[0] = (uint8_t)(value >> 8);
	out[1] = (uint8_t)value;
}

static size_t
header_len(const struct rxintr_wire *wire)
{
	return ETHER_LEN + (wire->spread ? IP_LEN : 0);
}

/* Use the extreme lengths first, then others. */
static size_t
frame_len(uint32_t number)
{
	const uint32_t lengths = RXINTR_FRAME_MAX - RXINTR_FRAME_MIN + 1;

	if (number == 1)
		return RXINTR_FRAME_MAX;
	return RXINTR_FRAME_MIN + number % lengths * 397 % lengths;
}

static uint8_t
byte_of(uint32_t number, size_t position)
{
	uint32_t x = number * UINT32_C(0x9e3779b1) + (uint32_t)position * UINT32_C(0x85ebca6b);

	x ^= x >> 15;
	x *= UINT32_C(0x2c1b3c6d);
	return (uint8_t)(x >> 24);
}

static void
put_ip(uint8_t *ip, uint32_t number, size_t len)
{
	static const uint8_t start[IP_LEN] = {
		0x45, 0, 0, 0, 0, 0, 0, 0, 64, 253, 0, 0, 198, 18, 0, 0, 198, 19, 0, 1 };
	uint32_t sum = 0;
	int i;

	memcpy(ip, start, sizeof(start));
	put16(ip + 2, (uint32_t)len);
	put16(ip + 14, number);
	for (i = 0; i < IP_LEN; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	while (sum > 0xffff)
		sum = (sum >> 16) + (sum & 0xffff);
	put16(ip + 10, ~sum);
}

size_t
rxintr_frame_build(const struct rxintr_wire *wire, uint32_t number,
		uint8_t out[RXINTR_FRAME_MAX])
{
	size_t len = frame_len(number), at = header_len(wire);

	memcpy(out, wire->to, sizeof(wire->to));
	memcpy(out + 6, wire->from, sizeof(wire->from));
	put16(out + 12, wire->spread ? 0x0800 : 0x88b5);
	if (wire->spread)
		put_ip(out + ETHER_LEN, number, len - ETHER_LEN);
	put16(out + at, number >> 16);
	put16(out + at + 2, number);
	for (at += 4; at < len; at++)
		out[at] = byte_of(number, at);
	return len;
}

bool
rxintr_frame_number(const struct rxintr_wire *wire, const uint8_t *data, size_t len,
		uint32_t *number)
{
	size_t at = header_len(wire);

	if (len < at + 4 || memcmp(data, wire->to, sizeof(wire->to)) != 0 ||
	    memcmp(data + 6, wire->from, sizeof(wire->from)) != 0)
		return false;
	*number = (uint32_t)data[at] << 24 | (uint32_t)data[at + 1] << 16 |
		(uint32_t)data[at + 2] << 8 | data[at + 3];
	return true;
}

size_t
rxintr_frame_compare(const struct rxintr_wire *wire, uint32_t number,
		const uint8_t *data, size_t len, size_t *at)
{
	uint8_t right[RXINTR_FRAME_MAX];
	size_t right_len = rxintr_frame_build(wire, number, right);
	size_t both = len < right_len ? len : right_len, i;
	size_t wrong = len + right_len - 2 * both;

	*at = both;
	for (i = both; i-- > 0; ) {
		if (data[i] == right[i])
			continue;
		wrong++;
		*at = i;
	}
	return wrong;
}
