/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Which completed requests become records in the ring, and what goes with them. */
#ifndef WATTSPAN_HTTP_SPAN_BPF_H
#define WATTSPAN_HTTP_SPAN_BPF_H

#define SPAN_THRESHOLD_BITS 56
#define SPAN_KEEP_ALL 0
/* Windows of 2^30 ns stand for seconds: no division. */
#define SPAN_SECOND_SHIFT 30

/* Ids are functions of the edge, so that both ends of a connection, on any host, derive the same. */
#define EDGE_TRACE_HIGH 0x7761747473706131ULL
#define EDGE_TRACE_LOW 0x7761747473706132ULL
#define EDGE_CLIENT 0x7761747473706133ULL
#define EDGE_SERVER 0x7761747473706134ULL

static __always_inline __u64 edge_id(__u64 edge, __u64 salt)
{
	__u64 id = http_mix(http_mix(edge, salt), salt >> 3);

	return id ? id : 1;
}

/* What a request's span is chosen by, where it is chosen by chance: 56 bits of its trace id. */
static __always_inline __u64 read_randomness(__u64 edge)
{
	return edge_id(edge, EDGE_TRACE_LOW) & ((1ULL << SPAN_THRESHOLD_BITS) - 1);
}

/* Whether the request that begins may become a span: what is kept however it ends, or depends on its end. */
static __always_inline bool may_be_kept(__u64 edge)
{
	const struct http_settings *set = read_settings();

	return set && (set->keep_errors || set->slow_ns || read_randomness(edge) >= set->span_threshold);
}

/* The place of the connection's capture, whoever has it now. */
static __always_inline struct http_capture *near_capture(__u64 sk)
{
	__u32 place = near_hash(sk) & near_captures_mask;

	return bpf_map_lookup_elem(&near_captures, &place);
}

/* A request's record is built in front of the bytes it carries; slots above 0 are pipelined requests. */
static __always_inline struct http_capture *find_capture(__u64 sk, __u32 slot)
{
	struct http_slot_key key = { .sk = sk, .slot = slot };

	if (!slot) {
		struct http_capture *capture = near_capture(sk);

		if (capture && capture->sk == sk)
			return capture;
	}
	return bpf_map_lookup_elem(&captures, &key);
}

static __always_inline struct http_capture *claim_capture(__u64 sk, __u32 slot)
{
	struct http_capture *capture = slot ? NULL : near_capture(sk);

	if (!capture || capture->sk == sk)
		return capture;
	if (!claim(&capture->claims))
		return NULL;
	capture->sk = sk;
	return capture;
}

/* An empty capture for a request whose first byte just came. */
static __always_inline void begin_capture(__u64 sk, __u32 slot)
{
	struct http_slot_key key = { .sk = sk, .slot = slot };
	struct http_capture *capture = claim_capture(sk, slot);
	__u32 zero = 0;

	if (!capture)
		capture = bpf_map_lookup_elem(&captures, &key);
	if (!capture) {
		struct http_zeros *empty = bpf_map_lookup_elem(&zeros, &zero);

		if (!empty || bpf_map_update_elem(&captures, &key, &empty->capture, BPF_ANY))
			count(HTTP_LOST_CAPTURES);
		return;
	}
	capture->event.request_head_bytes = 0;
	capture->event.response_head_bytes = 0;
}

/* Frees its place; where it has none, a connection's next request uses the same entry again. */
static __always_inline void end_near_capture(__u64 sk)
{
	struct http_capture *capture = near_capture(sk);

	if (!capture || capture->sk != sk)
		return;
	capture->sk = 0;
	release(&capture->claims);
}

static __always_inline void end_capture(__u64 sk, __u32 slot)
{
	struct http_slot_key key = { .sk = sk, .slot = slot };

	if (!slot)
		end_near_capture(sk);
	bpf_map_delete_elem(&captures, &key);
}

/* Adds the next bytes of the request's head. */
static __always_inline void capture_request(struct http_capture *capture, const __u8 *from, __u32 bytes)
{
	__u32 have = capture->event.request_head_bytes;

	if (have >= request_capture_bytes || have >= HTTP_CAPTURE_BYTES)
		return;
	if (bytes > request_capture_bytes - have)
		bytes = request_capture_bytes - have;
	if (!bytes || bytes > HTTP_CAPTURE_BYTES)
		return;
	bpf_probe_read_kernel(capture->bytes + have, bytes, from);
	capture->event.request_head_bytes = have + bytes;
}

