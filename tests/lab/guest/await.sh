# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The vfio_msi authors
#
# To be sourced: wait for a command to succeed.

# await SECONDS COMMAND...: run the command each $AWAIT_PAUSE seconds until it succeeds; its output is
# dropped. The limit is three times as long, for busy hosts. It is not a measurement.
await()
{
	read -r await_now _ </proc/uptime
	await_end=$((${await_now%.*} + $1 * 3))
	shift
	until "$@" >/dev/null 2>&1; do
		read -r await_now _ </proc/uptime
		[ "${await_now%.*}" -lt $await_end ] || return 1
		sleep "${AWAIT_PAUSE:-0.2}"
	done
}
