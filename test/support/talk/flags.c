/* SPDX-License-Identifier: Apache-2.0 */
/* Flags that order what several processes do; each is a word of shared memory that is waited on. */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "talk.h"

#define FLAG_COUNT 256

static uint32_t *flags; /* by letter; 1 once set */

void open_flags(void)
{
	flags = mmap(NULL, FLAG_COUNT * sizeof(*flags), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (flags == MAP_FAILED)
		die("map flags", NULL);
}

void set_flag(const char *name)
{
	uint32_t *flag = &flags[(unsigned char)name[0]];

	__atomic_store_n(flag, 1, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, flag, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

void await_flag(const char *name)
{
	uint32_t *flag = &flags[(unsigned char)name[0]];

	while (!__atomic_load_n(flag, __ATOMIC_SEQ_CST))
		syscall(SYS_futex, flag, FUTEX_WAIT, 0, NULL, NULL, 0);
}
