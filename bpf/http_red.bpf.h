/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Rate, errors, duration: every completed request in its series, aggregated here and only read by user space. */
#ifndef WATTSPAN_HTTP_RED_BPF_H
#define WATTSPAN_HTTP_RED_BPF_H

static __always_inline __u32 duration_bucket(__u64 ns)
{
	__u32 i;

	for (i = 0; i < HTTP_MAX_BUCKETS - 1; i++)
		if (i >= boundaries || ns <= boundaries_ns[i])
			break;
	return i;
}

static __always_inline __u32 size_bucket(__u64 bytes)
{
	__u32 i;

	for (i = 0; i < HTTP_MAX_BUCKETS - 1; i++)
		if (i >= size_boundaries || bytes <= size_boundaries_bytes[i])
			break;
	return i;
}

static __always_inline void count_sizes(const struct http_series_key *key, __u64 request_bytes, __u64 response_bytes)
{
	struct http_sizes *value = bpf_map_lookup_elem(&sizes, key);
	__u32 bucket;

	if (!value) {
		__u32 zero = 0;
		struct http_zeros *empty = bpf_map_lookup_elem(&zeros, &zero);

		if (empty)
			bpf_map_update_elem(&sizes, key, &empty->sizes, BPF_NOEXIST);
		value = bpf_map_lookup_elem(&sizes, key);
		if (!value)
			return; /* the series itself was counted: sizes has as many entries */
	}
	bucket = size_bucket(request_bytes);
	if (bucket < HTTP_MAX_BUCKETS)
		__sync_fetch_and_add(&value->request[bucket], 1);
	bucket = size_bucket(response_bytes);
	if (bucket < HTTP_MAX_BUCKETS)
		__sync_fetch_and_add(&value->response[bucket], 1);
}

/* In the map of those that have no place of their own. */
static __always_inline struct http_series *find_far_series(const struct http_series_key *key)
{
	struct http_series *value = bpf_map_lookup_elem(&series, key);
	__u32 zero = 0;

	if (!value) {
		struct http_zeros *empty = bpf_map_lookup_elem(&zeros, &zero);

		if (empty)
			bpf_map_update_elem(&series, key, &empty->series, BPF_NOEXIST);
		value = bpf_map_lookup_elem(&series, key);
	}
	return value;
}

static __always_inline bool is_same_series(const struct http_series_key *one, const struct http_series_key *other)
{
	const __u64 *a = (const __u64 *)one;
	const __u64 *b = (const __u64 *)other;

	return a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3];
}
_Static_assert(sizeof(struct http_series_key) == 32, "is_same_series() compares four words");

static __always_inline struct http_near_series *near_series_of(const struct http_series_key *key)
{
	const __u64 *words = (const __u64 *)key;
	__u32 place = near_hash(words[1] ^ http_mix(words[2], words[3])) & near_series_mask;

	return bpf_map_lookup_elem(&near_series, &place);
}

static __always_inline struct http_series *find_series(struct http_series_key *key)
{
	struct http_near_series *near = near_series_of(key);

	if (!near)
		return NULL;
	if (claim(&near->claims)) {
		near->key = *key;
		near->ready = 1;
	}
	if (near->ready && is_same_series(&near->key, key))
		return &near->value;
	key->shard |= HTTP_SHARD_FAR;
	return find_far_series(key);
}

/* Counts conn->current, which ended at end_ns. */
static __always_inline void count_request(const struct http_conn *conn, __u64 end_ns, __u8 failure)
{
	const struct http_request *request = &conn->current;
	struct http_series_key key = {
		.process_start_ns = request->process_start_ns,
		.target = request->target,
		.tgid = request->tgid,
		.shard = bpf_get_smp_processor_id() & shard_mask,
		.status = conn->status,
		.port = conn->role == HTTP_ROLE_SERVER ? conn->local_port : conn->remote_port,
		.role = conn->role,
		.method = request->method,
		.minor_version = request->minor_version,
		.failure = failure,
	};
	__u64 duration_ns = end_ns - request->start_ns;
	struct http_series *value;
	__u32 bucket;

	value = find_series(&key);
	if (!value) {
		count(HTTP_LOST_SERIES);
		return;
	}
	bucket = duration_bucket(duration_ns);
	if (bucket < HTTP_MAX_BUCKETS)
		__sync_fetch_and_add(&value->buckets[bucket], 1);
	__sync_fetch_and_add(&value->duration_sum_ns, duration_ns);
	if (sizes_enabled) {
		__sync_fetch_and_add(&value->request_body_bytes, request->body_bytes);
		__sync_fetch_and_add(&value->response_body_bytes, conn->response_stream.body_bytes);
		count_sizes(&key, request->body_bytes, conn->response_stream.body_bytes);
	}
}

#endif
