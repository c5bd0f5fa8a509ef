/** How long to leave a downstream that refuses alone: at first, and at most. */
export const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 5000;

/** The waits between tries, in milliseconds. */
export function* backoff(): Generator<number, never> {
  for (let ms = FIRST_BACKOFF_MS; ; ms = Math.min(2 * ms, LONGEST_BACKOFF_MS)) yield ms;
}

/** Waits, or until `signal` aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const wake = () => resolve();
  signal.addEventListener("abort", wake, { once: true });
  await promise;
  signal.removeEventListener("abort", wake);
  clearTimeout(timer);
}
