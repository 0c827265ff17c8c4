/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Frames of "dpdk-test-msi rxintr" and the detection of wrong bytes in them. */

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "row.h"
#include "rxintr.h"

#define SOME 5000	/* more than three times the number of lengths */
#define ETHER 14
#define IP 20

static const struct rxintr_wire wires[] = {
	{ .to = { 2, 0, 0, 0, 0, 1 }, .from = { 2, 0, 0, 0, 0, 2 } },
	{ .to = { 2, 0, 0, 0, 0, 1 }, .from = { 2, 0, 0, 0, 0, 2 }, .spread = true },
};

static void
lengths_reach_both_ends(void **state)
{
	uint8_t frame[RXINTR_FRAME_MAX];
	bool seen[RXINTR_FRAME_MAX + 1] = { false };
	size_t len, n = 0;
	uint32_t i;

	assert_int_equal(rxintr_frame_build(&wires[0], 0, frame), RXINTR_FRAME_MIN);
	assert_int_equal(rxintr_frame_build(&wires[0], 1, frame), RXINTR_FRAME_MAX);
	for (i = 0; i < SOME; i++) {
		len = rxintr_frame_build(&wires[0], i, frame);
		assert_in_range(len, RXINTR_FRAME_MIN, RXINTR_FRAME_MAX);
		n += !seen[len];
		seen[len] = true;
	}
	assert_int_equal(n, RXINTR_FRAME_MAX - RXINTR_FRAME_MIN + 1);
}

static void
number_comes_back(void **state)
{
	static const uint32_t numbers[] = { 0, 1, 255, 256, 65535, 65536, 0x12345678, UINT32_MAX };
	uint8_t frame[RXINTR_FRAME_MAX];
	uint32_t number;
	size_t w, i, len;

	EACH_ROW(w, wires, "%s", wires[w].spread ? "spread" : "not spread")
		EACH_ROW(i, numbers, "%" PRIu32, numbers[i]) {
			len = rxintr_frame_build(&wires[w], numbers[i], frame);
			assert_true(rxintr_frame_number(&wires[w], frame, len, &number));
			assert_int_equal(number, numbers[i]);
		}
}

static void
frames_of_others_are_not_ours(void **state)
{
	struct rxintr_wire back = wires[0];
	uint8_t frame[RXINTR_FRAME_MAX];
	uint32_t number;
	size_t len = rxintr_frame_build(&wires[0], 7, frame);

	memcpy(back.to, wires[0].from, sizeof(back.to));
	memcpy(back.from, wires[0].to, sizeof(back.from));
	assert_false(rxintr_frame_number(&back, frame, len, &number));
	frame[0] ^= 1;
	assert_false(rxintr_frame_number(&wires[0], frame, len, &number));
	frame[0] ^= 1;
	frame[11] ^= 1;
	assert_false(rxintr_frame_number(&wires[0], frame, len, &number));
	frame[11] ^= 1;
	assert_false(rxintr_frame_number(&wires[0], frame, ETHER + 3, &number));
	assert_true(rxintr_frame_number(&wires[0], frame, ETHER + 4, &number));
	assert_false(rxintr_frame_number(&wires[1], frame, ETHER + IP + 3, &number));
}

/* The sum of a valid IPv4 header, including its checksum, is 0xffff (RFC 1071). */
static uint32_t
ip_sum(const uint8_t *ip)
{
	uint32_t sum = 0;
	int i;

	for (i = 0; i < IP; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	return (sum & 0xffff) + (sum >> 16);
}

static void
ip_headers_are_good_and_differ(void **state)
{
	uint8_t frame[RXINTR_FRAME_MAX], before[4] = { 0 };
	const uint8_t *ip = frame + ETHER;
	uint32_t i;

	for (i = 0; i < SOME; i++) {
		size_t len = rxintr_frame_build(&wires[1], i, frame);

		assert_int_equal(frame[12] << 8 | frame[13], 0x0800);
		assert_int_equal(ip[0], 0x45);
		assert_int_equal(ip[2] << 8 | ip[3], len - ETHER);
		assert_int_equal(ip_sum(ip), 0xffff);
		assert_memory_not_equal(ip + 12, before, sizeof(before));
		memcpy(before, ip + 12, sizeof(before));
	}
}

static void
right_bytes_are_right(void **state)
{
	uint8_t frame[RXINTR_FRAME_MAX];
	size_t w, len, at;
	uint32_t i;

	for (w = 0; w < 2; w++)
		for (i = 0; i < SOME; i++) {
			len = rxintr_frame_build(&wires[w], i, frame);
			assert_int_equal(rxintr_frame_compare(&wires[w], i, frame, len, &at), 0);
		}
}

static void
every_wrong_byte_is_found(void **state)
{
	uint8_t frame[RXINTR_FRAME_MAX];
	size_t len = rxintr_frame_build(&wires[0], 1, frame), i, at;

	for (i = 0; i < len; i++) {
		frame[i] ^= 0x80;
		assert_int_equal(rxintr_frame_compare(&wires[0], 1, frame, len, &at), 1);
		assert_int_equal(at, i);
		frame[i] ^= 0x80;
	}
	frame[100] ^= 1;
	frame[200] ^= 1;
	assert_int_equal(rxintr_frame_compare(&wires[0], 1, frame, len, &at), 2);
	assert_int_equal(at, 100);
}

static void
missing_and_surplus_bytes_count(void **state)
{
	uint8_t frame[RXINTR_FRAME_MAX + 8] = { 0 };
	size_t len = rxintr_frame_build(&wires[0], 2, frame), at;

	assert_int_equal(rxintr_frame_compare(&wires[0], 2, frame, len - 3, &at), 3);
	assert_int_equal(at, len - 3);
	assert_int_equal(rxintr_frame_compare(&wires[0], 2, frame, len + 4, &at), 4);
	assert_int_equal(at, len);
	assert_int_equal(rxintr_frame_compare(&wires[0], 2, frame, 0, &at), len);
	assert_int_equal(at, 0);
}

/* The bytes of an old frame must not be accepted as another frame of any length. */
static void
stale_frames_are_wrong(void **state)
{
	uint8_t old[RXINTR_FRAME_MAX], frame[RXINTR_FRAME_MAX];
	size_t len, at;
	uint32_t i;

	rxintr_frame_build(&wires[0], 1, old);
	for (i = 2; i < SOME; i++) {
		len = rxintr_frame_build(&wires[0], i, frame);
		assert_true(rxintr_frame_compare(&wires[0], i, old, len, &at) >
			(len - ETHER) * 8 / 10);
	}
}

/* Few bytes of a frame are zero, so that zeros that DMA did not overwrite are detected. */
static void
few_bytes_are_zero(void **state)
{
	uint8_t frame[RXINTR_FRAME_MAX];
	size_t len = rxintr_frame_build(&wires[0], 1, frame), i, zeros = 0;

	for (i = ETHER + 4; i < len; i++)
		zeros += frame[i] == 0;
	assert_in_range(zeros, 0, len / 64);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths_reach_both_ends),
		cmocka_unit_test(number_comes_back),
		cmocka_unit_test(frames_of_others_are_not_ours),
		cmocka_unit_test(ip_headers_are_good_and_differ),
		cmocka_unit_test(right_bytes_are_right),
		cmocka_unit_test(every_wrong_byte_is_found),
		cmocka_unit_test(missing_and_surplus_bytes_count),
		cmocka_unit_test(stale_frames_are_wrong),
		cmocka_unit_test(few_bytes_are_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
