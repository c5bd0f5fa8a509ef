// What follows from a kernel's release, as `uname -r` has it, where nothing else tells.

/** Whether a raw tracepoint's programs can be preempted, and are left out for whoever comes meanwhile: since 7.0. */
export function preemptsRawTracepoints(release: string): boolean {
  return isSince(release, 7, 0);
}

/** Whether TCP reads its clock when it copies what was received: until 6.19 (net/ipv4, tcp_rcv_space_adjust). */
export function readsTcpClockOnReceive(release: string): boolean {
  return !isSince(release, 6, 19);
}

/** Without numbers in front the newest is assumed. */
function isSince(release: string, major: number, minor: number): boolean {
  const [, ownMajor, ownMinor] = /^(\d+)\.(\d+)/.exec(release)?.map(Number) ?? [];
  if (ownMajor === undefined || ownMinor === undefined) return true;
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}
