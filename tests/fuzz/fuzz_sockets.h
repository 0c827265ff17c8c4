/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Sockets whose peer is the input, for explain_maps.c and explain_socket.c; included before their text, as
 * fuzz_calls.h is.
 */

#ifndef FUZZ_SOCKETS_H
#define FUZZ_SOCKETS_H

#include <sys/socket.h>
#include <unistd.h>

int fuzz_socket_open(int domain, int type, int protocol);
int fuzz_socket_connect(int fd, const struct sockaddr *addr, socklen_t len);
int fuzz_socket_close(int fd);
ssize_t fuzz_socket_send(int fd, const void *buf, size_t size, int flags);
ssize_t fuzz_socket_recv(int fd, void *buf, size_t size, int flags);

#ifndef FUZZ_SOCKETS_DEFINED_HERE
#define socket(domain, type, protocol) fuzz_socket_open(domain, type, protocol)
#define connect(fd, addr, len) fuzz_socket_connect(fd, addr, len)
#define close(fd) fuzz_socket_close(fd)
#define send(fd, buf, size, flags) fuzz_socket_send(fd, buf, size, flags)
#define recv(fd, buf, size, flags) fuzz_socket_recv(fd, buf, size, flags)
#define setsockopt(fd, level, name, value, len) ((void)(value))
#define getsockopt(fd, level, name, value, len) ((void)(value), (void)(len), -1)
#endif

#endif /* FUZZ_SOCKETS_H */
