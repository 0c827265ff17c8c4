/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Shares devices with secondary processes.
 *
 * A secondary process opens nothing: it requests the file descriptor of a device and
 * the addresses of its BARs from the primary.
 *
 * The primary answers on the thread that receives EAL's messages: the thread that probed
 * a hotplugged device waits while EAL notifies secondary processes. Other threads change
 * the list of devices concurrently, so offers are a separate list with its own lock. A
 * holder of the lock never waits for another process.
 *
 * A secondary sends requests during scan, probe and plug, which EAL calls on threads of the
 * application and on its interrupt thread, never on the thread that receives messages.
 */

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>

#include "neighbours.h"
#include "uapi/vfio_uapi.h"

#define MP_ACTION "bus_vfio_msi"
#define MP_VERSION 1		/* of the messages; increment when they change */
#define MP_SECONDS 5		/* as long as EAL waits for a hotplug in other processes */

enum mp_what {
	MP_NTH,			/* which device is the n-th? */
	MP_FIND,		/* is there this device? */
	MP_OPEN,		/* its descriptor and BARs */
};

struct mp_request {
	uint32_t version;
	uint32_t what;
	uint32_t n;
	struct topo_addr addr;
};

struct mp_answer {
	uint32_t version;
	int32_t result;		/* 0 or -errno */
	uint32_t iova_mode;
	struct topo_addr addr;
	uint64_t bar[TOPO_BARS];	/* address, 0 if it is not mapped */
};

static TAILQ_HEAD(, vfio_msi_device) offers = TAILQ_HEAD_INITIALIZER(offers);
static pthread_mutex_t offers_lock = PTHREAD_MUTEX_INITIALIZER;
static bool serving;

static const struct vfio_msi_device *
find_offer(const struct mp_request *req)
{
	const struct vfio_msi_device *dev;
	uint32_t n = 0;

	TAILQ_FOREACH(dev, &offers, offer)
		if (req->what == MP_NTH ? n++ == req->n :
		    topology_addr_cmp(&dev->plan.topo.addr, &req->addr) == 0)
			return dev;
	return NULL;
}

/* @return a duplicate of the descriptor, for MP_OPEN; else -1. */
static int
fill_answer(const struct mp_request *req, struct mp_answer *ans)
{
	const struct vfio_msi_device *dev;
	unsigned int i;
	int fd = -1;

	ans->version = MP_VERSION;
	ans->iova_mode = rte_eal_iova_mode();
	if (req->version != MP_VERSION) {
		ans->result = -EPROTO;
		return -1;
	}
	pthread_mutex_lock(&offers_lock);
	dev = find_offer(req);
	if (dev == NULL) {
		ans->result = -ENODEV;
	} else {
		ans->addr = dev->plan.topo.addr;
		for (i = 0; i < TOPO_BARS; i++)
			ans->bar[i] = (uintptr_t)dev->bar[i].addr;
		if (req->what != MP_NTH && dev->mapped_by_driver) {
			ans->result = -ENOTSUP;	/* EAL has the descriptor */
		} else if (req->what == MP_OPEN) {
			fd = vfio_uapi_dup(dev->fd);
			ans->result = fd < 0 ? fd : 0;
		}
	}
	pthread_mutex_unlock(&offers_lock);
	return fd;
}

/* Called for each request; a message of another size gets no answer. */
static int
on_request(const struct rte_mp_msg *msg, const void *peer)
{
	struct rte_mp_msg reply = { .len_param = sizeof(struct mp_answer) };
	struct mp_request req;
	struct mp_answer ans = { 0 };
	int fd, ret;

	if (msg->len_param != sizeof(req))
		return -1;
	memcpy(&req, msg->param, sizeof(req));
	fd = fill_answer(&req, &ans);
	snprintf(reply.name, sizeof(reply.name), "%s", MP_ACTION);
	memcpy(reply.param, &ans, sizeof(ans));
	if (fd >= 0) {
		reply.fds[0] = fd;
		reply.num_fds = 1;
	}
	ret = rte_mp_reply(&reply, peer);
	vfio_uapi_close(fd);
	return ret;
}

void
vfio_msi_mp_serve(void)
{
	if (serving)
		return;
	if (rte_mp_action_register(MP_ACTION, on_request) == 0) {
		serving = true;
		vfio_msi_presence_announce();
	} else if (rte_errno != ENOTSUP) {	/* that is --in-memory or --no-shconf */
		BUS_LOG(WARNING, VFIO_MSI_BUS ": can't answer secondary processes, so they can't use the devices: %s; see EAL's messages",
			rte_strerror(rte_errno));
	}
}

void
vfio_msi_mp_stop(void)
{
	vfio_msi_presence_withdraw();
	if (serving)
		rte_mp_action_unregister(MP_ACTION);
	serving = false;
}

void
vfio_msi_mp_offer(struct vfio_msi_device *dev)
{
	if (vfio_msi_is_secondary())
		return;
	pthread_mutex_lock(&offers_lock);
	if (!dev->offered)
		TAILQ_INSERT_TAIL(&offers, dev, offer);
	dev->offered = true;
	pthread_mutex_unlock(&offers_lock);
}

