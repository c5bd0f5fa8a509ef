/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * HTTP/1.x parsing: pure functions over (window, length), so that the host compiles, tests and fuzzes them too.
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
/* Positions behind a window's end that a step may reach, before it looks at the length. */
#define HTTP_POSITION_MASK (2 * HTTP_WINDOW - 1)
/* What the first look at a head reads; most heads end in it. */
#define HTTP_FIRST_WINDOW 512
/* A line that began in this many bytes before the window's end is moved to the next window whole. */
#define HTTP_CARRY 512
/* Longest run of method characters that is still a method. */
#define HTTP_METHOD_BYTES 32
/* Bytes of a path that its shape looks at. */
#define HTTP_SHAPE_BYTES 256
/* Steps of the head scanner: eight bytes each, and one more for each line. */
#define HTTP_SCAN_STEPS (HTTP_WINDOW / 8 + 128)

#define HTTP_ONES 0x0101010101010101ULL
#define HTTP_HIGHS 0x8080808080808080ULL

enum http_prefix {
	HTTP_PREFIX_NO,
	HTTP_PREFIX_YES,
	HTTP_PREFIX_MORE, /* too few bytes to tell */
};

/* Where a head scanner is, and what it found; positions are in the current window. */
struct http_scan {
	__u64 content_length;
	__u64 host_hash;       /* 0: no Host line seen */
	__u32 position;        /* first byte that is not consumed */
	__u16 first_line_end;  /* behind the first line's newline, 0: not seen */
	__u16 length_at;       /* behind "Content-Length:", 0: not in this window; so the next two */
	__u16 encoding_end;    /* behind the newline of a Transfer-Encoding line */
	__u16 host_at;         /* behind "Host:" */
	__u16 host_end;        /* behind that line's newline */
	__u8 done;             /* the empty line was met; `position` is behind it */
	__u8 skipping;         /* in a line too long to keep */
	__u8 lines;            /* 0: in the first line */
	__u8 has_length;
	__u8 chunked;
	__u8 pad[5];
};

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

