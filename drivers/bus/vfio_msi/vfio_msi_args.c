/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>
#include <rte_kvargs.h>

#include "vfio_msi_args.h"
#include "vfio_msi_cpus.h"
#include "vfio_msi_values.h"

#define KEY_BACKEND "backend"
#define KEY_MSI "msi"
#define KEY_IOVA "iova"
#define KEY_HOLE "hole"
#define KEY_DMA_BITS "dma_bits"
#define KEY_VF_TOKEN "vf_token"
#define KEY_VIRTIO_DMA "virtio_dma"
#define KEY_AFFINITY "irq_affinity"
#define KEY_DEVICE "device"
#define KEY_IOMMUFD "iommufd"
#define KEY_GROUP "group"
#define KEY_CONTAINER "container"
#define KEYS "backend=auto|type1|iommufd|spapr|noiommu, msi=auto|require|off, iova=auto|va|assigned, hole=FIRST-LAST, dma_bits=N, vf_token=UUID, virtio_dma=auto|iommu, irq_affinity=auto|none|CPUS, device=FD, iommufd=FD, group=FD, container=FD"
/* Keys with this prefix are for the PMD, without the prefix. */
#define PMD_PREFIX "pmd."

/* Keys that EAL itself reads in the bus layer; the first one begins the layer. */
#define LAYER_BUS "bus"
#define LAYER_ADDR "addr"

struct parse {
	bool layer;
	struct vfio_msi_conf *conf;
	char *why;
	size_t size;
};

int
vfio_msi_parse_name(const char *name, struct topo_addr *out)
{
	size_t len = strlen(VFIO_MSI_PREFIX);

	if (strncmp(name, VFIO_MSI_PREFIX, len) != 0)
		return -EINVAL;
	return topology_parse_bdf(name + len, out);
}

static int
parse_msi(const char *value, struct parse *p)
{
	if (strcmp(value, "auto") == 0)
		p->conf->msi = VFIO_MSI_AUTO;
	else if (strcmp(value, "require") == 0)
		p->conf->msi = VFIO_MSI_REQUIRE;
	else if (strcmp(value, "off") == 0)
		p->conf->msi = VFIO_MSI_OFF;
	else
		return -EINVAL;
	return 0;
}

static int
parse_iova(const char *value, struct parse *p)
{
	static const char *const words[] = {
		[VA_KEY_AUTO] = "auto", [VA_KEY_VA] = "va", [VA_KEY_ASSIGNED] = "assigned",
	};
	unsigned int i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(value, words[i]) == 0) {
			p->conf->iova = i;
			return 0;
		}
	return -EINVAL;
}

static int
parse_hole(const char *value, struct parse *p)
{
	struct iova_hole hole = {
		.origin = IOVA_ORIGIN_USER,
		.hardness = IOVA_HARD,
	};
	int ret = vfio_msi_value_range(value, &hole.range);

	return ret < 0 ? ret : holes_add(&p->conf->holes, &hole);
}

static int
parse_vf_token(const char *value, struct parse *p)
{
	rte_uuid_t token;

	if (rte_uuid_parse(value, token) < 0)
		return -EINVAL;
	rte_uuid_unparse(token, p->conf->vf_token, sizeof(p->conf->vf_token));
	return 0;
}

static int
parse_virtio_dma(const char *value, struct parse *p)
{
	p->conf->virtio_dma_by_iommu = strcmp(value, "iommu") == 0;
	return p->conf->virtio_dma_by_iommu || strcmp(value, "auto") == 0 ? 0 : -EINVAL;
}

static int
parse_affinity(const char *value, struct vfio_msi_conf *conf)
{
	if (strcmp(value, "none") == 0)
		conf->affinity = VFIO_MSI_AFFINITY_NONE;
	else if (strcmp(value, "auto") == 0)
		conf->affinity = VFIO_MSI_AFFINITY_AUTO;
	else
		conf->affinity = VFIO_MSI_AFFINITY_LIST;
	return conf->affinity == VFIO_MSI_AFFINITY_LIST ?
		vfio_msi_cpus_parse(value, &conf->cpus) : 0;
}

