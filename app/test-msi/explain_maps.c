/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * What processes have mapped, by DPDK's telemetry: a socket in the runtime folder of each,
 * which answers a command with a JSON object. Replies are not trusted.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bsd/string.h>
#include <jansson.h>

#include "explain_find.h"
#include "explain_socket.h"
#include "sysfs/sysfs.h"
#include "tool_leavings.h"

#define PAGE 32			/* objects in a full reply */
#define PAGES_MAX 4096
#define OTHERS_PAGES 1024	/* of a process of another user */
#define OTHERS 64		/* of them in a folder of one user */
#define OTHERS_SECONDS 5	/* for all of them; an application answers in milliseconds */
#define OTHER_SECONDS 1		/* for one of them */

static bool
hex_of(const json_t *o, const char *key, uint64_t *out)
{
	const char *s = json_string_value(json_object_get(o, key)), *end;

	end = s != NULL ? sysfs_hex0x(s, out) : NULL;
	return end != NULL && *end == '\0';
}

/* Range and owner. @return false: it has no range, and is left out. */
static bool
range_of(const json_t *o, struct iova_range *range, char owner[EXPLAIN_WORD])
{
	const json_int_t bytes = json_integer_value(json_object_get(o, "len"));
	const char *who = json_string_value(json_object_get(o, "owner"));
	uint64_t iova;

	if (!hex_of(o, "iova", &iova) || bytes <= 0 || (uint64_t)bytes - 1 > UINT64_MAX - iova)
		return false;
	*range = (struct iova_range){ iova, iova + (uint64_t)bytes - 1 };
	explain_word(who != NULL ? who : "", owner, EXPLAIN_WORD);
	return true;
}

static int
take_map(const json_t *o, struct explain_process *p)
{
	struct explain_map map = { .pid = p->pid,
		.read_only = json_integer_value(json_object_get(o, "read_only")) != 0 };
	struct explain_map *v;

	if (!range_of(o, &map.range, map.owner))
		return 0;
	v = reallocarray(p->map, p->n_maps + 1, sizeof(*v));
	if (v == NULL)
		return -ENOMEM;
	p->map = v;
	v[p->n_maps++] = map;
	return 0;
}

static int
take_freed(const json_t *o, struct explain_process *p)
{
	const json_int_t seconds = json_integer_value(json_object_get(o, "seconds"));
	struct explain_freed freed = { .pid = p->pid, .seconds = seconds > 0 ? (uint64_t)seconds : 0 };
	struct explain_freed *v;

	if (!range_of(o, &freed.range, freed.owner))
		return 0;
	v = reallocarray(p->freed, p->n_freed + 1, sizeof(*v));
	if (v == NULL)
		return -ENOMEM;
	p->freed = v;
	v[p->n_freed++] = freed;
	return 0;
}

static int
take_device(const json_t *o, struct explain_process *p)
{
	const char *name = json_string_value(json_object_get(o, "name"));
	void *v;

	/* A fault without a device has an empty name too. */
	if (name == NULL || name[0] == '\0')
		return 0;
	v = reallocarray(p->bdf, p->n + 1, sizeof(*p->bdf));
	if (v == NULL)
		return -ENOMEM;
	p->bdf = v;
	strlcpy(p->bdf[p->n++], name, sizeof(*p->bdf));
	return 0;
}

/* Read a list. @return 0; -ENOENT if the process has none, or stops answering; -ENOMEM. */
static int
list_read(const struct explain_socket *s, const char *list,
		int (*take)(const json_t *o, struct explain_process *p), struct explain_process *p, unsigned int pages)
{
	unsigned int page;
	size_t n = PAGE, i;
	int ret = 0;

	for (page = 0; ret == 0 && n == PAGE && page < pages; page++) {
		json_t *objects = explain_socket_list(s, list, page * PAGE);

		/* A part of a list would show memory as not mapped. */
		if (objects == NULL)
			return -ENOENT;
		n = json_array_size(objects);
		for (i = 0; ret == 0 && i < n; i++)
			ret = take(json_array_get(objects, i), p);
		json_decref(objects);
	}
	return ret == 0 && n == PAGE ? -ENOENT : ret;
}

/* Read all lists. @return as list_read() */
static int
lists_read(const struct explain_socket *s, struct explain_process *p, const struct explain_asking *asking)
{
	const unsigned int pages = asking->others ? OTHERS_PAGES : PAGES_MAX;
	int ret = list_read(s, "devices", take_device, p, pages);

	if (ret == 0)
		ret = list_read(s, "maps", take_map, p, pages);
	if (ret != 0)
		return ret;
	ret = list_read(s, "freed", take_freed, p, pages);
	p->says_freed = ret == 0;
	return ret == -ENOENT ? 0 : ret;
}

