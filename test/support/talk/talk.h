/* SPDX-License-Identifier: Apache-2.0 */
/* talk: what its three files share. The script's language is described in README.md beside this file. */
#ifndef TALK_H
#define TALK_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define MAX_PARTS 64
#define MAX_STEPS 512
#define NAME_LENGTH 16

/* One line of the script, parsed. */
struct step {
	char actor[NAME_LENGTH];
	char call[NAME_LENGTH];
	char word[NAME_LENGTH];          /* the argument of steps that take a name or a number */
	int line;
	int part_count;
	struct iovec parts[MAX_PARTS];   /* what a sending step sends, in the script's pieces */
	int size_count;
	size_t sizes[MAX_PARTS];         /* after the call's colon: sizes of calls, or of iovecs */
	size_t total;                    /* how many bytes a receiving step wants */
};

struct script {
	char family[NAME_LENGTH];
	char processes[MAX_PARTS][NAME_LENGTH];
	int process_count;
	struct step steps[MAX_STEPS];
	int step_count;
};

/* What one step did, as its report says. */
struct outcome {
	size_t bytes;
	unsigned int calls;              /* system calls that moved bytes */
	unsigned int refusals;           /* EAGAIN seen */
	uint32_t hash;                   /* FNV-1a of the bytes received */
	int error;                       /* errno, when the step expects one */
};

/* A time, on both of the kernel's clocks. */
struct moment {
	uint64_t monotonic_ns;
	uint64_t boot_ns;
};

/* One who acts: it runs the steps that carry its name, in order. */
struct actor {
	char name[NAME_LENGTH];
	int fd;                          /* its connection, -1 before connect, accept or receive */
	pthread_t threads[MAX_PARTS];
	int thread_count;
};

/* A system call on a socket. Calls that take one buffer use the first iovec. */
typedef ssize_t (*socket_call)(int fd, struct iovec *iov, int count);

/* Tables of calls end with a NULL name. */
struct named_call {
	const char *name;
	socket_call call;
};

struct script *script_read(void);

/* Each runs the step when it knows its call, and says whether it did. */
bool send_step(int fd, const struct step *step, struct outcome *outcome);
bool receive_step(int fd, const struct step *step, struct outcome *outcome);
bool uring_step(int fd, const struct step *step, struct outcome *outcome);

socket_call find_call(const struct named_call *calls, const char *name);
bool try_again(int fd, short events, const struct step *step, struct outcome *outcome);
void hash_bytes(struct outcome *outcome, const void *bytes, size_t length);
/* Opens the listener that all clients connect to, and the sockets that connections are handed over by. */
void open_server(const char *family);
void connect_to_server(struct actor *actor, const struct step *step);
void accept_client(struct actor *actor, const struct step *step);
void close_connection(struct actor *actor);
void reset_connection(struct actor *actor);
void read_to_end(struct actor *actor, struct outcome *outcome);
void hand_over(struct actor *actor, const struct step *step);
void take_over(struct actor *actor, const struct step *step);

/* Before the first fork. */
void open_flags(void);
void set_flag(const char *name);
void await_flag(const char *name);

struct moment moment(void);
void report_connection(const char *actor, int fd);
void report_step(const struct step *step, const struct outcome *outcome, struct moment before);
void report_pause(const char *flag);
void die(const char *what, const struct step *step) __attribute__((noreturn));

#endif
