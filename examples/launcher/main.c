/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Open VFIO's nodes as root, and start an application that can't open them.
 *
 *   launcher -u UID -g GID [-l BYTES] [-n] COMMAND [ARG...]
 *
 * To each argument vfio_msi:BDF of the application, up to "--", the launcher appends the
 * descriptors of the device's nodes: device= and iommufd=, or group= and container= if the
 * argument has backend=type1 or the device has no character device. It sets
 * RLIMIT_MEMLOCK (-l; default: unlimited), drops groups, user, group and all capabilities
 * for good, and executes the application, which inherits these descriptors, 0, 1 and 2
 * only. With -n the application also gets a mount namespace without the nodes, as in a
 * pod.
 */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/close_range.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "nodes.h"

#define USAGE "usage: launcher -u UID -g GID [-l BYTES] [-n] COMMAND [ARG...]"

struct options {
	unsigned long uid, gid;
	rlim_t memlock;
	int hide;
};

void
fail(int error, const char *fmt, ...)
{
	va_list ap;

	fputs("launcher: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "%s%s\n", error != 0 ? ": " : "", error != 0 ? strerror(error) : "");
	exit(EXIT_FAILURE);
}

static unsigned long
number(const char *text)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno != 0 || text[0] < '0' || text[0] > '9' || *end != '\0')
		fail(0, "\"%s\" is no number", text);
	return n;
}

/* @return the index of COMMAND */
static int
parse(int argc, char **argv, struct options *out)
{
	int c;

	*out = (struct options){ .memlock = RLIM_INFINITY };
	/* "+": the options of COMMAND are not for us. */
	while ((c = getopt(argc, argv, "+u:g:l:n")) != -1) {
		if (c == 'u')
			out->uid = number(optarg);
		else if (c == 'g')
			out->gid = number(optarg);
		else if (c == 'l')
			out->memlock = number(optarg);
		else if (c == 'n')
			out->hide = 1;
		else
			fail(0, "%s", USAGE);
	}
	/* IDs are 32 bits, and the highest means "do not change". */
	if (out->uid == 0 || out->gid == 0 || out->uid >= UINT_MAX || out->gid >= UINT_MAX ||
	    optind >= argc)
		fail(0, "%s; UID and GID are not those of root", USAGE);
	return optind;
}

static void
hide_nodes(void)
{
	if (unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", "/dev/vfio", "tmpfs", MS_RDONLY, "size=4k,mode=755") < 0)
		fail(errno, "the mount namespace can't be set up");
	/* A file can't be removed from one namespace only. */
	if (access("/dev/iommu", F_OK) == 0 &&
	    mount("/dev/null", "/dev/iommu", NULL, MS_BIND, NULL) < 0)
		fail(errno, "/dev/iommu");
}

static void
drop_all(const struct options *opt)
{
	const struct rlimit memlock = { opt->memlock, opt->memlock };
	int cap;

	if (setrlimit(RLIMIT_MEMLOCK, &memlock) < 0)
		fail(errno, "RLIMIT_MEMLOCK");
	for (cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			fail(errno, "capability %d", cap);
	if (setgroups(0, NULL) < 0 || setresgid(opt->gid, opt->gid, opt->gid) < 0 ||
	    setresuid(opt->uid, opt->uid, opt->uid) < 0)
		fail(errno, "the user can't be changed");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		fail(errno, "no_new_privs");
	if (setuid(0) == 0)
		fail(0, "still root");
}

int
main(int argc, char **argv)
{
	struct options opt;
	char **command;
	int i;

	/* A node must not become 0, 1 or 2: output to it would be writes to the device. */
	for (i = 0; i < 3; i++)
		if (fcntl(i, F_GETFD) < 0 && open("/dev/null", O_RDWR) != i)
			return EXIT_FAILURE;
	command = argv + parse(argc, argv, &opt);
	/* The application gets no other inherited descriptor than 0, 1 and 2. */
	if (close_range(3, UINT_MAX, CLOSE_RANGE_CLOEXEC) < 0)
		fail(errno, "close_range");
	for (i = 1; command[i] != NULL && strcmp(command[i], "--") != 0; i++)
		command[i] = nodes_give(command[i]);
	if (opt.hide)
		hide_nodes();
	drop_all(&opt);
	nodes_inherit();
	execvp(command[0], command);
	fail(errno, "%s", command[0]);
}
