// Certificates that are replaced while the agent runs: the Collector's reload_interval.
import { createSecureContext, type SecureContext, type SecureContextOptions } from "node:tls";
import type { TlsConfig } from "./config.ts";

/**
 * TLS settings that are read again when a connection is made `reload_interval` or more after they were last read.
 *
 * A connection that is made while the files cannot be read gets what was read before, and `onFailure` is told.
 */
export class ReloadingTls {
  readonly #intervalMs: number;
  readonly #load: () => SecureContextOptions;
  readonly #onFailure: (error: Error) => void;
  readonly #now: () => number;
  #options: SecureContextOptions;
  #context: SecureContext | undefined;
  #loadedAt: number;

  /** Loads for the first time, by `loadTls` or `loadServerTls`. Throws when that fails. */
  constructor(
    { reloadIntervalMs }: Pick<TlsConfig, "reloadIntervalMs">,
    load: () => SecureContextOptions,
    onFailure: (error: Error) => void,
    now: () => number = () => performance.now(),
  ) {
    this.#intervalMs = reloadIntervalMs;
    this.#load = load;
    this.#onFailure = onFailure;
    this.#now = now;
    this.#options = load();
    this.#loadedAt = now();
  }

  /** What a connection made now should use: the same object while nothing was read. */
  options(): SecureContextOptions {
    if (this.#intervalMs > 0 && this.#now() - this.#loadedAt >= this.#intervalMs) this.#reload();
    return this.#options;
  }

  /** `options` as a context; the same object while nothing was read. */
  context(): SecureContext {
    const options = this.options();
    this.#context ??= createSecureContext(options);
    return this.#context;
  }

  #reload(): void {
    this.#loadedAt = this.#now();
    try {
      this.#options = this.#load();
      this.#context = undefined;
    } catch (error) {
      this.#onFailure(error as Error);
    }
  }
}
