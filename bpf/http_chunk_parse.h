/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Chunk sizes, and the trailers behind the last chunk. */
#ifndef WATTSPAN_HTTP_CHUNK_PARSE_H
#define WATTSPAN_HTTP_CHUNK_PARSE_H

#include "http_parse.h"

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

#endif