/* The place of a descriptor, or NULL for another key. */
static int *
find_fd(const char *key, struct ioas_fds *fds)
{
	if (strcmp(key, KEY_DEVICE) == 0)
		return &fds->device;
	if (strcmp(key, KEY_IOMMUFD) == 0)
		return &fds->iommufd;
	if (strcmp(key, KEY_GROUP) == 0)
		return &fds->group;
	return strcmp(key, KEY_CONTAINER) == 0 ? &fds->container : NULL;
}

/* Descriptors come in pairs, and a pair implies the backend. */
static int
check_fds(struct parse *p)
{
	const struct ioas_fds *fds = &p->conf->fds;
	const bool cdev = fds->device >= 0 || fds->iommufd >= 0;
	const bool group = fds->group >= 0 || fds->container >= 0;
	enum ioas_backend backend = IOAS_BACKEND_TYPE1;

	if (!cdev && !group)
		return 0;
	if (cdev)
		backend = IOAS_BACKEND_IOMMUFD;
	else if (p->conf->backend == IOAS_BACKEND_NOIOMMU)
		backend = IOAS_BACKEND_NOIOMMU;
	if (cdev && group)
		snprintf(p->why, p->size,
			"device= and iommufd= conflict with group= and container=; give one of the two pairs");
	else if (cdev && (fds->device < 0 || fds->iommufd < 0))
		snprintf(p->why, p->size,
			"%s= is missing: device= and iommufd= belong together",
			fds->device < 0 ? KEY_DEVICE : KEY_IOMMUFD);
	else if (group && (fds->group < 0 || fds->container < 0))
		snprintf(p->why, p->size,
			"%s= is missing: group= and container= belong together",
			fds->group < 0 ? KEY_GROUP : KEY_CONTAINER);
	else if (!ioas_backend_serves(p->conf->backend, backend))
		snprintf(p->why, p->size, "backend=%s conflicts with %s; drop one of the two",
			ioas_backend_name(p->conf->backend),
			cdev ? "device= and iommufd=" : "group= and container=");
	else {
		p->conf->backend = backend;
		return 0;
	}
	return -EINVAL;
}

const struct ioas_fds *
vfio_msi_conf_fds(const struct vfio_msi_conf *conf)
{
	return conf->fds.device >= 0 || conf->fds.group >= 0 ? &conf->fds : NULL;
}

int
vfio_msi_conf_pmd(struct vfio_msi_conf *conf, const char *args)
{
	char *both = NULL;

	if (args[0] == '\0')
		return 0;
	if (asprintf(&both, "%s%s%s", conf->pmd_args,
			conf->pmd_args[0] != '\0' ? "," : "", args) < 0)
		return -ENOMEM;
	free(conf->pmd_args);
	conf->pmd_args = both;
	return 0;
}

static int
add_pmd_arg(const char *key, const char *value, struct parse *p)
{
	char *pair = NULL;
	int ret;

	if (asprintf(&pair, "%s=%s", key, value) < 0)
		return -ENOMEM;
	ret = vfio_msi_conf_pmd(p->conf, pair);
	free(pair);
	return ret;
}

