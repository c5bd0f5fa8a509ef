// A service over the components of a Probe.
import { defaultProviders } from "../../src/confmap/providers.ts";
import { resolve } from "../../src/confmap/resolve.ts";
import { type AgentConfig, decodeConfig } from "../../src/service/config.ts";
import { Service } from "../../src/service/service.ts";
import { validateConfig } from "../../src/service/validate.ts";
import { LogRecorder } from "./component.ts";
import { Probe } from "./registry.ts";

const buildInfo = { command: "wattspan", description: "wattspan", version: "0" };

/** Builds services whose every step is seen. */
export class Bench {
  readonly probe: Probe = new Probe();
  readonly logger: LogRecorder = new LogRecorder();
  readonly #registry = this.probe.registry();

  /** A checked configuration of the probe's components. */
  async config(yaml: string): Promise<AgentConfig> {
    const raw = await resolve([`yaml:${yaml}`], defaultProviders({}), this.logger);
    const config = await decodeConfig(raw, this.#registry, this.logger);
    validateConfig(config);
    return config;
  }

  async service(yaml: string, drainDeadlineMs = 5000): Promise<Service> {
    return new Service(await this.config(yaml), { buildInfo, loggers: () => this.logger, drainDeadlineMs });
  }

  /** What happened since it was last asked. */
  events(): string[] {
    return this.probe.events.splice(0);
  }

  get messages(): string[] {
    return this.logger.records.map(({ level, message }) => `${level} ${message}`);
  }
}
