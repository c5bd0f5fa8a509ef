/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* A request from its first byte to its completion, and the queue of those that wait behind it. */
#ifndef WATTSPAN_HTTP_REQUEST_BPF_H
#define WATTSPAN_HTTP_REQUEST_BPF_H

enum http_step {
	HTTP_STEP_NEXT,     /* something was consumed, there may be more */
	HTTP_STEP_DONE,     /* this call's bytes are used up */
	HTTP_STEP_RESPONSE, /* a response ended here: its request is complete */
};

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

/* What conn->current, which ended at end_ns, leaves: its place in a series, and its span. */
static __always_inline void report_request(struct http_conn *conn, __u64 sk, __u64 end_ns, __u8 failure)
{
	count_request(conn, end_ns, failure);
	if (spans_enabled)
		emit_span(conn, sk, end_ns, failure);
	if (conn->current.capture)
		end_capture(sk, conn->current.capture);
	else if (conn->current.captured)
		end_near_capture(sk);
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
	report_request(conn, sk, end_ns, failure);
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
	struct http_conn *conn = find_connection(sk);

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
	request->captured = spans_enabled && may_be_kept(request->edge);
	if (request->captured)
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

#endif
