/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Findings about the machine and the user. A cure never does harm: it takes nothing away
 * that the machine may use, and reserves no memory that it needs.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "doctor.h"

#define KERNEL_TRIED 6001
#define VA_BITS 47		/* of a process on most machines */
#define MEMLOCK_LEAST (UINT64_C(64) << 20)	/* less than EAL and one small port need */

/* The user accepts that the devices have no IOMMU. */
static bool
without_iommu(const struct doctor_facts *f)
{
	size_t i;

	for (i = 0; i < f->n && f->v[i].used && doctor_is_noiommu(&f->v[i]); i++)
		;
	return f->n > 0 && i == f->n;
}

/* Whether the kernel has the mode that remains without an IOMMU. */
static const char *
noiommu_text(const struct doctor_vfio *v)
{
	if (v->noiommu_lacking)
		return "; this kernel lacks VFIO's no-IOMMU mode (CONFIG_VFIO_NOIOMMU)";
	return v->noiommu != DOCTOR_UNKNOWN ? "; this kernel has VFIO's no-IOMMU mode" : "";
}

static void
judge_iommu(const struct doctor_facts *f, struct doctor_findings *out)
{
	const struct doctor_machine *m = &f->machine;
	char text[PLAN_OFF];
	const char *cure;

	if (m->iommu != DOCTOR_NO || without_iommu(f))
		return;
	if (plan_off_cure(&m->off, text, sizeof(text))) {
		cure = strstr(text, "; ") + strlen("; ");
		doctor_add(out, DOCTOR_IOMMU_OFF, NULL,
			"the kernel shows no IOMMU and no IOMMU group: %.*s",
			(int)(cure - text - strlen("; ")), text);
		doctor_cure(out, "%s%s%s", doctor_on_host(f), cure, m->off.why == TOPO_OFF_GUEST ? noiommu_text(&f->vfio) : "");
		return;
	}
	doctor_add(out, DOCTOR_IOMMU_OFF, NULL, "the kernel shows no IOMMU and no IOMMU group");
	if (m->off_word)
		doctor_cure(out, "%sthe kernel's command line has iommu=off: remove this word, and reboot",
			doctor_on_host(f));
	else if (m->arch == TOPO_ARCH_X86)
		doctor_cure(out, "%sswitch the IOMMU on in the firmware (VT-d, AMD-Vi) and, for Intel, on the kernel's command line with intel_iommu=on, and reboot; in a guest, give it an IOMMU on the host",
			doctor_on_host(f));
	else if (m->arch == TOPO_ARCH_ARM)
		doctor_cure(out, "%sswitch the SMMU on in the firmware; a machine without one has only the no-IOMMU mode, in which a device can write to all memory: doc/howto/noiommu.rst%s",
			doctor_on_host(f), noiommu_text(&f->vfio));
	else
		doctor_cure(out, "%sif the machine has an IOMMU, switch it on in the firmware, and reboot", doctor_on_host(f));
}

static void
judge_machine(const struct doctor_facts *f, struct doctor_findings *out)
{
	const struct doctor_machine *m = &f->machine;

	judge_iommu(f, out);
	if (m->version != 0 && m->version < KERNEL_TRIED) {
		doctor_add(out, DOCTOR_KERNEL_OLD, NULL, "Linux %s is older than 6.1", m->kernel);
		doctor_cure(out, "use a later kernel, or test each device with dpdk-test-msi irq and map");
	}
	if (m->acs_override) {
		doctor_add(out, DOCTOR_ACS_OVERRIDE, NULL, "the kernel's command line has pcie_acs_override");
		doctor_cure(out, "%sremove this word and reboot, if you don't trust every device that shares a switch or a card", doctor_on_host(f));
	}
	if (m->iommu_bits != 0 && m->iommu_bits < VA_BITS)
		doctor_add(out, DOCTOR_IOMMU_NARROW, NULL,
			"an IOMMU translates addresses of %u bits only", m->iommu_bits);
	if (m->cpu_bits > VA_BITS + 1 && m->iommu_bits != 0 && m->iommu_bits < m->cpu_bits)
		doctor_add(out, DOCTOR_LA57, NULL,
			"the processor has virtual addresses of %u bits (LA57), an IOMMU of %u bits",
			m->cpu_bits, m->iommu_bits);
	if (m->container[0] != '\0') {
		doctor_add(out, DOCTOR_CONTAINER, NULL, "this is a container (%s)", m->container);
		doctor_cure(out, "run doctor on the host too, as root, before you bind a device to another driver");
	}
	if (m->user_namespace) {
		doctor_add(out, DOCTOR_USER_NAMESPACE, NULL, "this is a user namespace: root here is another user of the machine");
		doctor_cure(out, "raise the limit of locked memory where the container is started, and read the windows of host bridges on the host");
	}
}

/* A device that was opened has shown that the kernel does not mind. */
static bool
some_opened(const struct doctor_facts *f)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (f->v[i].trial.came >= DOCTOR_CAME_SET_UP)
			return true;
	return false;
}

