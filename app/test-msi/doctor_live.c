/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bsd/string.h>

#include "doctor_live.h"
#include "sysfs/sysfs.h"
#include "test_msi.h"
#include "tool_leavings.h"

#define CAP_IPC_LOCK 14
#define SHOWN_MAX 16384
#define UNIT_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\@"
#define NODES_MAX (PIPE_BUF - 3 * VA_PAGES_MAX - 1)	/* nodes that one child tries */
#define GROUPS_MAX 1024	/* of a user */

extern char **environ;

/* Nodes and mounts to try as a user, in a child process. */
struct trial {
	struct doctor_facts *facts;
	const struct passwd *user;	/* NULL: as this process */
	struct doctor_groups groups;	/* of a unit */
};

/* Result of a trial, at most PIPE_BUF bytes. */
struct tried {
	unsigned char open[NODES_MAX];
	unsigned char mount[VA_PAGES_MAX];
	unsigned char read_only[VA_PAGES_MAX];	/* of each mount */
	unsigned char left[VA_PAGES_MAX];
	unsigned char runtime;
};

static bool
locks_all(void)
{
	unsigned long long caps;
	char *text, *at;
	bool has = false;

	if (sysfs_read_file("", &text, NULL, "/proc/self/status") != 0)
		return false;
	at = strstr(text, "CapEff:");
	if (at != NULL && sscanf(at, "CapEff: %llx", &caps) == 1)
		has = caps >> CAP_IPC_LOCK & 1;
	free(text);
	return has;
}

/* Read the output of a program. @return 0, -errno, or -EPROTO if it fails. */
static int
output_of(char *const *argv, char *out, size_t size)
{
	posix_spawn_file_actions_t actions;
	int fds[2], ret, status;
	size_t len = 0;
	ssize_t got;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	ret = -posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(fds[1]);
	while (ret == 0 && len < size - 1 && (got = read(fds[0], out + len, size - 1 - len)) > 0)
		len += (size_t)got;
	close(fds[0]);
	out[len] = '\0';
	if (ret == 0 && (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0))
		ret = -EPROTO;
	return ret;
}

static int
unit_ask(const char *unit, struct doctor_user *u, struct doctor_unit *of)
{
	char text[SHOWN_MAX], name[sizeof(u->unit)];
	char *const argv[] = { (char[]){ "systemctl" }, (char[]){ "show" }, (char[]){ "--property" },
		(char[]){ "LoadState,RuntimeDirectory,Environment,EnvironmentFiles,PassEnvironment,PAMName,TemporaryFileSystem,"
			"BindPaths,RootDirectory,RootImage,PrivateTmp,LimitMEMLOCK,LimitMEMLOCKSoft,User,Group,SupplementaryGroups,PrivateDevices,PrivateUsers,ExecStartPre,"
			"ProtectSystem,ReadWritePaths,ReadOnlyPaths,InaccessiblePaths,ControlGroup,DevicePolicy,DeviceAllow,AmbientCapabilities,CapabilityBoundingSet" },
		(char[]){ "--" }, name, NULL };

	if (*unit == '\0' || unit[strspn(unit, UNIT_CHARS)] != '\0' ||
	    strlcpy(name, unit, sizeof(name)) >= sizeof(name)) {
		tool_error(unit, "is no name of a systemd unit");
		return -EINVAL;
	}
	strlcpy(u->unit, unit, sizeof(u->unit));
	u->locks_all = false;
	u->memlock_known = false;
	/* Without systemd nothing is known. */
	if (output_of(argv, text, sizeof(text)) == 0)
		(void)doctor_unit_parse(text, u, of);
	return 0;
}

/* Become the user, for good: this is a child. The groups are those that systemd would set. */
static int
become(const struct passwd *pw, const struct doctor_groups *groups)
{
	const gid_t gid = groups->has_gid ? groups->gid : pw->pw_gid;
	gid_t all[GROUPS_MAX + DOCTOR_GROUPS];
	int n;

	if (initgroups(pw->pw_name, gid) != 0)
		return -errno;
	n = getgroups(GROUPS_MAX, all);
	if (n < 0)
		return -errno;
	memcpy(all + n, groups->more, groups->n * sizeof(*all));
	if (setgroups((size_t)n + groups->n, all) != 0 || setresgid(gid, gid, gid) != 0 ||
	    setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) != 0)
		return -errno;
	return 0;
}

static struct doctor_node *
node_at(struct doctor_facts *f, size_t i)
{
	return &f->v[i / DOCTOR_NODES].node[i % DOCTOR_NODES];
}

/* Unknown: the kernel replaces some characters of its name, or it is too long. */
static enum doctor_known
try_mount(const struct doctor_mount *mount, unsigned char *read_only)
{
	if (faccessat(AT_FDCWD, mount->path, R_OK | W_OK | X_OK, AT_EACCESS) == 0)
		return DOCTOR_YES;
	*read_only = errno == EROFS;
	return errno == ENOENT ? DOCTOR_UNKNOWN : DOCTOR_NO;
}

static enum doctor_known
can(const char *path, int mode)
{
	return faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0 ? DOCTOR_YES : DOCTOR_NO;
}

