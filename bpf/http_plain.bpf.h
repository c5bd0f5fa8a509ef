/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The plain case, which nearly every request is: on a connection whose messages are followed, one call has one whole
 * message, its head at the start of one buffer. It needs no memory of its stream. What is anything else is left to
 * the state machine untouched.
 */
#ifndef WATTSPAN_HTTP_PLAIN_BPF_H
#define WATTSPAN_HTTP_PLAIN_BPF_H

/* What of a call is looked at. */
#define HTTP_PLAIN_BYTES 512

/* Before a message, of which `carry` bytes at most are known. */
static __always_inline bool is_idle(const struct http_stream *stream, __u32 carry)
{
	return stream->state == HTTP_STREAM_HEAD && !stream->scan.lines && stream->carry <= carry;
}

/* Whether the state machine is between two messages, and before which. */
static __always_inline __u8 find_expected(const struct http_conn *conn)
{
	if (conn->verdict != HTTP_VERDICT_HTTP1 || !conn->answered || conn->status || conn->answered_early ||
	    !is_idle(&conn->request_stream, conn->open ? 0 : 1) || !is_idle(&conn->response_stream, 0))
		return HTTP_EXPECTED_ANY;
	if (!conn->open)
		return HTTP_EXPECTED_REQUEST;
	return conn->open == 1 && !conn->current.body_open ? HTTP_EXPECTED_RESPONSE : HTTP_EXPECTED_ANY;
}

/* Copies what the call's first buffer has of it to window + carry; returns how many bytes, or 0. */
static __always_inline __u32 fetch_plain(struct http_run *run, __u32 carry)
{
	struct socket_call *call = run->call;
	__u64 base = call->base;
	__u64 bytes = call->bytes;
	struct user_iovec iovec;

	if (!call->readable)
		return 0;
	if (call->buffers) {
		if (bpf_probe_read_user(&iovec, sizeof(iovec), (void *)base))
			return 0;
		base = iovec.base;
		if (iovec.bytes < bytes)
			bytes = iovec.bytes;
	}
	if (bytes > HTTP_PLAIN_BYTES)
		bytes = HTTP_PLAIN_BYTES;
	return bpf_probe_read_user(run->scratch->window + carry, bytes, (void *)base) ? 0 : bytes;
}

/* Scans a head from its first byte. Returns whether it ends in the window, with a body whose length is known. */
static __always_inline bool scan_plain(struct http_run *run, __u32 length)
{
	struct http_scan *scan = &run->scratch->scan;

	__builtin_memset(scan, 0, sizeof(*scan));
	http_scan_head(run->slot, length, wants_host(run->conn));
	return scan->done && !scan->encoding_end;
}

/* A request's first byte alone. */
static __always_inline bool take_first_byte(struct http_run *run)
{
	struct http_stream *stream = &run->conn->request_stream;
	__u8 first;

	if (!fetch_plain(run, 0))
		return false;
	first = http_load8(run->scratch->window, 0);
	if (first < 'A' || first > 'Z')
		return false;
	begin_request(run);
	stream->start = first;
	stream->carry = 1;
	return true;
}

static __always_inline bool take_plain_request(struct http_run *run)
{
	struct http_scratch *scratch = run->scratch;
	struct http_scan *scan = &scratch->scan;
	struct http_conn *conn = run->conn;
	struct http_request *request = &conn->current;
	__u32 carry = conn->request_stream.carry ? 1 : 0;
	__u32 method_bytes = 0;
	__u32 length;
	int version;

	if (!carry && run->call->bytes == 1)
		return take_first_byte(run);
	length = fetch_plain(run, carry);
	if (!length)
		return false;
	length += carry;
	if (carry)
		scratch->window[0] = conn->request_stream.start;
	scratch->method = http_known_method(http_load64(scratch->window, 0), &method_bytes);
	scratch->target.method_bytes = method_bytes;
	if (!scratch->method || !scan_plain(run, length) ||
	    scan->position + scan->content_length != run->call->bytes + carry)
		return false;
	version = http_request_version(scratch->window, scan->first_line_end);
	if (version < 0)
		return false;
	if (!carry)
		begin_request(run);
	conn->request_stream.carry = 0;
	request->method = scratch->method;
	request->minor_version = version == 0 ? 0 : 1;
	request->body_bytes = scan->content_length;
	request->body_open = 0;
	name_target(run, request, scan, true, length);
	if (spans_enabled)
		capture_head(run, request, scan->position);
	conn->requests++;
	conn->open = 1;
	conn->expected = HTTP_EXPECTED_RESPONSE;
	return true;
}

static __always_inline bool take_plain_response(struct http_run *run)
{
	struct http_scratch *scratch = run->scratch;
	struct http_scan *scan = &scratch->scan;
	struct http_conn *conn = run->conn;
	__u32 length = fetch_plain(run, 0);
	__u8 method = conn->current.method;
	__u64 body_bytes;
	__u16 status;

	if (length < HTTP_STATUS_BYTES || http_response_prefix(scratch->window, length) != HTTP_PREFIX_YES)
		return false;
	status = http_status(scratch->window);
	if (status < 200 || method == HTTP_METHOD_CONNECT || !scan_plain(run, length))
		return false;
	body_bytes = scan->content_length;
	if (method == HTTP_METHOD_HEAD || status == 204 || status == 304)
		body_bytes = 0;
	else if (!scan->has_length)
		return false;
	if (scan->position + body_bytes != run->call->bytes)
		return false;
	if (response_capture_bytes && spans_enabled)
		capture_head(run, &conn->current, scan->position);
	conn->status = status;
	conn->response_start_ns = run->now;
	conn->response_stream.body_bytes = body_bytes;
	report_request(conn, (__u64)run->sk, run->now, HTTP_FAILURE_NONE);
	conn->status = 0;
	conn->response_start_ns = 0;
	conn->response_stream.body_bytes = 0;
	conn->answered++;
	conn->open = 0;
	conn->expected = HTTP_EXPECTED_REQUEST;
	return true;
}

/* Returns whether the call was a whole plain message, which is dealt with then. */
static __attribute__((noinline)) int take_plain(struct http_run *run)
{
	bool is_request = (run->conn->role == HTTP_ROLE_CLIENT) == run->sent;

	run->is_request = is_request;
	if (is_request)
		return run->conn->expected == HTTP_EXPECTED_REQUEST && take_plain_request(run);
	return run->conn->expected == HTTP_EXPECTED_RESPONSE && take_plain_response(run);
}

#endif
