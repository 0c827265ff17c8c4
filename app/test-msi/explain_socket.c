/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <bsd/string.h>

#include "explain_socket.h"

#define REPLY_MAX 65536
#define SECONDS 2	/* for a reply */

double
explain_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Limit what comes next. @return false: the time has ended */
static bool
limit(const struct explain_socket *s)
{
	double left = s->until > 0 ? s->until - explain_now() : SECONDS;
	struct timeval t;

	/* Zero is no limit. */
	if (left < 1e-3)
		return false;
	left = left < SECONDS ? left : SECONDS;
	t.tv_sec = (time_t)left;
	t.tv_usec = (suseconds_t)((left - (double)t.tv_sec) * 1e6);
	setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	setsockopt(s->fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
	return true;
}

/* Receive one reply; NULL if there is none, or it is no JSON. */
static json_t *
receive(const struct explain_socket *s)
{
	char *text = malloc(REPLY_MAX);
	json_t *reply = NULL;
	ssize_t got;

	if (text == NULL)
		return NULL;
	got = limit(s) ? recv(s->fd, text, REPLY_MAX, 0) : -1;
	if (got > 0)
		reply = json_loadb(text, (size_t)got, 0, NULL);
	free(text);
	return reply;
}

int
explain_socket_open(struct explain_socket *s, const char *path, double until, json_t **greeting)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int ret;

	if (strlcpy(addr.sun_path, path, sizeof(addr.sun_path)) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	s->until = until;
	s->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (s->fd < 0)
		return -errno;
	ret = !limit(s) ? -ETIMEDOUT :
		connect(s->fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0 ? -errno : 0;
	*greeting = ret == 0 ? receive(s) : NULL;
	if (*greeting != NULL)
		return 0;
	close(s->fd);
	return ret < 0 ? ret : -ENODATA;
}

json_t *
explain_socket_list(const struct explain_socket *s, const char *list, unsigned int first)
{
	char command[64];
	json_t *reply, *value;

	snprintf(command, sizeof(command), "/vfio_msi/%s,%u", list, first);
	if (!limit(s) || send(s->fd, command, strlen(command), MSG_NOSIGNAL) < 0)
		return NULL;
	reply = receive(s);
	snprintf(command, sizeof(command), "/vfio_msi/%s", list);
	value = json_incref(json_object_get(reply, command));
	json_decref(reply);
	if (json_is_array(value))
		return value;
	json_decref(value);
	return NULL;
}