static __always_inline bool http_is_token(__u8 c)
{
	return (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || (c >= '0' && c <= '9') ||
	       (c >= 'a' && c <= 'z');
}

/* What follows a method's space in a request line: a path, an absolute URI, "*" or CONNECT's authority. */
static __always_inline bool http_is_target(__u8 c)
{
	return c == '/' || c == '*' || c == '[' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

/* The known methods; *bytes is the length with the space. */
static __always_inline __u8 http_known_method(__u64 word, __u32 *bytes)
{
	if ((word & HTTP_FIRST(4)) == HTTP_WORD('G', 'E', 'T', ' ', 0, 0, 0, 0)) {
		*bytes = 4;
		return HTTP_METHOD_GET;
	}
	if ((word & HTTP_FIRST(5)) == HTTP_WORD('P', 'O', 'S', 'T', ' ', 0, 0, 0)) {
		*bytes = 5;
		return HTTP_METHOD_POST;
	}
	if ((word & HTTP_FIRST(4)) == HTTP_WORD('P', 'U', 'T', ' ', 0, 0, 0, 0)) {
		*bytes = 4;
		return HTTP_METHOD_PUT;
	}
	if ((word & HTTP_FIRST(5)) == HTTP_WORD('H', 'E', 'A', 'D', ' ', 0, 0, 0)) {
		*bytes = 5;
		return HTTP_METHOD_HEAD;
	}
	if ((word & HTTP_FIRST(7)) == HTTP_WORD('D', 'E', 'L', 'E', 'T', 'E', ' ', 0)) {
		*bytes = 7;
		return HTTP_METHOD_DELETE;
	}
	if (word == HTTP_WORD('O', 'P', 'T', 'I', 'O', 'N', 'S', ' ')) {
		*bytes = 8;
		return HTTP_METHOD_OPTIONS;
	}
	if ((word & HTTP_FIRST(6)) == HTTP_WORD('P', 'A', 'T', 'C', 'H', ' ', 0, 0)) {
		*bytes = 6;
		return HTTP_METHOD_PATCH;
	}
	if (word == HTTP_WORD('C', 'O', 'N', 'N', 'E', 'C', 'T', ' ')) {
		*bytes = 8;
		return HTTP_METHOD_CONNECT;
	}
	if ((word & HTTP_FIRST(6)) == HTTP_WORD('T', 'R', 'A', 'C', 'E', ' ', 0, 0)) {
		*bytes = 6;
		return HTTP_METHOD_TRACE;
	}
	if ((word & HTTP_FIRST(6)) == HTTP_WORD('Q', 'U', 'E', 'R', 'Y', ' ', 0, 0)) {
		*bytes = 6;
		return HTTP_METHOD_QUERY;
	}
	return HTTP_METHOD_OTHER;
}

/* The method at the window's start; *bytes is its length with the space that ends it. */
static __always_inline enum http_prefix http_parse_method(const __u8 *window, __u32 length, __u8 *method,
							  __u32 *bytes)
{
	__u32 i;

	*method = http_known_method(http_load64(window, 0), bytes);
	if (*method) {
		if (*bytes < length)
			return http_is_target(http_load8(window, *bytes)) ? HTTP_PREFIX_YES : HTTP_PREFIX_NO;
		if (*bytes == length)
			return HTTP_PREFIX_MORE;
	}
	*method = HTTP_METHOD_OTHER;
	for (i = 0; i < HTTP_METHOD_BYTES; i++) {
		__u8 c = http_load8(window, i);

		if (i >= length)
			return HTTP_PREFIX_MORE;
		/* An unknown method is only believed in capitals and before a path. */
		if (c == ' ' && i >= 3) {
			*bytes = i + 1;
			if (i + 1 >= length)
				return HTTP_PREFIX_MORE;
			return http_load8(window, i + 1) == '/' ? HTTP_PREFIX_YES : HTTP_PREFIX_NO;
		}
		if (!http_is_token(c) || (c >= 'a' && c <= 'z'))
			return HTTP_PREFIX_NO;
	}
	return HTTP_PREFIX_NO;
}

/* Whether the window starts with "HTTP/1.". */
static __always_inline enum http_prefix http_response_prefix(const __u8 *window, __u32 length)
{
	const __u64 start = HTTP_WORD('H', 'T', 'T', 'P', '/', '1', '.', 0);
	__u64 mask = length >= 7 ? HTTP_FIRST(7) : length ? HTTP_FIRST(7) >> (8 * (7 - length)) : 0;

	if ((http_load64(window, 0) & mask) != (start & mask))
		return HTTP_PREFIX_NO;
	return length >= 7 ? HTTP_PREFIX_YES : HTTP_PREFIX_MORE;
}

/* Bytes of a status line up to and with the status. */
#define HTTP_STATUS_BYTES 12

/* The three digits behind "HTTP/1.x ", or 0. */
static __always_inline __u16 http_status(const __u8 *window)
{
	__u8 a = http_load8(window, 9) - '0';
	__u8 b = http_load8(window, 10) - '0';
	__u8 c = http_load8(window, 11) - '0';

	if (http_load8(window, 8) != ' ' || a < 1 || a > 9 || b > 9 || c > 9)
		return 0;
	return a * 100 + b * 10 + c;
}

static __always_inline __u64 http_mix(__u64 hash, __u64 value)
{
	hash = (hash ^ value) * 0x9E3779B97F4A7C15ULL;
	return hash ^ hash >> 29;
}

static __always_inline bool http_is_blank(__u8 c)
{
	return c == ' ' || c == '\t';
}

/* The number at window[from], behind "Content-Length:"; anything else is no length. */
static __always_inline void http_parse_length(struct http_scan *scan, const __u8 *window, __u32 from)
{
	__u64 value = 0;
	__u32 digits = 0;
	__u32 i;

	for (i = 0; i < 24; i++) { /* blanks, and the 19 digits of 2^63 */
		__u8 c = http_load8(window, from + i);
		__u8 digit = c - '0';

		if (digit <= 9) {
			value = value * 10 + digit;
			digits++;
		} else if (!http_is_blank(c) || digits) {
			break;
		}
	}
	scan->has_length = digits > 0;
	scan->content_length = value;
}

/* "Transfer-Encoding: …chunked": whether the last coding, before the line's end, is chunked. */
static __always_inline bool http_is_chunked(const __u8 *window, __u32 end)
{
	__u32 back = 1; /* the newline */
	__u32 i;

	for (i = 0; i < 4; i++) {
		__u8 c = http_load8(window, end - back - 1);

		if (c != '\r' && !http_is_blank(c))
			break;
		back++;
	}
	/* "chunked" is seven bytes; the eighth is a blank, a comma or the colon. */
	return (http_load64(window, end - back - 8) >> 8 | 0x20202020202020ULL) ==
	       HTTP_WORD('c', 'h', 'u', 'n', 'k', 'e', 'd', 0);
}

/* Hash of a Host value: all of it, letters in lower case, blanks around it left out. */
static __always_inline __u64 http_hash_host(const __u8 *window, __u32 from, __u32 end)
{
	__u64 hash = 1;
	__u32 i;

	for (i = 0; i < 32; i++) { /* 256 bytes: a DNS name has at most 253 */
		__u64 word = http_load64(window, from);
		__u32 left = end - from;

		if (from >= end)
			break;
		if (left < 8)
			word &= HTTP_FIRST(8) >> (8 * (8 - left));
		hash = http_mix(hash, word | (word & 0x4040404040404040ULL) >> 1);
		from += 8;
	}
	return hash;
}

/* A whole line [start, end) that is not the first and not empty: notes where the fields are that frame a message. */
static __always_inline void http_scan_line(struct http_scan *scan, const __u8 *window, __u32 start, __u32 end)
{
	__u64 word = http_load64(window, start) | 0x2020202020202020ULL;

	if ((word & HTTP_FIRST(5)) == HTTP_WORD('h', 'o', 's', 't', ':', 0, 0, 0)) {
		scan->host_at = start + 5;
		scan->host_end = end;
	} else if (word == HTTP_WORD('c', 'o', 'n', 't', 'e', 'n', 't', '-')) {
		word = http_load64(window, start + 8) | 0x2020202020202020ULL;
		if ((word & HTTP_FIRST(7)) == HTTP_WORD('l', 'e', 'n', 'g', 't', 'h', ':', 0))
			scan->length_at = start + 15;
	} else if (word == HTTP_WORD('t', 'r', 'a', 'n', 's', 'f', 'e', 'r')) {
		word = http_load64(window, start + 8) | 0x2020202020202020ULL;
		if (word == HTTP_WORD('-', 'e', 'n', 'c', 'o', 'd', 'i', 'n'))
			scan->encoding_end = end;
	}
}

/* Reads the fields that http_scan_window() met in this window. */
static __always_inline void http_read_fields(struct http_scan *scan, const __u8 *window)
{
	if (scan->length_at)
		http_parse_length(scan, window, scan->length_at);
	if (scan->encoding_end && http_is_chunked(window, scan->encoding_end))
		scan->chunked = 1;
	if (scan->host_at) {
		__u32 from = scan->host_at;
		__u32 end = scan->host_end - 1;

		if (http_load8(window, end - 1) == '\r')
			end--;
		if (http_is_blank(http_load8(window, from)))
			from++;
		scan->host_hash = http_hash_host(window, from, end);
	}
}

/*
 * Walks the lines of window[0, length), from a line's start unless scan->skipping, up to the head's end;
 * scan->position is 0. On return scan->position is the first byte that is not consumed: behind the empty line when scan->done, else
 * the start of a line that needs more bytes, which belongs at the start of the next window.
 */
static __always_inline void http_scan_window(struct http_scan *scan, const __u8 *window, __u32 length)
{
	/*
	 * Both are 0: read from memory and masked so that the verifier knows no more of them than that they
	 * are small, and sees the same state in every step.
	 */
	__u32 start = scan->position & HTTP_POSITION_MASK;
	__u32 at = start;
	__u32 i;

	scan->first_line_end = 0;
	scan->length_at = 0;
	scan->encoding_end = 0;
	scan->host_at = 0;
	for (i = 0; i < HTTP_SCAN_STEPS; i++) {
		__u64 word = http_load64(window, at) ^ 0x0a0a0a0a0a0a0a0aULL;
		__u64 newlines = (word - HTTP_ONES) & ~word & HTTP_HIGHS;

		if (!newlines) {
			at = (at + 8) & HTTP_POSITION_MASK;
			if (at >= length)
				break;
			continue;
		}
		/* Bytes up to and with the first newline: each byte up to its mark bit gives a one. */
		at += (((newlines & -newlines) - 1) & HTTP_ONES) * HTTP_ONES >> 56;
		at &= HTTP_POSITION_MASK;
		if (at > length)
			break;
		if (!scan->lines) {
			scan->first_line_end = at;
			scan->lines = 1;
		} else if (!scan->skipping) {
			if (at - start == 1 || (at - start == 2 && http_load8(window, start) == '\r')) {
				scan->position = at;
				scan->done = 1;
				return;
			}
			http_scan_line(scan, window, start, at);
		}
		scan->skipping = 0;
		start = at;
		if (at >= length)
			break;
	}
	if (length - start > HTTP_CARRY || (scan->skipping && !start)) {
		scan->skipping = 1;
		scan->lines = 1;
		start = length;
	}
	scan->position = start;
}

/* The x of the "HTTP/1.x" that ends a request line whose newline is before `end`, or -1. */
static __always_inline int http_request_version(const __u8 *window, __u32 end)
{
	__u32 version = end - 9;
	__u64 word;
	__u8 minor;

	if (http_load8(window, end - 2) == '\r')
		version--;
	word = http_load64(window, version);
	minor = word >> 56;
	if ((word & HTTP_FIRST(7)) != HTTP_WORD('H', 'T', 'T', 'P', '/', '1', '.', 0) || minor < '0' ||
	    minor > '9')
		return -1;
	return minor - '0';
}

/* Where a reader of chunk sizes and trailers is. */
struct http_lines {
	__u64 size;    /* the chunk's, so far */
	__u8 in_line;  /* size: behind the digits; trailers: this line is not empty */
	__u8 ended;    /* the size line, or the empty line behind the trailers, was met */
	__u8 pad[6];
};

/* Bytes that one call of http_read_size() or http_read_trailers() looks at. */
#define HTTP_LINE_BYTES 64

/* Reads a chunk's size line from window[0, length); returns the bytes consumed. */
static __always_inline __u32 http_read_size(struct http_lines *lines, const __u8 *window, __u32 length)
{
	__u32 i;

	for (i = 0; i < HTTP_LINE_BYTES && i < length; i++) {
		__u8 c = http_load8(window, i);
		__u8 letter = c | 0x20;

		if (c == '\n') {
			lines->ended = 1;
			return i + 1;
		}
		if (lines->in_line)
			continue; /* an extension, or the carriage return */
		if (c >= '0' && c <= '9')
			lines->size = lines->size << 4 | (c - '0');
		else if (letter >= 'a' && letter <= 'f')
			lines->size = lines->size << 4 | (letter - 'a' + 10);
		else
			lines->in_line = 1;
	}
	return i;
}

/* Reads trailers up to the empty line; returns the bytes consumed. */
static __always_inline __u32 http_read_trailers(struct http_lines *lines, const __u8 *window, __u32 length)
{
	__u32 i;

	for (i = 0; i < HTTP_LINE_BYTES && i < length; i++) {
		__u8 c = http_load8(window, i);

		if (c == '\n') {
			if (!lines->in_line) {
				lines->ended = 1;
				return i + 1;
			}
			lines->in_line = 0;
		} else if (c != '\r') {
			lines->in_line = 1;
		}
	}
	return i;
}

/* A path's shape so far, and how its present segment looks. Volatile: kept in memory, where the verifier tracks no values. */
struct http_shape {
	__u64 hash;
	__u64 segment_hash;
	__u32 bytes;
	__u32 digits;
	__u8 odd;   /* characters that names of routes do not have */
	__u8 first;
	__u8 whole; /* set by the caller: values are names like the others */
	__u8 pad[5];
};

/*
 * Whether a segment is a value rather than a name: it carries a digit (but not v1 … v99), a character that
 * route names do not have, or is longer than 32 bytes. src/receivers/ebpf_http/route.ts does the same.
 */
static __always_inline bool http_segment_is_value(const volatile struct http_shape *shape)
{
	if (shape->whole)
		return false;
	if (shape->odd || shape->bytes > 32)
		return true;
	if (!shape->digits)
		return false;
	return !((shape->first | 0x20) == 'v' && shape->bytes <= 3 && shape->digits == shape->bytes - 1);
}

static __always_inline bool http_is_route_letter(__u8 c)
{
	__u8 letter = (c | 0x20) - 'a';

	return letter < 26 || c == '-' || c == '_' || c == '.' || c == '~';
}

static __always_inline void http_begin_segment(volatile struct http_shape *shape)
{
	shape->segment_hash = 2;
	shape->bytes = 0;
	shape->digits = 0;
	shape->odd = 0;
}

static __always_inline void http_end_segment(volatile struct http_shape *shape)
{
	shape->hash = http_mix(shape->hash, http_segment_is_value(shape) ? 1 : shape->segment_hash);
}

static __always_inline bool http_ends_path(__u8 c)
{
	return c == ' ' || c == '?' || c == '#' || c == '\r' || c == '\n';
}

/* Shape of the path at window[from, end), as shape->hash: two paths of one shape have one hash, never 0 or 1. */
static __always_inline void http_route_shape(volatile struct http_shape *shape, const __u8 *window, __u32 from, __u32 end)
{
	__u32 i;

	shape->hash = 1;
	http_begin_segment(shape);
	for (i = 0; i < HTTP_SHAPE_BYTES; i++) {
		__u8 c = http_load8(window, from + i);

		if (from + i >= end || http_ends_path(c))
			break;
		if (c == '/') {
			http_end_segment(shape);
			http_begin_segment(shape);
			continue;
		}
		if ((__u8)(c - '0') < 10)
			shape->digits++;
		else if (!http_is_route_letter(c))
			shape->odd = 1;
		if (!shape->bytes)
			shape->first = c;
		shape->bytes++;
		shape->segment_hash = (shape->segment_hash ^ c) * 0x100000001B3ULL;
	}
	http_end_segment(shape);
	if (shape->hash < 2)
		shape->hash = 2;
}

#endif
