/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * A frame that "rxintr" receives: anybody on the wire may have sent it. The first byte says whether
 * the frames have IPv4 headers; the frame follows.
 */

#include "fuzz.h"
#include "rxintr.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rxintr_wire wire = { .to = { 2, 0, 0, 0, 0, 1 }, .from = { 2, 0, 0, 0, 0, 2 } };
	uint8_t right[RXINTR_FRAME_MAX], *frame;
	uint32_t number, again;
	size_t len, wrong, at;

	if (size < 1)
		return 0;
	wire.spread = data[0] % 2 != 0;
	size--;
	frame = fuzz_copy(data + 1, size);
	if (rxintr_frame_number(&wire, frame, size, &number)) {
		wrong = rxintr_frame_compare(&wire, number, frame, size, &at);
		len = rxintr_frame_build(&wire, number, right);
		FUZZ_CHECK(len >= RXINTR_FRAME_MIN && len <= RXINTR_FRAME_MAX);
		FUZZ_CHECK(at <= size && at <= len && wrong <= (size > len ? size : len));
		FUZZ_CHECK((wrong == 0) == (size == len && memcmp(frame, right, len) == 0));
		FUZZ_CHECK(rxintr_frame_number(&wire, right, len, &again) && again == number);
	}
	free(frame);
	return 0;
}
