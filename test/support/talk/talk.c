// SPDX-License-Identifier: Apache-2.0
/*
 * talk: plays one scripted conversation over a real TCP connection, each step with the exact system call it
 * names, and reports each step as a line of JSON: who, what, how many bytes, and when.
 *
 * The client and the server are two processes. Further actors are processes, forked children or threads.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "talk.h"

#define WATCHDOG_SECONDS 60
#define FLAG_COUNT 256

/* One who acts: it runs the steps that carry its name, in order. */
struct actor {
	char name[NAME_LENGTH];
	int fd;                          /* its connection, -1 before connect, accept or receive */
	pthread_t threads[MAX_PARTS];
	int thread_count;
};

static struct script *script;
static uint32_t *flags;                  /* by letter; shared by every process, 1 once set */
static int listener = -1;
static int handover[2];                  /* Unix sockets that carry a connection to another process */
static struct sockaddr_storage address;
static socklen_t address_length;

static void run_actor(struct actor *actor);

/* ---- shared by the files that move bytes ---- */

void die(const char *what, const struct step *step)
{
	fprintf(stderr, "talk: line %d: %s %s: %s\n", step ? step->line : 0, step ? step->actor : "", what,
		strerror(errno));
	_exit(1);
}

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

/* ---- flags ---- */

