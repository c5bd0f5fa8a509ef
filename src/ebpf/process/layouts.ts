// Offsets in the structs of bpf/process.h.

export const exitEvent = { start_ns: 0, time_ns: 8, type: 16, pid: 20 } as const;

export const forkEvent = { parent_pid: 32, uid: 36, netns: 40, flags: 44, cgroup_id: 24, comm: 48 } as const;

export const execEvent = {
  cgroup_id: 24,
  parent_pid: 32,
  uid: 36,
  netns: 40,
  flags: 44,
  comm: 48,
  comm_bytes: 16,
  executable_bytes: 64,
  cgroup_bytes: 66,
  arguments_bytes: 68,
  environment_bytes: 70,
  size: 72,
} as const;

export const processEventType = { exec: 1, fork: 2, exit: 3 } as const;

export const processFlag = {
  kernelThread: 1,
  cgroupV1: 2,
  executableTruncated: 4,
  cgroupTruncated: 8,
  /** Executable, cgroup or environment: what identifies a process. */
  identityTruncated: 44,
} as const;