static void
process_free(struct explain_process *p)
{
	free(p->bdf);
	free(p->map);
	free(p->freed);
}

/* Whom the user would look at: what the kernel says, where the process may be anyone's. */
static void
take_whose(int fd, const json_t *greeting, const struct explain_asking *asking, struct explain_process *p)
{
	struct ucred peer = { 0 };
	socklen_t len = sizeof(peer);
	const bool known = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0;

	p->pid = asking->others ? peer.pid : (int)json_integer_value(json_object_get(greeting, "pid"));
	p->uid = peer.uid;
	/* Root has chosen the folders of its own, but anyone may be in /tmp. */
	p->foreign = asking->others || (known && geteuid() != 0 && peer.uid != 0 && peer.uid != geteuid());
}

/* One process may have many sockets, and be in a folder that was read before. */
static bool
is_known(const struct explain_processes *processes, int pid)
{
	size_t i;

	for (i = 0; i < processes->n && processes->v[i].pid != pid; i++)
		;
	return pid != 0 && i < processes->n;
}

/* When a process gets no more time. One that is stopped accepts a connection, but does not answer. */
static double
until_of(const struct explain_asking *asking)
{
	const double until = explain_now() + OTHER_SECONDS;

	return !asking->others ? 0 : until < asking->until ? until : asking->until;
}

/* Is it a process of another user that is known, or one too many? */
static bool
is_left_out(struct explain_asking *asking, int pid)
{
	if (!asking->others)
		return false;
	if (is_known(asking->out, pid))
		return true;
	asking->out->cut |= asking->n_folder >= OTHERS;
	return asking->n_folder++ >= OTHERS;
}

/* Ask one process. One that does not answer all, or in time, or is without the bus, does not count. */
static int
process_ask(const char *path, struct explain_asking *asking)
{
	struct explain_processes *out = asking->out;
	struct explain_process p = { 0 }, *v;
	struct explain_socket s;
	json_t *greeting;
	int ret;

	if (explain_socket_open(&s, path, until_of(asking), &greeting) < 0)
		return 0;
	take_whose(s.fd, greeting, asking, &p);
	json_decref(greeting);
	ret = is_left_out(asking, p.pid) ? -ENOENT : lists_read(&s, &p, asking);
	close(s.fd);
	v = ret == 0 ? reallocarray(out->v, out->n + 1, sizeof(*v)) : NULL;
	if (v == NULL) {
		process_free(&p);
		return ret == -ENOENT ? 0 : -ENOMEM;
	}
	out->v = v;
	v[out->n++] = p;
	return 0;
}

/* Each application has a folder, by its --file-prefix. */
static int
folder_ask(const char *base, struct explain_asking *asking)
{
	char **folders, **names, path[SYSFS_PATH_MAX];
	size_t n, m, i, j;
	int ret = 0;

	if (sysfs_list("", &folders, &n, "%s/dpdk", base) != 0)
		return 0;
	for (i = 0; ret == 0 && i < n; i++) {
		if (sysfs_list("", &names, &m, "%s/dpdk/%s", base, folders[i]) != 0)
			continue;
		for (j = 0; ret == 0 && j < m; j++)
			if (strncmp(names[j], EXPLAIN_SOCKET, strlen(EXPLAIN_SOCKET)) == 0 &&
					(size_t)snprintf(path, sizeof(path), "%s/dpdk/%s/%s", base, folders[i],
						names[j]) < sizeof(path))
				ret = process_ask(path, asking);
		sysfs_free_names(names, m);
	}
	sysfs_free_names(folders, n);
	return ret;
}

int
explain_processes_ask(struct explain_processes *out)
{
	const char *bases[TOOL_RUNTIME_FOLDERS];
	size_t n = tool_runtime_folders(bases), i;
	struct explain_asking asking = { .out = out, .ask = process_ask };
	int ret = 0;

	*out = (struct explain_processes){ 0 };
	for (i = 0; ret == 0 && i < n; i++)
		ret = folder_ask(bases[i], &asking);
	asking.others = true;
	asking.until = explain_now() + OTHERS_SECONDS;
	return ret == 0 ? explain_others_ask(&asking) : ret;
}

void
explain_processes_free(struct explain_processes *processes)
{
	size_t i;

	for (i = 0; i < processes->n; i++)
		process_free(&processes->v[i]);
	free(processes->v);
	*processes = (struct explain_processes){ 0 };
}
