/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Where the bytes of a socket send or receive are in user memory, from the system call's registers, and copies of
 * them. The hook runs in the process's own context after the kernel copied them, so they are resident.
 */
#ifndef WATTSPAN_SOCKET_CALL_BPF_H
#define WATTSPAN_SOCKET_CALL_BPF_H

#include "core_compat.bpf.h"

/* Buffers of one readv, writev, sendmsg or recvmsg that are looked at; bytes behind them are counted unseen. */
#define SOCKET_CALL_MAX_BUFFERS 16

struct user_iovec {
	__u64 base;
	__u64 bytes;
};

/* The first fields of struct user_msghdr and of struct mmsghdr: UAPI, 64-bit. */
struct user_message {
	__u64 name;
	__u64 name_bytes;
	__u64 iovec;
	__u64 iovec_count;
};

/* Bytes that one system call sent or received on a socket. */
struct socket_call {
	const struct sock *sk; /* this and the next three: for the steps behind the first */
	__u64 now;
	__u32 tgid;
	__u8 sent;
	__u8 is_request;
	__u16 regs_at; /* of the registers, on every task's kernel stack; 0: not known yet */
	__u64 base;    /* the buffer, or the array of iovecs */
	__u64 bytes;   /* sent or received */
	__u64 offset;  /* consumed by the parsers */
	__u32 buffers; /* 0: one buffer at base; else entries of the iovec array */
	__u16 messages; /* of a sendmmsg or recvmmsg, whose array is at base; 0 for other calls */
	__u8 readable;
	__u8 closed;   /* the socket was closed before its first hook ran: nobody will end what it began */
};

/* struct mmsghdr: a user_msghdr and the message's length; UAPI, 64-bit. */
#define USER_MMSGHDR_BYTES 64
#define USER_MMSGHDR_LENGTH 56

static __always_inline void find_message_buffers(struct socket_call *call, __u64 header)
{
	struct user_message message;

	if (bpf_probe_read_user(&message, sizeof(message), (void *)header))
		return;
	call->base = message.iovec;
	call->buffers = message.iovec_count;
	call->readable = 1;
}

/* Fills where the buffers are; call->bytes is set by the caller. */
static __always_inline void find_user_buffer(struct socket_call *call, struct task_struct *task)
{
	struct syscall_regs regs;

	call->buffers = 0;
	call->messages = 0;
	call->readable = 0;
	if (!read_syscall_regs(task, &call->regs_at, &regs))
		return;
	call->base = regs.arg2;
	switch (regs.number) {
	case SYS_READ:
	case SYS_WRITE:
	case SYS_SENDTO:
	case SYS_RECVFROM:
		call->readable = 1;
		return;
	case SYS_READV:
	case SYS_WRITEV:
		call->buffers = regs.arg3;
		call->readable = 1;
		return;
	case SYS_SENDMSG:
	case SYS_RECVMSG:
		find_message_buffers(call, regs.arg2);
		return;
	case SYS_SENDMMSG: /* the hook fires once for each message: find_next_message() says which */
	case SYS_RECVMMSG:
		call->messages = regs.arg3 < 1024 ? regs.arg3 : 1024;
		return;
	}
}

/* Which message of which sendmmsg or recvmmsg a socket saw last. */
struct message_cursor {
	__u64 base;
	__u32 index;
	__u32 messages;
};

/* The n-th hook in one sendmmsg or recvmmsg is its n-th message: the call is told by its array. */
static __always_inline void find_next_message(struct socket_call *call, struct message_cursor *cursor)
{
	if (cursor->base == call->base && cursor->messages == call->messages &&
	    cursor->index + 1 < cursor->messages)
		cursor->index++;
	else
		cursor->index = 0;
	cursor->base = call->base;
	cursor->messages = call->messages;
	find_message_buffers(call, call->base + cursor->index * USER_MMSGHDR_BYTES);
}

/* Copies `bytes` from user memory behind the `done` bytes that `to` holds; false where they cannot be read. */
static __always_inline bool copy_piece(__u8 *to, __u32 done, __u64 from, __u32 bytes)
{
	if (bytes > HTTP_WINDOW)
		return false;
	/* Masked rather than compared: below 5.13 the verifier may forget the bound of a copy of `done`. */
	return !bpf_probe_read_user(to + (done & HTTP_WINDOW_MASK), bytes, (void *)from);
}

/* Gathers up to `limit` bytes from several buffers; only heads that are cut by them come here. */
static __always_inline int gather_user_bytes(const struct socket_call *call, __u8 *to, __u32 limit)
{
	__u64 skip = call->offset;
	__u32 done = 0;
	__u32 i;

	for (i = 0; i < SOCKET_CALL_MAX_BUFFERS && i < call->buffers && done < limit; i++) {
		struct user_iovec iovec;
		__u64 take;

		if (bpf_probe_read_user(&iovec, sizeof(iovec), (void *)(call->base + i * sizeof(iovec))))
			return -1;
		if (skip >= iovec.bytes) {
			skip -= iovec.bytes;
			continue;
		}
		take = iovec.bytes - skip;
		if (take > limit - done)
			take = limit - done;
		if (take > HTTP_WINDOW || !copy_piece(to, done, iovec.base + skip, take))
			return -1;
		done = (done + take) & HTTP_WINDOW_MASK; /* below the limit: masked for the verifier alone */
		skip = 0;
	}
	return done ? done : -1;
}

/*
 * Copies up to `limit` unconsumed bytes to `to`, which has room for 2 * HTTP_WINDOW; fewer where a buffer ends,
 * unless `whole`. Returns how many, or -1 where they cannot be read. Each read of user memory costs some 50 ns,
 * whatever its length.
 */
static __always_inline int read_user_bytes(const struct socket_call *call, __u8 *to, __u32 limit, bool whole)
{
	__u64 left = call->bytes - call->offset;
	struct user_iovec iovec;

	if (left < limit)
		limit = left;
	if (!call->buffers)
		return copy_piece(to, 0, call->base + call->offset, limit) ? (int)limit : -1;
	if (whole)
		return gather_user_bytes(call, to, limit);
	if (bpf_probe_read_user(&iovec, sizeof(iovec), (void *)call->base))
		return -1;
	if (call->offset >= iovec.bytes)
		return gather_user_bytes(call, to, limit);
	if (iovec.bytes - call->offset < limit)
		limit = iovec.bytes - call->offset;
	return copy_piece(to, 0, iovec.base + call->offset, limit) ? (int)limit : -1;
}

#endif
