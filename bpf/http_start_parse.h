/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* First lines: of a request, its method and version; of a response, its status. */
#ifndef WATTSPAN_HTTP_START_PARSE_H
#define WATTSPAN_HTTP_START_PARSE_H

#include "http_parse.h"

/* Longest run of method characters that is still a method. */
#define HTTP_METHOD_BYTES 32

enum http_prefix {
	HTTP_PREFIX_NO,
	HTTP_PREFIX_YES,
	HTTP_PREFIX_MORE, /* too few bytes to tell */
};

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

#endif
