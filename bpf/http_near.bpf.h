/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Tables in front of the hash maps. A look-up in a hash map is three calls, which cost 30 to 35 ns where returns are
 * guarded against speculation; one in an array is a load. So each entry has one place in an array, a connection two, by a
 * hash of its key. It is of whoever claims it first, until that is forgotten; all others are in the map behind.
 */
#ifndef WATTSPAN_HTTP_NEAR_BPF_H
#define WATTSPAN_HTTP_NEAR_BPF_H

/*
 * Takes a place that nobody has. Of several that try at once one may succeed, or none: an addition that tells nothing
 * is what there is below 5.12.
 */
static __always_inline bool claim(__u32 *claims)
{
	if (*claims)
		return false;
	__sync_fetch_and_add(claims, 1);
	if (*(volatile __u32 *)claims == 1)
		return true;
	__sync_fetch_and_add(claims, -1);
	return false;
}

static __always_inline void release(__u32 *claims)
{
	__sync_fetch_and_add(claims, -1);
}

static __always_inline __u32 near_hash(__u64 key)
{
	return key * 0x9E3779B97F4A7C15ULL >> 40;
}

/* How far apart the two places are that a connection may have. */
#define NEAR_OTHER_PLACE 16

/*
 * Sockets of one slab are neighbours here too: fewer pages are touched. Where two slabs have the same places, one of
 * them has the next slab's.
 */
static __always_inline struct http_conn *near_connection(__u64 sk, __u32 other)
{
	__u32 place = ((near_hash(sk >> 15) << 4 | (sk >> 11 & 15)) ^ other) & near_connections_mask;

	return bpf_map_lookup_elem(&near_connections, &place);
}

/* The place that is the connection's; NULL where none is. */
static __always_inline struct http_conn *find_near_connection(__u64 sk)
{
	struct http_conn *conn = near_connection(sk, 0);

	if (conn && conn->sk == sk)
		return conn;
	conn = near_connection(sk, NEAR_OTHER_PLACE);
	return conn && conn->sk == sk ? conn : NULL;
}

static __always_inline struct http_conn *find_connection(__u64 sk)
{
	struct http_conn *conn = find_near_connection(sk);

	return conn ? conn : bpf_map_lookup_elem(&connections, &sk);
}

static __always_inline struct http_conn *claim_near_connection(__u64 sk)
{
	struct http_conn *conn = near_connection(sk, 0);

	if (conn && claim(&conn->claims))
		return conn;
	conn = near_connection(sk, NEAR_OTHER_PLACE);
	return conn && claim(&conn->claims) ? conn : NULL;
}

/* An empty entry; NULL where there is no room. */
static __always_inline struct http_conn *add_connection(__u64 sk)
{
	struct http_conn *conn = claim_near_connection(sk);
	struct http_zeros *empty;
	__u32 zero = 0;

	if (conn) {
		conn->sk = sk;
		return conn;
	}
	empty = bpf_map_lookup_elem(&zeros, &zero);
	if (!empty || bpf_map_update_elem(&connections, &sk, &empty->connection, BPF_ANY))
		return NULL;
	return bpf_map_lookup_elem(&connections, &sk);
}

static __always_inline void remove_connection(__u64 sk)
{
	struct http_conn *conn = find_near_connection(sk);

	if (!conn) {
		bpf_map_delete_elem(&connections, &sk);
		return;
	}
	__builtin_memset(conn, 0, __builtin_offsetof(struct http_conn, claims));
	release(&conn->claims);
}

#endif
