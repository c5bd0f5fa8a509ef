/* SPDX-License-Identifier: Apache-2.0 */
/* Receives bytes from a socket with exactly the system call a step names. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "talk.h"

#define RECEIVE_BUFFER 65536

static ssize_t call_read(int fd, struct iovec *iov, int count)
{
	(void)count;
	return read(fd, iov->iov_base, iov->iov_len);
}

static ssize_t call_recv(int fd, struct iovec *iov, int count)
{
	(void)count;
	return recv(fd, iov->iov_base, iov->iov_len, 0);
}

static ssize_t call_recvfrom(int fd, struct iovec *iov, int count)
{
	struct sockaddr_storage from;
	socklen_t length = sizeof(from);

	(void)count;
	return recvfrom(fd, iov->iov_base, iov->iov_len, 0, (struct sockaddr *)&from, &length);
}

static ssize_t call_waitall(int fd, struct iovec *iov, int count)
{
	(void)count;
	return recv(fd, iov->iov_base, iov->iov_len, MSG_WAITALL);
}

static ssize_t call_dontwait(int fd, struct iovec *iov, int count)
{
	(void)count;
	return recv(fd, iov->iov_base, iov->iov_len, MSG_DONTWAIT);
}

static ssize_t call_readv(int fd, struct iovec *iov, int count)
{
	return readv(fd, iov, count);
}

static ssize_t call_recvmsg(int fd, struct iovec *iov, int count)
{
	struct msghdr message = { .msg_iov = iov, .msg_iovlen = count };

	return recvmsg(fd, &message, 0);
}

/* Each size is a message of its own; the call returns with the first that has bytes. */
static ssize_t call_recvmmsg(int fd, struct iovec *iov, int count)
{
	struct mmsghdr messages[MAX_PARTS] = { 0 };
	ssize_t received = 0;
	int filled;

	for (int i = 0; i < count; i++) {
		messages[i].msg_hdr.msg_iov = &iov[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	filled = recvmmsg(fd, messages, count, MSG_WAITFORONE, NULL);
	if (filled < 0)
		return -1;
	for (int i = 0; i < filled; i++)
		received += messages[i].msg_len;
	return received;
}

static const struct named_call receive_calls[] = {
	{ "read", call_read },               { "recv", call_recv },
	{ "recvfrom", call_recvfrom },       { "recvwaitall", call_waitall },
	{ "recvdontwait", call_dontwait },   { "readv", call_readv },
	{ "recvmsg", call_recvmsg },         { "recvmmsg", call_recvmmsg },
	{ NULL, NULL },
};

/* Lays the step's iovecs over the buffer, none beyond the bytes still wanted. */
static int lay_iovecs(struct iovec *iov, char *buffer, const struct step *step, size_t wanted)
{
	int count = 0;

	if (wanted > RECEIVE_BUFFER)
		wanted = RECEIVE_BUFFER;
	if (!step->size_count) {
		iov[0] = (struct iovec){ buffer, wanted };
		return 1;
	}
	while (count < step->size_count && wanted > 0) {
		size_t length = step->sizes[count] < wanted ? step->sizes[count] : wanted;

		iov[count++] = (struct iovec){ buffer, length };
		buffer += length;
		wanted -= length;
	}
	return count;
}

static void hash_iovecs(struct outcome *outcome, const struct iovec *iov, size_t length)
{
	for (; length > 0; iov++) {
		size_t part = iov->iov_len < length ? iov->iov_len : length;

		hash_bytes(outcome, iov->iov_base, part);
		length -= part;
	}
}

/* Receives exactly the bytes the step wants; the end of the stream before that is an error. */
static void receive(int fd, socket_call call, const struct step *step, struct outcome *outcome)
{
	char *buffer = malloc(RECEIVE_BUFFER);
	struct iovec iov[MAX_PARTS];

	while (outcome->bytes < step->total) {
		int count = lay_iovecs(iov, buffer, step, step->total - outcome->bytes);
		ssize_t received = call(fd, iov, count);

		if (received < 0 && try_again(fd, POLLIN, step, outcome))
			continue;
		if (received == 0) {
			errno = ENODATA;
			die(step->call, step);
		}
		hash_iovecs(outcome, iov, received);
		outcome->bytes += received;
		outcome->calls++;
	}
	free(buffer);
}

/* Looks at the bytes until as many are there as the step wants; leaves them all unread. */
static void peek(int fd, const struct step *step, struct outcome *outcome)
{
	char *buffer = malloc(RECEIVE_BUFFER);
	ssize_t seen = 0;

	while (seen < (ssize_t)step->total) {
		seen = recv(fd, buffer, RECEIVE_BUFFER, MSG_PEEK);
		if (seen <= 0)
			die(step->call, step);
		outcome->calls++;
		usleep(1000);
	}
	hash_bytes(outcome, buffer, seen);
	outcome->bytes = seen;
	free(buffer);
}

bool receive_step(int fd, const struct step *step, struct outcome *outcome)
{
	socket_call call = find_call(receive_calls, step->call);

	if (call)
		receive(fd, call, step, outcome);
	else if (!strcmp(step->call, "peek"))
		peek(fd, step, outcome);
	else
		return false;
	return true;
}
