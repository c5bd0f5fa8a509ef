/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Heads: what a request line, a status line and the fields behind them decide. */
#ifndef WATTSPAN_HTTP_HEAD_BPF_H
#define WATTSPAN_HTTP_HEAD_BPF_H

/* Selects again, once the role is known. Returns whether the connection is still followed. */
__attribute__((noinline)) int http_select_role(__u64 sk, __u32 tgid)
{
	struct http_conn *conn = find_connection(sk);

	if (!conn)
		return 0;
	select_connection(conn, tgid, conn->selection);
	return conn->verdict != HTTP_VERDICT_IGNORED;
}

/* The target of a client's request: the Host it asks, else the address it is connected to. */
static __always_inline __u64 client_target(const struct http_conn *conn, const struct http_scan *scan)
{
	if (scan->host_hash || !scan->done)
		return scan->host_hash;
	return http_mix(*(__u64 *)conn->remote_address,
			*(__u64 *)(conn->remote_address + 8) ^ conn->remote_port);
}

/* Too few bytes to tell: keeps them, unless the call has more in its next buffers. */
static __always_inline enum http_step wait_for_more(struct http_run *run, struct http_stream *stream, __u32 length)
{
	struct socket_call *call = run->call;

	if (call->offset + length - stream->carry < call->bytes)
		return HTTP_STEP_NEXT;
	keep_carry(run, stream, 0, length);
	return HTTP_STEP_DONE;
}

/* Looks at the first bytes of a request. */
static __always_inline enum http_prefix read_request_start(struct http_run *run, struct http_stream *stream,
							   __u32 length)
{
	struct http_scratch *scratch = run->scratch;
	int found = http_read_method(run->slot, length);

	if ((found & 0xff) == HTTP_PREFIX_NO) {
		not_http(run);
		return HTTP_PREFIX_NO;
	}
	if (!run->conn->role) {
		run->conn->role = run->sent ? HTTP_ROLE_CLIENT : HTTP_ROLE_SERVER;
		if (!http_select_role((__u64)run->sk, run->call->tgid))
			return HTTP_PREFIX_NO; /* only the other end was wanted */
	}
	if (!stream->carry)
		begin_request(run);
	scratch->target.method_bytes = found >> 16;
	scratch->method = found >> 8;
	return found & 0xff;
}

/* Everything about a request that its first line tells, in window[0, length). False where it is not HTTP/1.x. */
static __always_inline bool read_request_line(struct http_run *run, struct http_request *request, __u32 length)
{
	struct http_scratch *scratch = run->scratch;
	struct http_stream *stream = &run->conn->request_stream;
	__u32 line_end = stream->scan.first_line_end;
	int version = line_end ? http_request_version(scratch->window, line_end) : 1;

	if (version < 0) {
		reset_stream(stream);
		not_http(run);
		return false;
	}
	run->conn->verdict = HTTP_VERDICT_HTTP1;
	request->method = scratch->method;
	request->minor_version = version == 0 ? 0 : 1;
	return true;
}

static __always_inline void name_target(struct http_run *run, struct http_request *request,
					const struct http_scan *scan, bool begins, __u32 length)
{
	__u32 line_end = scan->first_line_end ? scan->first_line_end : length;
	__u64 target;

	if (run->conn->role == HTTP_ROLE_CLIENT)
		target = client_target(run->conn, scan);
	else if (begins)
		target = shape_path(run->scratch, run->slot, run->scratch->target.method_bytes, line_end);
	else
		return;
	if (target)
		resolve_target(run->scratch, run->conn, request, target, length);
}

