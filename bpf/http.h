/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What http.bpf.c and user space share: events in the ring, keys and values of maps, and the numbers they use.
 * Layouts reach TypeScript through the object's BTF (src/ebpf/layouts.gen.ts).
 */
#ifndef WATTSPAN_HTTP_H
#define WATTSPAN_HTTP_H

/* Most bytes of a request's head, and of a response's, that a span can carry. */
#define HTTP_CAPTURE_BYTES 512
/* One more than the boundaries a histogram may have. */
#define HTTP_MAX_BUCKETS 24
/* Selection entries (discovery.include, discovery.exclude), one bit each. */
#define HTTP_MAX_SELECTORS 32

enum http_role {
	HTTP_ROLE_NONE = 0,
	HTTP_ROLE_SERVER = 1,
	HTTP_ROLE_CLIENT = 2,
};

enum http_method {
	HTTP_METHOD_OTHER = 0,
	HTTP_METHOD_GET = 1,
	HTTP_METHOD_POST = 2,
	HTTP_METHOD_PUT = 3,
	HTTP_METHOD_HEAD = 4,
	HTTP_METHOD_DELETE = 5,
	HTTP_METHOD_OPTIONS = 6,
	HTTP_METHOD_PATCH = 7,
	HTTP_METHOD_CONNECT = 8,
	HTTP_METHOD_TRACE = 9,
	HTTP_METHOD_QUERY = 10,
};

/* Why a request has no answer; user space maps them to error.type. */
enum http_failure {
	HTTP_FAILURE_NONE = 0,
	HTTP_FAILURE_CLOSED = 1,    /* the other side closed before it answered */
	HTTP_FAILURE_RESET = 2,     /* the connection was reset */
	HTTP_FAILURE_CANCELLED = 3, /* this client closed before the answer */
};

/* What a connection carries, once its first bytes told. */
enum http_verdict {
	HTTP_VERDICT_UNKNOWN = 0,
	HTTP_VERDICT_HTTP1 = 1,
	HTTP_VERDICT_TLS = 2,
	HTTP_VERDICT_HTTP2 = 3,
	HTTP_VERDICT_OTHER = 4,
	HTTP_VERDICT_UPGRADED = 5,   /* after 101 or CONNECT: left alone */
	HTTP_VERDICT_UNREADABLE = 6, /* io_uring, kernel threads, 32-bit callers */
	HTTP_VERDICT_IGNORED = 7,    /* not selected, or the agent's own */
};

/* Per-CPU counters: every way to lose something, and what was not HTTP. */
enum http_counter {
	HTTP_COUNT_SPANS = 0, /* records put in the ring */
	HTTP_COUNT_SPANS_SAMPLED_OUT = 1, /* by ratio */
	HTTP_COUNT_SPANS_OVER_BUDGET = 2, /* by max_per_second */
	HTTP_LOST_RING_FULL = 3, /* spans lost: nobody drained the ring in time */
	HTTP_LOST_SERIES = 4, /* requests not counted: series map full */
	HTTP_LOST_CAPTURES = 5, /* spans lost with their head: capture map full */
	HTTP_LOST_CONNECTIONS = 6, /* connections not followed: map full */
	HTTP_LOST_PIPELINED = 7, /* requests beyond the depth that is followed */
	HTTP_LOST_FRAMING = 8, /* messages whose end could not be followed */
	HTTP_UNPARSED_CONNECTIONS = 9, /* not HTTP, TLS or HTTP/2 by their first bytes */
	HTTP_UNPARSED_TLS = 10,
	HTTP_UNPARSED_HTTP2 = 11,
	HTTP_UNREADABLE = 12, /* connections whose buffers cannot be seen from here */
	HTTP_UNMATCHED_RESPONSES = 13, /* responses to no request we saw */
	HTTP_ROUTES_OVER_LIMIT = 14, /* requests counted under _OTHER */
	HTTP_MISSED_CALLS = 15, /* kprobes: calls of which only the entry or the return was seen */
	HTTP_COUNTERS = 16,
};

enum http_event_type {
	HTTP_EVENT_REQUEST = 1, /* struct http_request_event and the captured bytes */
	HTTP_EVENT_TARGET = 2,  /* struct http_target_event and the bytes that name it */
};