static void set_flag(const char *name)
{
	uint32_t *flag = &flags[(unsigned char)name[0]];

	__atomic_store_n(flag, 1, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, flag, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

static void await_flag(const char *name)
{
	uint32_t *flag = &flags[(unsigned char)name[0]];

	while (!__atomic_load_n(flag, __ATOMIC_SEQ_CST))
		syscall(SYS_futex, flag, FUTEX_WAIT, 0, NULL, NULL, 0);
}

/* ---- reports ---- */

static uint64_t now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec * 1000000000ull + time.tv_nsec;
}

static void format_address(char *text, size_t size, const struct sockaddr_storage *from)
{
	const struct sockaddr_in6 *six = (const void *)from;
	const struct sockaddr_in *four = (const void *)from;
	char host[INET6_ADDRSTRLEN];

	if (from->ss_family == AF_INET6) {
		inet_ntop(AF_INET6, &six->sin6_addr, host, sizeof(host));
		snprintf(text, size, "{\"address\":\"%s\",\"port\":%u}", host, ntohs(six->sin6_port));
	} else {
		inet_ntop(AF_INET, &four->sin_addr, host, sizeof(host));
		snprintf(text, size, "{\"address\":\"%s\",\"port\":%u}", host, ntohs(four->sin_port));
	}
}

/* One line is one write, so that lines of several processes never mix. */
static void report_line(const char *line, size_t length)
{
	if (write(STDOUT_FILENO, line, length) != (ssize_t)length)
		_exit(1);
}

static void report_connection(const struct actor *actor)
{
	struct sockaddr_storage ends[2];
	char texts[2][128];
	char line[512];
	socklen_t lengths[2] = { sizeof(ends[0]), sizeof(ends[1]) };

	if (getsockname(actor->fd, (struct sockaddr *)&ends[0], &lengths[0]) < 0 ||
	    getpeername(actor->fd, (struct sockaddr *)&ends[1], &lengths[1]) < 0)
		return;
	for (int i = 0; i < 2; i++)
		format_address(texts[i], sizeof(texts[i]), &ends[i]);
	report_line(line, snprintf(line, sizeof(line),
		"{\"kind\":\"connection\",\"actor\":\"%s\",\"pid\":%d,\"local\":%s,\"remote\":%s}\n", actor->name,
		getpid(), texts[0], texts[1]));
}

struct moment {
	uint64_t monotonic_ns;
	uint64_t boot_ns;
};

static struct moment moment(void)
{
	return (struct moment){ now(CLOCK_MONOTONIC), now(CLOCK_BOOTTIME) };
}

static void report_step(const struct step *step, const struct outcome *outcome, struct moment before)
{
	struct moment after = moment();
	char line[512];

	report_line(line, snprintf(line, sizeof(line),
		"{\"kind\":\"step\",\"line\":%d,\"actor\":\"%s\",\"pid\":%d,\"tid\":%d,\"call\":\"%s\","
		"\"bytes\":%zu,\"calls\":%u,\"refusals\":%u,\"hash\":%u,\"error\":%d,"
		"\"monotonicNs\":[\"%lu\",\"%lu\"],\"bootNs\":[\"%lu\",\"%lu\"]}\n",
		step->line, step->actor, getpid(), (int)syscall(SYS_gettid), step->call, outcome->bytes,
		outcome->calls, outcome->refusals, outcome->hash, outcome->error, before.monotonic_ns,
		after.monotonic_ns, before.boot_ns, after.boot_ns));
}

/* ---- connections ---- */

static void open_listener(void)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	bool is_four = !strcmp(script->family, "4");
	int off = 0;
	int on = 1;

	listener = socket(is_four ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (!is_four) {
		setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
		six.sin6_addr = strcmp(script->family, "6") ? in6addr_any : in6addr_loopback;
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
static void aim_client(void)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address;
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	if (!strcmp(script->family, "mapped")) {
		inet_pton(AF_INET6, "::ffff:127.0.0.1", &six->sin6_addr);
	} else if (!strcmp(script->family, "dual")) {
		four.sin_port = six->sin6_port;
		memcpy(&address, &four, sizeof(four));
		address_length = sizeof(four);
	}
}

static void connect_to_server(struct actor *actor, const struct step *step)
{
	actor->fd = socket(address.ss_family, SOCK_STREAM, 0);
	if (connect(actor->fd, (struct sockaddr *)&address, address_length) < 0)
		die("connect", step);
	report_connection(actor);
}

static void accept_client(struct actor *actor, const struct step *step)
{
	actor->fd = accept4(listener, NULL, NULL, 0);
	if (actor->fd < 0)
		die("accept", step);
	report_connection(actor);
}

static void close_connection(struct actor *actor)
{
	close(actor->fd);
	actor->fd = -1;
}

static void reset_connection(struct actor *actor)
{
	struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(actor->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close_connection(actor);
}

/* Expects the stream's end; what is still there is read and counted, a reset is reported as its errno. */
static void read_to_end(struct actor *actor, struct outcome *outcome)
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

/* ---- other actors ---- */

static void hand_over(struct actor *actor, const struct step *step)
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

static void take_over(struct actor *actor, const struct step *step)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
				  .msg_controllen = sizeof(control) };

	if (recvmsg(handover[1], &message, 0) != 1 || !CMSG_FIRSTHDR(&message))
		die("takeover", step);
	memcpy(&actor->fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	report_connection(actor);
}

static struct actor *new_actor(const char *name, int fd)
{
	struct actor *actor = calloc(1, sizeof(*actor));

	strcpy(actor->name, name);
	actor->fd = fd;
	return actor;
}

static void fork_actor(const struct actor *parent, const char *name)
{
	if (fork() != 0)
		return;
	alarm(WATCHDOG_SECONDS);
	run_actor(new_actor(name, parent->fd));
	_exit(0);
}

static void *run_thread(void *argument)
{
	run_actor(argument);
	return NULL;
}

static void start_thread(struct actor *actor, const char *name)
{
	pthread_create(&actor->threads[actor->thread_count++], NULL, run_thread, new_actor(name, actor->fd));
}

/* ---- steps ---- */

static void pause_step(const struct step *step)
{
	char line[128];

	report_line(line, snprintf(line, sizeof(line), "{\"kind\":\"pause\",\"flag\":\"%s\"}\n", step->word));
	await_flag(step->word);
}

static void control_step(struct actor *actor, const struct step *step, struct outcome *outcome)
{
	const char *call = step->call;

	if (!strcmp(call, "connect"))
		connect_to_server(actor, step);
	else if (!strcmp(call, "accept"))
		accept_client(actor, step);
	else if (!strcmp(call, "close"))
		close_connection(actor);
	else if (!strcmp(call, "reset"))
		reset_connection(actor);
	else if (!strcmp(call, "shutdown"))
		shutdown(actor->fd, SHUT_WR);
	else if (!strcmp(call, "readend"))
		read_to_end(actor, outcome);
	else if (!strcmp(call, "sleep"))
		usleep(step->total * 1000);
	else if (!strcmp(call, "set"))
		set_flag(step->word);
	else if (!strcmp(call, "await"))
		await_flag(step->word);
	else if (!strcmp(call, "pause"))
		pause_step(step);
	else if (!strcmp(call, "fork"))
		fork_actor(actor, step->word);
	else if (!strcmp(call, "thread"))
		start_thread(actor, step->word);
	else if (!strcmp(call, "handover"))
		hand_over(actor, step);
	else if (!strcmp(call, "takeover"))
		take_over(actor, step);
	else
		die("unknown step", step);
}

static void run_step(struct actor *actor, const struct step *step)
{
	struct outcome outcome = { .hash = 2166136261u };
	struct moment before = moment();

	if (!send_step(actor->fd, step, &outcome) && !receive_step(actor->fd, step, &outcome) &&
	    !uring_step(actor->fd, step, &outcome))
		control_step(actor, step, &outcome);
	report_step(step, &outcome, before);
}

static void run_actor(struct actor *actor)
{
	for (int i = 0; i < script->step_count; i++)
		if (!strcmp(script->steps[i].actor, actor->name))
			run_step(actor, &script->steps[i]);
	for (int i = 0; i < actor->thread_count; i++)
		pthread_join(actor->threads[i], NULL);
}

/* Waits for all children; the answer is 0 when each of them succeeded. */
static int wait_for_children(void)
{
	int failures = 0;
	int status;

	while (wait(&status) > 0)
		failures |= status;
	return failures ? 1 : 0;
}

/* After the script, each line on stdin names a flag to set: so the caller ends a pause. */
static void *read_flags(void *unused)
{
	char name[NAME_LENGTH];

	while (scanf("%15s", name) == 1)
		set_flag(name);
	return unused;
}

static void start_process(const char *name)
{
	if (fork() != 0)
		return;
	alarm(WATCHDOG_SECONDS);
	run_actor(new_actor(name, -1));
	_exit(wait_for_children());
}

int main(void)
{
	pthread_t reader;

	script = script_read();
	flags = mmap(NULL, FLAG_COUNT * sizeof(*flags), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (flags == MAP_FAILED || socketpair(AF_UNIX, SOCK_STREAM, 0, handover) < 0)
		die("prepare", NULL);
	open_listener();
	aim_client();
	for (int i = 0; i < script->process_count; i++)
		start_process(script->processes[i]);
	pthread_create(&reader, NULL, read_flags, NULL);
	return wait_for_children();
}
