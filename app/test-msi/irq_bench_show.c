/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <string.h>

#include "irq_bench.h"
#include "text_picture.h"

const char *
irq_receiver_name(enum irq_receiver receiver)
{
	static const char *const names[] = {
		[IRQ_BUSY] = "busy read", [IRQ_EPOLL] = "epoll",
		[IRQ_EAL] = "EAL, vfio_msi", [IRQ_EAL_PCI] = "EAL, pci bus",
	};

	return names[receiver];
}

const char *
irq_trigger_name(enum irq_trigger trigger)
{
	return trigger == IRQ_BY_KERNEL ? "loopback" : "device";
}

static double
us(uint32_t ns)
{
	return ns / 1000.0;
}

void
irq_bench_print(const struct irq_bench_results *results)
{
	unsigned int r, t;

	printf("Microseconds from the trigger to the code that handles the interrupt, one vector of %s,\n"
		"%zu samples each in %d rounds. On an emulated machine only ratios mean something.\n\n"
		"trigger   receiver          p50      p99    p99.9       max  p50 of rounds        x busy\n",
		irq_kind_name(results->kind), results->v[0][0].n, IRQ_BENCH_ROUNDS);
	for (t = 0; t < results->triggers; t++)
		for (r = 0; r < IRQ_RECEIVERS; r++) {
			const struct irq_stats *s = &results->v[r][t];

			printf("%-8s  %-13s  %7.1f  %7.1f  %7.1f  %8.1f  %7.1f-%-7.1f  %8.2f\n",
				irq_trigger_name(t), irq_receiver_name(r), us(s->p50), us(s->p99),
				us(s->p999), us(s->max), us(s->p50_low), us(s->p50_high),
				(double)s->p50 / (double)(results->v[IRQ_BUSY][t].p50 + 1));
		}
}

static json_t *
bins_json(const struct irq_stats *s)
{
	json_t *list = json_array();
	int bad = 0;
	size_t i;

	for (i = 0; i < IRQ_STATS_BINS; i++)
		if (s->bins[i] > 0)
			bad |= json_array_append_new(list, json_pack("{s:f, s:I}",
				"ns", irq_stats_bin(i), "samples", (json_int_t)s->bins[i]));
	if (bad == 0)
		return list;
	json_decref(list);
	return NULL;
}

static json_t *
latency_json(const struct irq_stats *s, enum irq_receiver receiver, enum irq_trigger trigger)
{
	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}",
		"trigger", irq_trigger_name(trigger), "receiver", irq_receiver_name(receiver),
		"samples", (json_int_t)s->n, "p50_ns", (json_int_t)s->p50,
		"p99_ns", (json_int_t)s->p99, "p999_ns", (json_int_t)s->p999,
		"max_ns", (json_int_t)s->max, "p50_low_ns", (json_int_t)s->p50_low,
		"p50_high_ns", (json_int_t)s->p50_high, "histogram", bins_json(s));
}

void
irq_bench_report(const struct irq_bench_results *results)
{
	json_t *list;
	unsigned int r, t;
	int bad = 0;

	if (!tool_json)
		return;
	list = json_array();
	for (t = 0; t < results->triggers; t++)
		for (r = 0; r < IRQ_RECEIVERS; r++)
			bad |= json_array_append_new(list, latency_json(&results->v[r][t], r, t));
	if (bad != 0) {
		json_decref(list);
		list = NULL;
	}
	/* Without the list there is no object, and no report. */
	tool_report_put("bench", json_pack("{s:s, s:i, s:o}", "kind", irq_kind_name(results->kind),
		"rounds", IRQ_BENCH_ROUNDS, "latencies", list));
}

/* Empty bins have no place on a logarithmic axis. */
static void
line_make(const struct irq_stats *s, enum irq_receiver receiver, struct svg_line_of *out)
{
	size_t i;

	*out = (struct svg_line_of) { .name = irq_receiver_name(receiver) };
	for (i = 0; i < IRQ_STATS_BINS && out->n < SVG_PLOT_POINTS; i++)
		if (s->bins[i] > 0) {
			out->x[out->n] = irq_stats_bin(i) / 1000;
			out->y[out->n++] = (double)s->bins[i];
		}
}

static void
picture_write(FILE *f, const struct irq_bench_results *results, svg_plots_writer *writer)
{
	struct svg_plot plots[IRQ_TRIGGERS] = {
		{ .name = "raised by the kernel (loopback)", .n = IRQ_RECEIVERS },
		{ .name = "raised by the device", .n = IRQ_RECEIVERS },
	};
	char about[1024];
	size_t n = 0;
	unsigned int r, t;

	n += (size_t)snprintf(about, sizeof(about),
		"Histograms with logarithmic axes: number of interrupts by the time from trigger to handling.");
	for (t = 0; t < results->triggers; t++)
		for (r = 0; r < IRQ_RECEIVERS; r++) {
			const struct irq_stats *s = &results->v[r][t];

			line_make(s, r, &plots[t].lines[r]);
			n += (size_t)snprintf(about + n, sizeof(about) - n,
				" %s, %s: median %.1f, 99.9 %% below %.1f microseconds.",
				irq_trigger_name(t), irq_receiver_name(r), us(s->p50), us(s->p999));
		}
	writer(f, "Time from the trigger of an interrupt to its handling", about,
		"microseconds", "interrupts", plots, results->triggers);
}

void
irq_bench_picture(FILE *f, const struct irq_bench_results *results)
{
	picture_write(f, results, svg_plots_write);
}

void
irq_bench_plot(FILE *f, const struct irq_bench_results *results)
{
	picture_write(f, results, text_plots_write);
}
