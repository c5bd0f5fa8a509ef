/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The window: bytes of a call, copied from user memory and looked at by the parsers (http_*parse.h). */
#ifndef WATTSPAN_HTTP_WINDOW_BPF_H
#define WATTSPAN_HTTP_WINDOW_BPF_H

/*
 * Functions with a slot are global: the verifier checks each once, by itself, rather than in every step of the loop
 * that calls it. Below 5.12 they take only numbers, so they find the scratch again.
 */
static __always_inline struct http_scratch *find_scratch(__u32 slot)
{
	return bpf_map_lookup_elem(&scratches, &slot);
}

/* Reads up to `limit` unconsumed bytes to window + carry; returns how many, or -1. */
__attribute__((noinline)) int http_fetch(__u32 slot, __u32 carry, __u32 limit)
{
	struct http_scratch *scratch = find_scratch(slot);

	if (!scratch || carry > HTTP_CARRY)
		return -1;
	return read_user_bytes(&scratch->call, scratch->window + carry, limit, limit > HTTP_FIRST_WINDOW);
}

/* Goes on with scratch->scan; returns whether there is more. */
__attribute__((noinline)) int http_scan_on(__u32 slot, __u32 length)
{
	struct http_scratch *scratch = find_scratch(slot);

	if (!scratch || length > HTTP_WINDOW)
		return 0;
	return http_scan_some(&scratch->scan, scratch->window, length);
}

/* Scans window[0, length) with scratch->scan, and reads the fields it met; the Host only where it is wanted. */
__attribute__((noinline)) int http_scan_head(__u32 slot, __u32 length, __u32 host_wanted)
{
	struct http_scratch *scratch = find_scratch(slot);
	__u32 i;

	if (!scratch || length > HTTP_WINDOW)
		return -1;
	http_begin_scan(&scratch->scan);
	if (http_scan_some(&scratch->scan, scratch->window, length))
		for (i = HTTP_SCAN_SOME; i < HTTP_SCAN_STEPS; i += HTTP_SCAN_SOME)
			if (!http_scan_on(slot, length))
				break;
	/* Ends what the compiler knows of the scan: mixed with what follows, the verifier takes it for new in every step. */
	asm volatile("" ::: "memory");
	http_end_scan(&scratch->scan, length);
	if (!host_wanted)
		scratch->scan.host_at = 0;
	http_read_fields(&scratch->scan, scratch->window);
	return 0;
}

/* Goes on with scratch->shape; returns whether there is more. */
__attribute__((noinline)) int http_shape_on(__u32 slot, __u32 end)
{
	struct http_scratch *scratch = find_scratch(slot);

	if (!scratch)
		return 0;
	return http_shape_some(&scratch->shape, scratch->window, end, whole_paths);
}

/* The shape of the path at window[from, end). */
static __always_inline __u64 shape_path(struct http_scratch *scratch, __u32 slot, __u32 from, __u32 end)
{
	__u32 i;

	http_begin_shape(&scratch->shape, from);
	for (i = 0; i < HTTP_SHAPE_BYTES; i += HTTP_SHAPE_SOME)
		if (!http_shape_on(slot, end))
			break;
	return http_end_shape(&scratch->shape, whole_paths);
}

/* Reads on in scratch->lines; returns the bytes consumed. */
__attribute__((noinline)) int http_read_lines(__u32 slot, __u32 length, __u32 trailers)
{
	struct http_scratch *scratch = find_scratch(slot);

	if (!scratch)
		return -1;
	if (trailers)
		return http_read_trailers(&scratch->lines, scratch->window, length);
	return http_read_size(&scratch->lines, scratch->window, length);
}

/* The method at the window's start: prefix | method << 8 | bytes << 16. */
__attribute__((noinline)) int http_read_method(__u32 slot, __u32 length)
{
	struct http_scratch *scratch = find_scratch(slot);
	enum http_prefix prefix;
	__u32 bytes = 0;
	__u8 method = 0;

	if (!scratch)
		return HTTP_PREFIX_NO;
	prefix = http_parse_method(scratch->window, length, &method, &bytes);
	return prefix | method << 8 | bytes << 16;
}

#endif
