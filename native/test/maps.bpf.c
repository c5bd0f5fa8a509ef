// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * maps: one map of each kind the agent uses, and a program that counts in those with a value per CPU.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct pair {
	__u64 first;
	__u32 second;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 5000);
	__type(key, __u32);
	__type(value, struct pair);
} hash SEC(".maps");

/* Changed by a program all the time. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2000);
	__type(key, __u32);
	__type(value, struct pair);
} churned SEC(".maps");

/* Without preallocation: its memory follows its entries. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 5000);
	__type(key, __u64[2]);
	__type(value, __u8[3]);
} odd_hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 2048);
	__type(key, __u32);
	__type(value, __u64);
} lru_hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 3000);
	__type(key, __u32);
	__type(value, __u32);
} percpu_hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} percpu_array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2000);
	__type(key, __u32);
	__type(value, __u64);
} array SEC(".maps");

/* 12 bytes, which the kernel lays 16 bytes apart. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1000);
	__type(key, __u32);
	__type(value, __u32[3]);
} mapped_array SEC(".maps");

/* A kind whose batches, where there are any, remove nothing: user space falls back to one key after the other. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 3000);
	__type(key, __u64);
	__type(value, __u64);
} trie SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 8);
	__type(value, __u64);
} stack SEC(".maps");

/* Adds the first argument to the value under the second, on the CPU it runs on. */
SEC("raw_tp/sys_enter")
int count_on_cpu(__u64 *ctx)
{
	__u32 amount = ctx[0], key = ctx[1];
	__u64 *slot = bpf_map_lookup_elem(&percpu_array, &key);
	__u32 *entry;

	if (slot)
		*slot += amount;
	entry = bpf_map_lookup_elem(&percpu_hash, &key);
	if (entry)
		*entry += amount;
	else
		bpf_map_update_elem(&percpu_hash, &key, &amount, BPF_ANY);
	return bpf_get_smp_processor_id();
}

/* Writes the first argument where user space has the memory mapped. */
SEC("raw_tp/sys_enter")
int write_mapped(__u64 *ctx)
{
	__u32 key = ctx[1];
	__u32 *value = bpf_map_lookup_elem(&mapped_array, &key);

	if (!value)
		return -1;
	value[2] = ctx[0];
	return value[1];
}

/* Sets an entry whose value follows from its key, and removes another. */
SEC("raw_tp/sys_enter")
int churn(void *ctx)
{
	__u32 key = bpf_get_prandom_u32() % 2000;
	struct pair pair = { .first = (__u64)key * 3, .second = ~key };

	bpf_map_update_elem(&churned, &key, &pair, BPF_ANY);
	key = bpf_get_prandom_u32() % 4000;
	bpf_map_delete_elem(&churned, &key);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
