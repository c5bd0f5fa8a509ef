/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The state machine: follows the messages of both directions of a connection through system calls of any split,
 * by their own framing (RFC 9112 section 6), and completes each request when its response is.
 */
#ifndef WATTSPAN_HTTP_STREAM_BPF_H
#define WATTSPAN_HTTP_STREAM_BPF_H

/* Messages, chunks and windows of a head that one call may hold; what is beyond loses its framing. */
#define HTTP_STEPS 2048

enum http_step {
	HTTP_STEP_NEXT,     /* something was consumed, there may be more */
	HTTP_STEP_DONE,     /* this call's bytes are used up */
	HTTP_STEP_RESPONSE, /* a response ended here: its request is complete */
};

/*
 * Functions with a slot are global: the verifier checks each once, by itself, rather than in every step of the loop
 * that calls it. Below 5.12 they take only numbers, so they find the scratch again.
 */
static __always_inline struct http_scratch *find_scratch(__u32 slot)
{
	return bpf_map_lookup_elem(&scratches, &slot);
}

/* Reads up to `limit` unconsumed bytes to window + carry; returns how many, or -1. */
__attribute__((noinline)) int http_fetch(__u32 slot, __u32 carry, __u32 limit)
{
	struct http_scratch *scratch = find_scratch(slot);

	if (!scratch || carry > HTTP_CARRY)
		return -1;
	return read_user_bytes(&scratch->call, scratch->window + carry, limit, limit > HTTP_FIRST_WINDOW);
}

/* Scans window[0, length) with scratch->scan. */
__attribute__((noinline)) int http_scan_head(__u32 slot, __u32 length)
{
	struct http_scratch *scratch = find_scratch(slot);

	if (!scratch || length > HTTP_WINDOW)
		return -1;
	http_scan_window(&scratch->scan, scratch->window, length);
	return 0;
}

/* Reads the fields that the scan met. */
__attribute__((noinline)) int http_scan_fields(__u32 slot)
{
	struct http_scratch *scratch = find_scratch(slot);

	if (!scratch)
		return -1;
	http_read_fields(&scratch->scan, scratch->window);
	return 0;
}

/* Selects again, once the role is known. Returns whether the connection is still followed. */
__attribute__((noinline)) int http_select_role(__u64 sk, __u32 tgid)
{
	struct http_conn *conn = bpf_map_lookup_elem(&connections, &sk);

	if (!conn)
		return 0;
	select_connection(conn, tgid, conn->selection);
	return conn->verdict != HTTP_VERDICT_IGNORED;
}

/* The shape of the path at window[from, end). */
__attribute__((noinline)) __u64 http_shape_path(__u32 slot, __u32 from, __u32 end)
{
	struct http_scratch *scratch = find_scratch(slot);

	if (!scratch)
		return 0;
	http_route_shape(&scratch->shape, scratch->window, from, end);
	return scratch->shape.hash;
}

/* Reads on in scratch->lines; returns the bytes consumed. */
__attribute__((noinline)) int http_read_lines(__u32 slot, __u32 length, __u32 trailers)
{
	struct http_scratch *scratch = find_scratch(slot);

	if (!scratch)
		return -1;
	if (trailers)
		return http_read_trailers(&scratch->lines, scratch->window, length);
	return http_read_size(&scratch->lines, scratch->window, length);
}

/* The method at the window's start: prefix | method << 8 | bytes << 16. */
__attribute__((noinline)) int http_read_method(__u32 slot, __u32 length)
{
	struct http_scratch *scratch = find_scratch(slot);
	enum http_prefix prefix;
	__u32 bytes = 0;
	__u8 method = 0;

	if (!scratch)
		return HTTP_PREFIX_NO;
	prefix = http_parse_method(scratch->window, length, &method, &bytes);
	return prefix | method << 8 | bytes << 16;
}

static __always_inline void reset_stream(struct http_stream *stream)
{
	__builtin_memset(stream, 0, sizeof(*stream));
}

