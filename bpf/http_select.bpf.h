/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Which connections are followed: one entry per socket, made at its first bytes, with its verdict. */
#ifndef WATTSPAN_HTTP_SELECT_BPF_H
#define WATTSPAN_HTTP_SELECT_BPF_H

#define AF_INET 2
#define AF_INET6 10
#define IPPROTO_TCP 6

enum {
	TCP_ESTABLISHED = 1,
	TCP_FIN_WAIT1 = 4,
	TCP_CLOSE = 7,
	TCP_CLOSE_WAIT = 8,
	TCP_LAST_ACK = 9,
	TCP_CLOSING = 11,
};

static __always_inline struct http_settings *read_settings(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&settings, &zero);
}

/* Whether discovery selects this process as the server on `port`, or as its client. */
static __always_inline bool selects(__u32 tgid, __u16 port)
{
	struct http_process process = { any_process.include, any_process.exclude };
	struct http_port by_port = { any_port.include, any_port.exclude };
	struct http_process *known_process = bpf_map_lookup_elem(&processes, &tgid);
	struct http_port *known_port = bpf_map_lookup_elem(&ports, &port);

	if (known_process) {
		process.include |= known_process->include;
		process.exclude |= known_process->exclude;
	} else {
		process.include = ~0; /* until user space has looked at it; it filters what comes up before */
	}
	if (known_port) {
		by_port.include |= known_port->include;
		by_port.exclude |= known_port->exclude;
	}
	return (process.include & by_port.include) && !(process.exclude & by_port.exclude);
}

/* Before the first request tells the role, either end of the connection may be the server. */
static __always_inline void select_connection(struct http_conn *conn, __u32 tgid, __u32 selection)
{
	__u8 wanted = 0;

	if (conn->role != HTTP_ROLE_CLIENT && selects(tgid, conn->local_port))
		wanted |= HTTP_ROLE_SERVER;
	if (conn->role != HTTP_ROLE_SERVER && selects(tgid, conn->remote_port))
		wanted |= HTTP_ROLE_CLIENT;
	if (tgid == agent_tgid || !(wanted & roles))
		conn->verdict = HTTP_VERDICT_IGNORED;
	else if (conn->verdict == HTTP_VERDICT_IGNORED)
		conn->verdict = HTTP_VERDICT_UNKNOWN;
	conn->tgid = tgid;
	conn->selection = selection;
}

static __always_inline void read_addresses(struct http_conn *conn, const struct sock *sk)
{
	const struct inet_sock *inet = (const void *)sk;

	conn->local_port = __builtin_bswap16(BPF_CORE_READ(inet, inet_sport)); /* skc_num is 0 once it is closed */
	conn->remote_port = __builtin_bswap16(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (conn->family == AF_INET) {
		*(__u32 *)conn->local_address = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
		*(__u32 *)conn->remote_address = BPF_CORE_READ(sk, __sk_common.skc_daddr);
		return;
	}
	BPF_CORE_READ_INTO(&conn->local_address, sk, __sk_common.skc_v6_rcv_saddr);
	BPF_CORE_READ_INTO(&conn->remote_address, sk, __sk_common.skc_v6_daddr);
}

static __always_inline bool is_tcp(const struct sock *sk, __u16 family)
{
	if (family != AF_INET && family != AF_INET6)
		return false;
	return BPF_CORE_READ(sk, sk_protocol) == IPPROTO_TCP;
}

/* The sequence numbers of the byte `back` bytes ago in this direction, and of the next one in the other. */
static __always_inline __u64 read_edge(const struct sock *sk, bool sent, __u64 back)
{
	__u32 written;
	__u32 copied;

	if (has_casts()) {
		const struct tcp_sock *tcp = cast_tcp(sk);

		written = tcp->write_seq;
		copied = tcp->copied_seq;
	} else {
		const struct tcp_sock *tcp = (const void *)sk;

		written = BPF_CORE_READ(tcp, write_seq);
		copied = BPF_CORE_READ(tcp, copied_seq);
	}
	if (sent)
		return (__u64)(written - (__u32)back) << 32 | copied;
	return (__u64)(copied - (__u32)back) << 32 | written;
}

/* Seen from its first byte: nothing was exchanged before this call. */
static __always_inline bool is_fresh(const struct sock *sk, const struct socket_call *call, bool sent)
{
	const struct tcp_sock *tcp = (const void *)sk;

	return BPF_CORE_READ(tcp, bytes_received) <= (sent ? 0 : call->bytes) &&
	       BPF_CORE_READ(tcp, bytes_sent) <= (sent ? call->bytes : 0);
}

/* Tells the server on this host, if there is one, who began the connection whose first request has this edge. */
static __always_inline void announce_client(__u64 edge, bool is_agent)
{
	__u32 value = is_agent;

	bpf_map_update_elem(&client_edges, &edge, &value, BPF_ANY);
}

static __attribute__((noinline)) struct http_conn *new_connection(const struct sock *sk, struct socket_call *call,
								 __u32 tgid, bool sent)
{
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);
	struct http_settings *set = read_settings();
	struct http_conn *conn;

	if (!set || !is_tcp(sk, family))
		return NULL;
	conn = add_connection((__u64)sk);
	if (!conn) {
		count(HTTP_LOST_CONNECTIONS);
		return NULL;
	}
	conn->family = family;
	read_addresses(conn, sk);
	conn->fresh = is_fresh(sk, call, sent);
	call->closed = BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_CLOSE;
	select_connection(conn, tgid, set->selection);
	if (tgid == agent_tgid && sent)
		announce_client(read_edge(sk, sent, call->bytes), true);
	return conn;
}

#endif
