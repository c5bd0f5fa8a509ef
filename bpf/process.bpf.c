// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * process: which processes there are.
 *
 *   sched_process_fork   a new process (threads are left out)
 *   sched_process_exec   a process took a new program: all that identifies it, read while it is still there
 *   sched_process_exit   the last thread of a process ended
 *
 * An exec event is built in per-CPU scratch memory and copied to the ring at its real length.
 */
#include "kernel.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "process.h"
#include "process_scratch.bpf.h"

/* Puts the types in this object's BTF, from which their decoders are generated. */
const struct exec_event *export_exec_event __attribute__((unused));
const struct fork_event *export_fork_event __attribute__((unused));
const struct exit_event *export_exit_event __attribute__((unused));
const enum process_event_type *export_process_event_type __attribute__((unused));
const enum process_flag *export_process_flag __attribute__((unused));
const enum process_loss *export_process_loss __attribute__((unused));

#define PF_KTHREAD 0x00200000

/* Where user space reads events from; its size is set at load. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} process_events SEC(".maps");

/* Events that did not get into the ring, by enum process_loss; nobody resets them. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, PROCESS_LOSSES);
	__type(key, __u32);
	__type(value, __u64);
} lost_process_events SEC(".maps");

/* One exec event under construction per CPU: programs of one CPU do not interrupt each other here. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct exec_scratch);
} exec_scratches SEC(".maps");

#include "process_environment.bpf.h"
#include "process_path.bpf.h"

/* The one way out. User space drains on a timer, so nobody is woken. */
static __always_inline void send_event(void *event, __u64 bytes, __u32 loss)
{
	__u64 *lost;

	if (!bpf_ringbuf_output(&process_events, event, bytes, BPF_RB_NO_WAKEUP))
		return;
	lost = bpf_map_lookup_elem(&lost_process_events, &loss);
	if (lost)
		*lost += 1;
}

static __always_inline void append_arguments(struct exec_scratch *scratch, struct mm_struct *mm)
{
	__u64 start = BPF_CORE_READ(mm, arg_start);
	__u64 bytes = BPF_CORE_READ(mm, arg_end) - start;
	__u32 used = scratch->used;

	if (bytes > ARGUMENTS_BYTES) {
		bytes = ARGUMENTS_BYTES;
		scratch->event.flags |= PROCESS_ARGUMENTS_TRUNCATED;
	}
	if (bpf_probe_read_user(&scratch->text[used & TEXT_MASK], bytes, (void *)start))
		scratch->event.flags |= PROCESS_ARGUMENTS_TRUNCATED;
	else
		scratch->used = used + bytes;
}

static __always_inline void append_variable(struct exec_scratch *scratch, __u64 address)
{
	__u32 used = scratch->used;
	long bytes;

	if (!address)
		return;
	bytes = bpf_probe_read_user_str(&scratch->text[used & TEXT_MASK], VARIABLE_BYTES, (void *)address);
	if (bytes <= 0 || bytes == VARIABLE_BYTES)
		scratch->event.flags |= PROCESS_ENVIRONMENT_TRUNCATED;
	if (bytes > 0)
		scratch->used = used + bytes;
}

/* Copies the beginning of the environment, which is mostly all of it. */
static __always_inline void copy_environment(struct exec_scratch *scratch, __u64 start, __u64 bytes)
{
	if (bytes > ENVIRONMENT_BYTES)
		bytes = ENVIRONMENT_BYTES;
	scratch->environment_start = start;
	scratch->environment_copied = 0;
	if (!bpf_probe_read_user(scratch->environment, bytes, (void *)start) && bytes > 8)
		scratch->environment_copied = bytes - 8; /* what begins behind may not be whole */
}

static __always_inline void append_environment(struct exec_scratch *scratch, struct mm_struct *mm)
{
	__u64 start = BPF_CORE_READ(mm, env_start), end = BPF_CORE_READ(mm, env_end);
	__u32 width = end >> 32 ? 8 : 4; /* the stack of a 32-bit program is below 4 GiB */
	__u64 stack = BPF_CORE_READ(mm, start_stack);
	__u32 argc = 0;

	scratch->service_name = 0;
	scratch->resource_attributes = 0;
	copy_environment(scratch, start, end - start);
	if (bpf_probe_read_user(&argc, sizeof(argc), (void *)stack) ||
	    !find_variables(stack + width * (2 + (__u64)argc), width))
		scratch->event.flags |= PROCESS_ENVIRONMENT_TRUNCATED;
	append_variable(scratch, scratch->service_name);
	append_variable(scratch, scratch->resource_attributes);
}

