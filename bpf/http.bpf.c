// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * http: every HTTP/1.x request of the host, counted in the kernel, and as a record for spans.
 *
 *   bytes sent or received   http_stream.bpf.h follows the messages of both directions of a connection
 *   a response is complete   http_red.bpf.h counts it, http_span.bpf.h decides whether it becomes a record
 *   a connection ends        what is still open is completed, with its failure
 *
 * Five sets of hooks reach the same bodies; user space loads one (src/ebpf/tap/socket-hooks.ts).
 */
#include "kernel.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "http_conn.bpf.h"

/* Puts the types in this object's BTF, from which their decoders are generated. */
const struct http_request_event *export_http_request_event __attribute__((unused));
const struct http_target_event *export_http_target_event __attribute__((unused));
const struct http_settings *export_http_settings __attribute__((unused));
const struct http_process *export_http_process __attribute__((unused));
const struct http_near_series *export_http_near_series __attribute__((unused));
const struct http_port *export_http_port __attribute__((unused));

/* Set by user space before load. */
const volatile __u32 agent_tgid = 0;
const volatile __u32 roles = HTTP_ROLE_SERVER | HTTP_ROLE_CLIENT; /* bits */
const volatile __u32 spans_enabled = 1;
const volatile __u32 sizes_enabled = 0;
const volatile __u32 request_capture_bytes = HTTP_CAPTURE_BYTES;
const volatile __u32 response_capture_bytes = 0;
const volatile __u32 shard_mask = 0;
const volatile __u32 near_connections_mask = 0;
const volatile __u32 near_series_mask = 0;
const volatile __u32 near_captures_mask = 0;
const volatile __u32 routes_limit = 100; /* distinct targets of a process */
const volatile __u32 whole_paths = 0; /* each path is a target, not each shape */
const volatile __u32 boundaries = 0;
const volatile __u64 boundaries_ns[HTTP_MAX_BUCKETS] = {};
const volatile __u32 size_boundaries = 0;
const volatile __u64 size_boundaries_bytes[HTTP_MAX_BUCKETS] = {};
/* Selectors that no process key restricts, and those that no port restricts. */
const volatile struct http_process any_process = { .include = 1, .exclude = 0 };
const volatile struct http_port any_port = { .include = 1, .exclude = 0 };

/* Requests (struct http_request_event), in place for user space, which removes them. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 21);
} events SEC(".maps");

/* First sights of targets (struct http_target_event), apart: a ring full of requests must not cost names. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
} target_events SEC(".maps");

/* Connections by socket address; removed at TCP_CLOSE. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct http_conn);
} connections SEC(".maps");

/* The same, by a hash of the socket's address, for most of them; removed at TCP_CLOSE. User space reads it in place. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct http_conn);
} near_connections SEC(".maps");

/* Heads of open requests, by a hash of the socket's address; freed with the request. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct http_capture);
} near_captures SEC(".maps");

/* Those that have no place there, and those of pipelined requests; removed with the request or at TCP_CLOSE. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 2048);
	__type(key, struct http_slot_key);
	__type(value, struct http_capture);
} captures SEC(".maps");

/* Pipelined requests that wait behind `current`; removed when their turn comes. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct http_slot_key);
	__type(value, struct http_request);
} queued_requests SEC(".maps");

/* Unfinished last lines of heads that came in pieces; slot 1 is the request's. Overwritten by the next, else LRU. */
struct http_partial {
	__u8 bytes[HTTP_CARRY];
};
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 512);
	__type(key, struct http_slot_key);
	__type(value, struct http_partial);
} partial_heads SEC(".maps");

/* The series that have no place in `near_series`; user space removes those of processes that ended. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct http_series_key);
	__type(value, struct http_series);
} series SEC(".maps");

/* Most of the series, by a hash of their keys; user space reads them in place, and frees those of processes that ended. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct http_near_series);
} near_series SEC(".maps");

/* Body sizes of the series, where asked for; removed with them. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct http_series_key);
	__type(value, struct http_sizes);
} sizes SEC(".maps");

/* Targets a process has, so that they can be limited. The entry of target 0 counts them. */
struct http_target_key {
	__u64 process_start_ns;
	__u64 target;
	__u32 tgid;
	__u32 role;
};
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct http_target_key);
	__type(value, __u32);
} targets SEC(".maps");

/* First requests of the connections that observed clients, and the agent, began, by edge. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, __u32); /* 1: the agent's */
} client_edges SEC(".maps");

/* Selectors a process meets, by tgid; written by user space, which also removes them. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, struct http_process);
} processes SEC(".maps");

/* Selectors a server port meets; written by user space. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __u16);
	__type(value, struct http_port);
} ports SEC(".maps");

/* One entry, written by user space. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct http_settings);
} settings SEC(".maps");

/* The running second's spans. */
struct http_budget {
	__u64 second;
	__u64 spans;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct http_budget);
} budget SEC(".maps");

/* By enum http_counter. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, HTTP_COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

/* What one run of a program works in; one for each program, since a run may interrupt another's. */
struct http_scratch {
	struct socket_call call;
	struct http_scan scan;
	struct http_lines lines;
	struct http_shape shape;
	__u64 method;        /* enum http_method of the request line being read */
	struct http_target_event target; /* with the window behind it, as it goes to the ring */
	__u8 window[2 * HTTP_WINDOW + HTTP_CARRY]; /* a read of HTTP_WINDOW at any position, as the verifier sees it */
};
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 5);
	__type(key, __u32);
	__type(value, struct http_scratch);
} scratches SEC(".maps");

/* Zeros that new entries are made of: too large for the stack. */
struct http_zeros {
	struct http_capture capture;
	struct http_conn connection;
	struct http_series series;
	struct http_sizes sizes;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct http_zeros);
} zeros SEC(".maps");

/* One program's run over the bytes of one system call. */
struct http_run {
	struct http_scratch *scratch;
	struct socket_call *call; /* the scratch's */
	struct http_conn *conn;
	const struct sock *sk;
	__u64 now;
	__u32 slot;
	__u8 sent;
	__u8 is_request; /* these bytes flow in the direction of requests */
	__u8 pad[2];
};

static __always_inline void count(__u32 counter)
{
	__u64 *value = bpf_map_lookup_elem(&counters, &counter);

	if (value)
		*value += 1;
}

#include "http_near.bpf.h"
#include "http_select.bpf.h"
#include "http_target.bpf.h"
#include "http_span.bpf.h"
#include "http_red.bpf.h"
#include "http_stream.bpf.h"
#include "http_hooks.bpf.h"
#include "http_fallbacks.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
