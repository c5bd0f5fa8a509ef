/* SPDX-License-Identifier: Apache-2.0 */
/* What talk says: lines of JSON on stdout, each written at once, and the reason of a failure on stderr. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "talk.h"

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
static void print_line(const char *line, size_t length)
{
	if (write(STDOUT_FILENO, line, length) != (ssize_t)length)
		_exit(1);
}

void report_connection(const char *actor, int fd)
{
	struct sockaddr_storage ends[2];
	char texts[2][128];
	char line[512];
	socklen_t lengths[2] = { sizeof(ends[0]), sizeof(ends[1]) };

	if (getsockname(fd, (struct sockaddr *)&ends[0], &lengths[0]) < 0 ||
	    getpeername(fd, (struct sockaddr *)&ends[1], &lengths[1]) < 0)
		return;
	for (int i = 0; i < 2; i++)
		format_address(texts[i], sizeof(texts[i]), &ends[i]);
	print_line(line, snprintf(line, sizeof(line),
		"{\"kind\":\"connection\",\"actor\":\"%s\",\"pid\":%d,\"local\":%s,\"remote\":%s}\n", actor,
		getpid(), texts[0], texts[1]));
}

static uint64_t now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec * 1000000000ull + time.tv_nsec;
}

struct moment moment(void)
{
	return (struct moment){ now(CLOCK_MONOTONIC), now(CLOCK_BOOTTIME) };
}

void report_step(const struct step *step, const struct outcome *outcome, struct moment before)
{
	struct moment after = moment();
	char line[512];

	print_line(line, snprintf(line, sizeof(line),
		"{\"kind\":\"step\",\"line\":%d,\"actor\":\"%s\",\"pid\":%d,\"tid\":%d,\"call\":\"%s\","
		"\"bytes\":%zu,\"calls\":%u,\"refusals\":%u,\"hash\":%u,\"error\":%d,"
		"\"monotonicNs\":[\"%lu\",\"%lu\"],\"bootNs\":[\"%lu\",\"%lu\"]}\n",
		step->line, step->actor, getpid(), (int)syscall(SYS_gettid), step->call, outcome->bytes,
		outcome->calls, outcome->refusals, outcome->hash, outcome->error, before.monotonic_ns,
		after.monotonic_ns, before.boot_ns, after.boot_ns));
}

void report_pause(const char *flag)
{
	char line[128];

	print_line(line, snprintf(line, sizeof(line), "{\"kind\":\"pause\",\"flag\":\"%s\"}\n", flag));
}

void die(const char *what, const struct step *step)
{
	fprintf(stderr, "talk: line %d: %s %s: %s\n", step ? step->line : 0, step ? step->actor : "", what,
		strerror(errno));
	_exit(1);
}