/* Body bytes of a message that ended, or was cut inside a chunk whose size was counted in advance. */
static __always_inline void settle_body(struct http_stream *stream)
{
	if (stream->state == HTTP_STREAM_CHUNK_DATA && stream->left > 2)
		stream->body_bytes -= stream->left - 2;
}

/*
 * Looks for the client of a connection's first request on this host. Only when that was answered: a client's hook
 * runs behind its send, when the server may have read the request already.
 */
static __always_inline void find_client(struct http_conn *conn)
{
	__u32 *is_agent = bpf_map_lookup_elem(&client_edges, &conn->current.edge);

	if (!is_agent)
		return;
	conn->client_observed = 1;
	if (*is_agent)
		conn->verdict = HTTP_VERDICT_IGNORED;
}

/*
 * Counts conn->current and makes the next queued request current. Not inlined: its keys would take stack, of which
 * all frames together have 512 bytes, from every step.
 */
static __attribute__((noinline)) int complete_request(struct http_conn *conn, __u64 sk, __u64 end_ns, __u8 failure)
{
	struct http_slot_key next = { .sk = sk };
	struct http_request *queued;

	if (!conn->answered && conn->role == HTTP_ROLE_SERVER)
		find_client(conn);
	if (conn->verdict == HTTP_VERDICT_IGNORED) {
		conn->open = 0;
		return 0;
	}
	settle_body(&conn->response_stream);
	if (conn->current.body_open)
		conn->current.body_bytes = conn->request_stream.body_bytes;
	count_request(conn, end_ns, failure);
	if (spans_enabled)
		emit_span(conn, sk, end_ns, failure);
	if (conn->current.capture)
		end_capture(sk, conn->current.capture);
	reset_stream(&conn->response_stream);
	conn->status = 0;
	conn->response_start_ns = 0;
	conn->answered_early = 0;
	conn->answered++;
	conn->open--;
	if (!conn->open)
		return 0;
	next.slot = conn->answered;
	queued = bpf_map_lookup_elem(&queued_requests, &next);
	if (!queued) {
		count(HTTP_LOST_PIPELINED);
		conn->open = 0;
		return 0;
	}
	conn->current = *queued;
	bpf_map_delete_elem(&queued_requests, &next);
	return 0;
}

/*
 * Completes the current request of a connection that brings no more bytes for it. Returns how many are open still.
 */
__attribute__((noinline)) int http_end_response(__u64 sk, __u64 now, __u32 failure)
{
	struct http_conn *conn = bpf_map_lookup_elem(&connections, &sk);

	if (!conn || !conn->open)
		return 0;
	if (conn->answered_early || (conn->status && conn->response_stream.state == HTTP_STREAM_UNTIL_CLOSE))
		complete_request(conn, sk, conn->response_last_ns, HTTP_FAILURE_NONE);
	else
		complete_request(conn, sk, now, failure);
	return conn->open;
}

/* The connection brings no more response bytes: completes all that is open. */
static __always_inline void end_responses(__u64 sk, __u64 now, __u8 failure)
{
	__u32 i;

	for (i = 0; i < HTTP_PIPELINE_DEPTH; i++)
		if (!http_end_response(sk, now, failure))
			return;
}

static __always_inline __u64 read_process_start(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, group_leader, start_boottime);
}

/* The bytes that follow begin a request. */
static __always_inline void begin_request(struct http_run *run)
{
	struct http_conn *conn = run->conn;
	struct http_request *request;

	/* A new request ends a response whose end was not found. */
	if (conn->open && conn->status && conn->response_stream.state == HTTP_STREAM_UNTIL_CLOSE)
		http_end_response((__u64)run->sk, run->now, HTTP_FAILURE_NONE);
	conn->apart = conn->open > 0;
	request = conn->apart ? &conn->incoming : &conn->current;
	if (conn->tgid != run->call->tgid || !conn->process_start_ns) {
		conn->tgid = run->call->tgid;
		conn->process_start_ns = read_process_start();
	}
	request->start_ns = run->now;
	request->target = 0;
	request->body_bytes = 0;
	request->process_start_ns = conn->process_start_ns;
	request->tgid = run->call->tgid;
	request->number = conn->requests;
	request->capture = conn->apart ? conn->requests : 0;
	request->minor_version = 1;
	request->body_open = 1;
	if (spans_enabled || !conn->requests)
		request->edge = read_edge(run->sk, run->sent,
					  run->call->bytes - run->call->offset);
	if (spans_enabled)
		begin_capture((__u64)run->sk, request->capture);
}

