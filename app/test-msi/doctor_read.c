/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Facts about kernel, IOMMU and VFIO, from files. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "doctor.h"
#include "sysfs/sysfs.h"

#define HOSTS_OF_POD "# Kubernetes-managed"
#define FIRST_PIDS "pid:[4026531836]"	/* PROC_PID_INIT_INO, the same number in all kernels */
#define ALL_USERS UINT64_C(4294967295)	/* of /proc/self/uid_map outside of user namespaces */

/* Read the first line of a file, printable, or "". */
static void
line_read(const char *root, const char *path, char *out, size_t size)
{
	char *text;

	*out = '\0';
	if (sysfs_read_file(root, &text, NULL, "%s", path) != 0)
		return;
	text[strcspn(text, "\n")] = '\0';
	strlcpy(out, sysfs_mask(text), size);
	free(text);
}

/* A group of VFIO's no-IOMMU mode has no IOMMU. */
static bool
is_noiommu(const char *root, const char *group)
{
	char path[SYSFS_PATH_MAX], name[32];

	snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/%.32s/name", group);
	line_read(root, path, name, sizeof(name));
	return strcmp(name, "vfio-noiommu") == 0;
}

/* @return 0; errors of sysfs_list() */
static int
groups_read(const char *root, struct doctor_machine *m)
{
	char **names;
	size_t n, i;

	const int ret = sysfs_list(root, &names, &n, "/sys/kernel/iommu_groups");

	for (i = 0; ret == 0 && i < n; i++)
		m->groups += !is_noiommu(root, names[i]);
	if (ret == 0)
		sysfs_free_names(names, n);
	return ret;
}

/* MGAW, and the largest of the supported page table depths. */
unsigned int
doctor_iommu_bits(const char *root, const char *name)
{
	char path[SYSFS_PATH_MAX], text[32];
	unsigned int bits, deep;
	uint64_t cap;

	snprintf(path, sizeof(path), "/sys/class/iommu/%.64s/intel-iommu/cap", name);
	line_read(root, path, text, sizeof(text));
	if (sysfs_hex(text, 16, &cap) == NULL)
		return 0;
	bits = (unsigned int)(cap >> 16 & 0x3f) + 1;
	deep = cap >> 11 & 1 ? 57 : cap >> 10 & 1 ? 48 : cap >> 9 & 1 ? 39 : bits;
	return deep < bits ? deep : bits;
}

/* @return 0; errors of sysfs_list() */
static int
iommus_read(const char *root, struct doctor_machine *m)
{
	unsigned int bits;
	char **names;
	size_t n, i;

	const int ret = sysfs_list(root, &names, &n, "/sys/class/iommu");

	for (i = 0; ret == 0 && i < n; i++) {
		m->iommu = DOCTOR_YES;
		strlcat(m->iommus, i > 0 ? ", " : "", sizeof(m->iommus));
		strlcat(m->iommus, sysfs_mask(names[i]), sizeof(m->iommus));
		bits = doctor_iommu_bits(root, names[i]);
		if (bits != 0 && (m->iommu_bits == 0 || bits < m->iommu_bits))
			m->iommu_bits = bits;
	}
	if (ret == 0)
		sysfs_free_names(names, n);
	return ret;
}

/* The last word decides, and in its list the last element. */
static void
remap_word_read(const char *word, struct doctor_machine *m)
{
	static const char key[] = "intremap=";
	const char *at;
	bool off = strcmp(word, "nointremap") == 0, on = false;

	if (strncmp(word, key, strlen(key)) == 0)
		for (at = word + strlen(key); *at != '\0'; at += *at == ',') {
			if (strncmp(at, "on", 2) == 0 || strncmp(at, "off", 3) == 0) {
				on = at[1] == 'n';
				off = !on;
			}
			at += strcspn(at, ",");
		}
	if (off)
		strlcpy(m->remap_word, word, sizeof(m->remap_word));
	else if (on)
		m->remap_word[0] = '\0';
	sysfs_mask(m->remap_word);
}

/* Words of the kernel's command line that matter. */
static void
cmdline_read(const char *root, struct doctor_machine *m)
{
	char *text, *save, *word;

	if (sysfs_read_file(root, &text, NULL, "/proc/cmdline") != 0)
		return;
	for (word = strtok_r(text, " \n", &save); word != NULL; word = strtok_r(NULL, " \n", &save)) {
		m->off_word |= strcmp(word, "iommu=off") == 0;
		remap_word_read(word, m);
		m->acs_override |= strncmp(word, "pcie_acs_override", strlen("pcie_acs_override")) == 0;
	}
	free(text);
}

static void
processor_read(const char *root, struct doctor_machine *m)
{
	char text[4097], *at;
	size_t len = 0;

	if (sysfs_read_start(root, text, sizeof(text) - 1, &len, "/proc/cpuinfo") != 0)
		return;
	text[len] = '\0';
	at = strstr(text, "bits physical, ");
	if (at != NULL)
		m->cpu_bits = (unsigned int)strtoul(at + strlen("bits physical, "), NULL, 10);
}

/* containerd and CRI-O make no file of their own. kubelet makes one in every pod, whatever runs it. */
static bool
is_pod(const char *root)
{
	char hosts[DOCTOR_NAME];

	line_read(root, "/etc/hosts", hosts, sizeof(hosts));
	return strncmp(hosts, HOSTS_OF_POD, strlen(HOSTS_OF_POD)) == 0 ||
		sysfs_exists(root, "/run/secrets/kubernetes.io") == 0;
}

