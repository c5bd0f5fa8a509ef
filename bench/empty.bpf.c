// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* Two programs that do nothing, on the hooks of the HTTP tap: what the kernel's statistics of a run cost by themselves. */
#define SEC(name) __attribute__((section(name), used))

SEC("raw_tp/sock_send_length")
int trace_send(void *ctx)
{
	return 0;
}

SEC("raw_tp/sock_recv_length")
int trace_receive(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
