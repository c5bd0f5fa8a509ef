// SPDX-License-Identifier: Apache-2.0
/*
 * talk: plays one scripted conversation over a real TCP connection, each step with the exact system call it
 * names, and reports each step as a line of JSON: who, what, how many bytes, and when.
 *
 * The client and the server are two processes. Further actors are processes, forked children or threads.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "talk.h"

/* A process may wait while a tap is opened, which takes minutes on an emulated machine of a busy host. */
#define WATCHDOG_SECONDS 300

static struct script *script;

static void run_actor(struct actor *actor);

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

static void pause_step(const struct step *step)
{
	report_pause(step->word);
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
	open_flags();
	open_server(script->family);
	for (int i = 0; i < script->process_count; i++)
		start_process(script->processes[i]);
	pthread_create(&reader, NULL, read_flags, NULL);
	return wait_for_children();
}