/* With an unsafe parameter the finding is the parameter. */
static void
judge_remapping(const struct doctor_facts *f, struct doctor_findings *out)
{
	const struct doctor_machine *m = &f->machine;

	if (m->remap != DOCTOR_NO || f->vfio.unsafe_type1 == DOCTOR_YES ||
			f->vfio.unsafe_iommufd == DOCTOR_YES || some_opened(f))
		return;
	if (m->remap_word[0] != '\0') {
		doctor_add(out, DOCTOR_INTERRUPTS_UNISOLATED, NULL,
			"interrupts are not remapped: the kernel's command line has %s", m->remap_word);
		doctor_cure(out, "%sremove this word, and reboot", doctor_on_host(f));
		return;
	}
	doctor_add(out, DOCTOR_INTERRUPTS_UNISOLATED, NULL, "interrupts are not remapped: %s",
		m->remap_why[0] != '\0' ? m->remap_why : "/proc/interrupts has none that is");
	if (m->remap_foreign)
		doctor_cure(out, "%sgive this guest, on its host, an IOMMU that remaps interrupts (QEMU: -machine kernel-irqchip=split -device intel-iommu,intremap=on); only if every program that gets a device may raise every interrupt, add vfio_iommu_type1.allow_unsafe_interrupts=1 iommufd.allow_unsafe_interrupts=1 to the kernel command line, and reboot", doctor_on_host(f));
	else
		doctor_cure(out, "%sswitch interrupt remapping or x2APIC on in the firmware, or update the firmware, and see: dmesg | grep -i remap; in a guest, switch it on on the host (QEMU: -device intel-iommu,intremap=on); only if every program that gets a device may raise every interrupt, add vfio_iommu_type1.allow_unsafe_interrupts=1 iommufd.allow_unsafe_interrupts=1 to the kernel command line, and reboot", doctor_on_host(f));
}

/* The parameter that allows unsafe interrupts. */
static void
judge_unsafe(const struct doctor_facts *f, enum doctor_known set, const char *module, struct doctor_findings *out)
{
	if (set != DOCTOR_YES)
		return;
	doctor_add(out, DOCTOR_UNSAFE_INTERRUPTS, NULL, "%s.allow_unsafe_interrupts is set", module);
	doctor_cure(out, "%sif every device comes up without it, remove it from /etc/modprobe.d and from the kernel's command line", doctor_on_host(f));
}

static void
judge_vfio(const struct doctor_facts *f, struct doctor_findings *out)
{
	const struct doctor_vfio *v = &f->vfio;

	if (v->compat == DOCTOR_YES)
		doctor_add(out, DOCTOR_VFIO_COMPAT, NULL, "/dev/vfio/vfio is an iommufd");
	if (v->noiommu == DOCTOR_YES && !without_iommu(f)) {
		doctor_add(out, DOCTOR_NOIOMMU_MODE, NULL, "VFIO's no-IOMMU mode is on");
		doctor_cure(out, "%sif no application uses a device with backend=noiommu: echo N > /sys/module/vfio/parameters/enable_unsafe_noiommu_mode", doctor_on_host(f));
	}
	judge_unsafe(f, v->unsafe_type1, "vfio_iommu_type1", out);
	judge_unsafe(f, v->unsafe_iommufd, "iommufd", out);
}

/* Where the limit of locked memory is set. */
static void
cure_memlock(const struct doctor_facts *f, uint64_t total, struct doctor_findings *out)
{
	const struct doctor_user *u = &f->user;
	const uint64_t kib = (total > MEMLOCK_LEAST ? total : 2 * MEMLOCK_LEAST) >> 10;

	if (u->unit[0] != '\0')
		doctor_cure(out, "systemctl edit %s, add the lines [Service] and LimitMEMLOCK=%" PRIu64 "K, and restart the unit when its interruption is acceptable",
			u->unit, kib);
	else if (f->machine.container[0] != '\0')
		doctor_cure(out, "start the container with a higher limit: docker run --ulimit memlock=%" PRIu64 ", or for Kubernetes LimitMEMLOCK= in the unit of containerd, or default_ulimits of CRI-O (doc/howto/kubernetes.rst)",
			kib << 10);
	else
		doctor_cure(out, "ulimit -S -l %" PRIu64 ", which lasts as long as this shell; if the hard limit is lower, root sets memlock for the user in /etc/security/limits.conf, for the next login",
			kib);
}

static void
judge_memlock(const struct doctor_facts *f, struct doctor_findings *out)
{
	const struct doctor_user *u = &f->user;
	uint64_t total = 0;
	char whose[sizeof(u->unit) + 16] = "this shell";
	size_t i;

	if (u->locks_all || !u->memlock_known)
		return;
	if (u->unit[0] != '\0')
		snprintf(whose, sizeof(whose), "the unit %s", u->unit);
	for (i = 0; i < f->memory.n_nodes; i++)
		total += f->memory.nodes[i].total;
	if (u->maps > 0 && u->memlock < u->maps)
		doctor_add(out, DOCTOR_MEMLOCK_SMALL, NULL,
			"processes of %s may lock %" PRIu64 " KiB of memory only, and the application uses %" PRIu64 " MiB of hugepages",
			whose, u->memlock >> 10, u->maps >> 20);
	else if (u->maps > 0)
		return;
	else if (u->memlock < MEMLOCK_LEAST)
		doctor_add(out, DOCTOR_MEMLOCK_SMALL, NULL,
			"processes of %s may lock %" PRIu64 " KiB of memory only", whose,
			u->memlock >> 10);
	else if (u->memlock < total)
		doctor_add(out, DOCTOR_MEMLOCK_SHORT, NULL,
			"processes of %s may lock %" PRIu64 " MiB of memory, and there are %" PRIu64 " MiB of hugepages",
			whose, u->memlock >> 20, total >> 20);
	else
		return;
	cure_memlock(f, u->maps > 0 ? u->maps : total, out);
}

void
doctor_judge(const struct doctor_facts *facts, struct doctor_findings *out)
{
	judge_machine(facts, out);
	judge_remapping(facts, out);
	judge_vfio(facts, out);
	doctor_judge_vfio(facts, out);
	doctor_judge_memory(facts, out);
	doctor_judge_unit(facts, out);
	judge_memlock(facts, out);
	doctor_judge_dpdk(&facts->dpdk, out);
	doctor_judge_devices(facts, out);
	doctor_sort(out);
}
