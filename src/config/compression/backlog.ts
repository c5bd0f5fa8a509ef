// What waits to be compressed, in the whole process, as the threads that do it are its own.

/** More than a batch or two for each thread only makes those behind wait, in memory. */
const HIGH_BYTES = 8 << 20;

let backlogBytes = 0;
const waiting: (() => void)[] = [];

/** Counts a compression of `bytes` from now until it has ended, well or not. */
export async function inBacklog<T>(bytes: number, compression: Promise<T>): Promise<T> {
  backlogBytes += bytes;
  try {
    return await compression;
  } finally {
    backlogBytes -= bytes;
    if (backlogBytes < HIGH_BYTES) for (const wake of waiting.splice(0)) wake();
  }
}

/**
 * Undefined, or resolves, when what comes in now may be compressed soon. Receivers wait for it: to receive is so much
 * cheaper than to compress that on a processor shared by all threads data piles up in between. The wait is for this
 * process's own work, never for a peer.
 */
export function backlogRoom(): Promise<void> | undefined {
  if (backlogBytes < HIGH_BYTES) return undefined;
  return new Promise((resolve) => waiting.push(resolve));
}
