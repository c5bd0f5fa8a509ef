/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What process.bpf.c sends through the ring process_events. Every event begins with the same four fields; all times
 * are CLOCK_BOOTTIME. Layouts reach TypeScript through the object's BTF (src/ebpf/layouts.gen.ts).
 */
#ifndef WATTSPAN_PROCESS_H
#define WATTSPAN_PROCESS_H

#define PROCESS_COMM_BYTES 16

enum process_event_type {
	PROCESS_EVENT_EXEC = 1,
	PROCESS_EVENT_FORK = 2,
	PROCESS_EVENT_EXIT = 3,
};

/* Bits of exec_event.flags and fork_event.flags. */
enum process_flag {
	PROCESS_KERNEL_THREAD = 1,
	PROCESS_CGROUP_V1 = 2,            /* cgroup_id is of a v1 hierarchy */
	PROCESS_EXECUTABLE_TRUNCATED = 4, /* the outermost folders are missing */
	PROCESS_CGROUP_TRUNCATED = 8,     /* the outermost groups are missing */
	PROCESS_ARGUMENTS_TRUNCATED = 16,
	PROCESS_ENVIRONMENT_TRUNCATED = 32, /* a value was cut, or not every variable was looked at */
};

/* Keys of lost_process_events. */
enum process_loss {
	PROCESS_LOST_EXEC_RING_FULL = 0,
	PROCESS_LOST_FORK_RING_FULL = 1,
	PROCESS_LOST_EXIT_RING_FULL = 2,
	PROCESS_LOSSES = 3,
};

/*
 * A process runs a new program. The bytes that follow the struct are all that would be gone with the process:
 * its executable's path and its cgroup's path, as NUL-terminated names from the last to the first; its arguments,
 * NUL-separated; its OTEL_SERVICE_NAME=… and OTEL_RESOURCE_ATTRIBUTES=…, NUL-terminated.
 */
struct exec_event {
	__u64 start_ns; /* of the process, not of the program: against pid reuse */
	__u64 time_ns;
	__u32 type; /* PROCESS_EVENT_EXEC */
	__u32 pid;
	__u64 cgroup_id; /* inode number of the cgroup's directory */
	__u32 parent_pid;
	__u32 uid; /* effective */
	__u32 netns; /* inode number */
	__u32 flags;
	char comm[PROCESS_COMM_BYTES];
	__u16 executable_bytes;
	__u16 cgroup_bytes;
	__u16 arguments_bytes;
	__u16 environment_bytes;
};
_Static_assert(sizeof(struct exec_event) == 72, "exec_event has hidden padding");

/* A new process, not a thread; it is its parent's copy until it execs. */
struct fork_event {
	__u64 start_ns;
	__u64 time_ns;
	__u32 type; /* PROCESS_EVENT_FORK */
	__u32 pid;
	__u64 cgroup_id;
	__u32 parent_pid;
	__u32 uid;
	__u32 netns;
	__u32 flags;
	char comm[PROCESS_COMM_BYTES];
};
_Static_assert(sizeof(struct fork_event) == 64, "fork_event has hidden padding");

/* The last thread of a process ended. */
struct exit_event {
	__u64 start_ns;
	__u64 time_ns;
	__u32 type; /* PROCESS_EVENT_EXIT */
	__u32 pid;
};
_Static_assert(sizeof(struct exit_event) == 24, "exit_event has hidden padding");

#endif
