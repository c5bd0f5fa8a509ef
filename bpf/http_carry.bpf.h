/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Heads in pieces: what a call leaves of a line goes to `partial_heads`, and what is no head at all. */
#ifndef WATTSPAN_HTTP_CARRY_BPF_H
#define WATTSPAN_HTTP_CARRY_BPF_H

/* Keeps an unfinished line, window[position, length), for the next call. */
static __always_inline void keep_carry(struct http_run *run, struct http_stream *stream, __u32 position, __u32 length)
{
	struct http_slot_key key = { .sk = (__u64)run->sk, .slot = run->is_request };
	__u32 bytes = length - position;

	run->call->offset = run->call->bytes;
	stream->carry = 0;
	if (position >= HTTP_WINDOW || !bytes || bytes > HTTP_CARRY)
		return;
	if (bytes <= sizeof(stream->start)) {
		stream->start = http_load64(run->scratch->window, position);
		stream->carry = bytes;
		return;
	}
	if (bpf_map_update_elem(&partial_heads, &key, run->scratch->window + position, BPF_ANY))
		count(HTTP_LOST_FRAMING);
	else
		stream->carry = bytes;
}

static __always_inline void restore_carry(struct http_run *run, const struct http_stream *stream)
{
	struct http_slot_key key = { .sk = (__u64)run->sk, .slot = run->is_request };
	struct http_partial *partial;

	if (stream->carry <= sizeof(stream->start)) {
		*(__u32 *)run->scratch->window = stream->start;
		return;
	}
	partial = bpf_map_lookup_elem(&partial_heads, &key);
	if (partial && stream->carry <= HTTP_CARRY)
		bpf_probe_read_kernel(run->scratch->window, stream->carry, partial->bytes);
}

static __always_inline void set_verdict(struct http_conn *conn, __u8 verdict, __u32 counter)
{
	conn->verdict = verdict;
	count(counter);
}

/* What a connection is whose bytes begin neither a request nor, where one is expected, a response. */
static __always_inline void not_http(struct http_run *run)
{
	struct http_conn *conn = run->conn;
	__u64 word = http_load64(run->scratch->window, 0);
	__u8 first = word;

	run->call->offset = run->call->bytes;
	conn->request_stream.carry = 0;
	if (conn->verdict == HTTP_VERDICT_HTTP1) {
		count(HTTP_LOST_FRAMING);
		return;
	}
	conn->role = HTTP_ROLE_NONE;
	if (first >= 0x14 && first <= 0x17 && (word >> 8 & 0xff) == 3)
		set_verdict(conn, HTTP_VERDICT_TLS, HTTP_UNPARSED_TLS);
	else if (word == HTTP_WORD('P', 'R', 'I', ' ', '*', ' ', 'H', 'T'))
		set_verdict(conn, HTTP_VERDICT_HTTP2, HTTP_UNPARSED_HTTP2);
	else if (conn->fresh || ++conn->detections > HTTP_DETECT_CALLS)
		set_verdict(conn, HTTP_VERDICT_OTHER, HTTP_UNPARSED_CONNECTIONS);
}

static __always_inline void unreadable(struct http_run *run)
{
	run->call->offset = run->call->bytes;
	set_verdict(run->conn, HTTP_VERDICT_UNREADABLE, HTTP_UNREADABLE);
}

/* Brings window[0, result) up to date with the stream's carry and this call's next bytes; -1: unreadable. */
static __always_inline int fill_window(struct http_run *run, struct http_stream *stream, __u32 limit)
{
	__u32 carry = stream->carry;
	int read;

	if (!run->call->readable || carry > HTTP_CARRY)
		return -1;
	if (carry)
		restore_carry(run, stream);
	read = http_fetch(run->slot, carry, limit);
	return read < 0 ? -1 : (int)carry + read;
}

/* A client's target is its Host; a server's is its route. */
static __always_inline bool wants_host(const struct http_conn *conn)
{
	return conn->role == HTTP_ROLE_CLIENT;
}

/* Scans the window with the stream's scanner. */
static __always_inline void scan_head(struct http_run *run, struct http_stream *stream, __u32 length)
{
	struct http_scan *scan = &run->scratch->scan;

	*scan = stream->scan;
	scan->position = 0;
	http_scan_head(run->slot, length, wants_host(run->conn));
	stream->scan = *scan;
}

/* Adds the window's consumed bytes to the request's capture. */
static __always_inline void capture_head(struct http_run *run, const struct http_request *request, __u32 bytes)
{
	struct http_capture *capture;

	if (!request->captured)
		return;
	capture = find_capture((__u64)run->sk, request->capture);
	if (!capture)
		return;
	if (run->is_request)
		capture_request(capture, run->scratch->window, bytes);
	else
		capture_response(capture, run->scratch->window, bytes);
}

/* Moves on behind what the scanner consumed; what is left of a line waits for the next call. */
static __always_inline enum http_step advance_head(struct http_run *run, struct http_stream *stream, __u32 length)
{
	struct socket_call *call = run->call;
	__u32 position = stream->scan.position;
	__u32 carry = stream->carry;

	if (call->offset + length - carry >= call->bytes) {
		keep_carry(run, stream, position, length);
		return HTTP_STEP_DONE;
	}
	if (position >= carry && position) {
		call->offset += position - carry;
		stream->carry = 0;
	}
	return HTTP_STEP_NEXT;
}

#endif
