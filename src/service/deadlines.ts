// How long components may take to start and to stop.
import type { Kind } from "../component/index.ts";
import type { Node } from "./graph.ts";

/**
 * The share of the deadline by which what is upstream has to stop, so that one request that never ends does not take all
 * the time of those behind, who still hold data of others.
 */
const SHARES: Readonly<Record<Kind, number>> = {
  receiver: 0.6,
  processor: 0.8,
  connector: 0.8,
  exporter: 1,
  extension: 1,
};
/** Of the time to drain, what is left to those that a reload stops when the whole agent is to stop, too. */
const SHARE_OF_RELOAD = 0.5;
/** After the deadline, how long a component may take to notice it. */
const GRACE_MS = 1000;

/** Until when each kind of component may drain. */
export class Deadlines {
  readonly #deadlineMs: number;
  readonly #agentStops: AbortSignal | undefined;
  readonly #aborts = new Map<number, AbortController>();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #hurry = () => this.#expireIn(this.#deadlineMs * SHARE_OF_RELOAD);

  /** `agentStops` aborts when those that go on without these have to drain in the same time, too. */
  constructor(deadlineMs: number, agentStops?: AbortSignal) {
    this.#deadlineMs = deadlineMs;
    this.#agentStops = agentStops;
    for (const share of new Set(Object.values(SHARES))) this.#aborts.set(share, new AbortController());
    if (agentStops?.aborted) this.#hurry();
    else this.#expireIn(deadlineMs);
    agentStops?.addEventListener("abort", this.#hurry, { once: true });
  }

  of({ kind }: Node): AbortSignal {
    return this.#aborts.get(SHARES[kind])!.signal;
  }

  clear(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#agentStops?.removeEventListener("abort", this.#hurry);
  }

  /** Unless it has expired by then. */
  #expireIn(deadlineMs: number): void {
    for (const [share, abort] of this.#aborts) {
      const ms = share * deadlineMs;
      const expire = () => abort.abort(new Error(`data was not drained within ${ms / 1000} s of shutdown`));
      this.#timers.push(setTimeout(expire, ms));
    }
  }
}

/** Waits for `work`, but not beyond the deadline. */
export async function unlessLate(
  work: Promise<void>,
  deadline: AbortSignal,
  patienceMs?: number,
): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = patienceMs === undefined ? undefined : setTimeout(late.resolve, patienceMs);
  const expire = () => late.resolve();
  if (deadline.aborted) expire();
  deadline.addEventListener("abort", expire, { once: true });
  await Promise.race([work, late.promise]);
  deadline.removeEventListener("abort", expire);
  clearTimeout(timer);
}

/** Waits for `work`, but after the deadline only a little longer; then rejects with `late`. */
export async function withinGrace(work: Promise<void>, deadline: AbortSignal, late: string): Promise<void> {
  const { promise: hung, reject } = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const expire = () => {
    timer = setTimeout(() => reject(new Error(late)), GRACE_MS);
  };
  if (deadline.aborted) expire();
  else deadline.addEventListener("abort", expire, { once: true });
  try {
    await Promise.race([work, hung]);
  } finally {
    deadline.removeEventListener("abort", expire);
    clearTimeout(timer);
  }
}
