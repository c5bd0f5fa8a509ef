/* SPDX-License-Identifier: Apache-2.0 */
/* Sends bytes over a socket with exactly the system call a step names. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "talk.h"

#define SPLICE_BYTES 4096

static ssize_t call_write(int fd, struct iovec *iov, int count)
{
	(void)count;
	return write(fd, iov->iov_base, iov->iov_len);
}

static ssize_t call_send(int fd, struct iovec *iov, int count)
{
	(void)count;
	return send(fd, iov->iov_base, iov->iov_len, MSG_NOSIGNAL);
}

static ssize_t call_sendto(int fd, struct iovec *iov, int count)
{
	(void)count;
	return sendto(fd, iov->iov_base, iov->iov_len, MSG_NOSIGNAL, NULL, 0);
}

static ssize_t call_sendmore(int fd, struct iovec *iov, int count)
{
	(void)count;
	return send(fd, iov->iov_base, iov->iov_len, MSG_NOSIGNAL | MSG_MORE);
}

static ssize_t call_senddontwait(int fd, struct iovec *iov, int count)
{
	(void)count;
	return send(fd, iov->iov_base, iov->iov_len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* A file in memory that holds the bytes, at its start. */
static int file_with(const void *bytes, size_t length)
{
	int file = memfd_create("talk", 0);

	if (file < 0 || write(file, bytes, length) != (ssize_t)length)
		return -1;
	lseek(file, 0, SEEK_SET);
	return file;
}

static ssize_t call_sendfile(int fd, struct iovec *iov, int count)
{
	int file = file_with(iov->iov_base, iov->iov_len);
	ssize_t sent = sendfile(fd, file, NULL, iov->iov_len);

	(void)count;
	close(file);
	return sent;
}

static ssize_t call_splice(int fd, struct iovec *iov, int count)
{
	int ends[2];
	ssize_t sent;

	(void)count;
	if (pipe(ends) < 0)
		return -1;
	sent = write(ends[1], iov->iov_base, iov->iov_len < SPLICE_BYTES ? iov->iov_len : SPLICE_BYTES);
	if (sent > 0)
		sent = splice(ends[0], NULL, fd, NULL, sent, 0);
	close(ends[0]);
	close(ends[1]);
	return sent;
}

static ssize_t call_writev(int fd, struct iovec *iov, int count)
{
	return writev(fd, iov, count);
}

static ssize_t call_sendmsg(int fd, struct iovec *iov, int count)
{
	struct msghdr message = { .msg_iov = iov, .msg_iovlen = count };

	return sendmsg(fd, &message, MSG_NOSIGNAL);
}

/* Each part is a message of its own. */
static ssize_t call_sendmmsg(int fd, struct iovec *iov, int count)
{
	struct mmsghdr messages[MAX_PARTS] = { 0 };
	ssize_t sent = 0;
	int accepted;

	for (int i = 0; i < count; i++) {
		messages[i].msg_hdr.msg_iov = &iov[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	accepted = sendmmsg(fd, messages, count, MSG_NOSIGNAL);
	if (accepted < 0)
		return -1;
	for (int i = 0; i < accepted; i++)
		sent += messages[i].msg_len;
	return sent;
}

static const struct named_call single_calls[] = {
	{ "write", call_write },       { "send", call_send },
	{ "sendto", call_sendto },     { "sendmore", call_sendmore },
	{ "senddontwait", call_senddontwait }, { "sendfile", call_sendfile },
	{ "splice", call_splice },     { NULL, NULL },
};

static const struct named_call vector_calls[] = {
	{ "writev", call_writev },
	{ "sendmsg", call_sendmsg },
	{ "sendmmsg", call_sendmmsg },
	{ NULL, NULL },
};

/* Splits each part into calls of the step's size, or sends it in as few calls as the kernel takes it. */
static void send_parts(int fd, socket_call call, const struct step *step, struct outcome *outcome)
{
	for (int i = 0; i < step->part_count; i++) {
		char *at = step->parts[i].iov_base;
		size_t left = step->parts[i].iov_len;

		while (left > 0) {
			size_t length = step->size_count && step->sizes[0] < left ? step->sizes[0] : left;
			struct iovec iov = { at, length };
			ssize_t sent = call(fd, &iov, 1);

			if (sent < 0 && try_again(fd, POLLOUT, step, outcome))
				continue;
			at += sent;
			left -= sent;
			outcome->bytes += sent;
			outcome->calls++;
		}
	}
}

static void send_vector(int fd, socket_call call, const struct step *step, struct outcome *outcome)
{
	struct iovec iov[MAX_PARTS];
	int first = 0;

	memcpy(iov, step->parts, sizeof(iov));
	while (first < step->part_count) {
		ssize_t sent = call(fd, iov + first, step->part_count - first);

		if (sent < 0 && try_again(fd, POLLOUT, step, outcome))
			continue;
		outcome->bytes += sent;
		outcome->calls++;
		while (first < step->part_count && (size_t)sent >= iov[first].iov_len)
			sent -= iov[first++].iov_len;
		if (first < step->part_count) {
			iov[first].iov_base = (char *)iov[first].iov_base + sent;
			iov[first].iov_len -= sent;
		}
	}
}

bool send_step(int fd, const struct step *step, struct outcome *outcome)
{
	socket_call single = find_call(single_calls, step->call);
	socket_call vector = find_call(vector_calls, step->call);

	if (single)
		send_parts(fd, single, step, outcome);
	else if (vector)
		send_vector(fd, vector, step, outcome);
	return single || vector;
}
