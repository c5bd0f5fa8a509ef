/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The shape of a path: what it has in common with the other paths of its route. */
#ifndef WATTSPAN_HTTP_ROUTE_PARSE_H
#define WATTSPAN_HTTP_ROUTE_PARSE_H

#include "http_parse.h"

/* Bytes of a path that its shape looks at: some at once, as a head's scan does. */
#define HTTP_SHAPE_BYTES 256
#define HTTP_SHAPE_SOME 32

/* A segment of a path, so far. */
struct http_segment {
	__u64 hash;
	__u32 bytes;
	__u32 digits;
	__u32 odd;   /* 1: it has a character that names of routes do not have */
	__u32 first; /* the first character */
};

/* A path, so far. */
struct http_shape {
	struct http_segment segment;
	__u64 hash; /* of the segments before */
	__u64 at;   /* the next byte */
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

static __always_inline void http_begin_segment(struct http_segment *segment)
{
	segment->hash = 2;
	segment->bytes = 0;
	segment->digits = 0;
	segment->odd = 0;
	segment->first = 0;
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

static __always_inline void http_begin_shape(struct http_shape *shape, __u32 from)
{
	http_begin_segment(&shape->segment);
	shape->hash = 1;
	shape->at = from;
}

static __always_inline void http_end_segment(struct http_shape *shape, bool whole)
{
	bool is_value = http_segment_is_value(&shape->segment, whole);

	shape->hash = http_mix(shape->hash, is_value ? 1 : shape->segment.hash);
	http_begin_segment(&shape->segment);
}

/* Follows some of the path that ends before `end`. Returns whether there is more. */
static __always_inline bool http_shape_some(struct http_shape *shape, const __u8 *window, __u32 end, bool whole)
{
	__u32 at = shape->at;
	__u32 i;

	for (i = 0; i < HTTP_SHAPE_SOME; i++) {
		__u8 c = http_load8(window, at + i);

		if (at + i >= end)
			return false;
		if (!http_in_low(HTTP_SEGMENT_ENDS, c)) {
			http_add_to_segment(&shape->segment, c);
			continue;
		}
		if (c != '/')
			return false;
		http_end_segment(shape, whole);
	}
	shape->at = at + HTTP_SHAPE_SOME;
	return true;
}

/* Hash of the path's shape, or of the `whole` path: two paths of one shape have one hash, never 0 or 1. */
static __always_inline __u64 http_end_shape(struct http_shape *shape, bool whole)
{
	http_end_segment(shape, whole);
	return shape->hash < 2 ? 2 : shape->hash;
}

#endif
