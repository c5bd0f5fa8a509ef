/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The same bytes where sock_send_length and sock_recv_length are not there (before 6.3): fexit on the four
 * functions of inet, else kprobes on them, else the exits of system calls. None is loaded unless chosen.
 */
#ifndef WATTSPAN_HTTP_FALLBACKS_BPF_H
#define WATTSPAN_HTTP_FALLBACKS_BPF_H

/* --- fexit: 5.5 on x86-64, 6.0 on arm64 --- */

SEC("?fexit/inet_sendmsg")
int BPF_PROG(trace_inet_sendmsg_fexit, struct socket *socket, void *message, __u64 bytes, int ret)
{
	return data_moved(SLOT_SEND, BPF_CORE_READ(socket, sk), ret, 0, true);
}

SEC("?fexit/inet6_sendmsg")
int BPF_PROG(trace_inet6_sendmsg_fexit, struct socket *socket, void *message, __u64 bytes, int ret)
{
	return data_moved(SLOT_SEND6, BPF_CORE_READ(socket, sk), ret, 0, true);
}

SEC("?fexit/inet_recvmsg")
int BPF_PROG(trace_inet_recvmsg_fexit, struct socket *socket, void *message, __u64 bytes, int flags, int ret)
{
	return data_moved(SLOT_RECEIVE, BPF_CORE_READ(socket, sk), ret, flags, false);
}

SEC("?fexit/inet6_recvmsg")
int BPF_PROG(trace_inet6_recvmsg_fexit, struct socket *socket, void *message, __u64 bytes, int flags, int ret)
{
	return data_moved(SLOT_RECEIVE6, BPF_CORE_READ(socket, sk), ret, flags, false);
}

/* sendfile has a path of its own before 6.5; both families share it. */
SEC("?fexit/inet_sendpage")
int BPF_PROG(trace_inet_sendpage_fexit, struct socket *socket, void *page, int offset, __u64 bytes, int flags, __s64 ret)
{
	return data_moved(SLOT_SENDPAGE, BPF_CORE_READ(socket, sk), ret, 0, true);
}

/* --- kprobes --- */

/* The arguments of the call each thread is in; removed when it returns. */
struct http_pending_call {
	__u64 sk;
	__u32 flags;
	__u32 pad;
};
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct http_pending_call);
} pending_calls SEC(".maps");

static __always_inline int call_entered(struct socket *socket, __u32 flags)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct http_pending_call call = { .sk = (__u64)BPF_CORE_READ(socket, sk), .flags = flags };

	if (bpf_map_update_elem(&pending_calls, &thread, &call, BPF_NOEXIST)) {
		count(HTTP_MISSED_CALLS); /* the return of the thread's last call was left out */
		bpf_map_update_elem(&pending_calls, &thread, &call, BPF_ANY);
	}
	return 0;
}

static __always_inline int call_returned(__u32 slot, int ret, bool sent)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct http_pending_call *pending = bpf_map_lookup_elem(&pending_calls, &thread);
	struct http_pending_call call;

	if (!pending) {
		count(HTTP_MISSED_CALLS);
		return 0;
	}
	call = *pending;
	bpf_map_delete_elem(&pending_calls, &thread);
	return data_moved(slot, (const struct sock *)call.sk, ret, call.flags, sent);
}

SEC("?kprobe/inet_sendmsg")
int BPF_KPROBE(trace_inet_sendmsg_kprobe, struct socket *socket)
{
	return call_entered(socket, 0);
}

SEC("?kretprobe/inet_sendmsg")
int BPF_KRETPROBE(trace_inet_sendmsg_kretprobe, int ret)
{
	return call_returned(SLOT_SEND, ret, true);
}

SEC("?kprobe/inet6_sendmsg")
int BPF_KPROBE(trace_inet6_sendmsg_kprobe, struct socket *socket)
{
	return call_entered(socket, 0);
}

SEC("?kretprobe/inet6_sendmsg")
int BPF_KRETPROBE(trace_inet6_sendmsg_kretprobe, int ret)
{
	return call_returned(SLOT_SEND6, ret, true);
}

SEC("?kprobe/inet_recvmsg")
int BPF_KPROBE(trace_inet_recvmsg_kprobe, struct socket *socket, void *message, __u64 bytes, int flags)
{
	return call_entered(socket, flags);
}

SEC("?kretprobe/inet_recvmsg")
int BPF_KRETPROBE(trace_inet_recvmsg_kretprobe, int ret)
{
	return call_returned(SLOT_RECEIVE, ret, false);
}

SEC("?kprobe/inet6_recvmsg")
int BPF_KPROBE(trace_inet6_recvmsg_kprobe, struct socket *socket, void *message, __u64 bytes, int flags)
{
	return call_entered(socket, flags);
}

SEC("?kretprobe/inet6_recvmsg")
int BPF_KRETPROBE(trace_inet6_recvmsg_kretprobe, int ret)
{
	return call_returned(SLOT_RECEIVE6, ret, false);
}

