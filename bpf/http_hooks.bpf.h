/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The programs: each only unpacks its context. User space loads one set of hooks (src/ebpf/socket-hooks.ts). */
#ifndef WATTSPAN_HTTP_HOOKS_BPF_H
#define WATTSPAN_HTTP_HOOKS_BPF_H

#define MSG_PEEK 2
#define ECONNRESET 104

enum {
	TCP_ESTABLISHED = 1,
	TCP_FIN_WAIT1 = 4,
	TCP_CLOSE = 7,
	TCP_CLOSE_WAIT = 8,
	TCP_LAST_ACK = 9,
	TCP_CLOSING = 11,
};

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
	bpf_map_delete_elem(&connections, &key);
}

/* A receive of no bytes: the peer closed its side, and with it a client's responses. */
static __always_inline int received_nothing(const struct sock *sk)
{
	__u64 key = (__u64)sk;
	struct http_conn *conn = bpf_map_lookup_elem(&connections, &key);
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

/* Looks at the bytes of one call. Returns whether there is more than one step took. */
static __attribute__((noinline)) int begin_run(__u32 slot, const struct sock *sk, int ret, int flags, bool sent)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct http_run run = { .sk = sk, .slot = slot, .sent = sent };
	__u64 key = (__u64)sk;

	if (ret < 0 || (!sent && flags & MSG_PEEK))
		return 0;
	if (!ret)
		return sent ? 0 : received_nothing(sk);
	run.conn = bpf_map_lookup_elem(&connections, &key);
	if (run.conn && is_settled(run.conn, tgid))
		return 0;
	run.scratch = find_scratch(slot);
	if (!run.scratch)
		return 0;
	run.call = &run.scratch->call;
	run.call->tgid = tgid;
	run.call->bytes = ret;
	run.call->offset = 0;
	if (!run.conn) {
		run.conn = new_connection(sk, run.call, tgid, sent);
		if (!run.conn || run.conn->verdict == HTTP_VERDICT_IGNORED)
			return 0;
	}
	find_user_buffer(run.call);
	if (run.call->messages)
		find_next_message(run.call, &run.conn->message);
	run.now = bpf_ktime_get_ns();
	return step_first(&run);
}

/* The first step and the others are called one after the other: their frames together would be too much stack. */
static __always_inline int data_moved(__u32 slot, const struct sock *sk, int ret, int flags, bool sent)
{
	__u32 i;

	if (!begin_run(slot, sk, ret, flags, sent))
		return 0;
	for (i = 0; i < HTTP_STEPS; i++)
		if (!http_step_on(slot))
			return 0;
	return http_lose_framing(slot);
}

/* Bytes came that a client has not read when its socket reached TCP_CLOSE. */
static __always_inline bool has_unread(const struct sock *sk)
{
	const struct tcp_sock *tcp = (const void *)sk;
	__u32 unread = BPF_CORE_READ(tcp, rcv_nxt) - BPF_CORE_READ(tcp, copied_seq);

	/* The FIN has a number too. A close throws the queue away first, and nobody reads any more. */
	return unread > 1 && BPF_CORE_READ(sk, sk_receive_queue.qlen);
}

static __always_inline __u8 close_failure(const struct sock *sk, const struct http_conn *conn, int old_state)
{
	if (BPF_CORE_READ(sk, sk_err) == ECONNRESET)
		return HTTP_FAILURE_RESET;
	if (conn->role == HTTP_ROLE_CLIENT && old_state != TCP_CLOSE_WAIT && old_state != TCP_LAST_ACK)
		return HTTP_FAILURE_CANCELLED;
	return HTTP_FAILURE_CLOSED;
}

static __always_inline int state_changed(const struct sock *sk, int old_state, int new_state)
{
	__u64 key = (__u64)sk;
	struct http_conn *conn;
	__u8 failure;

	if (new_state != TCP_ESTABLISHED && new_state != TCP_FIN_WAIT1 && new_state != TCP_LAST_ACK &&
	    new_state != TCP_CLOSING && new_state != TCP_CLOSE)
		return 0;
	conn = bpf_map_lookup_elem(&connections, &key);
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

#endif
