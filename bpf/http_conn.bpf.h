/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What is remembered about a connection: its two streams, the open request, its owner. */
#ifndef WATTSPAN_HTTP_CONN_BPF_H
#define WATTSPAN_HTTP_CONN_BPF_H

#include "http.h"
#include "http_chunk_parse.h"
#include "http_head_parse.h"
#include "http_route_parse.h"
#include "http_start_parse.h"
#include "socket_call.bpf.h"

/* Requests on one connection that wait for their response; more are counted lost. */
#define HTTP_PIPELINE_DEPTH 32
/* Calls on a connection older than the agent before it is given up as not HTTP. */
#define HTTP_DETECT_CALLS 64

enum http_stream_state {
	HTTP_STREAM_HEAD = 0,        /* before or in a message's head */
	HTTP_STREAM_LENGTH = 1,      /* `left` bytes of body to come */
	HTTP_STREAM_CHUNK_SIZE = 2,  /* in a chunk's size line */
	HTTP_STREAM_CHUNK_DATA = 3,  /* `left` bytes of chunk data and its line end to come */
	HTTP_STREAM_TRAILERS = 4,    /* behind the last chunk */
	HTTP_STREAM_UNTIL_CLOSE = 5, /* the body ends with the connection, or its end was lost */
};

/* What the next bytes of a connection are, where the state machine is between two messages. */
enum http_expected {
	HTTP_EXPECTED_ANY = 0,      /* it is not, or nothing is known yet */
	HTTP_EXPECTED_REQUEST = 1,  /* all requests are answered */
	HTTP_EXPECTED_RESPONSE = 2, /* one request was read to its end */
};

/* One direction of a connection. */
struct http_stream {
	struct http_scan scan;
	__u64 left;
	__u64 body_bytes;
	__u16 carry;      /* bytes of an unfinished line that are kept: here where they are few, else in `partial_heads` */
	__u8 state;       /* enum http_stream_state */
	__u8 in_line;     /* CHUNK_SIZE: behind the digits; TRAILERS: the line is not empty */
	__u32 start;      /* the kept bytes; Go's servers wait for a request with a read of one byte */
};

/* A request from its first byte to its response's last. */
struct http_request {
	__u64 start_ns;
	__u64 edge;           /* sequence numbers of both directions at its first byte */
	__u64 target;
	__u64 body_bytes;
	__u64 process_start_ns;
	__u32 tgid;
	__u32 number;         /* on its connection */
	__u32 capture;        /* slot of its capture: 0 unless pipelined */
	__u8 method;
	__u8 minor_version;
	__u8 body_open;       /* body_bytes is still being counted in the request stream */
	__u8 captured;        /* it may become a span */
};

/* What a request in one call touches is in front, in two cache lines; what only others need is behind. */
struct http_conn {
	__u64 sk;             /* whose this place in `near_connections` is */
	__u8 verdict;
	__u8 role;
	__u8 expected;        /* enum http_expected */
	__u8 apart;           /* the request being read is `incoming`, not `current` */
	__u8 answered_early;  /* the response is complete, the request's body is not */
	__u8 client_observed;
	__u8 fresh;           /* seen from its first byte */
	__u8 detections;      /* calls looked at without a verdict */
	__u32 tgid;
	__u32 selection;      /* generation in which it was selected or ignored */
	__u64 process_start_ns; /* of tgid; 0: not read yet */
	__u64 known_target;     /* of an earlier request: already in `targets` */
	__u32 requests;       /* begun */
	__u32 answered;
	__u32 open;           /* heads read, responses not complete */
	__u16 status;
	__u16 local_port;
	__u16 remote_port;
	__u16 family;
	__u8 closed;          /* TCP_CLOSE, with bytes the client has yet to read */
	__u8 pad[3];
	struct http_request current;  /* the oldest without a whole response */
	__u64 response_start_ns;
	__u64 response_last_ns;
	struct http_stream response_stream;
	struct http_stream request_stream;
	__u8 local_address[16];
	__u8 remote_address[16];
	struct http_request incoming; /* being read while `current` is open */
	struct message_cursor message;
	__u32 claims;         /* of the place */
	__u32 pad1;
};

struct http_slot_key {
	__u64 sk;
	__u32 slot;
	__u32 pad;
};

/* A request's head bytes, behind the event they leave the kernel with. */
struct http_capture {
	__u64 sk; /* in `near_captures`: whose this place is */
	__u32 claims;
	__u32 pad;
	struct http_request_event event;
	__u8 bytes[2 * HTTP_CAPTURE_BYTES]; /* the request's, then the response's */
	__u8 slack[HTTP_CAPTURE_BYTES];     /* never used: room the verifier asks for */
};

#endif
