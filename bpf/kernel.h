/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The kernel's types as far as we read them: this list is what the programs touch.
 *
 * CO-RE finds each field in the running kernel's BTF by name, so only names and kinds matter here, not order or
 * size. Kept sorted by subsystem; a field is added when a program reads it.
 */
#ifndef WATTSPAN_KERNEL_H
#define WATTSPAN_KERNEL_H

/* UAPI: the fixed-width types, map types, flags and helper ids. */
#include <linux/bpf.h>

typedef _Bool bool;
#define NULL ((void *)0)
#define true 1
#define false 0

/* CO-RE reads fields by name, so padding in these copies means nothing. */
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpadded"
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* --- networking --- */

struct in6_addr {
	union {
		__u8 u6_addr8[16];
		__be32 u6_addr32[4];
	} in6_u;
};

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_protocol;
};

struct socket {
	struct sock *sk;
};

/* --- tasks --- */

struct task_struct {
	int pid;
	int tgid;
	void *stack;
};

#pragma clang attribute pop
#pragma clang diagnostic pop

#endif