/*
 * Nearly all containers have process IDs of their own, and every user can see that. The control
 * groups don't show it: with version 2 a container sees its own as the first one.
 */
static bool
has_own_pids(const char *root)
{
	char pids[DOCTOR_NAME];

	return sysfs_read_link_target(root, pids, sizeof(pids), "/proc/self/ns/pid") == 0 &&
		strcmp(pids, FIRST_PIDS) != 0;
}

static void
container_read(const char *root, struct doctor_machine *m)
{
	char map[DOCTOR_NAME];
	uint64_t inside, outside, count;

	line_read(root, "/run/systemd/container", m->container, sizeof(m->container));
	if (m->container[0] == '\0' && sysfs_exists(root, "/.dockerenv") == 0)
		strlcpy(m->container, "docker", sizeof(m->container));
	if (m->container[0] == '\0' && sysfs_exists(root, "/run/.containerenv") == 0)
		strlcpy(m->container, "podman", sizeof(m->container));
	if (m->container[0] == '\0' && is_pod(root))
		strlcpy(m->container, "kubernetes", sizeof(m->container));
	if (m->container[0] == '\0' && has_own_pids(root))
		strlcpy(m->container, "PID namespace", sizeof(m->container));
	line_read(root, "/proc/self/uid_map", map, sizeof(map));
	m->user_namespace = sscanf(map, "%" SCNu64 " %" SCNu64 " %" SCNu64, &inside, &outside, &count) == 3 &&
		(outside != 0 || count < ALL_USERS);
}

/*
 * That there is no IOMMU is certain only if the folders were read, or don't exist where a
 * kernel shows its PCI devices. A container may hide them.
 */
static enum doctor_known
iommu_known(const char *root, const struct doctor_machine *m, int iommus, int groups)
{
	if (m->iommu == DOCTOR_YES || m->groups > 0)
		return DOCTOR_YES;
	if ((iommus != 0 && iommus != -ENOENT) || (groups != 0 && groups != -ENOENT) || m->container[0] != '\0')
		return DOCTOR_UNKNOWN;
	return sysfs_exists(root, "/sys/bus/pci/devices") == 0 ? DOCTOR_NO : DOCTOR_UNKNOWN;
}

static void
machine_read(const char *root, struct doctor_machine *m)
{
	const struct topo_device nobody = { .bdf = "-" };
	struct topo_machine machine;
	int iommus, groups;

	line_read(root, "/proc/sys/kernel/osrelease", m->kernel, sizeof(m->kernel));
	m->version = topology_kernel_version(root);
	topology_machine(root, &nobody, &machine);
	m->arch = machine.arch;
	m->off = machine.off;
	container_read(root, m);
	iommus = iommus_read(root, m);
	groups = groups_read(root, m);
	m->iommu = iommu_known(root, m, iommus, groups);
	cmdline_read(root, m);
	doctor_read_remap(root, m);
	processor_read(root, m);
}

/* What a capture or a tree lacks, its machine may have. */
static enum doctor_known
known(int ret, bool elsewhere)
{
	if (ret == 0)
		return DOCTOR_YES;
	return ret == -ENOENT && !elsewhere ? DOCTOR_NO : DOCTOR_UNKNOWN;
}

static enum doctor_known
parameter(const char *root, const char *path)
{
	char text[8];

	line_read(root, path, text, sizeof(text));
	if (text[0] == 'Y' || text[0] == '1')
		return DOCTOR_YES;
	return text[0] == 'N' || text[0] == '0' ? DOCTOR_NO : DOCTOR_UNKNOWN;
}

static void
vfio_read(const char *root, bool elsewhere, struct doctor_vfio *v)
{
	v->driver = known(sysfs_exists(root, "/sys/bus/pci/drivers/vfio-pci"), elsewhere);
	v->container = known(sysfs_exists(root, "/dev/vfio/vfio"), elsewhere);
	v->driven = sysfs_node_driven(root, "/dev/vfio/vfio") == 0;
	v->iommufd = known(sysfs_exists(root, "/dev/iommu"), elsewhere);
	v->iommufd_driven = sysfs_node_driven(root, "/dev/iommu") == 0;
	v->noiommu = parameter(root, "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode");
	v->noiommu_lacking = v->noiommu == DOCTOR_UNKNOWN &&
		sysfs_exists(root, "/sys/module/vfio") == 0 && sysfs_exists(root,
			"/sys/module/vfio/parameters/enable_unsafe_noiommu_mode") == -ENOENT;
	v->unsafe_type1 = parameter(root,
			"/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts");
	v->unsafe_iommufd = parameter(root, "/sys/module/iommufd/parameters/allow_unsafe_interrupts");
	if (sysfs_read_u64(root, &v->entry_limit,
			"/sys/module/vfio_iommu_type1/parameters/dma_entry_limit") != 0)
		v->entry_limit = 0;
}

int
doctor_read(const char *root, bool elsewhere, struct doctor_facts *out)
{
	out->machine.elsewhere = elsewhere;
	machine_read(root, &out->machine);
	vfio_read(root, elsewhere, &out->vfio);
	/* A container has the modules of its image. */
	if (!elsewhere && out->machine.container[0] == '\0')
		out->vfio.module = doctor_module_read(root, out->machine.kernel);
	return doctor_read_memory(root, elsewhere, &out->memory);
}
