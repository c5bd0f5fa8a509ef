// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * rodata: globals of every integer width and arrays, copied to where the test sees what the program saw.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

const volatile __u8 u8_value = 1;
const volatile __u16 u16_value = 2;
const volatile __u32 u32_value = 3;
const volatile __u64 u64_value = 4;
const volatile __s8 i8_value = -1;
const volatile __s16 i16_value = -2;
const volatile __s32 i32_value = -3;
const volatile __s64 i64_value = -4;
const volatile _Bool bool_value = 0;
const volatile __u8 bytes[5] = "abcd";
const volatile __u32 words[3] = {7, 8, 9};

struct seen {
	__u64 u64_value;
	__s64 i64_value;
	__u32 u32_value;
	__s32 i32_value;
	__u32 words[3];
	__u16 u16_value;
	__s16 i16_value;
	__u8 u8_value;
	__s8 i8_value;
	__u8 bool_value;
	__u8 bytes[5];
};

/* What the program saw, under key 0. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct seen);
} seen_values SEC(".maps");

SEC("raw_tp/sys_enter")
int copy_rodata(void *ctx)
{
	__u32 key = 0;
	struct seen *seen = bpf_map_lookup_elem(&seen_values, &key);
	int i;

	if (!seen)
		return 0;
	seen->u8_value = u8_value;
	seen->u16_value = u16_value;
	seen->u32_value = u32_value;
	seen->u64_value = u64_value;
	seen->i8_value = i8_value;
	seen->i16_value = i16_value;
	seen->i32_value = i32_value;
	seen->i64_value = i64_value;
	seen->bool_value = bool_value;
	for (i = 0; i < 5; i++)
		seen->bytes[i] = bytes[i];
	for (i = 0; i < 3; i++)
		seen->words[i] = words[i];
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