/* Attributes that make a series; no hidden bytes. */
struct http_series_key {
	__u64 process_start_ns; /* CLOCK_BOOTTIME, against pid reuse */
	__u64 target;           /* server: hash of the route's shape; client: hash of the Host */
	__u32 tgid;
	__u32 shard;            /* CPU modulo shards: keeps CPUs off each other's cache lines */
	__u16 status;           /* 0: no response */
	__u16 port;             /* the server's port */
	__u8 role;              /* enum http_role */
	__u8 method;            /* enum http_method */
	__u8 minor_version;     /* of HTTP/1.x */
	__u8 failure;           /* enum http_failure */
};

/* Cumulative; a bucket wraps at 2^32, readers take differences. */
struct http_series {
	__u64 duration_sum_ns;
	__u64 request_body_bytes;
	__u64 response_body_bytes;
	__u32 buckets[HTTP_MAX_BUCKETS];
};

/* A series in `near_series`. */
struct http_near_series {
	__u32 claims; /* 0: free */
	__u32 ready;  /* its key was written */
	struct http_series_key key;
	struct http_series value;
};

/* Bit of http_series_key.shard in the keys of `series`: no key is in both maps. */
#define HTTP_SHARD_FAR (1u << 31)

/* Body sizes of a series, kept only when asked for; cumulative as above. */
struct http_sizes {
	__u32 request[HTTP_MAX_BUCKETS];
	__u32 response[HTTP_MAX_BUCKETS];
};

/* One completed request. Times are CLOCK_MONOTONIC; ids are as they go on the wire. */
struct http_request_event {
	__u32 type; /* HTTP_EVENT_REQUEST */
	__u32 tgid;
	__u64 process_start_ns;
	__u64 start_ns;          /* first byte of the request */
	__u64 response_start_ns; /* first byte of the response, 0: none */
	__u64 end_ns;            /* last byte of the response, or the failure */
	__u64 request_body_bytes;
	__u64 response_body_bytes;
	__u64 target;            /* as in http_series_key */
	__u64 threshold;         /* 56-bit OTel rejection threshold that was applied */
	__u64 trace_id[2];       /* the same on both ends of a connection */
	__u64 span_id;
	__u64 client_span_id;    /* of the client's span for this request, whether anybody sees it or not */
	__u8 local_address[16];  /* IPv6, or IPv4 in the first 4 bytes */
	__u8 remote_address[16];
	__u16 local_port;
	__u16 remote_port;
	__u16 family;            /* AF_INET or AF_INET6 */
	__u16 status;
	__u8 role;
	__u8 method;
	__u8 minor_version;
	__u8 failure;
	__u16 request_head_bytes;  /* captured, at the start of the bytes that follow */
	__u16 response_head_bytes; /* captured, after the request's */
	__u8 client_observed;      /* the client's span for this server request exists on this host */
	__u8 pad[7];
};

/* First sight of a target: the part of the request's head follows that names it, route or Host. */
struct http_target_event {
	__u32 type; /* HTTP_EVENT_TARGET */
	__u32 tgid;
	__u64 process_start_ns;
	__u64 target;
	__u8 remote_address[16];
	__u16 remote_port;
	__u16 family;
	__u16 head_bytes;
	__u8 role;
	__u8 method_bytes; /* server: of the method with its space; the path follows */
};

/* What user space may change while programs run; one entry in `settings`. */
struct http_settings {
	__u64 span_threshold;   /* 56-bit: keep when the request's randomness is at least this; 1 << 56 keeps none */
	__u64 slow_ns;          /* kept whatever the threshold; 0: off */
	__u32 spans_per_second; /* hard limit */
	__u32 keep_errors;
	__u32 selection;        /* generation: bumped after `processes` or `ports` changed */
	__u32 pad;
};

/* Which selectors a process meets without looking at ports; bits index discovery entries. */
struct http_process {
	__u32 include;
	__u32 exclude;
};

/* Which selectors meet a server port. */
struct http_port {
	__u32 include;
	__u32 exclude;
};

#endif