static int
try_nodes(void *arg, void *result)
{
	struct trial *t = arg;
	struct tried *out = result;
	size_t i;

	memset(out, 0, sizeof(*out));
	if (t->user != NULL && become(t->user, &t->groups) < 0)
		return STATUS_GOOD;
	for (i = 0; i < t->facts->n * DOCTOR_NODES && i < NODES_MAX; i++) {
		const struct doctor_node *node = node_at(t->facts, i);

		if (node->path[0] != '\0' && !node->absent)
			out->open[i] = can(node->path, R_OK | W_OK);
	}
	for (i = 0; i < t->facts->memory.mounted.n_pages; i++) {
		out->mount[i] = try_mount(&t->facts->memory.mount[i], &out->read_only[i]);
		out->left[i] = doctor_has_left("", t->facts->memory.mount[i].path, geteuid());
	}
	if (t->facts->user.runtime[0] != '\0')
		out->runtime = can(t->facts->user.runtime, W_OK | X_OK);
	return STATUS_GOOD;
}

/*
 * An unprivileged process can't become another user, or join groups: its nodes remain
 * unknown. So do those of a unit with a group that systemd may create when it starts.
 */
static int
nodes_try(const struct passwd *pw, const struct doctor_unit *unit, struct doctor_facts *f)
{
	const bool grouped = unit->group[0] != '\0' || unit->groups[0] != '\0';
	struct trial trial = { f, pw != NULL && (pw->pw_uid != geteuid() || grouped) ? pw : NULL, { 0 } };
	struct tried tried;
	size_t i;
	int ret;

	if (doctor_groups_find(unit, &trial.groups) < 0) {
		f->user.later = true;
		return 0;
	}
	if (trial.user != NULL && geteuid() != 0)
		return 0;
	ret = tool_child_run("doctor", try_nodes, &trial, &tried, sizeof(tried));
	if (ret < 0)
		return ret;
	for (i = 0; i < f->n * DOCTOR_NODES && i < NODES_MAX; i++)
		node_at(f, i)->open = tried.open[i];
	for (i = 0; i < f->memory.mounted.n_pages; i++) {
		f->memory.mount[i].open = tried.mount[i];
		f->memory.mount[i].read_only = tried.read_only[i];
		f->memory.mount[i].left = tried.left[i];
	}
	f->user.runtime_open = tried.runtime;
	return 0;
}

/* EAL makes a folder in "dpdk", which it makes first. Of other users the environment is not known. */
static void
runtime_place(const char *user, const char *unit, struct doctor_user *u)
{
	if (user == NULL && unit == NULL)
		strlcpy(u->runtime, tool_runtime_base(), sizeof(u->runtime));
	else if (user != NULL)
		u->runtime[0] = '\0';
	if (u->runtime[0] != '\0' && sysfs_exists("", "%s/dpdk", u->runtime) == 0)
		strlcat(u->runtime, "/dpdk", sizeof(u->runtime));
}

/* User= may be a number. */
static const struct passwd *
user_find(const char *name)
{
	const struct passwd *pw = getpwnam(name);
	unsigned long number;
	char *end;

	if (pw != NULL || *name < '0' || *name > '9')
		return pw;
	errno = 0;
	number = strtoul(name, &end, 10);
	return errno == 0 && *end == '\0' && number < (uid_t)-1 ? getpwuid((uid_t)number) : NULL;
}

/* A login has no capability, unless it is root's. */
static bool
hides_windows(const struct doctor_user *u, const struct doctor_unit *unit, bool root)
{
	if (u->unit_found == DOCTOR_YES)
		return root ? !unit->root_sees_windows : !unit->user_sees_windows;
	return !root;
}

/* Which devices does the unit hold itself? */
static void
holders_compare(const struct doctor_unit *unit, struct doctor_facts *f)
{
	char *text;
	size_t i;

	for (i = 0; i < f->n; i++) {
		if (f->v[i].holder == 0 || unit->control_group[0] == '\0' ||
				sysfs_read_file("", &text, NULL, "/proc/%d/cgroup", f->v[i].holder) != 0)
			continue;
		f->v[i].held_by_unit = doctor_in_control_group(text, unit->control_group);
		free(text);
	}
}

int
doctor_live_user(const char *user, const char *unit, struct doctor_facts *f)
{
	struct doctor_user *u = &f->user;
	struct doctor_unit of = { 0 };
	const struct passwd *pw = NULL;
	struct rlimit limit;

	u->locks_all = locks_all() && !f->machine.user_namespace;
	u->memlock_known = getrlimit(RLIMIT_MEMLOCK, &limit) == 0;
	u->memlock = limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit.rlim_cur;
	if (unit != NULL && unit_ask(unit, u, &of) < 0)
		return -EINVAL;
	holders_compare(&of, f);
	if (unit != NULL)
		doctor_read_limits("", of.control_group, &f->memory);
	runtime_place(user, unit, u);
	if (user == NULL && u->unit_found == DOCTOR_YES) {
		user = of.user[0] != '\0' ? of.user : "root";
		/* systemd may create the user when the unit starts: its nodes can't be tried. */
		strlcpy(u->name, user, sizeof(u->name));
		pw = user_find(user);
		u->later = pw == NULL;
		u->windows_hidden = hides_windows(u, &of, strcmp(user, "root") == 0);
		return pw != NULL ? nodes_try(pw, &of, f) : 0;
	}
	if (user == NULL)
		return nodes_try(NULL, &of, f);
	pw = getpwnam(user);
	if (pw == NULL) {
		tool_error(user, "there is no such user");
		return -EINVAL;
	}
	strlcpy(u->name, user, sizeof(u->name));
	u->windows_hidden = hides_windows(u, &of, pw->pw_uid == 0);
	/* Limits of a login are not known here. */
	if (unit == NULL && pw->pw_uid != geteuid())
		u->memlock_known = u->locks_all = false;
	return nodes_try(pw, &of, f);
}
