/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Each difference between kernel versions or architectures is one function here. */
#ifndef WATTSPAN_CORE_COMPAT_BPF_H
#define WATTSPAN_CORE_COMPAT_BPF_H

#include "kernel.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

/* x86-64 and arm64 without KASAN; only used below 5.15, where nothing tells it. */
#define KERNEL_STACK_BYTES 16384

#if defined(__TARGET_ARCH_x86)

/* A kprobe's context, whole and in UAPI's names and order: libbpf's macros read it directly. */
struct pt_regs {
	unsigned long r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8;
	unsigned long rax, rcx, rdx, rsi, rdi, orig_rax, rip, cs, eflags, rsp, ss;
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct pt_regs___kernel {
	unsigned long di;
	unsigned long si;
	unsigned long dx;
	unsigned long r10;
	unsigned long orig_ax;
	unsigned long cs;
};
#pragma clang attribute pop

#define USER32_CS 0x23
#define SYSCALL_NUMBER(regs) ((regs)->orig_ax)
#define SYSCALL_ARG1(regs) ((regs)->di)
#define SYSCALL_ARG2(regs) ((regs)->si)
#define SYSCALL_ARG3(regs) ((regs)->dx)
#define SYSCALL_ARG4(regs) ((regs)->r10)
#define CALLED_BY_32BIT(regs) ((regs)->cs == USER32_CS)

enum {
	SYS_READ = 0,
	SYS_WRITE = 1,
	SYS_READV = 19,
	SYS_WRITEV = 20,
	SYS_SENDFILE = 40,
	SYS_SENDTO = 44,
	SYS_RECVFROM = 45,
	SYS_SENDMSG = 46,
	SYS_RECVMSG = 47,
	SYS_SPLICE = 275,
	SYS_RECVMMSG = 299,
	SYS_SENDMMSG = 307,
};

#elif defined(__TARGET_ARCH_arm64)

/* A kprobe's context, as above. */
struct pt_regs;
struct user_pt_regs {
	__u64 regs[31];
	__u64 sp;
	__u64 pc;
	__u64 pstate;
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct pt_regs___kernel {
	__u64 regs[31];
	__u64 pstate;
	__u64 orig_x0;
	__s32 syscallno;
	__u32 pad;
};
#pragma clang attribute pop

#define PSR_MODE32_BIT 0x10
#define SYSCALL_NUMBER(regs) ((__u32)(regs)->syscallno)
#define SYSCALL_ARG1(regs) ((regs)->orig_x0)
#define SYSCALL_ARG2(regs) ((regs)->regs[1])
#define SYSCALL_ARG3(regs) ((regs)->regs[2])
#define SYSCALL_ARG4(regs) ((regs)->regs[3])
#define CALLED_BY_32BIT(regs) ((regs)->pstate & PSR_MODE32_BIT)

enum {
	SYS_READ = 63,
	SYS_WRITE = 64,
	SYS_READV = 65,
	SYS_WRITEV = 66,
	SYS_SENDFILE = 71,
	SYS_SPLICE = 76,
	SYS_SENDTO = 206,
	SYS_RECVFROM = 207,
	SYS_SENDMSG = 211,
	SYS_RECVMSG = 212,
	SYS_RECVMMSG = 243,
	SYS_SENDMMSG = 269,
};

#else
#error "no system call table for this architecture"
#endif

/* Turns an address into a pointer whose fields are loaded without a helper, each in a nanosecond instead of 25. */
extern void *bpf_rdonly_cast(const void *object, __u32 type) __ksym __weak;

/* Since 6.2. */
static __always_inline bool has_casts(void)
{
	return bpf_core_enum_value_exists(enum special_kfunc_type, KF_bpf_rdonly_cast);
}

static __always_inline const struct tcp_sock *cast_tcp(const struct sock *sk)
{
	return bpf_rdonly_cast(sk, bpf_core_type_id_kernel(struct tcp_sock));
}

/* Since 5.15, with bpf_get_current_task_btf(). */
static __always_inline bool has_task_regs(void)
{
	return bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs);
}

/* The task that runs, read once for all that is asked of it. */
static __always_inline struct task_struct *current_task(void)
{
	return has_task_regs() ? (void *)bpf_get_current_task_btf() : (void *)bpf_get_current_task();
}

static __always_inline __u32 task_tgid(struct task_struct *task)
{
	return has_task_regs() ? task->tgid : BPF_CORE_READ(task, tgid);
}

/* The registers user space entered the kernel with. */
struct syscall_regs {
	__u64 number;
	__u64 arg1;
	__u64 arg2;
	__u64 arg3;
	__u64 arg4;
};

/*
 * The registers are as far up every task's stack. Where they are loaded without a helper, it is asked for them once
 * only: `at` keeps the distance, where it is not NULL.
 */
static __always_inline const struct pt_regs___kernel *find_regs(struct task_struct *task, __u16 *at)
{
	const struct pt_regs___kernel *regs;

	if (has_casts() && at && *at)
		return bpf_rdonly_cast(task->stack + *at, bpf_core_type_id_kernel(struct pt_regs___kernel));
	regs = (void *)bpf_task_pt_regs(task);
	if (at)
		*at = (__u64)regs - (__u64)task->stack;
	return regs;
}

/* False for callers whose system call numbers are not ours (32-bit programs). */
static __always_inline bool read_syscall_regs(struct task_struct *task, __u16 *at, struct syscall_regs *out)
{
	if (has_task_regs()) {
		const struct pt_regs___kernel *regs = find_regs(task, at);

		out->number = SYSCALL_NUMBER(regs);
		out->arg1 = SYSCALL_ARG1(regs);
		out->arg2 = SYSCALL_ARG2(regs);
		out->arg3 = SYSCALL_ARG3(regs);
		out->arg4 = SYSCALL_ARG4(regs);
		return !CALLED_BY_32BIT(regs);
	} else {
		struct pt_regs___kernel *top = BPF_CORE_READ(task, stack) + KERNEL_STACK_BYTES -
				      bpf_core_type_size(struct pt_regs___kernel);

#if defined(__TARGET_ARCH_x86)
		out->number = BPF_CORE_READ(top, orig_ax);
		out->arg1 = BPF_CORE_READ(top, di);
		out->arg2 = BPF_CORE_READ(top, si);
		out->arg3 = BPF_CORE_READ(top, dx);
		out->arg4 = BPF_CORE_READ(top, r10);
		return BPF_CORE_READ(top, cs) != USER32_CS;
#else
		out->number = (__u32)BPF_CORE_READ(top, syscallno);
		out->arg1 = BPF_CORE_READ(top, orig_x0);
		out->arg2 = BPF_CORE_READ(top, regs[1]);
		out->arg3 = BPF_CORE_READ(top, regs[2]);
		out->arg4 = BPF_CORE_READ(top, regs[3]);
		return !(BPF_CORE_READ(top, pstate) & PSR_MODE32_BIT);
#endif
	}
}

/* Set by user space before load: TCP reads its clock when it copies what was received, until 6.19. */
const volatile __u32 tcp_clock_read_on_receive = 0;

/*
 * CLOCK_MONOTONIC when these bytes moved, as TCP read it for the socket itself: when it last transmitted, or, where it
 * does so, when it copied what was received. A clock read costs as much as a look-up. Where bytes wait to be
 * transmitted, or another protocol has them before TCP does (kTLS, sockmap), it is now.
 */
static __always_inline __u64 read_moved_at(const struct sock *sk, bool sent)
{
	if (has_casts()) {
		const struct tcp_sock *tcp = cast_tcp(sk);

		if ((sent ? tcp->snd_nxt == tcp->write_seq : tcp_clock_read_on_receive) &&
		    !tcp->inet_conn.icsk_ulp_ops && !tcp->inet_conn.icsk_inet.sk.sk_user_data)
			return tcp->tcp_clock_cache;
	}
	return bpf_ktime_get_ns();
}

#endif
