/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Finds OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES on the stack of a new program. Includer defines exec_scratches. */
#ifndef WATTSPAN_PROCESS_ENVIRONMENT_BPF_H
#define WATTSPAN_PROCESS_ENVIRONMENT_BPF_H

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "process_scratch.bpf.h"

/* 512 variables are looked at: Kubernetes puts its own seven per service behind the container's. */
#define MAX_POINTER_BATCHES 16

/* Eight characters as the number they are in little-endian memory. */
#define CHARS8(a, b, c, d, e, f, g, h)                                                               \
	((__u64)(a) | (__u64)(b) << 8 | (__u64)(c) << 16 | (__u64)(d) << 24 | (__u64)(e) << 32 |     \
	 (__u64)(f) << 40 | (__u64)(g) << 48 | (__u64)(h) << 56)
#define OTEL_SER CHARS8('O', 'T', 'E', 'L', '_', 'S', 'E', 'R')
#define VICE_NAM CHARS8('V', 'I', 'C', 'E', '_', 'N', 'A', 'M')
#define OTEL_RES CHARS8('O', 'T', 'E', 'L', '_', 'R', 'E', 'S')
#define OURCE_AT CHARS8('O', 'U', 'R', 'C', 'E', '_', 'A', 'T')
#define TRIBUTES CHARS8('T', 'R', 'I', 'B', 'U', 'T', 'E', 'S')

/* The first eight characters, mostly from what was copied at once; 0 when they cannot be read. */
static __always_inline __u64 first_characters(struct exec_scratch *scratch, __u64 address)
{
	__u64 offset = address - scratch->environment_start;
	const __u64 *copy = (void *)&scratch->environment[offset & (ENVIRONMENT_BYTES - 1)];
	__u64 characters = 0;

	/* Keeps the compiler from reading byte by byte; both our architectures read eight bytes from anywhere. */
	asm volatile("" : "+r"(copy));
	if (offset < scratch->environment_copied)
		return *copy;
	bpf_probe_read_user(&characters, sizeof(characters), (void *)address);
	return characters;
}

/*
 * Notes the variable when its whole name is one we keep; the first of a name counts, as for getenv. Global functions
 * are verified once, alone: this one and the next keep loops in loops within the verifier's limit.
 */
__noinline int look_at_variable(__u64 address)
{
	struct exec_scratch *scratch;
	__u64 name[4] = {}, first;
	__u32 key = 0;

	scratch = bpf_map_lookup_elem(&exec_scratches, &key);
	if (!scratch)
		return 0;
	first = first_characters(scratch, address);
	if (first != OTEL_SER && first != OTEL_RES)
		return 0;
	/* Not more than 26 bytes: what follows the last variable on the stack may be as short. */
	if (bpf_probe_read_user(name, 26, (void *)address))
		return 0;
	if (first == OTEL_SER && name[1] == VICE_NAM && (name[2] & 0xffff) == ('E' | '=' << 8)) {
		if (!scratch->service_name)
			scratch->service_name = address;
	} else if (first == OTEL_RES && name[1] == OURCE_AT && name[2] == TRIBUTES && (name[3] & 0xff) == '=') {
		if (!scratch->resource_attributes)
			scratch->resource_attributes = address;
	}
	return 0;
}

/*
 * Walks the pointers the kernel has just put on the new stack (argc, argv[], NULL, envp[], NULL), so that the length of
 * a variable does not matter. Takes the address of the first pointer and the width of one; returns whether it came to
 * the end.
 */
__noinline int find_variables(__u64 envp, __u32 width)
{
	__u64 mask = width == 8 ? ~0ULL : 0xffffffff;
	struct exec_scratch *scratch;
	__u32 key = 0;
	int batch, i;

	scratch = bpf_map_lookup_elem(&exec_scratches, &key);
	if (!scratch)
		return false;
	for (batch = 0; batch < MAX_POINTER_BATCHES; batch++) {
		if (bpf_probe_read_user(scratch->pointers, 8 * POINTERS_PER_BATCH, (void *)envp))
			return false;
		for (i = 0; i < POINTERS_PER_BATCH; i++) {
			__u64 address = *(__u64 *)((char *)scratch->pointers + ((i * width) & 0xff)) & mask;

			if (!address)
				return true;
			look_at_variable(address);
		}
		envp += width * POINTERS_PER_BATCH;
	}
	return false;
}

#endif
