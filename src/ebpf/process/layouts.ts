// Offsets in the structs of bpf/process.h.

export const exit_event = { size: 24, start_ns: 0, time_ns: 8, type: 16, pid: 20 } as const;

export const fork_event = {
  size: 64,
  start_ns: 0,
  time_ns: 8,
  type: 16,
  pid: 20,
  cgroup_id: 24,
  parent_pid: 32,
  uid: 36,
  netns: 40,
  flags: 44,
  comm: 48,
} as const;

export const exec_event = {
  size: 72,
  start_ns: 0,
  time_ns: 8,
  type: 16,
  pid: 20,
  cgroup_id: 24,
  parent_pid: 32,
  uid: 36,
  netns: 40,
  flags: 44,
  comm: 48,
  executable_bytes: 64,
  cgroup_bytes: 66,
  arguments_bytes: 68,
  environment_bytes: 70,
} as const;
