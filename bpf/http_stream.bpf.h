/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The state machine: follows the messages of both directions of a connection through system calls of any split,
 * by their own framing (RFC 9112 section 6), and completes each request when its response is.
 */
#ifndef WATTSPAN_HTTP_STREAM_BPF_H
#define WATTSPAN_HTTP_STREAM_BPF_H

#include "http_window.bpf.h"
#include "http_request.bpf.h"
#include "http_carry.bpf.h"
#include "http_body.bpf.h"
#include "http_head.bpf.h"
#include "http_plain.bpf.h"

/* Messages, chunks and windows of a head that one call may hold; what is beyond loses its framing. */
#define HTTP_STEPS 2048

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
	run.conn = find_connection(key);
	return run.conn && !take_step(&run, HTTP_WINDOW - HTTP_CARRY);
}

/* Takes the first step over the bytes of one call. Returns whether there are more, for http_step_on(). */
static __attribute__((noinline)) int step_first(struct http_run *run)
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
	conn = find_connection(key);
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