static int
parse_pair(const char *key, const char *value, void *arg)
{
	struct parse *p = arg;
	int ret;

	if (value == NULL)
		value = "";
	if (p->layer && (strcmp(key, LAYER_BUS) == 0 || strcmp(key, LAYER_ADDR) == 0))
		return 0;
	if (strcmp(key, KEY_BACKEND) == 0) {
		ret = ioas_backend_parse(value, &p->conf->backend);
	} else if (strcmp(key, KEY_MSI) == 0) {
		ret = parse_msi(value, p);
	} else if (strcmp(key, KEY_IOVA) == 0) {
		ret = parse_iova(value, p);
	} else if (strcmp(key, KEY_HOLE) == 0) {
		ret = parse_hole(value, p);
	} else if (strcmp(key, KEY_DMA_BITS) == 0) {
		ret = vfio_msi_value_bits(value, &p->conf->dma_bits);
	} else if (strcmp(key, KEY_VF_TOKEN) == 0) {
		ret = parse_vf_token(value, p);
	} else if (strcmp(key, KEY_VIRTIO_DMA) == 0) {
		ret = parse_virtio_dma(value, p);
	} else if (strcmp(key, KEY_AFFINITY) == 0) {
		ret = parse_affinity(value, p->conf);
	} else if (find_fd(key, &p->conf->fds) != NULL) {
		ret = vfio_msi_value_fd(value, find_fd(key, &p->conf->fds));
	} else if (strncmp(key, PMD_PREFIX, strlen(PMD_PREFIX)) == 0) {
		ret = add_pmd_arg(key + strlen(PMD_PREFIX), value, p);
	} else {
		snprintf(p->why, p->size,
			"unknown key \"%s\"; the keys are %s; write a key for the PMD as pmd.KEY=VALUE",
			key, KEYS);
		return -EINVAL;
	}
	if (ret == -EINVAL)
		snprintf(p->why, p->size, "invalid value \"%s\" for key \"%s\"; the keys are %s",
			value, key, KEYS);
	else if (ret < 0)
		snprintf(p->why, p->size, "%s", strerror(-ret));
	return ret;
}

int
vfio_msi_parse_args(const char *args, struct vfio_msi_conf *out, char *why,
		size_t size)
{
	struct parse p = { .conf = out, .why = why, .size = size };
	struct rte_kvargs *kv;
	unsigned int i;
	int ret = 0;

	memset(out, 0, sizeof(*out));
	out->fds = (struct ioas_fds){ -1, -1, -1, -1 };
	out->pmd_args = strdup("");
	if (out->pmd_args == NULL) {
		snprintf(why, size, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	if (args == NULL || args[0] == '\0')
		return 0;
	p.layer = strncmp(args, LAYER_BUS "=", strlen(LAYER_BUS "=")) == 0;
	kv = rte_kvargs_parse(args, NULL);
	if (kv == NULL && vfio_msi_values_count(args) > RTE_KVARGS_MAX) {
		snprintf(why, size, "the argument has %u keys, but DPDK reads at most %u; give fewer: one hole= may cover several holes and the addresses between them",
			vfio_msi_values_count(args), (unsigned int)RTE_KVARGS_MAX);
		ret = -EINVAL;
	} else if (kv == NULL) {
		snprintf(why, size, "\"%s\" is not a list of KEY=VALUE; the keys are %s",
			args, KEYS);
		ret = -EINVAL;
	}
	for (i = 0; ret == 0 && i < kv->count; i++)
		ret = parse_pair(kv->pairs[i].key, kv->pairs[i].value, &p);
	rte_kvargs_free(kv);
	if (ret == 0)
		ret = check_fds(&p);
	if (ret < 0)
		vfio_msi_conf_free(out);
	return ret;
}

void
vfio_msi_conf_free(struct vfio_msi_conf *conf)
{
	holes_free(&conf->holes);
	free(conf->pmd_args);
	conf->pmd_args = NULL;
}

int
vfio_msi_conf_holes(const struct vfio_msi_conf *conf, const char *owner,
		struct hole_list *list)
{
	struct iova_hole h;
	size_t i;
	int ret = 0;

	for (i = 0; ret == 0 && i < conf->holes.n; i++) {
		h = conf->holes.v[i];
		strlcpy(h.owner, owner, sizeof(h.owner));
		ret = holes_add(list, &h);
	}
	return ret;
}

int
vfio_msi_conf_limit(const struct vfio_msi_conf *conf, const char *owner, struct hole_list *list)
{
	struct iova_hole h;

	if (!vfio_msi_bits_hole(conf->dma_bits, &h))
		return 0;
	strlcpy(h.owner, owner, sizeof(h.owner));
	return holes_add(list, &h);
}
