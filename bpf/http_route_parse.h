/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The shape of a path: what it has in common with the other paths of its route. */
#ifndef WATTSPAN_HTTP_ROUTE_PARSE_H
#define WATTSPAN_HTTP_ROUTE_PARSE_H

#include "http_parse.h"

/* Bytes of a path that its shape looks at. */
#define HTTP_SHAPE_BYTES 256

/* A segment of a path, so far. */
struct http_segment {
	__u64 hash;
	__u32 bytes;
	__u32 digits;
	__u32 odd;   /* characters that names of routes do not have */
	__u32 first; /* the first character */
};

/*
 * Whether a segment is a value rather than a name, where not the `whole` path is one: it carries a digit (but not v1 … v99), a character that
 * route names do not have, or is longer than 32 bytes. src/receivers/ebpf_http/route-shape.ts does the same.
 */
static __always_inline bool http_segment_is_value(const struct http_segment *segment, bool whole)
{
	if (whole)
		return false;
	if (segment->odd || segment->bytes > 32)
		return true;
	if (!segment->digits)
		return false;
	return !((segment->first | 0x20) == 'v' && segment->bytes <= 3 && segment->digits == segment->bytes - 1);
}

static __always_inline bool http_is_route_letter(__u8 c)
{
	__u8 letter = (c | 0x20) - 'a';

	return letter < 26 || c == '-' || c == '_' || c == '.' || c == '~';
}

static __always_inline struct http_segment http_begin_segment(__u32 zero)
{
	struct http_segment segment = { .hash = 2 + (__u64)zero, .bytes = zero, .digits = zero, .odd = zero, .first = zero };

	return segment;
}

static __always_inline bool http_ends_path(__u8 c)
{
	return c == ' ' || c == '?' || c == '#' || c == '\r' || c == '\n';
}

/*
 * Hash of the shape of the path at window[from, end), or of the `whole` path: two paths of one shape have one hash,
 * never 0 or 1. `zero` is one that the verifier does not know: what it is added to is the same to it in every step,
 * which it then checks once.
 */
static __always_inline __u64 http_route_shape(const __u8 *window, __u32 from, __u32 end, bool whole, __u32 zero)
{
	struct http_segment segment = http_begin_segment(zero);
	__u64 hash = 1 + (__u64)zero;
	__u32 i;

	for (i = 0; i < HTTP_SHAPE_BYTES; i++) {
		__u8 c = http_load8(window, from + i);

		if (from + i >= end || http_ends_path(c))
			break;
		if (c == '/') {
			hash = http_mix(hash, http_segment_is_value(&segment, whole) ? 1 : segment.hash);
			segment = http_begin_segment(zero);
			continue;
		}
		if ((__u8)(c - '0') < 10)
			segment.digits += 1 + zero;
		else if (!http_is_route_letter(c))
			segment.odd = 1 + zero;
		if (!segment.bytes)
			segment.first = c;
		segment.bytes += 1 + zero;
		segment.hash = (segment.hash ^ c) * 0x100000001B3ULL;
	}
	hash = http_mix(hash, http_segment_is_value(&segment, whole) ? 1 : segment.hash);
	return hash < 2 ? 2 : hash;
}

#endif