/* The request's body is complete: its size goes to where the request is now. Completes it where it was answered early. */
static __always_inline enum http_step end_request_body(struct http_run *run)
{
	struct http_conn *conn = run->conn;
	struct http_slot_key key = { .sk = (__u64)run->sk, .slot = conn->requests - 1 };
	__u64 body_bytes = conn->request_stream.body_bytes;
	struct http_request *queued;

	reset_stream(&conn->request_stream);
	if (conn->open == 1) {
		conn->current.body_bytes = body_bytes;
		conn->current.body_open = 0;
	} else if (conn->open) {
		queued = bpf_map_lookup_elem(&queued_requests, &key);
		if (queued) {
			queued->body_bytes = body_bytes;
			queued->body_open = 0;
		}
	}
	return conn->answered_early && conn->open == 1 ? HTTP_STEP_RESPONSE : HTTP_STEP_NEXT;
}

/* Sets what follows a head: a body by chunks, by length, or none. Returns false where there is none. */
static __always_inline bool begin_body(struct http_stream *stream)
{
	stream->carry = 0;
	if (stream->scan.chunked) {
		stream->state = HTTP_STREAM_CHUNK_SIZE;
		stream->left = 0;
		stream->in_line = 0;
		return true;
	}
	stream->left = stream->scan.content_length;
	if (!stream->scan.has_length || !stream->left)
		return false;
	stream->state = HTTP_STREAM_LENGTH;
	return true;
}

static __always_inline void end_request_head(struct http_run *run)
{
	struct http_conn *conn = run->conn;
	struct http_request *request = conn->apart ? &conn->incoming : &conn->current;
	struct http_slot_key key = { .sk = (__u64)run->sk, .slot = request->number };

	if (spans_enabled && !conn->requests && conn->role == HTTP_ROLE_CLIENT)
		announce_client(request->edge, false);
	conn->requests++;
	if (conn->apart && conn->open) {
		if (conn->open >= HTTP_PIPELINE_DEPTH ||
		    bpf_map_update_elem(&queued_requests, &key, request, BPF_ANY)) {
			count(HTTP_LOST_PIPELINED);
			conn->verdict = HTTP_VERDICT_UNREADABLE; /* responses cannot be matched any more */
			return;
		}
	} else if (conn->apart) {
		conn->current = *request;
	}
	conn->open++;
	conn->request_stream.body_bytes = 0;
	if (!begin_body(&conn->request_stream))
		end_request_body(run);
}

/* The target of a client's request: the Host it asks, else the address it is connected to. */
static __always_inline __u64 client_target(const struct http_conn *conn, const struct http_scan *scan)
{
	if (scan->host_hash || !scan->done)
		return scan->host_hash;
	return http_mix(*(__u64 *)conn->remote_address,
			*(__u64 *)(conn->remote_address + 8) ^ conn->remote_port);
}

/* Keeps an unfinished line, window[position, length), for the next call. */
static __always_inline void keep_carry(struct http_run *run, struct http_stream *stream, __u32 position, __u32 length)
{
	struct http_slot_key key = { .sk = (__u64)run->sk, .slot = run->is_request };
	__u32 bytes = length - position;

	run->call->offset = run->call->bytes;
	stream->carry = 0;
	if (position >= HTTP_WINDOW || !bytes || bytes > HTTP_CARRY)
		return;
	if (bpf_map_update_elem(&partial_heads, &key, run->scratch->window + position, BPF_ANY))
		count(HTTP_LOST_FRAMING);
	else
		stream->carry = bytes;
}