SEC("?kprobe/inet_sendpage")
int BPF_KPROBE(trace_inet_sendpage_kprobe, struct socket *socket)
{
	return call_entered(socket, 0);
}

SEC("?kretprobe/inet_sendpage")
int BPF_KRETPROBE(trace_inet_sendpage_kretprobe, int ret)
{
	return call_returned(SLOT_SENDPAGE, ret, true);
}

/* --- exits of system calls: the socket is found from the file descriptor, the registers still hold the arguments --- */

#define S_IFMT 0170000
#define S_IFSOCK 0140000

/* The socket of this process's file descriptor, or NULL where it is none. */
static __always_inline const struct sock *find_socket(__u32 fd)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **files = BPF_CORE_READ(table, fd);
	struct socket *socket;
	struct file *file;

	if (fd >= BPF_CORE_READ(table, max_fds))
		return NULL;
	if (bpf_probe_read_kernel(&file, sizeof(file), files + fd) || !file)
		return NULL;
	if ((BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return NULL;
	socket = BPF_CORE_READ(file, private_data);
	return BPF_CORE_READ(socket, sk);
}

/* Bytes went through the descriptor in argument 1; a recvmmsg or sendmmsg returns how many messages. */
static __always_inline int call_exited(__u32 slot, __s64 ret, bool sent)
{
	struct syscall_regs regs;
	const struct sock *sk;
	__u32 flags = 0;

	if (ret < 0 || !read_syscall_regs(current_task(), NULL, &regs))
		return 0;
	sk = find_socket(regs.arg1);
	if (!sk)
		return 0;
	if (regs.number == SYS_RECVMSG)
		flags = regs.arg3;
	else if (regs.number == SYS_RECVFROM)
		flags = regs.arg4;
	return data_moved(slot, sk, ret, flags, sent);
}

#define TRACE_EXIT(call, slot, sent)                                                               \
	SEC("?tracepoint/syscalls/sys_exit_" #call)                                                \
	int trace_sys_exit_##call(struct syscall_exit *ctx)                                        \
	{                                                                                          \
		return call_exited(slot, ctx->ret, sent);                                          \
	}

TRACE_EXIT(read, SLOT_RECEIVE, false)
TRACE_EXIT(readv, SLOT_RECEIVE, false)
TRACE_EXIT(recvfrom, SLOT_RECEIVE, false)
TRACE_EXIT(recvmsg, SLOT_RECEIVE, false)
TRACE_EXIT(write, SLOT_SEND, true)
TRACE_EXIT(writev, SLOT_SEND, true)
TRACE_EXIT(sendto, SLOT_SEND, true)
TRACE_EXIT(sendmsg, SLOT_SEND, true)
TRACE_EXIT(sendfile64, SLOT_SEND, true)

/* Bytes went from argument 1 to argument 3; nobody holds them in user memory. */
SEC("?tracepoint/syscalls/sys_exit_splice")
int trace_sys_exit_splice(struct syscall_exit *ctx)
{
	struct syscall_regs regs;
	const struct sock *sk;

	if (ctx->ret <= 0 || !read_syscall_regs(current_task(), NULL, &regs))
		return 0;
	sk = find_socket(regs.arg3);
	if (sk)
		return data_moved(SLOT_SEND, sk, ctx->ret, 0, true);
	sk = find_socket(regs.arg1);
	return sk ? data_moved(SLOT_RECEIVE, sk, ctx->ret, 0, false) : 0;
}

/* Messages of one call that are followed; bytes of those behind them lose their framing. */
#define MAX_MESSAGES 8

/* Global: the verifier checks it once, and not for each message of a call. */
__attribute__((noinline)) int http_message_moved(__u32 slot, __u64 sk, __u32 bytes, __u32 sent)
{
	return data_moved(slot, (const struct sock *)sk, bytes, 0, sent);
}

/* Each message of the call by itself, with the length the kernel wrote beside it. */
static __always_inline int messages_exited(__u32 slot, __s64 ret, bool sent)
{
	struct syscall_regs regs;
	const struct sock *sk;
	__u32 bytes;
	int i;

	if (ret <= 0 || !read_syscall_regs(current_task(), NULL, &regs))
		return 0;
	sk = find_socket(regs.arg1);
	for (i = 0; i < MAX_MESSAGES && i < ret && sk; i++) {
		if (bpf_probe_read_user(&bytes, sizeof(bytes),
					(void *)(regs.arg2 + i * USER_MMSGHDR_BYTES + USER_MMSGHDR_LENGTH)))
			return 0;
		http_message_moved(slot, (__u64)sk, bytes, sent);
	}
	return 0;
}

SEC("?tracepoint/syscalls/sys_exit_recvmmsg")
int trace_sys_exit_recvmmsg(struct syscall_exit *ctx)
{
	return messages_exited(SLOT_RECEIVE, ctx->ret, false);
}

SEC("?tracepoint/syscalls/sys_exit_sendmmsg")
int trace_sys_exit_sendmmsg(struct syscall_exit *ctx)
{
	return messages_exited(SLOT_SEND, ctx->ret, true);
}

#endif
