// Bounded room for data that was accepted and is not yet gone; those who find none may wait in line.

/** One who waits for room. */
interface Waiting {
  readonly size: number;
  readonly admitted: PromiseWithResolvers<void>;
}

/** Counts what is in a queue against its capacity. First come, first served. */
export class Room {
  readonly capacity: number;
  readonly #line: Waiting[] = [];
  #size = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get size(): number {
    return this.#size;
  }

  /** How many wait in line. */
  get waiting(): number {
    return this.#line.length;
  }

  /** Takes `size` at once, if nobody waits and there is as much. */
  tryEnter(size: number): boolean {
    if (this.#line.length > 0 || this.#size + size > this.capacity) return false;
    this.#size += size;
    return true;
  }

  /** Waits for `size`, which must not be more than the capacity. Rejects when `signal` aborts or the room closes. */
  async enter(size: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.tryEnter(size)) return;
    signal?.throwIfAborted();
    const waiting = { size, admitted: Promise.withResolvers<void>() };
    this.#line.push(waiting);
    const leave = () => {
      const place = this.#line.indexOf(waiting);
      if (place >= 0) this.#line.splice(place, 1);
      waiting.admitted.reject(signal?.reason);
      this.#admit(); // Those behind may fit where this one did not.
    };
    signal?.addEventListener("abort", leave, { once: true });
    await waiting.admitted.promise.finally(() => signal?.removeEventListener("abort", leave));
  }

  /** Counts what is in it already, whether or not there is room. */
  fill(size: number): void {
    this.#size += size;
  }

  /** Gives `size` back. What a recovered queue holds is not known exactly, so this never goes below nothing. */
  leave(size: number): void {
    this.#size = Math.max(0, this.#size - size);
    this.#admit();
  }

  /** Turns away everyone who waits now. */
  close(reason: unknown): void {
    for (const { admitted } of this.#line.splice(0)) admitted.reject(reason);
  }

  #admit(): void {
    for (let next = this.#line[0]; next; next = this.#line[0]) {
      if (this.#size + next.size > this.capacity) return;
      this.#line.shift();
      this.#size += next.size;
      next.admitted.resolve();
    }
  }
}