static __always_inline void restore_carry(struct http_run *run, const struct http_stream *stream)
{
	struct http_slot_key key = { .sk = (__u64)run->sk, .slot = run->is_request };
	struct http_partial *partial = bpf_map_lookup_elem(&partial_heads, &key);

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

/* Scans the window with the stream's scanner. */
static __always_inline void scan_head(struct http_run *run, struct http_stream *stream, __u32 length)
{
	struct http_scan *scan = &run->scratch->scan;

	*scan = stream->scan;
	scan->position = 0;
	http_scan_head(run->slot, length);
	if (run->conn->role != HTTP_ROLE_CLIENT)
		scan->host_at = 0; /* a server's target is its route */
	if (scan->length_at || scan->encoding_end || scan->host_at)
		http_scan_fields(run->slot);
	stream->scan = *scan;
}

/* Adds the window's consumed bytes to the request's capture. */
static __always_inline void capture_head(struct http_run *run, const struct http_request *request, __u32 bytes)
{
	struct http_capture *capture = find_capture((__u64)run->sk, request->capture);

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

static __always_inline enum http_step end_message(struct http_run *run)
{
	return run->is_request ? end_request_body(run) : HTTP_STEP_RESPONSE;
}

/* Takes body bytes by count alone: they need not be readable. */
static __always_inline enum http_step read_counted(struct http_run *run, struct http_stream *stream)
{
	struct socket_call *call = run->call;
	__u64 take = call->bytes - call->offset;

	if (take > stream->left)
		take = stream->left;
	call->offset += take;
	stream->left -= take;
	if (stream->state == HTTP_STREAM_LENGTH)
		stream->body_bytes += take;
	if (stream->left)
		return HTTP_STEP_DONE;
	if (stream->state == HTTP_STREAM_LENGTH)
		return end_message(run);
	stream->state = HTTP_STREAM_CHUNK_SIZE;
	stream->in_line = 0;
	return HTTP_STEP_NEXT;
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

static __always_inline void name_target(struct http_run *run, struct http_request *request, bool begins, __u32 length)
{
	struct http_scan *scan = &run->conn->request_stream.scan;
	__u32 line_end = scan->first_line_end ? scan->first_line_end : length;
	__u64 target;

	if (run->conn->role == HTTP_ROLE_CLIENT)
		target = client_target(run->conn, scan);
	else if (begins)
		target = http_shape_path(run->slot, run->scratch->target.method_bytes, line_end);
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
		name_target(run, request, begins, length);
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

/* A chunk's size line, and as much of its data as is there; or trailers. */
static __always_inline enum http_step read_lines(struct http_run *run, struct http_stream *stream)
{
	struct http_scratch *scratch = run->scratch;
	bool trailers = stream->state == HTTP_STREAM_TRAILERS;
	int length;
	int used;

	length = scratch->call.readable ? http_fetch(run->slot, 0, HTTP_LINE_BYTES) : -1;
	if (length <= 0) {
		unreadable(run);
		return HTTP_STEP_DONE;
	}
	scratch->lines.size = stream->left;
	scratch->lines.in_line = stream->in_line;
	scratch->lines.ended = 0;
	used = http_read_lines(run->slot, length, trailers);
	if (used <= 0)
		return HTTP_STEP_DONE;
	scratch->call.offset += used;
	stream->left = scratch->lines.size;
	stream->in_line = scratch->lines.in_line;
	if (!scratch->lines.ended)
		return HTTP_STEP_NEXT;
	if (trailers)
		return end_message(run);
	stream->in_line = 0;
	if (!stream->left) {
		stream->state = HTTP_STREAM_TRAILERS;
		return HTTP_STEP_NEXT;
	}
	stream->body_bytes += stream->left;
	stream->left += 2; /* the line end behind the data */
	stream->state = HTTP_STREAM_CHUNK_DATA;
	return read_counted(run, stream);
}

static __always_inline enum http_step read_until_close(struct http_run *run, struct http_stream *stream)
{
	struct socket_call *call = run->call;

	if (run->is_request && !run->conn->open) { /* framing was lost: a new call may begin a new request */
		reset_stream(stream);
		return HTTP_STEP_NEXT;
	}
	stream->body_bytes += call->bytes - call->offset;
	call->offset = call->bytes;
	return HTTP_STEP_DONE;
}

static __always_inline enum http_step read_on(struct http_run *run, __u32 limit)
{
	struct http_conn *conn = run->conn;
	struct http_stream *stream = run->is_request ? &conn->request_stream : &conn->response_stream;

	switch (stream->state) {
	case HTTP_STREAM_HEAD:
		return run->is_request ? read_request_head(run, limit) : read_response_head(run, limit);
	case HTTP_STREAM_LENGTH:
	case HTTP_STREAM_CHUNK_DATA:
		return read_counted(run, stream);
	case HTTP_STREAM_CHUNK_SIZE:
	case HTTP_STREAM_TRAILERS:
		return read_lines(run, stream);
	default:
		return read_until_close(run, stream);
	}
}

/* Returns whether this call's bytes are used up. */
static __always_inline bool take_step(struct http_run *run, __u32 limit)
{
	enum http_step step = read_on(run, limit);

	if (step == HTTP_STEP_RESPONSE) {
		if (!run->conn->open)
			reset_stream(&run->conn->response_stream);
		else if (run->conn->open == 1 && run->conn->current.body_open)
			run->conn->answered_early = 1; /* its request's body is still to be counted */
		else
			complete_request(run->conn, (__u64)run->sk, run->conn->response_last_ns, HTTP_FAILURE_NONE);
	}
	return step == HTTP_STEP_DONE || run->conn->verdict > HTTP_VERDICT_HTTP1 ||
	       run->call->offset >= run->call->bytes;
}

/* The second and later steps of a run, which few calls need. Returns 0 when this call's bytes are used up. */
__attribute__((noinline)) int http_step_on(__u32 slot)
{
	struct http_run run = { .scratch = find_scratch(slot), .slot = slot };
	__u64 key;

	if (!run.scratch)
		return 0;
	run.call = &run.scratch->call;
	run.sk = run.call->sk;
	run.now = run.call->now;
	run.sent = run.call->sent;
	run.is_request = run.call->is_request;
	key = (__u64)run.sk;
	run.conn = bpf_map_lookup_elem(&connections, &key);
	return run.conn && !take_step(&run, HTTP_WINDOW - HTTP_CARRY);
}

/* Takes the first step over the bytes of one call. Returns whether there are more, for http_step_on(). */
static __always_inline bool step_first(struct http_run *run)
{
	struct http_conn *conn = run->conn;

	run->is_request = !conn->role || (conn->role == HTTP_ROLE_CLIENT) == run->sent;
	if (!run->is_request)
		conn->response_last_ns = run->now;
	if (take_step(run, HTTP_FIRST_WINDOW))
		return false;
	run->call->sk = run->sk;
	run->call->now = run->now;
	run->call->sent = run->sent;
	run->call->is_request = run->is_request;
	return true;
}

/* A call with more messages or chunks than are followed. */
__attribute__((noinline)) int http_lose_framing(__u32 slot)
{
	struct http_scratch *scratch = find_scratch(slot);
	struct http_conn *conn;
	__u64 key;

	if (!scratch)
		return 0;
	key = (__u64)scratch->call.sk;
	conn = bpf_map_lookup_elem(&connections, &key);
	if (!conn)
		return 0;
	count(HTTP_LOST_FRAMING);
	if (scratch->call.is_request)
		conn->request_stream.state = HTTP_STREAM_UNTIL_CLOSE;
	else
		conn->response_stream.state = HTTP_STREAM_UNTIL_CLOSE;
	return 0;
}

#endif
