/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The lines of a head, up to its end, and the fields that frame a message or name its host. */
#ifndef WATTSPAN_HTTP_HEAD_PARSE_H
#define WATTSPAN_HTTP_HEAD_PARSE_H

#include "http_parse.h"

/* Positions behind a window's end that a step may reach, before it looks at the length. */
#define HTTP_POSITION_MASK (2 * HTTP_WINDOW - 1)
/*
 * Steps of the head scanner: eight bytes each, and one more for each line. It takes some at once and goes on in a
 * function of its own, which the verifier then follows through so many steps only.
 */
#define HTTP_SCAN_STEPS (HTTP_WINDOW / 8 + 128)
#define HTTP_SCAN_SOME 48

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
	__u16 at;              /* where the scanner is in the line that begins at `position` */
	__u8 done;             /* the empty line was met; `position` is behind it */
	__u8 skipping;         /* in a line too long to keep */
	__u8 lines;            /* 0: in the first line */
	__u8 has_length;
	__u8 chunked;
	__u8 pad[3];
};

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
		__u64 word = http_load64(window, from + 8 * i);
		__s32 beyond = 8 - (end - from - 8 * i); /* bytes of the word */

		if (from + 8 * i >= end)
			break;
		beyond &= ~(beyond >> 31); /* without a branch: the verifier follows both ways of each */
		word &= HTTP_FIRST(8) >> (8 * beyond & 63);
		hash = http_mix(hash, word | (word & 0x4040404040404040ULL) >> 1);
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

/* Reads the fields that the scan of this window met. */
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
		/* Masked so that the verifier knows as much of each on every path, and checks what follows once. */
		scan->host_hash = http_hash_host(window, from & HTTP_POSITION_MASK, end & HTTP_POSITION_MASK);
	}
}

/* Before a window; scan->position is 0. */
static __always_inline void http_begin_scan(struct http_scan *scan)
{
	scan->at = scan->position;
	scan->first_line_end = 0;
	scan->length_at = 0;
	scan->encoding_end = 0;
	scan->host_at = 0;
}

/* Walks some of the lines of window[0, length), up to the head's end. Returns whether there is more. */
static __always_inline bool http_scan_some(struct http_scan *scan, const __u8 *window, __u32 length)
{
	/* Masked so that the verifier knows no more of them than that they are small: the same in every step. */
	__u32 start = scan->position & HTTP_POSITION_MASK;
	__u32 at = scan->at & HTTP_POSITION_MASK;
	__u32 i;

	for (i = 0; i < HTTP_SCAN_SOME; i++) {
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
				return false;
			}
			http_scan_line(scan, window, start, at);
		}
		scan->skipping = 0;
		start = at;
		if (at >= length)
			break;
	}
	scan->position = start;
	scan->at = at;
	return at < length;
}

/*
 * Behind a window's last line. scan->position becomes the first byte that is not consumed: behind the empty line when
 * scan->done, else the start of a line that needs more bytes, which belongs at the start of the next window.
 */
static __always_inline void http_end_scan(struct http_scan *scan, __u32 length)
{
	__u32 start = scan->position;

	if (scan->done || (length - start <= HTTP_CARRY && (!scan->skipping || start)))
		return;
	scan->skipping = 1;
	scan->lines = 1;
	scan->position = length;
}

#endif
