/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Targets: what a series is about besides method and status, as a hash. A server's target is its route's shape,
 * a client's the Host it asks. Each process has a limited number; the first sight of each is sent up to be named.
 */
#ifndef WATTSPAN_HTTP_TARGET_BPF_H
#define WATTSPAN_HTTP_TARGET_BPF_H

/* The target of requests beyond a process's limit: user space calls it _OTHER. */
#define HTTP_TARGET_OTHER 1

/* Most bytes of a head that name a target. */
#define HTTP_NAME_BYTES 1024

static __always_inline bool send_target(struct http_scratch *scratch, const struct http_conn *conn,
					const struct http_request *request, __u64 target, __u32 bytes)
{
	struct http_target_event *event = &scratch->target;
	__u64 size = bytes;

	if (size > HTTP_NAME_BYTES)
		size = HTTP_NAME_BYTES;
	/* Masked too, behind the compiler's back: below 5.13 the verifier may forget the comparison. */
	asm volatile("" : "+r"(size));
	size &= 2 * HTTP_NAME_BYTES - 1;
	event->type = HTTP_EVENT_TARGET;
	event->tgid = request->tgid;
	event->process_start_ns = request->process_start_ns;
	event->target = target;
	__builtin_memcpy(event->remote_address, conn->remote_address, 16);
	event->remote_port = conn->remote_port;
	event->family = conn->family;
	event->head_bytes = size;
	event->role = conn->role;
	return !bpf_ringbuf_output(&target_events, event, sizeof(*event) + size, BPF_RB_NO_WAKEUP);
}

/* Whether the process may have one more target; counts it. */
static __always_inline bool admit_target(struct http_target_key key)
{
	__u32 one = 1;
	__u32 *total;

	key.target = 0;
	total = bpf_map_lookup_elem(&targets, &key);
	if (!total) {
		bpf_map_update_elem(&targets, &key, &one, BPF_NOEXIST);
		return true;
	}
	if (*total >= routes_limit)
		return false;
	__sync_fetch_and_add(total, 1);
	return true;
}

/* A target the connection has not had: not inlined, its keys would take stack from every step. */
static __attribute__((noinline)) int find_target(struct http_scratch *scratch, struct http_conn *conn,
						 struct http_request *request, __u64 target, __u32 bytes)
{
	struct http_target_key key = {
		.process_start_ns = request->process_start_ns,
		.target = target,
		.tgid = request->tgid,
		.role = conn->role,
	};
	__u32 one = 1;

	if (!bpf_map_lookup_elem(&targets, &key)) {
		if (!admit_target(key)) {
			count(HTTP_ROUTES_OVER_LIMIT);
			request->target = HTTP_TARGET_OTHER;
			return 0;
		}
		/* Where the ring is full the target stays unknown here, and its next request tries again. */
		if (!send_target(scratch, conn, request, target, bytes))
			return 0;
		bpf_map_update_elem(&targets, &key, &one, BPF_ANY);
	}
	conn->known_target = target;
	return 0;
}

/* Settles request->target; window[0, bytes) is the part of the head that names it. */
static __always_inline void resolve_target(struct http_scratch *scratch, struct http_conn *conn,
					   struct http_request *request, __u64 target, __u32 bytes)
{
	request->target = target;
	if (target != conn->known_target)
		find_target(scratch, conn, request, target, bytes);
}

#endif
