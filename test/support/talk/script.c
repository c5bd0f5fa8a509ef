/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the script: one step a line, until a line that says "end". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "talk.h"

static void refuse(const char *why, int line)
{
	fprintf(stderr, "talk: line %d: %s\n", line, why);
	exit(2);
}

struct buffer {
	char *bytes;
	size_t length;
	size_t room;
};

static void append(struct buffer *buffer, const char *bytes, size_t length)
{
	while (buffer->length + length > buffer->room) {
		buffer->room = buffer->room ? buffer->room * 2 : 4096;
		buffer->bytes = realloc(buffer->bytes, buffer->room);
	}
	memcpy(buffer->bytes + buffer->length, bytes, length);
	buffer->length += length;
}

static char unescape(const char **at)
{
	char digits[3] = { 0 };
	char c = *(*at)++;

	switch (c) {
	case 'r':
		return '\r';
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case 'x':
		digits[0] = *(*at)++;
		digits[1] = *(*at)++;
		return (char)strtoul(digits, NULL, 16);
	default:
		return c;
	}
}

static void read_quoted(const char **at, struct buffer *buffer, int line)
{
	for ((*at)++; **at != '"';) {
		char c = *(*at)++;

		if (c == '\0')
			refuse("a string has no end", line);
		if (c == '\\')
			c = unescape(at);
		append(buffer, &c, 1);
	}
	(*at)++;
}

/* repeat:TEXT:TIMES, where TEXT has no colon and no escapes. */
static void read_repeat(const char **at, struct buffer *buffer, int line)
{
	const char *text = *at + strlen("repeat:");
	const char *colon = strchr(text, ':');
	char *end;
	unsigned long times;

	if (!colon || colon == text)
		refuse("repeat wants repeat:TEXT:TIMES", line);
	times = strtoul(colon + 1, &end, 10);
	for (unsigned long i = 0; i < times; i++)
		append(buffer, text, colon - text);
	*at = end;
}

/* A part is strings and repeats with no space between them; it becomes one iovec. */
static void read_part(const char **at, struct step *step)
{
	struct buffer buffer = { 0 };

	if (step->part_count == MAX_PARTS)
		refuse("too many parts", step->line);
	while (**at && **at != ' ') {
		if (**at == '"')
			read_quoted(at, &buffer, step->line);
		else if (!strncmp(*at, "repeat:", strlen("repeat:")))
			read_repeat(at, &buffer, step->line);
		else
			refuse("expected a string or repeat:", step->line);
	}
	step->parts[step->part_count++] = (struct iovec){ buffer.bytes, buffer.length };
}

static void read_word(const char **at, char word[NAME_LENGTH], const char *stop, int line)
{
	size_t length = strcspn(*at, stop);

	if (length >= NAME_LENGTH)
		refuse("a word is too long", line);
	memcpy(word, *at, length);
	word[length] = '\0';
	*at += length;
}

static void skip_spaces(const char **at)
{
	while (**at == ' ')
		(*at)++;
}

static void read_sizes(const char **at, struct step *step)
{
	while (**at == ':' || **at == ',') {
		char *end;

		step->sizes[step->size_count++] = strtoul(*at + 1, &end, 10);
		*at = end;
	}
}

static void read_step(const char *at, struct step *step)
{
	read_word(&at, step->actor, " ", step->line);
	skip_spaces(&at);
	read_word(&at, step->call, " :", step->line);
	read_sizes(&at, step);
	skip_spaces(&at);
	while (*at) {
		if (*at == '"' || !strncmp(at, "repeat:", strlen("repeat:"))) {
			read_part(&at, step);
		} else {
			read_word(&at, step->word, " ", step->line);
			step->total = strtoul(step->word, NULL, 10);
		}
		skip_spaces(&at);
	}
}

static void read_line(struct script *script, const char *text, int line)
{
	struct step *step;

	if (sscanf(text, "family %15s", script->family) == 1)
		return;
	if (sscanf(text, "process %15s", script->processes[script->process_count]) == 1) {
		script->process_count++;
		return;
	}
	if (script->step_count == MAX_STEPS)
		refuse("too many steps", line);
	step = &script->steps[script->step_count++];
	step->line = line;
	read_step(text, step);
}

struct script *script_read(void)
{
	struct script *script = calloc(1, sizeof(*script));
	char *text = NULL;
	size_t room = 0;
	int line = 0;

	strcpy(script->family, "4");
	strcpy(script->processes[script->process_count++], "c");
	strcpy(script->processes[script->process_count++], "s");
	while (getline(&text, &room, stdin) > 0) {
		line++;
		text[strcspn(text, "\n")] = '\0';
		if (!strcmp(text, "end"))
			break;
		if (text[0])
			read_line(script, text, line);
	}
	free(text);
	return script;
}
