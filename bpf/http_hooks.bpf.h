/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The programs: each only unpacks its context. User space loads one set of hooks (src/ebpf/tap/socket-hooks.ts). */
#ifndef WATTSPAN_HTTP_HOOKS_BPF_H
#define WATTSPAN_HTTP_HOOKS_BPF_H

#define MSG_PEEK 2
#define ECONNRESET 104

/* Programs that may interrupt each other have scratches of their own. */
enum {
	SLOT_SEND = 0,
	SLOT_RECEIVE = 1,
	SLOT_SEND6 = 2,
	SLOT_RECEIVE6 = 3,
	SLOT_SENDPAGE = 4,
};

static __always_inline void forget_connection(__u64 key)
{
	if (spans_enabled)
		end_capture(key, 0);
	remove_connection(key);
}

/* A receive of no bytes: the peer closed its side, and with it a client's responses. */
static __attribute__((noinline)) int received_nothing(const struct sock *sk)
{
	__u64 key = (__u64)sk;
	struct http_conn *conn = find_connection(key);
	__u8 state;

	if (!conn || conn->role != HTTP_ROLE_CLIENT || conn->verdict != HTTP_VERDICT_HTTP1)
		return 0;
	state = BPF_CORE_READ(sk, __sk_common.skc_state);
	if (state == TCP_ESTABLISHED)
		return 0; /* asked for no bytes */
	end_responses(key, bpf_ktime_get_ns(), HTTP_FAILURE_CLOSED);
	if (conn->closed)
		forget_connection(key);
	return 0;
}

/* Whether a connection with a verdict needs no more looks. */
static __always_inline bool is_settled(struct http_conn *conn, __u32 tgid)
{
	struct http_settings *set;

	if (conn->verdict <= HTTP_VERDICT_HTTP1)
		return false;
	if (conn->verdict != HTTP_VERDICT_IGNORED)
		return true;
	set = read_settings();
	if (!set || (conn->selection == set->selection && conn->tgid == tgid) || conn->requests)
		return true;
	select_connection(conn, tgid, set->selection);
	return conn->verdict == HTTP_VERDICT_IGNORED;
}

/* Finds the connection and the bytes of one call. False where nothing is to be done with them. */
static __always_inline bool begin_run(struct http_run *run, int ret)
{
	struct task_struct *task = current_task();
	const struct sock *sk = run->sk;
	__u32 tgid = task_tgid(task);

	run->conn = find_connection((__u64)sk);
	if (run->conn && is_settled(run->conn, tgid))
		return false;
	run->scratch = find_scratch(run->slot);
	if (!run->scratch)
		return false;
	run->call = &run->scratch->call;
	run->call->tgid = tgid;
	run->call->bytes = ret;
	run->call->offset = 0;
	run->call->closed = 0;
	if (!run->conn) {
		run->conn = new_connection(sk, run->call, tgid, run->sent);
		if (!run->conn || run->conn->verdict == HTTP_VERDICT_IGNORED)
			return false;
	}
	find_user_buffer(run->call, task);
	if (run->call->messages)
		find_next_message(run->call, &run->conn->message);
	run->now = read_moved_at(sk, run->sent);
	return true;
}

static __always_inline __u8 close_failure(const struct sock *sk, const struct http_conn *conn, int old_state)
{
	if (BPF_CORE_READ(sk, sk_err) == ECONNRESET)
		return HTTP_FAILURE_RESET;
	if (conn->role == HTTP_ROLE_CLIENT && old_state != TCP_CLOSE_WAIT && old_state != TCP_LAST_ACK)
		return HTTP_FAILURE_CANCELLED;
	return HTTP_FAILURE_CLOSED;
}

static __attribute__((noinline)) int end_closed(const struct sock *sk)
{
	__u64 key = (__u64)sk;
	struct http_conn *conn = find_connection(key);

	if (conn && conn->open && conn->verdict == HTTP_VERDICT_HTTP1)
		end_responses(key, bpf_ktime_get_ns(), close_failure(sk, conn, TCP_CLOSE_WAIT));
	forget_connection(key);
	return 0;
}

static __always_inline int run_on(__u32 slot)
{
	__u32 i;

	for (i = 0; i < HTTP_STEPS; i++)
		if (!http_step_on(slot))
			return 0;
	return http_lose_framing(slot);
}

/*
 * The plain case, the first step and the others are called one after the other: their frames together would be too
 * much stack.
 */
