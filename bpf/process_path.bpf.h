/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Paths of executables and cgroups, from the last name to the first. Includer defines exec_scratches. */
#ifndef WATTSPAN_PROCESS_PATH_BPF_H
#define WATTSPAN_PROCESS_PATH_BPF_H

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "process_scratch.bpf.h"

/* Names and mount crossings of an executable's path. */
#define MAX_PATH_STEPS 40
/* A pod of a cluster whose nodes are containers themselves is at level 9. */
#define MAX_CGROUP_LEVELS 16

/* Appends one name of a path. Returns whether it was still within the limit. */
static __always_inline bool append_name(struct exec_scratch *scratch, const void *name)
{
	__u32 used = scratch->used;
	long bytes;

	if (used > scratch->limit)
		return false;
	bytes = bpf_probe_read_kernel_str(&scratch->text[used & TEXT_MASK], NAME_BYTES, name);
	if (bytes > 0)
		scratch->used = used + bytes;
	return true;
}

/* The group in the unified hierarchy; on v1 and hybrid hosts all are in its root, and memory or pids tells more. */
static __always_inline struct cgroup *cgroup_of(struct task_struct *task, __u32 *flags)
{
	struct css_set *set = BPF_CORE_READ(task, cgroups);
	struct cgroup *unified = BPF_CORE_READ(set, dfl_cgrp);
	const void *subsys = (const void *)set + bpf_core_field_offset(struct css_set, subsys);
	struct cgroup_subsys_state *css = NULL;
	struct cgroup *group;

	if (BPF_CORE_READ(unified, level) > 0)
		return unified;
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id)) {
		bpf_probe_read_kernel(&css, sizeof(css),
				      subsys + 8 * bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id));
		group = BPF_CORE_READ(css, cgroup);
		if (BPF_CORE_READ(group, level) > 0) {
			*flags |= PROCESS_CGROUP_V1;
			return group;
		}
	}
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, pids_cgrp_id)) {
		bpf_probe_read_kernel(&css, sizeof(css),
				      subsys + 8 * bpf_core_enum_value(enum cgroup_subsys_id, pids_cgrp_id));
		group = BPF_CORE_READ(css, cgroup);
		if (BPF_CORE_READ(group, level) > 0) {
			*flags |= PROCESS_CGROUP_V1;
			return group;
		}
	}
	return unified;
}

/* Names from the group up to, and without, the root. Global functions are verified once, alone. */
__noinline int append_cgroup(__u64 address)
{
	struct cgroup *group = (void *)address;
	struct exec_scratch *scratch;
	__u32 key = 0;
	int i;

	scratch = bpf_map_lookup_elem(&exec_scratches, &key);
	if (!scratch)
		return 0;
	scratch->limit = scratch->used + PATH_BYTES;
	for (i = 0; i < MAX_CGROUP_LEVELS; i++) {
		struct cgroup_subsys_state *parent = BPF_CORE_READ(group, self.parent);

		if (!parent)
			return 0;
		if (!append_name(scratch, BPF_CORE_READ(group, kn, name)))
			break;
		group = BPF_CORE_READ(parent, cgroup);
	}
	if (BPF_CORE_READ(group, self.parent))
		scratch->event.flags |= PROCESS_CGROUP_TRUNCATED;
	return 0;
}

/*
 * Names from the executable up to the root of its mount namespace: what /proc/<pid>/exe shows, since bprm->filename
 * may be relative, a symbolic link or a script.
 */
__noinline int append_executable(__u64 address)
{
	struct mm_struct *mm = (void *)address;
	struct vfsmount *vfsmount = BPF_CORE_READ(mm, exe_file, f_path.mnt);
	struct dentry *dentry = BPF_CORE_READ(mm, exe_file, f_path.dentry);
	struct mount *mount = (void *)vfsmount - bpf_core_field_offset(struct mount, mnt);
	struct exec_scratch *scratch;
	__u32 key = 0;
	int i;

	scratch = bpf_map_lookup_elem(&exec_scratches, &key);
	if (!scratch)
		return 0;
	scratch->limit = scratch->used + PATH_BYTES;
	for (i = 0; i < MAX_PATH_STEPS; i++) {
		struct dentry *parent = BPF_CORE_READ(dentry, d_parent);

		if (dentry == BPF_CORE_READ(mount, mnt.mnt_root)) {
			struct mount *outer = BPF_CORE_READ(mount, mnt_parent);

			if (outer == mount)
				return 0;
			dentry = BPF_CORE_READ(mount, mnt_mountpoint);
			mount = outer;
			continue;
		}
		if (!append_name(scratch, BPF_CORE_READ(dentry, d_name.name)))
			break;
		if (parent == dentry)
			return 0; /* not in any folder: memfd */
		dentry = parent;
	}
	scratch->event.flags |= PROCESS_EXECUTABLE_TRUNCATED;
	return 0;
}

#endif
