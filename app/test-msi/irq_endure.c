/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Many interrupts. In step: all vectors at once, and the next ones when each of them was
 * counted, so no count may be short. A storm: without waiting, so signals come together, and
 * the sum of what was read from the eventfds must be right.
 *
 * A device can't be counted like that in a storm: messages that meet in the interrupt
 * controller become one. So its storm is compared with the kernel's own counters.
 *
 * During the storms an alarm runs again and again. EAL's interrupt thread calls it, as it
 * does the callbacks of the vectors, so a delay shows that they starve others.
 */

#include <errno.h>
#include <string.h>

#include <rte_alarm.h>
#include <rte_cycles.h>

#include "irq.h"
#include "tool_progress.h"

#define ALARM_US 10000
#define IDLE_MS 300
#define STORM_MS 200
#define SETTLE_MS 2000
#define STEP_US 1000
#define COUNTERS_MS 50

/* EAL's interrupt thread writes it; main reads it once the alarm is cancelled. */
struct alarm {
	uint64_t due;		/* cycles */
	unsigned int n;
	uint64_t late_us;
};

static void
on_alarm(void *arg)
{
	struct alarm *alarm = arg;
	uint64_t now = rte_get_timer_cycles();
	uint64_t late = now > alarm->due ? (now - alarm->due) * 1000000 / rte_get_timer_hz() : 0;

	alarm->n++;
	if (late > alarm->late_us)
		alarm->late_us = late;
	alarm->due = now + ALARM_US * rte_get_timer_hz() / 1000000;
	rte_eal_alarm_set(ALARM_US, on_alarm, alarm);
}

static int
alarm_start(struct alarm *alarm)
{
	*alarm = (struct alarm) {
		.due = rte_get_timer_cycles() + ALARM_US * rte_get_timer_hz() / 1000000 };
	return rte_eal_alarm_set(ALARM_US, on_alarm, alarm);
}

static int
device_step(const struct irq_raiser *raiser, struct irq_vectors *vs, struct irq_count *count)
{
	int ret = irq_raise_all(raiser, vs);

	if (ret == 0)
		irq_vectors_await_first(vs, irq_raiser_vectors(raiser, vs), count);
	return ret == 0 && count->arrived == count->raised ? irq_calm_all(raiser, vs) : ret;
}

static int
loopback_step(struct irq_vectors *vs, struct irq_count *count)
{
	int ret = irq_vectors_signal(vs);

	if (ret == 0)
		irq_vectors_await_first(vs, vs->n, count);
	return ret;
}

static int
report(const struct irq_vectors *vs, int ret)
{
	if (ret < 0)
		tool_error(vs->dev->name, "%s: vectors can't be raised: %s",
			irq_kind_name(vs->kind), strerror(-ret));
	return ret;
}

int
irq_endure_step(const struct irq_raiser *raiser, struct irq_vectors *vs,
		struct irq_endurance *out)
{
	struct irq_count *loopback = &out->loopback, *device = &out->device;
	int ret = 0;

	if (raiser != NULL) {
		/* Frames have changed the causes. An interrupt that the device delayed comes now. */
		ret = irq_raise_prepare(raiser, vs);
		irq_vectors_quiet(vs, device);
	}
	tool_progress_step("%s, in step, loopback", irq_kind_name(vs->kind));
	while (ret == 0 && loopback->raised < out->wanted && loopback->arrived == loopback->raised) {
		ret = loopback_step(vs, loopback);
		tool_progress_count(loopback->raised, out->wanted);
	}
	irq_vectors_quiet(vs, loopback);
	if (ret < 0 || raiser == NULL || loopback->arrived < loopback->raised)
		return report(vs, ret);
	tool_progress_step("%s, in step, device", irq_kind_name(vs->kind));
	while (ret == 0 && device->raised < out->wanted && device->arrived == device->raised) {
		ret = device_step(raiser, vs, device);
		tool_progress_count(device->raised, out->wanted);
	}
	irq_vectors_quiet(vs, device);
	return report(vs, ret);
}

