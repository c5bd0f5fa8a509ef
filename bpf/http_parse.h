/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What the parsers of HTTP/1.x share. They are pure functions over (window, length), so that the host compiles,
 * tests and fuzzes them too: http_start_parse.h the first line, http_head_parse.h the lines behind it,
 * http_chunk_parse.h chunk sizes and trailers, http_route_parse.h paths.
 *
 * A window is a buffer of HTTP_WINDOW bytes, readable HTTP_SLACK bytes further so that eight bytes can be
 * loaded at any position; what lies behind `length` is garbage and never decides anything. Positions are masked
 * before each load: the verifier then needs no proof that a position is inside.
 */
#ifndef WATTSPAN_HTTP_PARSE_H
#define WATTSPAN_HTTP_PARSE_H

#include "http.h"

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

#define HTTP_WINDOW 2048
#define HTTP_WINDOW_MASK (HTTP_WINDOW - 1)
#define HTTP_SLACK 64
/* What the first look at a head reads; most heads end in it. */
#define HTTP_FIRST_WINDOW 512
/* A line that began in this many bytes before the window's end is moved to the next window whole. */
#define HTTP_CARRY 512

#define HTTP_ONES 0x0101010101010101ULL
#define HTTP_HIGHS 0x8080808080808080ULL

static __always_inline __u64 http_load64(const __u8 *window, __u32 position)
{
#ifdef __bpf__
	/* One load: the kernels we run on allow it at any address of a map's value, clang's BPF target does not know. */
	return *(const __u64 *)(window + (position & HTTP_WINDOW_MASK));
#else
	__u64 word;

	__builtin_memcpy(&word, window + (position & HTTP_WINDOW_MASK), sizeof(word));
	return word;
#endif
}

static __always_inline __u8 http_load8(const __u8 *window, __u32 position)
{
	return window[position & HTTP_WINDOW_MASK];
}

/* The eight characters of a literal as one little-endian number. */
#define HTTP_WORD(a, b, c, d, e, f, g, h)                                                          \
	((__u64)(a) | (__u64)(b) << 8 | (__u64)(c) << 16 | (__u64)(d) << 24 | (__u64)(e) << 32 |   \
	 (__u64)(f) << 40 | (__u64)(g) << 48 | (__u64)(h) << 56)
#define HTTP_FIRST(n) (~0ULL >> (64 - 8 * (n)))

static __always_inline __u64 http_mix(__u64 hash, __u64 value)
{
	hash = (hash ^ value) * 0x9E3779B97F4A7C15ULL;
	return hash ^ hash >> 29;
}

static __always_inline bool http_is_blank(__u8 c)
{
	return c == ' ' || c == '\t';
}

#endif
