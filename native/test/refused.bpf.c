// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * refused: a program that the verifier refuses, beside one that it takes.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} numbers SEC(".maps");

/* Reads through what may be NULL. */
SEC("raw_tp/sys_enter")
int read_null(void *ctx)
{
	__u32 key = 0;
	__u64 *number = bpf_map_lookup_elem(&numbers, &key);

	return *number;
}

SEC("raw_tp/sys_enter")
int harmless(void *ctx)
{
	return 7;
}

char LICENSE[] SEC("license") = "GPL";
