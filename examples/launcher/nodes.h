/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The VFIO nodes of the devices in an application's arguments. An error ends the program
 * with a message.
 */

#ifndef LAUNCHER_NODES_H
#define LAUNCHER_NODES_H

/** Print "launcher: ..." with the error, if it is not 0, and end the program. */
void fail(int error, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), noreturn));

/**
 * If this is an argument for a device of the bus (vfio_msi:BDF[,KEYS], also behind -a or
 * --allow=), open the nodes of the device.
 *
 * @return the argument with the keys for the descriptors, or the argument itself
 */
char *nodes_give(char *arg);

/** Let the next program inherit the descriptors that nodes_give() opened. */
void nodes_inherit(void);

#endif /* LAUNCHER_NODES_H */