static __always_inline enum http_step read_request_head(struct http_run *run, __u32 limit)
{
	struct socket_call *call = run->call;
	struct http_conn *conn = run->conn;
	struct http_stream *stream = &conn->request_stream;
	bool begins = !stream->scan.lines;
	struct http_request *request;
	int length = fill_window(run, stream, limit);
	__u8 first = http_load8(run->scratch->window, 0);

	if (length <= 0) {
		unreadable(run);
		return HTTP_STEP_DONE;
	}
	if (begins && !stream->carry && (first == '\r' || first == '\n')) {
		call->offset++; /* an empty line before a request */
		return HTTP_STEP_NEXT;
	}
	if (begins) {
		enum http_prefix prefix = read_request_start(run, stream, length);

		if (prefix == HTTP_PREFIX_NO)
			return HTTP_STEP_DONE;
		if (prefix == HTTP_PREFIX_MORE)
			return wait_for_more(run, stream, length);
	}
	request = conn->apart ? &conn->incoming : &conn->current;
	scan_head(run, stream, length);
	begins = begins && stream->scan.lines;
	if (begins && !read_request_line(run, request, length))
		return HTTP_STEP_DONE;
	if (!request->target)
		name_target(run, request, &stream->scan, begins, length);
	if (spans_enabled && stream->scan.position)
		capture_head(run, request, stream->scan.position);
	if (!stream->scan.done)
		return advance_head(run, stream, length);
	call->offset += stream->scan.position - stream->carry;
	end_request_head(run);
	/* What is there of the body needs no step of its own. */
	return stream->state == HTTP_STREAM_LENGTH ? read_counted(run, stream) : HTTP_STEP_NEXT;
}

/* What follows a response's head, which the request's method and the status decide before the head's fields do. */
static __always_inline enum http_step end_response_head(struct http_run *run)
{
	struct http_conn *conn = run->conn;
	struct http_stream *stream = &conn->response_stream;
	__u8 method = conn->current.method;
	__u16 status = conn->status;
	bool until_close = !stream->scan.chunked && !stream->scan.has_length;

	if (status >= 100 && status < 200 && status != 101) { /* an interim response: the final one follows */
		reset_stream(stream);
		conn->status = 0;
		return HTTP_STEP_NEXT;
	}
	if (status == 101 || (method == HTTP_METHOD_CONNECT && status >= 200 && status < 300)) {
		conn->verdict = HTTP_VERDICT_UPGRADED;
		return HTTP_STEP_RESPONSE;
	}
	if (method == HTTP_METHOD_HEAD || status == 204 || status == 304)
		return HTTP_STEP_RESPONSE;
	if (until_close) {
		stream->carry = 0;
		stream->state = HTTP_STREAM_UNTIL_CLOSE;
		return HTTP_STEP_NEXT;
	}
	if (!begin_body(stream))
		return HTTP_STEP_RESPONSE;
	return stream->state == HTTP_STREAM_LENGTH ? read_counted(run, stream) : HTTP_STEP_NEXT;
}

/* A response before its request's head was complete: an early refusal. */
static __always_inline bool open_unfinished_request(struct http_run *run)
{
	struct http_conn *conn = run->conn;

	if (conn->open)
		return true;
	if (conn->verdict != HTTP_VERDICT_HTTP1 || !conn->request_stream.scan.lines ||
	    conn->request_stream.state != HTTP_STREAM_HEAD)
		return false;
	conn->requests++;
	conn->open = 1;
	conn->request_stream.state = HTTP_STREAM_UNTIL_CLOSE;
	return true;
}

static __always_inline enum http_step read_response_head(struct http_run *run, __u32 limit)
{
	struct socket_call *call = run->call;
	struct http_conn *conn = run->conn;
	struct http_stream *stream = &conn->response_stream;
	bool begins = !stream->scan.lines;
	int length = fill_window(run, stream, limit);

	if (length <= 0) {
		unreadable(run);
		return HTTP_STEP_DONE;
	}
	if (begins) {
		enum http_prefix prefix = http_response_prefix(run->scratch->window, length);

		if (prefix == HTTP_PREFIX_NO || !open_unfinished_request(run)) {
			count(prefix == HTTP_PREFIX_NO ? HTTP_LOST_FRAMING : HTTP_UNMATCHED_RESPONSES);
			call->offset = call->bytes;
			return HTTP_STEP_DONE;
		}
		if (!conn->response_start_ns)
			conn->response_start_ns = run->now;
		if (length < HTTP_STATUS_BYTES)
			return wait_for_more(run, stream, length);
		conn->status = http_status(run->scratch->window);
	}
	scan_head(run, stream, length);
	if (response_capture_bytes && spans_enabled && stream->scan.position && conn->status >= 200)
		capture_head(run, &conn->current, stream->scan.position);
	if (!stream->scan.done)
		return advance_head(run, stream, length);
	call->offset += stream->scan.position - stream->carry;
	return end_response_head(run);
}

#endif
