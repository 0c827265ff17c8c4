/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Interrupts of a device: names of handlers, counts, lists of processors. Records with the
 * key "h" are handlers of the next interrupt.
 */

#include "fuzz.h"
#include "fuzz_files.h"
#include "vfio_msi_irqs.h"

#define BDF "0000:01:00.0"
#define DIR "/sys/bus/pci/devices/" BDF "/"
#define IRQS 6

static const struct fuzz_place places[] = {
	{ 'i', false, DIR "irq" }, { 'c', false, "/sys/kernel/irq/40/per_cpu_count" },
	{ 'a', false, "/proc/irq/40/smp_affinity_list" },
};

/* A name is one component of a path. */
static void
handler_make(unsigned int irq, const uint8_t *data, size_t len)
{
	char path[160];
	int n = snprintf(path, sizeof(path), "/proc/irq/%u/", irq);
	size_t i;

	for (i = 0; i < len && i < 64 && data[i] != '\0' && data[i] != '/'; i++)
		path[n++] = (char)data[i];
	path[n] = '\0';
	if (i > 0 && strcmp(strrchr(path, '/'), "/.") != 0 && strcmp(strrchr(path, '/'), "/..") != 0)
		fuzz_text(path, "");
	snprintf(path, sizeof(path), DIR "msi_irqs/%u", irq);
	fuzz_text(path, "msix\n");
}

static void
handlers_make(struct fuzz_in in)
{
	unsigned int irq = 40;
	const uint8_t *data;
	size_t len;
	uint8_t key;

	while (in.left > 0 && irq < 40 + IRQS) {
		key = fuzz_byte(&in);
		len = fuzz_until(&in, FUZZ_RECORD_END, &data);
		if (key == 'h')
			handler_make(irq++, data, len);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = { data, size };
	struct vfio_msi_irq_id *ids;
	char cpus[VFIO_MSI_CPUS_LEN];
	struct vfio_msi_irq *v;
	uint64_t count;
	size_t n, i;

	fuzz_files_reset();
	handlers_make(in);
	fuzz_places_make(&in, places, sizeof(places) / sizeof(*places));
	if (vfio_msi_irqs_read(FUZZ_ROOT, BDF, &v, &n) == 0) {
		for (i = 0; i < n; i++) {
			FUZZ_CHECK(v[i].kind != NULL && (i == 0 || v[i - 1].vector <= v[i].vector));
			FUZZ_CHECK(vfio_msi_irqs_find(FUZZ_ROOT, BDF, v[i].index, v[i].vector) >= 0);
		}
		free(v);
	}
	if (vfio_msi_irqs_ids(FUZZ_ROOT, BDF, &ids, &n) == 0) {
		FUZZ_CHECK(n <= IRQS);
		free(ids);
	}
	vfio_msi_irq_count(FUZZ_ROOT, 40, &count);
	vfio_msi_irq_cpus(FUZZ_ROOT, 40, "smp_affinity_list", cpus);
	FUZZ_CHECK(memchr(cpus, '\0', sizeof(cpus)) != NULL);
	fuzz_files_check();
	return 0;
}
