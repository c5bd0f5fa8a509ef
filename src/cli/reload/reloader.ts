// Takes a running agent over to what its configuration says now.
import type { Logger } from "../../component/index.ts";
import type { AgentConfig } from "../../service/config.ts";
import type { Service } from "../../service/service.ts";
import { errorText } from "../../service/telemetry/encode.ts";
import type { Telemetry } from "../../service/telemetry/telemetry.ts";

export interface ReloaderOptions {
  readonly service: Service;
  readonly telemetry: Telemetry;
  /** What runs. */
  readonly config: AgentConfig;
  /** When it runs; until then, reloads wait. */
  readonly ready: Promise<void>;
  /** Fetches and checks what is to run. */
  readonly read: (logger: Logger) => Promise<AgentConfig>;
}

const STOPPED = "the agent is stopped";

/** Reloads one after the other; whoever asks while one waits to begin is answered by that one. */
export class Reloader {
  readonly #options: ReloaderOptions;
  readonly #logger: Logger;
  #config: AgentConfig;
  #last: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #closed = false;

  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.#logger = options.telemetry.logger;
    this.#config = options.config;
  }

  /** Resolves when the agent runs what its configuration says. Rejects, and says in the log, why it does not. */
  reload(reason: string): Promise<void> {
    this.#next ??= this.#afterLast(reason);
    return this.#next;
  }

  /** Begins no reload any more, and leaves to the agent's shutdown what one has begun. */
  close(): void {
    this.#closed = true;
  }

  async #afterLast(reason: string): Promise<void> {
    await this.#options.ready;
    await this.#last.catch(() => {}); // Told to who asked for it.
    this.#last = this.#reload(reason);
    this.#next = undefined;
    await this.#last;
  }

  async #reload(reason: string): Promise<void> {
    if (this.#closed) throw new Error(STOPPED);
    this.#logger.info({ reason }, "Reloading the configuration.");
    try {
      await this.#apply(await this.#options.read(this.#logger));
    } catch (error) {
      if (this.#closed) throw error; // Whatever it was, the agent stops.
      const attributes = { error: errorText(error) };
      this.#logger.error(attributes, "The new configuration cannot be used; the one before goes on.");
      throw error;
    }
    this.#logger.info({}, "Configuration reloaded.");
  }

  async #apply(config: AgentConfig): Promise<void> {
    const { service, telemetry } = this.#options;
    if (this.#closed) throw new Error(STOPPED);
    await telemetry.configure(config.service.telemetry);
    try {
      await service.reload(config);
    } catch (error) {
      if (!this.#closed) await telemetry.configure(this.#config.service.telemetry);
      throw error;
    }
    this.#config = config;
  }
}
