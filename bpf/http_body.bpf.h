/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Bodies: by length, by chunks, until close. */
#ifndef WATTSPAN_HTTP_BODY_BPF_H
#define WATTSPAN_HTTP_BODY_BPF_H

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

#endif