/* Adds the next bytes of the response's head, behind the request's. */
static __always_inline void capture_response(struct http_capture *capture, const __u8 *from, __u32 bytes)
{
	__u32 have = capture->event.response_head_bytes;
	__u32 at = capture->event.request_head_bytes + have;

	if (have >= response_capture_bytes || at >= 2 * HTTP_CAPTURE_BYTES)
		return;
	if (bytes > response_capture_bytes - have)
		bytes = response_capture_bytes - have;
	if (!bytes || bytes > HTTP_CAPTURE_BYTES)
		return;
	bpf_probe_read_kernel(capture->bytes + at, bytes, from);
	capture->event.response_head_bytes = have + bytes;
}

static __always_inline bool is_error(__u8 role, __u16 status, __u8 failure)
{
	if (failure)
		return failure != HTTP_FAILURE_CANCELLED;
	return status >= (role == HTTP_ROLE_SERVER ? 500 : 400);
}

/* Errors and slow requests may use the whole budget, the others seven eighths: so they are kept first. */
static __always_inline bool spend_budget(const struct http_settings *set, __u64 now, bool first)
{
	__u64 limit = set->spans_per_second;
	__u64 second = now >> SPAN_SECOND_SHIFT;
	__u32 zero = 0;
	struct http_budget *running = bpf_map_lookup_elem(&budget, &zero);

	if (!running)
		return false;
	if (running->second != second) { /* a race here gives a few spans more */
		running->second = second;
		running->spans = 0;
	}
	if (!first)
		limit -= limit >> 3;
	if (running->spans >= limit) {
		count(HTTP_COUNT_SPANS_OVER_BUDGET);
		return false;
	}
	__sync_fetch_and_add(&running->spans, 1);
	return true;
}

static __always_inline void fill_ids(struct http_request_event *event, __u64 edge, __u8 role)
{
	event->trace_id[0] = __builtin_bswap64(edge_id(edge, EDGE_TRACE_HIGH));
	event->trace_id[1] = __builtin_bswap64(edge_id(edge, EDGE_TRACE_LOW));
	event->client_span_id = __builtin_bswap64(edge_id(edge, EDGE_CLIENT));
	event->span_id = event->client_span_id;
	if (role == HTTP_ROLE_SERVER)
		event->span_id = __builtin_bswap64(edge_id(edge, EDGE_SERVER));
}

static __always_inline void fill_request(struct http_request_event *event, const struct http_conn *conn,
					 __u64 end_ns, __u8 failure)
{
	const struct http_request *request = &conn->current;

	event->type = HTTP_EVENT_REQUEST;
	event->tgid = request->tgid;
	event->process_start_ns = request->process_start_ns;
	event->start_ns = request->start_ns;
	event->response_start_ns = conn->response_start_ns;
	event->end_ns = end_ns;
	event->request_body_bytes = request->body_bytes;
	event->response_body_bytes = conn->response_stream.body_bytes;
	event->target = request->target;
	__builtin_memcpy(event->local_address, conn->local_address, 16);
	__builtin_memcpy(event->remote_address, conn->remote_address, 16);
	event->local_port = conn->local_port;
	event->remote_port = conn->remote_port;
	event->family = conn->family;
	event->status = conn->status;
	event->role = conn->role;
	event->method = request->method;
	event->minor_version = request->minor_version;
	event->failure = failure;
	event->client_observed = conn->client_observed;
}

/* Decides on the span of conn->current, which ended at end_ns. */
static __always_inline void emit_span(const struct http_conn *conn, __u64 sk, __u64 end_ns, __u8 failure)
{
	const struct http_settings *set = read_settings();
	const struct http_request *request = &conn->current;
	struct http_capture *capture;
	__u64 bytes;
	bool first;

	if (!set)
		return;
	first = (set->keep_errors && is_error(conn->role, conn->status, failure)) ||
		(set->slow_ns && end_ns - request->start_ns >= set->slow_ns);
	if (!request->captured || (!first && read_randomness(request->edge) < set->span_threshold)) {
		count(HTTP_COUNT_SPANS_SAMPLED_OUT);
		return;
	}
	if (!spend_budget(set, end_ns, first))
		return;
	capture = find_capture(sk, request->capture);
	if (!capture) {
		count(HTTP_LOST_CAPTURES);
		return;
	}
	fill_request(&capture->event, conn, end_ns, failure);
	fill_ids(&capture->event, request->edge, conn->role);
	capture->event.threshold = first ? SPAN_KEEP_ALL : set->span_threshold;
	bytes = (__u64)capture->event.request_head_bytes + capture->event.response_head_bytes;
	if (bytes > 2 * HTTP_CAPTURE_BYTES)
		return;
	if (bpf_ringbuf_output(&events, &capture->event, sizeof(capture->event) + bytes, BPF_RB_NO_WAKEUP))
		count(HTTP_LOST_RING_FULL);
	else
		count(HTTP_COUNT_SPANS);
}

#endif
