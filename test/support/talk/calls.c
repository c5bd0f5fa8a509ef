/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that move bytes share. */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "talk.h"

socket_call find_call(const struct named_call *calls, const char *name)
{
	while (calls->name && strcmp(calls->name, name))
		calls++;
	return calls->call;
}

/* True when the refused call is to be tried again, once the socket is ready; dies on any other error. */
bool try_again(int fd, short events, const struct step *step, struct outcome *outcome)
{
	struct pollfd ready = { .fd = fd, .events = events };

	if (errno == EINTR)
		return true;
	if (errno != EAGAIN)
		die(step->call, step);
	outcome->refusals++;
	poll(&ready, 1, -1);
	return true;
}

void hash_bytes(struct outcome *outcome, const void *bytes, size_t length)
{
	const unsigned char *at = bytes;

	for (size_t i = 0; i < length; i++)
		outcome->hash = (outcome->hash ^ at[i]) * 16777619u;
}