static __always_inline int data_moved(__u32 slot, const struct sock *sk, int ret, int flags, bool sent)
{
	struct http_run run = { .sk = sk, .slot = slot, .sent = sent };

	if (ret < 0 || (!sent && flags & MSG_PEEK))
		return 0;
	if (!ret)
		return sent ? 0 : received_nothing(sk);
	if (!begin_run(&run, ret) || take_plain(&run))
		return 0;
	run.conn->expected = HTTP_EXPECTED_ANY;
	if (step_first(&run))
		run_on(slot);
	if (run.call->closed)
		return end_closed(sk);
	run.conn->expected = find_expected(run.conn);
	return 0;
}

/* Bytes came that a client has not read when its socket reached TCP_CLOSE. */
static __always_inline bool has_unread(const struct sock *sk)
{
	const struct tcp_sock *tcp = (const void *)sk;
	__u32 unread = BPF_CORE_READ(tcp, rcv_nxt) - BPF_CORE_READ(tcp, copied_seq);

	/* The FIN has a number too. A close throws the queue away first, and nobody reads any more. */
	return unread > 1 && BPF_CORE_READ(sk, sk_receive_queue.qlen);
}

static __always_inline int state_changed(const struct sock *sk, int old_state, int new_state)
{
	__u64 key = (__u64)sk;
	struct http_conn *conn;
	__u8 failure;

	if (new_state != TCP_ESTABLISHED && new_state != TCP_FIN_WAIT1 && new_state != TCP_LAST_ACK &&
	    new_state != TCP_CLOSING && new_state != TCP_CLOSE)
		return 0;
	conn = find_connection(key);
	if (!conn)
		return 0;
	if (new_state == TCP_ESTABLISHED) { /* an old socket's entry at the same address */
		forget_connection(key);
		return 0;
	}
	/* A client that sent its FIN may still read a response; a server that did sends no more. */
	if (new_state != TCP_CLOSE && conn->role == HTTP_ROLE_CLIENT && new_state != TCP_LAST_ACK)
		return 0;
	failure = close_failure(sk, conn, old_state);
	if (new_state == TCP_CLOSE && conn->role == HTTP_ROLE_CLIENT && conn->open &&
	    failure != HTTP_FAILURE_RESET && has_unread(sk)) {
		conn->closed = 1;
		return 0;
	}
	if (conn->open && conn->verdict == HTTP_VERDICT_HTTP1)
		end_responses(key, bpf_ktime_get_ns(), failure);
	if (new_state == TCP_CLOSE) {
		if (conn->verdict == HTTP_VERDICT_UNKNOWN && conn->request_stream.carry)
			count(HTTP_UNPARSED_CONNECTIONS);
		forget_connection(key);
	}
	return 0;
}

/* Since 4.16; the only stable hook that sees every close. */
SEC("raw_tp/inet_sock_set_state")
int BPF_PROG(trace_inet_sock_set_state, const struct sock *sk, int old_state, int new_state)
{
	return state_changed(sk, old_state, new_state);
}

/* Since 6.3. */
SEC("?raw_tp/sock_send_length")
int BPF_PROG(trace_sock_send_length, const struct sock *sk, int ret, int flags)
{
	return data_moved(SLOT_SEND, sk, ret, flags, true);
}

SEC("?raw_tp/sock_recv_length")
int BPF_PROG(trace_sock_recv_length, const struct sock *sk, int ret, int flags)
{
	return data_moved(SLOT_RECEIVE, sk, ret, flags, false);
}

/*
 * The same through perf events, for kernels that preempt raw tracepoints (since 7.0): there a program is left out while
 * another task is preempted inside it on the same CPU. Perf events run theirs with preemption disabled.
 */
SEC("?tracepoint/sock/sock_send_length")
int trace_sock_send_length_perf(struct trace_event_raw_sock_msg_length *ctx)
{
	return data_moved(SLOT_SEND, ctx->sk, ctx->ret, ctx->flags, true);
}

SEC("?tracepoint/sock/sock_recv_length")
int trace_sock_recv_length_perf(struct trace_event_raw_sock_msg_length *ctx)
{
	return data_moved(SLOT_RECEIVE, ctx->sk, ctx->ret, ctx->flags, false);
}

/*
 * A second look, behind the raw tracepoint's: a perf event's program is left out where it interrupts another's, the raw
 * one where a task is preempted inside it. Of two looks at one change the second finds nothing to do.
 */
SEC("?tracepoint/sock/inet_sock_set_state")
int trace_inet_sock_set_state_perf(struct trace_event_raw_inet_sock_set_state *ctx)
{
	return state_changed(ctx->skaddr, ctx->oldstate, ctx->newstate);
}

#endif