static void
storm_sum(struct irq_vectors *vs, struct irq_storm *storm)
{
	unsigned int i;

	storm->arrived = storm->calls = 0;
	for (i = 0; i < vs->n; i++) {
		storm->arrived += atomic_load(&vs->v[i].count);
		storm->calls += atomic_load(&vs->v[i].calls);
	}
}

/* Wait for what was signalled. */
static void
settle(struct irq_vectors *vs, struct irq_storm *storm)
{
	unsigned int ms, i;

	storm_sum(vs, storm);
	for (ms = 0; ms < SETTLE_MS && storm->arrived < storm->raised; ms++) {
		rte_delay_us_sleep(STEP_US);
		storm_sum(vs, storm);
	}
	/* Nothing may come twice. */
	rte_delay_us_sleep(STEP_US * 10);
	storm_sum(vs, storm);
	for (i = 0; i < vs->n; i++) {
		atomic_store(&vs->v[i].count, 0);
		atomic_store(&vs->v[i].calls, 0);
	}
}

static int
loopback_storm(struct irq_vectors *vs, unsigned int wanted, struct irq_storm *storm)
{
	uint64_t end = rte_get_timer_cycles() + STORM_MS * rte_get_timer_hz() / 1000;
	int ret = 0;

	tool_progress_step("%s, storm, loopback", irq_kind_name(vs->kind));
	/* Long enough for alarms to run. */
	while (ret == 0 && (storm->raised < wanted || rte_get_timer_cycles() < end)) {
		ret = irq_vectors_signal(vs);
		storm->raised += vs->n;
		tool_progress_count(storm->raised, wanted);
	}
	settle(vs, storm);
	return ret;
}

/* Messages may still be on their way: read the kernel's counters until they stand still. */
static int
await_counters(const char *bdf, uint64_t *out)
{
	uint64_t last = 0;
	int ret;

	do {
		ret = irq_held_interrupts(bdf, &last);
		rte_delay_us_sleep(COUNTERS_MS * 1000);
		if (ret == 0)
			ret = irq_held_interrupts(bdf, out);
	} while (ret == 0 && *out != last);
	return ret;
}

static int
device_storm(const struct irq_raiser *raiser, struct irq_vectors *vs, unsigned int wanted,
		struct irq_storm *storm)
{
	unsigned int n = irq_raiser_vectors(raiser, vs), i;
	uint64_t before = 0, after = 0;
	int ret = irq_held_interrupts(vs->dev->topo->bdf, &before);

	tool_progress_step("%s, storm, device", irq_kind_name(vs->kind));
	if (ret == 0)
		ret = irq_raise_prepare(raiser, vs);
	for (i = 0; ret == 0 && i < wanted; i += n) {
		ret = irq_raise_all(raiser, vs);
		if (ret == 0)
			ret = irq_calm_all(raiser, vs);
		tool_progress_count(i + n, wanted);
	}
	if (ret == 0)
		ret = await_counters(vs->dev->topo->bdf, &after);
	if (ret == 0)
		storm->raised = (unsigned int)(after - before);
	settle(vs, storm);
	return ret;
}

int
irq_endure_storm(const struct irq_raiser *raiser, struct irq_vectors *vs,
		struct irq_endurance *out)
{
	struct alarm alarm;
	int ret = alarm_start(&alarm);

	if (ret < 0)
		return report(vs, ret);
	rte_delay_us_sleep(IDLE_MS * 1000);
	rte_eal_alarm_cancel(on_alarm, &alarm);
	out->idle_late_us = alarm.late_us;
	ret = alarm_start(&alarm);
	if (ret == 0)
		ret = loopback_storm(vs, out->wanted, &out->loopback_storm);
	/* The kernel masks INTx at each interrupt, so there is no storm. */
	if (ret == 0 && raiser != NULL && vs->kind != IRQ_INTX)
		ret = device_storm(raiser, vs, out->wanted, &out->device_storm);
	rte_eal_alarm_cancel(on_alarm, &alarm);
	out->alarms = alarm.n;
	out->late_us = alarm.late_us;
	return report(vs, ret);
}
