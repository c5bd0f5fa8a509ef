// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * ring: records of the length and number the test asks for, in the order of their sequence numbers.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define MAX_RECORDS 64 /* a run writes no more: the verifier must see the end */
#define MAX_LENGTH 2047 /* a mask, which every verifier takes for a bound */

struct record {
	__u32 sequence;
	__u32 length; /* of the whole record */
	__u8 filling[MAX_LENGTH + 1 - 8];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} records SEC(".maps");

/* 0: sequence number of the next record, 1: records for which the ring had no room. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

/* The record under construction. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct record);
} scratch SEC(".maps");

static __always_inline __u64 *counter(__u32 key)
{
	return bpf_map_lookup_elem(&counters, &key);
}

/* Arguments: how many, length of each in bytes. */
SEC("raw_tp/sys_enter")
int write_records(__u64 *ctx)
{
	__u64 count = ctx[0], length;
	__u64 *next = counter(0), *lost = counter(1);
	__u32 zero = 0, i;
	struct record *record = bpf_map_lookup_elem(&scratch, &zero);

	if (!record || !next || !lost)
		return -1;
	for (i = 0; i < MAX_RECORDS; i++) {
		if (i >= count)
			break;
		length = ctx[1];
		/* Before 5.16 a bound is forgotten once its register is spilled: it is set where it is used. */
		asm volatile("%0 &= %1" : "+r"(length) : "i"(MAX_LENGTH));
		record->length = length;
		record->sequence = *next;
		record->filling[0] = *next;
		*next += 1;
		if (bpf_ringbuf_output(&records, record, length, BPF_RB_NO_WAKEUP))
			*lost += 1;
	}
	return 0;
}

/* Takes room in the ring and gives it up again. */
SEC("raw_tp/sys_enter")
int discard_record(void *ctx)
{
	void *record = bpf_ringbuf_reserve(&records, 40, 0);

	if (!record)
		return -1;
	bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
