// SPDX-License-Identifier: Apache-2.0
/*
 * procs: processes that do what the process table has to cope with.
 *
 *   procs exit ANYTHING...       ends at once
 *   procs pause ANYTHING...      says "pid <pid>" and ends when stdin does
 *   procs many N                 N processes "procs exit <i>", each line "<pid> <i>"
 *   procs fork                   a child that does not exec: "child <pid>", then as pause; the child ends with it
 *   procs thread-exec ARGS...    execs itself with ARGS from a thread that is not the first
 *   procs leader-exits           the first thread ends, another says "pid <pid>" and ends when stdin does
 *   procs threads N              starts and ends N threads, then as pause
 *   procs setuid UID ARGS...     changes all its user ids, then execs itself with ARGS
 *   procs at-pid PID ARGS...     a child with exactly this pid execs itself with ARGS; ends when the child does
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const char *const self = "/proc/self/exe";

static void die(const char *what)
{
	fprintf(stderr, "procs: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void run(char **args)
{
	args[-1] = "procs";
	execv(self, &args[-1]);
	die("exec");
}

static void wait_for_end_of_stdin(void)
{
	char byte;

	while (read(0, &byte, 1) > 0)
		;
}

static int say_and_pause(void)
{
	printf("pid %d\n", getpid());
	fflush(stdout);
	wait_for_end_of_stdin();
	return 0;
}

static int many(int count)
{
	char number[16];
	char *args[] = { "procs", "exit", number, NULL };
	pid_t pid;

	for (int i = 0; i < count; i++) {
		snprintf(number, sizeof(number), "%d", i);
		errno = posix_spawn(&pid, self, NULL, NULL, args, environ);
		if (errno)
			die("posix_spawn");
		waitpid(pid, NULL, 0);
		printf("%d %d\n", pid, i);
	}
	return 0;
}

static int fork_child(void)
{
	pid_t parent = getpid();
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (getppid() == parent)
			pause();
		return 0;
	}
	printf("child %d\n", pid);
	return say_and_pause();
}

static void *exec_from_thread(void *args)
{
	run(args);
	return NULL;
}

static void *pause_in_thread(void *unused)
{
	exit(say_and_pause());
}

static void *nothing(void *unused)
{
	return NULL;
}

static pthread_t start(void *(*body)(void *), void *argument)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, body, argument))
		die("pthread_create");
	return thread;
}

static int thread_exec(char **args)
{
	pthread_join(start(exec_from_thread, args), NULL);
	return 1;
}

static int leader_exits(void)
{
	start(pause_in_thread, NULL);
	pthread_exit(NULL);
}

static int threads(int count)
{
	for (int i = 0; i < count; i++)
		pthread_join(start(nothing, NULL), NULL);
	return say_and_pause();
}

static int at_pid(int pid, char **args)
{
	pid_t wanted[1] = { pid };
	struct clone_args clone = {
		.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)wanted,
		.set_tid_size = 1,
	};
	long child = syscall(SYS_clone3, &clone, sizeof(clone));

	if (child < 0)
		die("clone3");
	if (child == 0)
		run(args);
	waitpid(child, NULL, 0);
	return 0;
}

static int change_user(int uid, char **args)
{
	if (setresuid(uid, uid, uid))
		die("setresuid");
	run(args);
	return 1;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	int number = argc > 2 ? atoi(argv[2]) : 0;

	if (!strcmp(what, "exit"))
		return 0;
	if (!strcmp(what, "pause"))
		return say_and_pause();
	if (!strcmp(what, "many"))
		return many(number);
	if (!strcmp(what, "fork"))
		return fork_child();
	if (!strcmp(what, "thread-exec"))
		return thread_exec(&argv[2]);
	if (!strcmp(what, "leader-exits"))
		return leader_exits();
	if (!strcmp(what, "threads"))
		return threads(number);
	if (!strcmp(what, "setuid"))
		return change_user(number, &argv[3]);
	if (!strcmp(what, "at-pid"))
		return at_pid(number, &argv[3]);
	fprintf(stderr, "procs: what is \"%s\"?\n", what);
	return 2;
}