void
vfio_msi_mp_withdraw(struct vfio_msi_device *dev)
{
	pthread_mutex_lock(&offers_lock);
	if (dev->offered)
		TAILQ_REMOVE(&offers, dev, offer);
	dev->offered = false;
	pthread_mutex_unlock(&offers_lock);
}

/* Check an answer and take its descriptor. @return 0; -errno. */
static int
check_answer(const struct rte_mp_msg *msg, struct mp_answer *ans, int *fd)
{
	bool good = msg->len_param == sizeof(*ans);
	int i;

	*fd = -1;
	if (good)
		memcpy(ans, msg->param, sizeof(*ans));
	good = good && ans->version == MP_VERSION;
	/* The received descriptor lacks close-on-exec; the duplicate has it. */
	if (good && msg->num_fds == 1)
		*fd = vfio_uapi_dup(msg->fds[0]);
	for (i = 0; i < msg->num_fds; i++)
		vfio_uapi_close(msg->fds[i]);
	if (!good)
		return -EPROTO;
	if (ans->result == 0 && msg->num_fds == 1 && *fd < 0)
		return *fd;
	return ans->result;
}

/* Ask the primary process. @return 0; -errno: of its answer, or no answer came. */
static int
ask(const struct mp_request *req, struct mp_answer *ans, int *fd)
{
	struct timespec limit = { .tv_sec = MP_SECONDS };
	struct rte_mp_msg msg = { .len_param = sizeof(*req) };
	struct rte_mp_reply reply;
	int ret;

	*fd = -1;
	snprintf(msg.name, sizeof(msg.name), "%s", MP_ACTION);
	memcpy(msg.param, req, sizeof(*req));
	if (rte_mp_request_sync(&msg, &reply, &limit) < 0)
		return -rte_errno;
	/* A process that starts or ends sends no answer. */
	ret = reply.nb_received == 1 ? check_answer(&reply.msgs[0], ans, fd) :
		-ECONNREFUSED;
	free(reply.msgs);
	if (ret == 0)
		vfio_msi_bus.primary_mode = ans->iova_mode == RTE_IOVA_PA ?
			RTE_IOVA_PA : RTE_IOVA_VA;
	return ret;
}

static void
explain(int ret, char *why, size_t size)
{
	switch (ret) {
	case 0:
		break;
	case -ENODEV:
		snprintf(why, size, "the primary process does not have the device; give the same argument there");
		break;
	case -ENOTSUP:
		snprintf(why, size, "its driver maps the device itself, which works in the primary process only; use the device there");
		break;
	case -EPROTO:
		snprintf(why, size, "the primary process runs another version of this bus; load the same plugin in both");
		break;
	case -EMFILE:
		snprintf(why, size, "too many open files in this process or in the primary; raise the limit (ulimit -n)");
		break;
	default:
		snprintf(why, size, "the primary process does not answer: %s; check that it runs and has devices on this bus",
			strerror(-ret));
	}
}

int
vfio_msi_mp_nth(unsigned int n, struct topo_addr *addr, char *why, size_t size)
{
	struct mp_request req = {
		.version = MP_VERSION, .what = MP_NTH, .n = n,
	};
	struct mp_answer ans;
	int fd, ret = ask(&req, &ans, &fd);

	vfio_uapi_close(fd);
	explain(ret, why, size);
	if (ret == 0)
		*addr = ans.addr;
	return ret;
}

int
vfio_msi_mp_find(const struct topo_addr *addr, char *why, size_t size)
{
	struct mp_request req = {
		.version = MP_VERSION, .what = MP_FIND, .addr = *addr,
	};
	struct mp_answer ans;
	int fd, ret = ask(&req, &ans, &fd);

	vfio_uapi_close(fd);
	explain(ret, why, size);
	return ret == -ENOTSUP ? -EREMOTE : ret;
}

int
vfio_msi_mp_open(struct vfio_msi_device *dev, char *why, size_t size)
{
	struct mp_request req = {
		.version = MP_VERSION, .what = MP_OPEN,
		.addr = dev->plan.topo.addr,
	};
	struct mp_answer ans;
	unsigned int i;
	int fd, ret = ask(&req, &ans, &fd);

	if (ret == 0 && fd < 0)
		ret = -EPROTO;
	explain(ret, why, size);
	if (ret == 0 && vfio_msi_bus.primary_mode != rte_eal_iova_mode()) {
		const char *mode = vfio_msi_bus.primary_mode == RTE_IOVA_PA ? "pa" : "va";

		snprintf(why, size, "the primary process has another IOVA mode; start this one with --iova-mode=%s",
			mode);
		ret = -EINVAL;
	}
	if (ret < 0) {
		vfio_uapi_close(fd);
		return ret;
	}
	for (i = 0; i < TOPO_BARS; i++)
		dev->bar[i].primary = (void *)(uintptr_t)ans.bar[i];
	return fd;
}
