/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bsd/string.h>

#include "capture.h"
#include "tool_progress.h"
#include "va/va_space.h"

#define MANIFEST_NAME "MANIFEST"
#define EAL_BEGINS (UINT64_C(1) << 32)

/* Explain an unusual answer. A backend that the device does not have is not missing. */
static void
report_answer(struct capture *c, const char *bdf, const struct plan_answer *a)
{
	const char *name = ioas_backend_name(a->backend);

	if (a->opened < 0) {
		if (a->node[0] != '\0')
			capture_miss(c, "%s, %s: %s: %s", bdf, name, a->node, strerror(-a->opened));
		return;
	}
	if (!a->asked)
		capture_miss(c, "%s, %s: the device sleeps and is not woken; name it to ask the kernel about it",
			bdf, name);
	else if (a->surveyed < 0)
		capture_miss(c, "%s, %s: the kernel refuses it: %s", bdf, name,
			strerror(-a->surveyed));
}

/* Ask the kernel about a device with one backend. */
static int
ask(struct capture *c, const struct capture_device *dev, const char *bdf,
		enum ioas_backend backend, struct plan_answers *answers)
{
	struct plan_answer a;
	bool may_wake = dev->named || !topology_sleeps(c->root, &dev->addr);
	int ret;

	tool_progress_step("%s, %s", bdf, ioas_backend_name(backend));
	ret = plan_answer_ask(c->root, &dev->addr, backend, dev->vf_token, may_wake, &a);
	if (ret == -ENOMEM)
		return ret;
	if (ret < 0) {
		capture_miss(c, "%s, %s: %s", bdf, ioas_backend_name(backend), strerror(-ret));
		return 0;
	}
	report_answer(c, bdf, &a);
	ret = plan_answers_add(answers, &a);
	if (ret < 0)
		ioas_info_free(&a.info);
	return ret;
}

static int
ask_device(struct capture *c, const struct capture_device *dev, struct plan_answers *answers)
{
	struct topo_device topo;
	char bdf[TOPO_BDF_LEN];
	enum ioas_backend backend;
	size_t i;
	int ret = topology_read(c->root, &dev->addr, &topo);

	topology_format_bdf(&dev->addr, bdf, sizeof(bdf));
	if (ret < 0) {
		capture_miss(c, "%s: %s", bdf, strerror(-ret));
		return ret == -ENOMEM ? ret : 0;
	}
	if (!topology_is_vfio(&topo)) {
		capture_miss(c, "%s: bind the device to a VFIO driver to ask the kernel about it",
			bdf);
		return 0;
	}
	for (i = 0; ret == 0 && (backend = ioas_backend_at(i)) != IOAS_BACKEND_COUNT; i++)
		if (ioas_backend_traits(backend)->no_translation == topo.group_noiommu)
			ret = ask(c, dev, bdf, backend, answers);
	return ret;
}

static void
machine_here(struct answers_machine *m)
{
	struct va_space space;
	struct utsname name;

	*m = (struct answers_machine){ .root = geteuid() == 0 };
	/* Only the end of this process's address space is useful elsewhere. */
	if (va_space_read("", EAL_BEGINS, &space) == 0) {
		m->user_last = space.top;
		va_space_free(&space);
	}
	if (uname(&name) != 0)
		return;
	strlcpy(m->kernel, name.release, sizeof(m->kernel));
	strlcpy(m->arch, name.machine, sizeof(m->arch));
}

/* Write the list for the person who passes the file on. */
static int
put_manifest(struct capture *c, const struct answers_machine *m, uint64_t page_size)
{
	char *text = NULL;
	size_t len;
	FILE *f;

	if (fflush(c->taken) != 0 || fflush(c->missing) != 0)
		return -ENOMEM;
	f = open_memstream(&text, &len);
	if (f == NULL)
		return -ENOMEM;
	fprintf(f, "Capture of dpdk-test-msi, format %d, for: dpdk-test-msi layout --root\n"
		"Linux %s, %s, pages of %llu bytes, captured %s\n\n"
		"Never in it: serial numbers, MAC addresses, names of hosts, users and network\n"
		"interfaces, the command line except words about IOMMU, PCI, VFIO, memory and\n"
		"hugepages, what the machine uses its disks and networks for.\n\n",
		ANSWERS_FORMAT, m->kernel, m->arch, (unsigned long long)page_size,
		m->root ? "by root" : "not by root");
	fprintf(f, "Missing: %s\n%s\nIn it:\n%s%s\n", c->n_missing > 0 ? "" : "nothing",
		c->missing_text, c->taken_text, MANIFEST_NAME);
	if (fclose(f) != 0)
		return -ENOMEM;
	capture_put(c, "/" MANIFEST_NAME, text, strlen(text));
	free(text);
	return c->error;
}

static int
put_answers(struct capture *c, const struct capture_device *v, size_t n)
{
	struct plan_answers answers = { .page_size = (uint64_t)sysconf(_SC_PAGESIZE) };
	struct answers_machine machine;
	char *text = NULL;
	size_t i;
	int ret = 0;

	machine_here(&machine);
	for (i = 0; ret == 0 && i < n; i++)
		ret = ask_device(c, &v[i], &answers);
	if (ret == 0 && n == 0)
		capture_miss(c, "answers of the kernel: no device is bound to a VFIO driver");
	if (ret == 0) {
		text = answers_print(&machine, &answers);
		ret = text != NULL ? 0 : -ENOMEM;
	}
	if (ret == 0) {
		capture_put(c, "/" ANSWERS_NAME, text, strlen(text));
		ret = c->error;
	}
	if (ret == 0)
		ret = put_manifest(c, &machine, answers.page_size);
	free(text);
	plan_answers_free(&answers);
	return ret;
}

int
capture_make(struct capture *c, const struct capture_device *v, size_t n)
{
	int ret;

	c->taken = open_memstream(&c->taken_text, &c->taken_len);
	c->missing = open_memstream(&c->missing_text, &c->missing_len);
	if (c->taken == NULL || c->missing == NULL)
		return -ENOMEM;
	tool_progress_begin("capture", 0);
	tool_progress_step("PCI functions");
	capture_pci(c);
	tool_progress_step("device tree and ACPI");
	capture_firmware(c);
	tool_progress_step("memory and processors");
	capture_machine(c);
	ret = c->error != 0 ? c->error : put_answers(c, v, n);
	tool_progress_end();
	return ret;
}

void
capture_end(struct capture *c)
{
	if (c->taken != NULL)
		fclose(c->taken);
	if (c->missing != NULL)
		fclose(c->missing);
	free(c->taken_text);
	free(c->missing_text);
	tdestroy(c->names, free);
	*c = (struct capture){ 0 };
}
