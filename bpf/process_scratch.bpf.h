/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The exec event under construction, and the limits of what it carries. */
#ifndef WATTSPAN_PROCESS_SCRATCH_BPF_H
#define WATTSPAN_PROCESS_SCRATCH_BPF_H

#include "kernel.h"
#include "process.h"

/* Longest name of a file or a cgroup (NAME_MAX) with its NUL. */
#define NAME_BYTES 256
/* A path is cut after the name that passes this. */
#define PATH_BYTES 511
#define ARGUMENTS_BYTES 512
/* Of one variable, with its name. */
#define VARIABLE_BYTES 1024
/* Pointers to variables that are read at once. */
#define POINTERS_PER_BATCH 32
/* Bytes of the environment that are read at once; a power of two. */
#define ENVIRONMENT_BYTES 4096

/* Everything an exec event may carry fits below the mask; the rest lets the verifier see that no read passes the end. */
#define TEXT_MASK 4095
#define TEXT_BYTES (TEXT_MASK + 1 + VARIABLE_BYTES)
_Static_assert(2 * (PATH_BYTES + NAME_BYTES) + ARGUMENTS_BYTES + 2 * VARIABLE_BYTES <= TEXT_MASK,
	       "an exec event's text may not pass its mask");

/*
 * Also what loops count: the verifier does not follow values in maps, so rounds look alike to it, which the one of 5.10
 * needs to come to an end.
 */
struct exec_scratch {
	struct exec_event event;
	char text[TEXT_BYTES];
	__u32 used;  /* bytes of text */
	__u32 limit; /* no name is appended behind */
	__u64 pointers[POINTERS_PER_BATCH + 1]; /* one more, so that any offset below its end can be read */
	__u64 service_name; /* addresses of the two variables, 0: not there */
	__u64 resource_attributes;
	__u64 environment_start;  /* its address */
	__u64 environment_copied; /* variables that begin within so many bytes are in the copy */
	char environment[ENVIRONMENT_BYTES + 8];
};

#endif
