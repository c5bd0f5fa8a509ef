// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * attach: a program for each kind of hook, counting its runs in one process.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* The process whose events count; 0 counts all. */
const volatile __u32 target_pid = 0;

enum hook {
	HOOK_RAW_TRACEPOINT,
	HOOK_TRACEPOINT,
	HOOK_UPROBE,
	HOOK_URETPROBE,
	HOOK_COOKIE, /* the cookies of the probes that were hit, added up */
	HOOK_PERF_EVENT,
	HOOK_KPROBE,
	HOOK_KRETPROBE,
	HOOK_FENTRY,
	HOOK_FEXIT,
	HOOKS,
};

const enum hook *export_hook __attribute__((unused));

/* Runs by enum hook. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, HOOKS);
	__type(key, __u32);
	__type(value, __u64);
} runs SEC(".maps");

static __always_inline int add(enum hook hook, __u64 amount)
{
	__u32 key = hook;
	__u64 *count;

	if (target_pid && bpf_get_current_pid_tgid() >> 32 != target_pid)
		return 0;
	count = bpf_map_lookup_elem(&runs, &key);
	if (count)
		__sync_fetch_and_add(count, amount);
	return 0;
}

SEC("raw_tp/sys_enter")
int on_raw_tracepoint(void *ctx)
{
	return add(HOOK_RAW_TRACEPOINT, 1);
}

SEC("tracepoint/sched/sched_process_fork")
int on_tracepoint(void *ctx)
{
	return add(HOOK_TRACEPOINT, 1);
}

SEC("uprobe")
int on_uprobe(void *ctx)
{
	return add(HOOK_UPROBE, 1);
}

SEC("uretprobe")
int on_uretprobe(void *ctx)
{
	return add(HOOK_URETPROBE, 1);
}

/* bpf_get_attach_cookie() is there since 5.15. */
SEC("?uprobe")
int on_cookie(void *ctx)
{
	return add(HOOK_COOKIE, bpf_get_attach_cookie(ctx));
}

SEC("perf_event")
int on_perf_event(void *ctx)
{
	__u32 key = HOOK_PERF_EVENT;
	__u64 *count = bpf_map_lookup_elem(&runs, &key);

	if (count)
		__sync_fetch_and_add(count, 1);
	return 0;
}

SEC("kprobe/vfs_read")
int on_kprobe(void *ctx)
{
	return add(HOOK_KPROBE, 1);
}

SEC("kretprobe/vfs_read")
int on_kretprobe(void *ctx)
{
	return add(HOOK_KRETPROBE, 1);
}

SEC("?fentry/vfs_read")
int on_fentry(void *ctx)
{
	return add(HOOK_FENTRY, 1);
}

SEC("?fexit/vfs_read")
int on_fexit(void *ctx)
{
	return add(HOOK_FEXIT, 1);
}

char LICENSE[] SEC("license") = "GPL";
