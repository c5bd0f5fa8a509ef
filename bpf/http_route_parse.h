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
	__u32 odd;   /* 1: it has a character that names of routes do not have */
	__u32 first; /* the first character */
};

/* Bits of the characters below 64, and of those from 64 to 127, that names of routes have besides digits. */
#define HTTP_ROUTE_LOW (1ULL << '-' | 1ULL << '.')
#define HTTP_ROUTE_HIGH (0x07fffffe07fffffeULL | 1ULL << ('_' - 64) | 1ULL << ('~' - 64))
#define HTTP_DIGITS (0x3ffULL << '0')
/* Bits of the characters, all below 64, that end a path, and of those that end its segments. */
#define HTTP_PATH_ENDS (1ULL << ' ' | 1ULL << '?' | 1ULL << '#' | 1ULL << '\r' | 1ULL << '\n')
#define HTTP_SEGMENT_ENDS (HTTP_PATH_ENDS | 1ULL << '/')

/* 1 where the character is in the set of those below 64. Without a branch: the verifier follows both ways of each. */
static __always_inline __u32 http_in_low(__u64 set, __u8 c)
{
	return set >> (c & 63) & ~(c >> 6 | c >> 7) & 1;
}

static __always_inline __u32 http_in_high(__u64 set, __u8 c)
{
	return set >> (c & 63) & c >> 6 & ~(c >> 7) & 1;
}

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

static __always_inline struct http_segment http_begin_segment(__u32 zero)
{
	struct http_segment segment = { .hash = 2 + (__u64)zero, .bytes = zero, .digits = zero, .odd = zero, .first = zero };

	return segment;
}

/* A character that does not end it. */
static __always_inline void http_add_to_segment(struct http_segment *segment, __u8 c)
{
	__u32 is_first = (segment->bytes - 1) >> 31;

	segment->first |= c & -is_first;
	segment->bytes++;
	segment->digits += http_in_low(HTTP_DIGITS, c);
	segment->odd |= (http_in_low(HTTP_ROUTE_LOW | HTTP_DIGITS, c) | http_in_high(HTTP_ROUTE_HIGH, c)) ^ 1;
	segment->hash = (segment->hash ^ c) * 0x100000001B3ULL;
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

		if (from + i >= end)
			break;
		if (!http_in_low(HTTP_SEGMENT_ENDS, c)) {
			http_add_to_segment(&segment, c);
			continue;
		}
		if (c != '/')
			break;
		hash = http_mix(hash, http_segment_is_value(&segment, whole) ? 1 : segment.hash);
		segment = http_begin_segment(zero);
	}
	hash = http_mix(hash, http_segment_is_value(&segment, whole) ? 1 : segment.hash);
	return hash < 2 ? 2 : hash;
}

#endif
