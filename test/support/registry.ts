// A small registry of components whose every step tests can see.
import type { ExtensionFactory } from "../../src/component/extension.ts";
import type {
  Component,
  ExporterFactory,
  Host,
  ProcessorFactory,
  ReceiverFactory,
} from "../../src/component/index.ts";
import { bool, duration, enumOf, int, type Schema, string, struct } from "../../src/confmap/schema.ts";
import { connectors } from "../../src/connectors/index.ts";
import type { Consumer, Consumers } from "../../src/consumer/index.ts";
import type { Signal, SignalData } from "../../src/pdata/index.ts";
import { Catalog } from "../../src/service/catalog.ts";
import type { Registry } from "../../src/service/registry.ts";

interface ProbeConfig {
  readonly verbosity: "basic" | "normal" | "detailed";
  readonly samplingInitial: number;
  readonly timeoutMs: number;
  readonly endpoint: string;
  readonly mutates: boolean;
  readonly failStart: boolean;
  readonly failCreate: boolean;
  /** A port that one component at a time can have; 0 is none. */
  readonly port: number;
  readonly exclusive: boolean;
  /** The id of an extension it asks its host for. */
  readonly uses: string;
}

const config: Schema<ProbeConfig> = struct(
  "probe.Config",
  {
    verbosity: enumOf("metrics level", ["basic", "normal", "detailed"], "basic"),
    sampling_initial: int(2),
    timeout: duration("5s"),
    endpoint: string("localhost:1"),
    mutates: bool(),
    fail_start: bool(),
    fail_create: bool(),
    port: int(),
    exclusive: bool(),
    uses: string(),
  },
  (section) => (section.endpoint === "" ? ['requires a non-empty "endpoint"'] : []),
);

/** What happened, in order, and the running components by `kind id`. */
export class Probe {
  readonly events: string[] = [];
  readonly hosts: Map<string, Host> = new Map();
  readonly receivers: Map<string, Consumers<Signal>> = new Map();
  /** What processors hand their data to, by id. */
  readonly processors: Map<string, Consumer<Signal>> = new Map();
  /** What extensions were told of others. */
  readonly statuses: string[] = [];
  /** What exporters were given. */
  readonly exported: { readonly id: string; readonly data: SignalData[Signal] }[] = [];
  /** The ports that running components have. */
  readonly ports: Set<number> = new Set();
  /** Called by exporters; may reject. */
  onExport: (id: string, data: SignalData[Signal]) => Promise<void> = async () => {};
  /** Called by components that start; may hang. */
  onStart: (name: string) => Promise<void> = async () => {};
  /** Called by components that shut down; may hang. */
  onShutdown: (name: string, deadline: AbortSignal) => Promise<void> = async () => {};

  /**
   * Types: receiver `in`, processor `mid`, exporter `out` (older name `sink`), extension `ext`; `in` also as `traceonly`.
   * The connectors are the real ones.
   */
  registry(): Registry {
    return {
      receivers: new Catalog([
        entry(this.#receiver("in", ALL)),
        entry(this.#receiver("traceonly", { traces: "beta" })),
      ]),
      processors: new Catalog([entry(this.#processor)]),
      exporters: new Catalog([{ ...entry(this.#exporter("out", ALL)), aliases: ["sink"] }]),
      connectors: new Catalog(connectors),
      extensions: new Catalog([entry(this.#extension)]),
    };
  }

  #receiver(type: string, stability: typeof ALL | { traces: "beta" }): ReceiverFactory<ProbeConfig, Signal> {
    return {
      type,
      stability,
      config,
      exclusive,
      create: ({ id }, section, next) => {
        this.receivers.set(id, next);
        return this.#component(`receiver ${id}`, section);
      },
    };
  }

  readonly #processor: ProcessorFactory<ProbeConfig, Signal> = {
    type: "mid",
    stability: { traces: "beta", metrics: "beta", logs: "beta" },
    config,
    create: ({ id }, section, signal, next) => {
      this.processors.set(id, next as unknown as Consumer<Signal>);
      return {
        ...this.#component(`processor ${id} ${signal}`, section),
        capabilities: { mutatesData: section.mutates },
        consume: (data, context) => next.consume(data, context),
      };
    },
  };

  #exporter(type: string, stability: typeof ALL): ExporterFactory<ProbeConfig, Signal> {
    return {
      type,
      stability,
      config,
      exclusive,
      create: ({ id }, section, signal) => ({
        ...this.#component(`exporter ${id} ${signal}`, section),
        capabilities: { mutatesData: section.mutates },
        consume: async (data) => {
          await this.onExport(id, data);
          this.exported.push({ id, data });
        },
      }),
    };
  }

  readonly #extension: ExtensionFactory<ProbeConfig> = {
    type: "ext",
    stability: "beta",
    config,
    exclusive,
    create: ({ id }, section) => ({
      ...this.#component(`extension ${id}`, section),
      notifyConfig: () => void this.events.push(`config ${id}`),
      pipelineReady: () => void this.events.push(`ready ${id}`),
      pipelineNotReady: () => void this.events.push(`not ready ${id}`),
      componentStatusChanged: (source, { status }) =>
        void this.statuses.push(`${id}: ${source.kind} ${source.id} ${status}`),
    }),
  };

  #component(name: string, section: ProbeConfig): Component {
    if (section.failCreate) throw new Error("cannot be made");
    let port = 0;
    return {
      start: async (host) => {
        this.hosts.set(name, host);
        this.events.push(`start ${name}`);
        await this.onStart(name);
        if (section.uses !== "" && !host.extension(section.uses)) throw new Error("extension is not there");
        if (this.ports.has(section.port)) throw addressInUse(section.port);
        port = section.port;
        if (port > 0) this.ports.add(port);
        if (section.failStart) throw new Error("listen tcp 127.0.0.1:1: bind: address already in use");
      },
      shutdown: async (deadline) => {
        this.events.push(`stop ${name}`);
        this.ports.delete(port);
        await this.onShutdown(name, deadline);
      },
    };
  }
}

const ALL = { traces: "beta", metrics: "beta", logs: "beta" } as const;

function addressInUse(port: number): Error {
  const error = new Error(`listen tcp 127.0.0.1:${port}: bind: address already in use`);
  return Object.assign(error, { code: "EADDRINUSE" });
}

const exclusive = (section: ProbeConfig): boolean => section.exclusive;

function entry<F extends { readonly type: string }>(factory: F): { type: string; load: () => Promise<F> } {
  return { type: factory.type, load: async () => factory };
}
