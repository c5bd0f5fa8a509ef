// What a component is given, for tests that look at one component alone.

import type { Extension } from "../../src/component/extension.ts";
import type { Attributes, Host, Logger, Settings, Status } from "../../src/component/index.ts";
import type { ServiceView } from "../../src/component/view.ts";
import { Counters } from "../../src/service/telemetry/counters.ts";

/** A logger that keeps its records. */
export class LogRecorder implements Logger {
  readonly records: { readonly level: string; readonly attributes: Attributes; readonly message: string }[] =
    [];

  debug(attributes: Attributes, message: string): void {
    this.records.push({ level: "debug", attributes, message });
  }
  info(attributes: Attributes, message: string): void {
    this.records.push({ level: "info", attributes, message });
  }
  warn(attributes: Attributes, message: string): void {
    this.records.push({ level: "warn", attributes, message });
  }
  error(attributes: Attributes, message: string): void {
    this.records.push({ level: "error", attributes, message });
  }
}

/** Settings for a component of that id. */
export function settings(id: string, logger: Logger = new LogRecorder()): Settings {
  const buildInfo = { command: "wattspan", description: "wattspan", version: "0.0.0" };
  return { id, logger, buildInfo, counters: new Counters() };
}

/** A host that keeps the statuses it is told, and has the extensions it was given, by id. */
export class HostRecorder implements Host {
  readonly statuses: Status[] = [];
  readonly #extensions: ReadonlyMap<string, Extension>;
  readonly #view: Partial<ServiceView>;

  constructor(extensions: ReadonlyMap<string, Extension> = new Map(), view: Partial<ServiceView> = {}) {
    this.#extensions = extensions;
    this.#view = view;
  }

  view(): ServiceView {
    const { buildInfo } = settings("host");
    return { buildInfo, startTime: new Date(0), pipelines: [], extensions: [], ...this.#view };
  }

  extension(id: string): Extension | undefined {
    return this.#extensions.get(id);
  }

  reportStatus(status: Status): void {
    this.statuses.push(status);
  }
}
