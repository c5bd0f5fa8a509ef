// What was started here ends with us, also when we are interrupted.

const pids: Set<number> = new Set();

process.on("exit", () => {
  for (const pid of pids) end(pid);
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));

/** Remembers a process that must not outlive this one; the result forgets it. */
export function endWithUs(pid: number): () => void {
  pids.add(pid);
  return () => pids.delete(pid);
}

function end(pid: number): void {
  try {
    process.kill(pid);
  } catch {
    // gone already
  }
}
