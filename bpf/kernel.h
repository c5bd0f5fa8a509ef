/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The kernel's types as far as we read them: this list is what the programs touch.
 *
 * CO-RE finds each field in the running kernel's BTF by name, so only names and kinds matter here, not order or
 * size. Kept sorted by subsystem; a field is added when a program reads it.
 */
#ifndef WATTSPAN_KERNEL_H
#define WATTSPAN_KERNEL_H

/* UAPI: the fixed-width types, map types, flags and helper ids. */
#include <linux/bpf.h>

typedef _Bool bool;
#define NULL ((void *)0)
#define true 1
#define false 0

/* CO-RE reads fields by name, so padding in these copies means nothing. */
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpadded"
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* --- networking --- */

struct in6_addr {
	union {
		__u8 u6_addr8[16];
		__be32 u6_addr32[4];
	} in6_u;
};

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

struct sk_buff_head {
	__u32 qlen;
};

struct sock {
	struct sock_common __sk_common;
	struct sk_buff_head sk_receive_queue;
	__u16 sk_protocol;
	int sk_err;
	void *sk_user_data;
};

struct inet_sock {
	struct sock sk;
	__be16 inet_sport;
};

struct inet_connection_sock {
	struct inet_sock icsk_inet;
	const void *icsk_ulp_ops;
};

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	__u32 rcv_nxt;
	__u32 copied_seq;
	__u32 write_seq;
	__u32 snd_nxt;
	__u64 tcp_clock_cache; /* since 4.20 */
	__u64 bytes_received;
	__u64 bytes_sent; /* since 4.19 */
};

struct socket {
	struct sock *sk;
};

/* --- BPF --- */

/* The verifier's own numbers of functions: read only whether they exist. */
enum special_kfunc_type {
	KF_bpf_rdonly_cast,
};

/* --- tasks --- */

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	__u32 val;
} kuid_t;

struct cred {
	kuid_t euid;
};

struct signal_struct {
	atomic_t live;
};

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

struct nsproxy {
	struct net *net_ns;
};

struct task_struct {
	int pid;
	int tgid;
	void *stack;
	unsigned int flags;
	__u64 start_boottime; /* since 5.5 */
	struct task_struct *group_leader;
	struct task_struct *real_parent;
	struct mm_struct *mm;
	struct files_struct *files;
	struct signal_struct *signal;
	struct nsproxy *nsproxy;
	const struct cred *cred;
	struct css_set *cgroups;
	char comm[16];
};

struct mm_struct {
	unsigned long start_stack;
	unsigned long arg_start;
	unsigned long arg_end;
	unsigned long env_start;
	unsigned long env_end;
	struct file *exe_file;
};

/* --- files --- */

struct qstr {
	const unsigned char *name;
};

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct inode {
	unsigned short i_mode;
};

struct file {
	struct path f_path;
	struct inode *f_inode;
	void *private_data;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

/* --- cgroups --- */

/* The numbers depend on the kernel's configuration: read them with bpf_core_enum_value. */
enum cgroup_subsys_id {
	memory_cgrp_id,
	pids_cgrp_id,
};

struct kernfs_node {
	const char *name;
	__u64 id; /* since 5.5; the inode number of its directory */
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
};

struct cgroup {
	struct cgroup_subsys_state self;
	int level;
	struct kernfs_node *kn;
};

struct css_set {
	struct cgroup_subsys_state *subsys[16];
	struct cgroup *dfl_cgrp;
};

/* --- what tracepoints give to perf events --- */

struct trace_event_raw_sock_msg_length {
	void *sk;
	int ret;
	int flags;
};

struct trace_event_raw_inet_sock_set_state {
	const void *skaddr;
	int oldstate;
	int newstate;
};

#pragma clang attribute pop
#pragma clang diagnostic pop

/* What a tracepoint of the exit of a system call gives: its format in tracefs, stable. */
struct syscall_exit {
	__u64 common;
	__s64 number;
	__s64 ret;
};

#endif
