// When a server ends a connection of its own accord: gRPC's keepalive, with grpc-go's defaults.
import { timerMs } from "../../confmap/duration.ts";
import type {
  KeepaliveEnforcementPolicy,
  KeepaliveServerConfig,
  KeepaliveServerParameters,
} from "./config.ts";
import type { Connection } from "./http2/connection.ts";
import { ERROR } from "./http2/frames.ts";

const HOUR_MS = 3_600_000;
const DEFAULT_TIME_MS = 2 * HOUR_MS;
const DEFAULT_TIMEOUT_MS = 20_000;
const DEFAULT_MIN_TIME_MS = 300_000;
const LEAST_TIME_MS = 1000;
/** How often a client may ask when it has no call and may not ask at all. */
const PING_INTERVAL_MS = 2 * HOUR_MS;
const MAX_PING_STRIKES = 2;
/** A connection's age is a tenth more or less, so that those made at once do not end at once. */
const AGE_JITTER = 0.1;

/** Watches one connection until it closes. Its owner says what happens on it. */
export class Keepalive {
  readonly #connection: Connection;
  readonly #parameters: KeepaliveServerParameters | undefined;
  readonly #policy: KeepaliveEnforcementPolicy | undefined;
  readonly #timers = new Set<NodeJS.Timeout>();
  #idle: NodeJS.Timeout | undefined;
  #streams = 0;
  #strikes = 0;
  #lastPing = Number.NEGATIVE_INFINITY;
  /** Bytes read when the connection was last looked at. */
  #bytesRead = 0;

  constructor(connection: Connection, config: KeepaliveServerConfig | undefined) {
    this.#connection = connection;
    this.#parameters = config?.serverParameters;
    this.#policy = config?.enforcementPolicy;
    this.#watchAge();
    this.#watchIdle();
    this.#watchLife();
  }

  streamOpened(): void {
    this.#streams++;
    this.#cancel(this.#idle);
  }

  /** A client may measure the connection whenever it gets something: its asking starts anew with each answer. */
  streamClosed(): void {
    this.#strikes = 0;
    this.#lastPing = Number.NEGATIVE_INFINITY;
    this.#streams--;
    if (this.#streams === 0) this.#watchIdle();
  }

  #watchAge(): void {
    const { maxConnectionAgeMs = 0, maxConnectionAgeGraceMs = 0 } = this.#parameters ?? {};
    if (maxConnectionAgeMs <= 0) return;
    const age = maxConnectionAgeMs * (1 + AGE_JITTER * (2 * Math.random() - 1));
    this.#after(age, () => {
      this.#connection.close();
      if (maxConnectionAgeGraceMs > 0) this.#after(maxConnectionAgeGraceMs, () => this.#connection.destroy());
    });
  }

  #watchIdle(): void {
    const { maxConnectionIdleMs = 0 } = this.#parameters ?? {};
    if (maxConnectionIdleMs <= 0) return;
    this.#idle = this.#after(maxConnectionIdleMs, () => this.#connection.close());
  }

  /** Asks when nothing has come for a while, and gives up when there is no answer. */
  #watchLife(): void {
    const { timeMs = 0, timeoutMs = 0 } = this.#parameters ?? {};
    this.#after(Math.max(timeMs || DEFAULT_TIME_MS, LEAST_TIME_MS), () => {
      const { bytesRead } = this.#connection;
      const silent = bytesRead === this.#bytesRead;
      this.#bytesRead = bytesRead;
      if (silent) this.#ping(timeoutMs || DEFAULT_TIMEOUT_MS);
      this.#watchLife();
    });
  }

  #ping(timeoutMs: number): void {
    const giveUp = this.#after(timeoutMs, () => this.#connection.destroy());
    this.#connection.ping(() => this.#cancel(giveUp));
  }

  /** The client asks whether we are there; one that asks too often is sent away. */
  pinged(): void {
    const { minTimeMs = 0, permitWithoutStream = false } = this.#policy ?? {};
    const now = performance.now();
    const idle = this.#streams === 0 && !permitWithoutStream;
    const interval = idle ? PING_INTERVAL_MS : minTimeMs || DEFAULT_MIN_TIME_MS;
    if (now - this.#lastPing < interval) this.#strikes++;
    this.#lastPing = now;
    if (this.#strikes > MAX_PING_STRIKES) this.#connection.abort(ERROR.ENHANCE_YOUR_CALM, "too_many_pings");
  }

  #after(ms: number, then: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (!this.#connection.destroyed) then();
    }, timerMs(ms)).unref();
    this.#timers.add(timer);
    return timer;
  }

  #cancel(timer: NodeJS.Timeout | undefined): void {
    if (!timer) return;
    clearTimeout(timer);
    this.#timers.delete(timer);
  }

  /** The connection is gone. */
  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
