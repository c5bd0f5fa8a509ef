// What a component is: factories, lifecycle and the host, after the Collector's component package.
import type { Schema } from "../confmap/schema.ts";
import type { Consumer, Consumers } from "../consumer/index.ts";
import type { Signal } from "../pdata/index.ts";
import type { Extension } from "./extension.ts";
import type { ServiceView } from "./view.ts";

export type Kind = "receiver" | "processor" | "exporter" | "connector" | "extension";

/** The Collector's stability levels. */
export type Stability = "development" | "alpha" | "beta" | "stable" | "deprecated";

/** The Collector's component status values; `fatal_error` ends the process through an ordinary shutdown. */
export type Status =
  | "starting"
  | "ok"
  | "recoverable_error"
  | "permanent_error"
  | "fatal_error"
  | "stopping"
  | "stopped";

export type Attributes = Readonly<Record<string, unknown>>;

/** Structured logger: attributes first, then a sentence. */
export interface Logger {
  debug(attributes: Attributes, message: string): void;
  info(attributes: Attributes, message: string): void;
  warn(attributes: Attributes, message: string): void;
  error(attributes: Attributes, message: string): void;
}

export type Labels = Readonly<Record<string, string>>;

/** The agent's own metrics, by the Collector's names. The graph counts all traffic: a component adds what only it knows. */
export interface CounterRegistry {
  /** Whether the user wants what costs more than a count, by the level `detailed`. May change at any time. */
  readonly detailed: boolean;
  /** The same name and labels are the same counter. */
  counter(name: string, labels: Labels): { add(count: number): void };
  /** The same name and labels are the same histogram, with the bounds it was first given, in ascending order. */
  histogram(name: string, labels: Labels, bounds: readonly number[]): { record(value: number): void };
  /** Adds a series whose value is read when it is asked for. Registered again, it replaces the one before. */
  observe(type: "counter" | "gauge", name: string, labels: Labels, read: () => number): void;
}

export interface BuildInfo {
  readonly command: string;
  readonly description: string;
  readonly version: string;
}

/** What the graph gives every component it creates. */
export interface Settings {
  /** As the user wrote it: `type` or `type/name`. */
  readonly id: string;
  readonly logger: Logger;
  readonly buildInfo: BuildInfo;
  readonly counters: CounterRegistry;
}

/** What a running component may ask of the service around it. */
export interface Host {
  reportStatus(status: Status, cause?: unknown): void;
  /** The running extension of that id; undefined when `service.extensions` does not name it. */
  extension(id: string): Extension | undefined;
  /** The whole service as it is now. */
  view(): ServiceView;
}

export interface Component {
  /** Resolves when ready; rejecting aborts startup. */
  start(host: Host): Promise<void>;
  /** Safe before start, and twice. `signal` aborts at the shutdown deadline: what is not drained by then is lost, and counted. */
  shutdown(signal: AbortSignal): Promise<void>;
}

export type Processor<S extends Signal> = Component & Consumer<S>;
export type Exporter<S extends Signal> = Component & Consumer<S>;

/** What factories of every kind have. */
export interface ComponentFactory<C> {
  /** The component's name in YAML. */
  readonly type: string;
  /** Older upstream spellings, accepted with one warning. */
  readonly aliases?: readonly string[];
  /** Decodes and checks the component's section; defaults, JSON schema and print-config come from it too. */
  readonly config: Schema<C>;
  /**
   * Whether two instances of one id must not run at the same time: both would take the same data, or write the same
   * file. When its section changes, a reload then stops the old one before it starts the new one.
   */
  exclusive?(config: C): boolean;
  /**
   * For --skip-unsupported: a raw section without what a Collector's component can do and this one cannot, and what
   * that was.
   */
  withoutUnsupported?(section: unknown): { readonly supported: unknown; readonly leftOut: readonly string[] };
}

/** What the factories of receivers, processors and exporters have. */
export interface Factory<C, S extends Signal> extends ComponentFactory<C> {
  readonly stability: { readonly [K in S]?: Stability };
}

export interface ReceiverFactory<C, S extends Signal> extends Factory<C, S> {
  /** One instance feeds all the signals of `next`. */
  create(settings: Settings, config: C, next: Consumers<S>): Component;
}

export interface ProcessorFactory<C, S extends Signal> extends Factory<C, S> {
  create<K extends S>(settings: Settings, config: C, signal: K, next: Consumer<K>): Processor<K>;
}

export interface ExporterFactory<C, S extends Signal> extends Factory<C, S> {
  create<K extends S>(settings: Settings, config: C, signal: K): Exporter<K>;
}