/* Fills the part of the event in front of the text. */
static __always_inline void describe(struct exec_event *event, struct task_struct *task, struct cgroup *group)
{
	event->start_ns = BPF_CORE_READ(task, start_boottime);
	event->time_ns = bpf_ktime_get_boot_ns();
	event->type = PROCESS_EVENT_EXEC;
	event->pid = BPF_CORE_READ(task, tgid);
	event->cgroup_id = BPF_CORE_READ(group, kn, id);
	event->parent_pid = BPF_CORE_READ(task, real_parent, tgid);
	event->uid = BPF_CORE_READ(task, cred, euid.val);
	event->netns = BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
	bpf_get_current_comm(event->comm, sizeof(event->comm));
}

static __always_inline int program_started(struct task_struct *task)
{
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	struct exec_scratch *scratch;
	struct exec_event *event;
	struct cgroup *group;
	__u32 key = 0, used;

	scratch = bpf_map_lookup_elem(&exec_scratches, &key);
	if (!scratch)
		return 0; /* never: the map has this one key */
	event = &scratch->event;
	event->flags = 0;
	group = cgroup_of(task, &event->flags);
	describe(event, task, group);
	scratch->used = 0;
	append_executable((__u64)mm);
	event->executable_bytes = used = scratch->used;
	append_cgroup((__u64)group);
	event->cgroup_bytes = scratch->used - used;
	used = scratch->used;
	append_arguments(scratch, mm);
	event->arguments_bytes = scratch->used - used;
	used = scratch->used;
	append_environment(scratch, mm);
	event->environment_bytes = scratch->used - used;
	used = scratch->used;
	send_event(scratch, sizeof(*event) + (used & TEXT_MASK), PROCESS_LOST_EXEC_RING_FULL);
	return 0;
}

static __always_inline int process_forked(struct task_struct *child)
{
	struct fork_event event = { .type = PROCESS_EVENT_FORK };
	struct cgroup *group;

	event.pid = BPF_CORE_READ(child, tgid);
	if (event.pid != (__u32)BPF_CORE_READ(child, pid))
		return 0; /* a thread */
	if (BPF_CORE_READ(child, flags) & PF_KTHREAD)
		event.flags = PROCESS_KERNEL_THREAD;
	group = cgroup_of(child, &event.flags);
	event.start_ns = BPF_CORE_READ(child, start_boottime);
	event.time_ns = bpf_ktime_get_boot_ns();
	event.cgroup_id = BPF_CORE_READ(group, kn, id);
	event.parent_pid = BPF_CORE_READ(child, real_parent, tgid);
	event.uid = BPF_CORE_READ(child, cred, euid.val);
	event.netns = BPF_CORE_READ(child, nsproxy, net_ns, ns.inum);
	BPF_CORE_READ_STR_INTO(&event.comm, child, comm);
	send_event(&event, sizeof(event), PROCESS_LOST_FORK_RING_FULL);
	return 0;
}

/* Two threads that end at the same moment may both see the count at zero: one process can end twice here. */
static __always_inline int thread_ended(struct task_struct *task)
{
	struct exit_event event = { .type = PROCESS_EVENT_EXIT };

	if (BPF_CORE_READ(task, signal, live.counter) > 0)
		return 0;
	event.pid = BPF_CORE_READ(task, tgid);
	event.start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	event.time_ns = bpf_ktime_get_boot_ns();
	send_event(&event, sizeof(event), PROCESS_LOST_EXIT_RING_FULL);
	return 0;
}

SEC("raw_tp/sched_process_exec")
int trace_sched_process_exec(struct bpf_raw_tracepoint_args *ctx)
{
	return program_started((struct task_struct *)ctx->args[0]);
}

SEC("raw_tp/sched_process_fork")
int trace_sched_process_fork(struct bpf_raw_tracepoint_args *ctx)
{
	return process_forked((struct task_struct *)ctx->args[1]);
}

SEC("raw_tp/sched_process_exit")
int trace_sched_process_exit(struct bpf_raw_tracepoint_args *ctx)
{
	return thread_ended((struct task_struct *)ctx->args[0]);
}

char LICENSE[] SEC("license") = "GPL";
