// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * structs: every shape of field a record may have; only its BTF is read.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

enum colour { RED, GREEN };

struct point {
	__s32 x;
	__s32 y;
};

typedef const struct point where;

struct shapes {
	__u64 u64_field;
	__s64 i64_field;
	void *pointer;
	where point;
	struct point path[3];
	__u16 grid[2][4];
	char text[6];
	__u16 u16_field;
	__s16 i16_field;
	__u8 u8_field;
	__s8 i8_field;
	enum colour colour;
	union {
		__u32 ipv4;
		__u8 octets[4];
	};
	struct {
		__u16 port;
		__u16 family;
	};
	_Bool flag;
	__u8 tail[];
};

const struct shapes *export_shapes __attribute__((unused));

SEC("raw_tp/sys_enter")
int nothing(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
