/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Device arguments. DPDK is not here: what it makes of a text, a list of keys and values,
 * is made in its place.
 */

#include <ctype.h>
#include <errno.h>

#include <rte_kvargs.h>

#include "fuzz.h"
#include "vfio_msi_args.h"

/* "KEY=VALUE,KEY=VALUE": brackets protect commas. */
struct rte_kvargs *
rte_kvargs_parse(const char *args, const char *const valid_keys[])
{
	struct rte_kvargs *kv = fuzz_memory(calloc(1, sizeof(*kv)));
	int depth = 0;
	char *p;

	kv->str = fuzz_memory(strdup(args));
	for (p = kv->str; *p != '\0';) {
		struct rte_kvargs_pair *pair = &kv->pairs[kv->count];

		if (*p == ',') {
			p++;
			continue;
		}
		if (kv->count++ == RTE_KVARGS_MAX) {
			kv->count = 0;
			rte_kvargs_free(kv);
			return NULL;
		}
		pair->key = p;
		for (; *p != '\0' && (*p != ',' || depth > 0); p++) {
			depth += (*p == '[') - (*p == ']' && depth > 0);
			if (*p == '=' && pair->value == NULL) {
				*p = '\0';
				pair->value = p + 1;
			}
		}
		if (*p == ',')
			*p++ = '\0';
	}
	if (depth == 0 && (kv->count == 0 || kv->pairs[0].key[0] != '\0'))
		return kv;
	rte_kvargs_free(kv);
	return NULL;
}

void
rte_kvargs_free(struct rte_kvargs *kv)
{
	if (kv != NULL)
		free(kv->str);
	free(kv);
}

int
rte_uuid_parse(const char *in, rte_uuid_t uu)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	unsigned int n = 0, digit;
	size_t i;

	if (strlen(in) != strlen(form))
		return -1;
	for (i = 0; form[i] != '\0'; i++) {
		if (form[i] == '-' ? in[i] != '-' : !isxdigit((unsigned char)in[i]))
			return -1;
		if (form[i] == '-')
			continue;
		digit = isdigit((unsigned char)in[i]) ? in[i] - '0' : tolower((unsigned char)in[i]) - 'a' + 10;
		uu[n / 2] = (unsigned char)(n % 2 == 0 ? digit << 4 : uu[n / 2] | digit);
		n++;
	}
	return 0;
}

void
rte_uuid_unparse(const rte_uuid_t uu, char *out, size_t len)
{
	size_t i;

	FUZZ_CHECK(len == RTE_UUID_STRLEN);
	for (i = 0; i < sizeof(rte_uuid_t); i++)
		out += sprintf(out, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", uu[i]);
}

static void
expect_conf(const struct vfio_msi_conf *conf)
{
	struct hole_list list = { 0 };
	size_t i;

	FUZZ_CHECK(conf->pmd_args != NULL);
	FUZZ_CHECK(vfio_msi_conf_holes(conf, "0000:01:00.0", &list) == 0);
	for (i = 0; i < list.n; i++) {
		FUZZ_CHECK(iova_range_valid(list.v[i].range));
		FUZZ_CHECK(list.v[i].origin == IOVA_ORIGIN_USER);
	}
	FUZZ_CHECK(strlen(conf->vf_token) == 0 || strlen(conf->vf_token) == RTE_UUID_STRLEN - 1);
	FUZZ_CHECK(conf->affinity != VFIO_MSI_AFFINITY_LIST || CPU_COUNT(&conf->cpus) > 0);
	FUZZ_CHECK((conf->fds.device >= 0) == (conf->fds.iommufd >= 0));
	FUZZ_CHECK((conf->fds.group >= 0) == (conf->fds.container >= 0));
	holes_free(&list);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size), why[256] = "";
	struct vfio_msi_conf conf;
	struct topo_addr addr;
	int ret = vfio_msi_parse_name(text, &addr);

	FUZZ_CHECK(ret == 0 || ret == -EINVAL);
	ret = vfio_msi_parse_args(text, &conf, why, sizeof(why));
	FUZZ_CHECK(ret == 0 || (ret == -EINVAL && why[0] != '\0'));
	if (ret == 0) {
		expect_conf(&conf);
		vfio_msi_conf_free(&conf);
	}
	free(text);
	return 0;
}
