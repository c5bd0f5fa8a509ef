// What a plugin is: components of a third party, from a package or file of its own. The types of the package `wattspan`.
import type { ConnectorFactory } from "../component/connector.ts";
import type { Entry } from "../component/entry.ts";
import type { ExtensionFactory } from "../component/extension.ts";
import type { ExporterFactory, ProcessorFactory, ReceiverFactory } from "../component/index.ts";
import type { Signal } from "../pdata/index.ts";

export type { Connector, ConnectorFactory, Router } from "../component/connector.ts";
export type { Entry } from "../component/entry.ts";
export type { Extension, ExtensionFactory, StatusEvent } from "../component/extension.ts";
export type {
  Component,
  CounterRegistry,
  Exporter,
  ExporterFactory,
  Host,
  Logger,
  Processor,
  ProcessorFactory,
  ReceiverFactory,
  Settings,
} from "../component/index.ts";
export type { Schema } from "../confmap/schema.ts";
export type { Capabilities, Consumer, Consumers, Context } from "../consumer/index.ts";
export type { Signal, SignalData } from "../pdata/index.ts";

/** The components a plugin brings, in the form of this program's own indexes. */
export interface Plugin {
  readonly receivers?: readonly Entry<ReceiverFactory<unknown, Signal>>[];
  readonly processors?: readonly Entry<ProcessorFactory<unknown, Signal>>[];
  readonly exporters?: readonly Entry<ExporterFactory<unknown, Signal>>[];
  readonly connectors?: readonly Entry<ConnectorFactory<unknown>>[];
  readonly extensions?: readonly Entry<ExtensionFactory<unknown>>[];
}

/**
 * This program's seams, handed to a plugin instead of imported by it: a plugin then needs no copy of this package,
 * and its errors and data are of the classes that the pipeline knows.
 */
export interface PluginApi {
  /** Describes the configuration: `struct`, `string`, `duration`, … */
  readonly schema: typeof import("../confmap/schema.ts");
  /** `PermanentError`, `discard`. */
  readonly consumer: typeof import("../consumer/index.ts");
  /** Reads, edits and builds telemetry. */
  readonly pdata: typeof import("../pdata/index.ts");
}

/** What a plugin's module exports. */
export interface PluginModule {
  plugin(api: PluginApi): Plugin | Promise<Plugin>;
}
