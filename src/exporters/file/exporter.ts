import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { Component, Settings } from "../../component/index.ts";
import { type Capabilities, type Consumer, PermanentError } from "../../consumer/index.ts";
import { dataFromBytes, MalformedError, type Signal, type SignalData } from "../../pdata/index.ts";
import { Backups } from "./backups.ts";
import { directoryMode, type FileConfig } from "./config.ts";
import { groupByAttribute, groupPath } from "./grouping.ts";
import { acquireFiles, type OpenFiles, releaseFiles } from "./open-files.ts";
import { toRecord } from "./record.ts";

/** Writes telemetry to a file, or to one for each value of a resource attribute. */
export class FileExporter<S extends Signal> implements Component, Consumer<S> {
  readonly capabilities: Capabilities = { mutatesData: false };
  readonly #settings: Settings;
  readonly #config: FileConfig;
  readonly #signal: S;
  #files: OpenFiles | undefined;

  constructor(settings: Settings, config: FileConfig, signal: S) {
    this.#settings = settings;
    this.#config = config;
    this.#signal = signal;
  }

  async start(): Promise<void> {
    const { path, rotation, createDirectory, groupBy } = this.#config;
    const files = acquireFiles(this.#config, this.#settings.logger);
    this.#files = files;
    if (groupBy.enabled) return; // Each file is opened when something goes to it.
    if (createDirectory) await mkdir(dirname(path), { recursive: true, mode: directoryMode(this.#config) });
    if (rotation) await new Backups(path, rotation, this.#settings.logger).adoptLegacy();
    await files.get(path).open();
  }

  async shutdown(): Promise<void> {
    if (!this.#files) return;
    this.#files = undefined;
    await releaseFiles(this.#config);
  }

  async consume(data: SignalData[S]): Promise<void> {
    const files = this.#files;
    if (!files) throw new Error(`write ${this.#config.path}: the exporter is not running`);
    if (this.#config.groupBy.enabled) await this.#writeGroups(files, data);
    else await files.get(this.#config.path).write(this.#record(data));
  }

  async #writeGroups(files: OpenFiles, data: SignalData[S]): Promise<void> {
    const errors: unknown[] = [];
    for (const [segment, group] of this.#groups(data)) {
      const part = dataFromBytes(this.#signal, Buffer.concat(group));
      if (segment === undefined) {
        this.#drop(part.itemCount);
        continue;
      }
      try {
        const record = this.#record(part);
        const path = groupPath(this.#config.path, segment);
        await files.makeDirectory(path);
        await files.get(path).write(record);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length === 0) return;
    // Parts of the request are in their files, so that sending it again would write them twice.
    const messages = errors.map((error) => (error as Error).message).join("\n");
    throw new PermanentError(messages, { cause: new AggregateError(errors) });
  }

  #groups(data: SignalData[S]): Map<string | undefined, Uint8Array[]> {
    return this.#refusing(() => groupByAttribute(data.bytes(), this.#config.groupBy.resourceAttribute));
  }

  #record(data: SignalData[S]): Buffer {
    return this.#refusing(() => toRecord(this.#config, data));
  }

  /** What is not OTLP is refused for good. */
  #refusing<T>(action: () => T): T {
    try {
      return action();
    } catch (cause) {
      if (!(cause instanceof MalformedError)) throw cause;
      throw new PermanentError(`encode ${this.#signal}: ${cause.message}`, { cause });
    }
  }

  #drop(items: number): void {
    const { logger, counters, id } = this.#settings;
    const name = this.#config.groupBy.resourceAttribute;
    logger.debug({ dropped_items: items }, `Resource does not contain ${name} attribute, dropping it`);
    counters
      .counter("otelcol_exporter_file_ungrouped_items", { exporter: id, signal: this.#signal })
      .add(items);
  }
}
