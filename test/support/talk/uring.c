/* SPDX-License-Identifier: Apache-2.0 */
/* Sends and receives through io_uring, with no library: one submission at a time, waited for. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/io_uring.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "talk.h"

struct ring {
	int fd;
	void *submission;
	void *completion;
	struct io_uring_sqe *entries;
	struct io_uring_params params;
};

static void *map_ring(int fd, size_t size, off_t what)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, what);
}

static struct ring open_ring(const struct step *step)
{
	struct ring ring = { 0 };
	struct io_uring_params *params = &ring.params;

	ring.fd = syscall(SYS_io_uring_setup, 4, params);
	if (ring.fd < 0)
		die("io_uring_setup", step);
	ring.submission = map_ring(ring.fd, params->sq_off.array + params->sq_entries * sizeof(uint32_t),
				   IORING_OFF_SQ_RING);
	ring.completion = map_ring(ring.fd,
				   params->cq_off.cqes + params->cq_entries * sizeof(struct io_uring_cqe),
				   IORING_OFF_CQ_RING);
	ring.entries = map_ring(ring.fd, params->sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
	if (ring.submission == MAP_FAILED || ring.completion == MAP_FAILED || ring.entries == MAP_FAILED)
		die("map the ring", step);
	return ring;
}

static uint32_t *at(void *base, uint32_t offset)
{
	return (uint32_t *)((char *)base + offset);
}

/* Submits one operation and returns its result, a negated errno when it failed. */
static int submit(struct ring *ring, int opcode, int fd, void *bytes, size_t length)
{
	uint32_t *tail = at(ring->submission, ring->params.sq_off.tail);
	uint32_t *head = at(ring->completion, ring->params.cq_off.head);
	uint32_t slot = *tail & *at(ring->submission, ring->params.sq_off.ring_mask);
	struct io_uring_cqe *results = (void *)at(ring->completion, ring->params.cq_off.cqes);
	int result;

	memset(&ring->entries[slot], 0, sizeof(ring->entries[slot]));
	ring->entries[slot].opcode = opcode;
	ring->entries[slot].fd = fd;
	ring->entries[slot].addr = (uintptr_t)bytes;
	ring->entries[slot].len = length;
	at(ring->submission, ring->params.sq_off.array)[slot] = slot;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		return -errno;
	result = results[*head & *at(ring->completion, ring->params.cq_off.ring_mask)].res;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return result;
}

static void uring_send(int fd, const struct step *step, struct outcome *outcome)
{
	struct ring ring = open_ring(step);

	for (int i = 0; i < step->part_count; i++) {
		char *bytes = step->parts[i].iov_base;
		size_t left = step->parts[i].iov_len;

		while (left > 0) {
			int sent = submit(&ring, IORING_OP_SEND, fd, bytes, left);

			if (sent <= 0) {
				errno = -sent;
				die(step->call, step);
			}
			bytes += sent;
			left -= sent;
			outcome->bytes += sent;
			outcome->calls++;
		}
	}
	close(ring.fd);
}

static void uring_receive(int fd, const struct step *step, struct outcome *outcome)
{
	struct ring ring = open_ring(step);
	char *buffer = malloc(step->total);

	while (outcome->bytes < step->total) {
		int received = submit(&ring, IORING_OP_RECV, fd, buffer, step->total - outcome->bytes);

		if (received <= 0) {
			errno = received ? -received : ENODATA;
			die(step->call, step);
		}
		hash_bytes(outcome, buffer, received);
		outcome->bytes += received;
		outcome->calls++;
	}
	free(buffer);
	close(ring.fd);
}

bool uring_step(int fd, const struct step *step, struct outcome *outcome)
{
	if (!strcmp(step->call, "uringsend"))
		uring_send(fd, step, outcome);
	else if (!strcmp(step->call, "uringrecv"))
		uring_receive(fd, step, outcome);
	else
		return false;
	return true;
}
