/* SPDX-License-Identifier: Apache-2.0 */
/* Connections: made, ended, and passed from process to process. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "talk.h"

static int listener = -1;
static int handover[2]; /* Unix sockets that carry a connection to another process */
static struct sockaddr_storage address; /* where clients connect to */
static socklen_t address_length;

static void open_listener(const char *family)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	bool is_four = !strcmp(family, "4");
	int off = 0;
	int on = 1;

	listener = socket(is_four ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (!is_four) {
		setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
		six.sin6_addr = strcmp(family, "6") ? in6addr_any : in6addr_loopback;
	}
	address_length = is_four ? sizeof(four) : sizeof(six);
	if (is_four)
		memcpy(&address, &four, sizeof(four));
	else
		memcpy(&address, &six, sizeof(six));
	if (bind(listener, (struct sockaddr *)&address, address_length) < 0 || listen(listener, 16) < 0)
		die("listen", NULL);
	getsockname(listener, (struct sockaddr *)&address, &address_length);
}

/* "mapped": both ends are IPv6 sockets that speak IPv4. "dual": an IPv4 client, an IPv6 server. */
static void aim_client(const char *family)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address;
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	if (!strcmp(family, "mapped")) {
		inet_pton(AF_INET6, "::ffff:127.0.0.1", &six->sin6_addr);
	} else if (!strcmp(family, "dual")) {
		four.sin_port = six->sin6_port;
		memcpy(&address, &four, sizeof(four));
		address_length = sizeof(four);
	}
}

void open_server(const char *family)
{
	open_listener(family);
	aim_client(family);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, handover) < 0)
		die("socketpair", NULL);
}

void connect_to_server(struct actor *actor, const struct step *step)
{
	actor->fd = socket(address.ss_family, SOCK_STREAM, 0);
	if (connect(actor->fd, (struct sockaddr *)&address, address_length) < 0)
		die("connect", step);
	report_connection(actor->name, actor->fd);
}

void accept_client(struct actor *actor, const struct step *step)
{
	actor->fd = accept4(listener, NULL, NULL, 0);
	if (actor->fd < 0)
		die("accept", step);
	report_connection(actor->name, actor->fd);
}

void close_connection(struct actor *actor)
{
	close(actor->fd);
	actor->fd = -1;
}

void reset_connection(struct actor *actor)
{
	struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(actor->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close_connection(actor);
}

/* Expects the stream's end; what is still there is read and counted, a reset is reported as its errno. */
void read_to_end(struct actor *actor, struct outcome *outcome)
{
	char buffer[4096];
	ssize_t received;

	while ((received = read(actor->fd, buffer, sizeof(buffer))) > 0) {
		hash_bytes(outcome, buffer, received);
		outcome->bytes += received;
		outcome->calls++;
	}
	outcome->error = received < 0 ? errno : 0;
}

void hand_over(struct actor *actor, const struct step *step)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec byte = { "x", 1 };
	struct msghdr message = { .msg_iov = &byte, .msg_iovlen = 1, .msg_control = control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &actor->fd, sizeof(int));
	if (sendmsg(handover[0], &message, 0) < 0)
		die("handover", step);
	close_connection(actor);
}

void take_over(struct actor *actor, const struct step *step)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
				  .msg_controllen = sizeof(control) };

	if (recvmsg(handover[1], &message, 0) != 1 || !CMSG_FIRSTHDR(&message))
		die("takeover", step);
	memcpy(&actor->fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	report_connection(actor->name, actor->fd);
}
