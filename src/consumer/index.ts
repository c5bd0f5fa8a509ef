// The seam between components: whoever produces telemetry hands it to a Consumer.
import type { Signal, SignalData } from "../pdata/index.ts";

/** What a consumer does to the data it is given; fan-out copies for those that change it. */
export interface Capabilities {
  readonly mutatesData: boolean;
}

/** Who sent the data, as the receiver that took it knows: the Collector's client.Info. */
export interface ClientInfo {
  /** The peer's IP address, without its port; undefined when the transport has none. */
  readonly address?: string | undefined;
  /** The request's headers or gRPC metadata, by lower-case name; empty unless the receiver was told to include them. */
  readonly metadata: ReadonlyMap<string, readonly string[]>;
}

/** What goes with data through the pipeline without being part of it. Processors hand it on as it is. */
export interface Context {
  /** Aborts when nobody waits for the outcome any more. */
  readonly signal?: AbortSignal | undefined;
  /** Undefined when the data was made here. */
  readonly client?: ClientInfo | undefined;
  /** How a receiver got the data, `grpc` or `http`; what was received is counted by it. */
  readonly transport?: string | undefined;
  /** The agent's own span that the data is in, when the agent traces itself. */
  readonly span?: unknown;
}

/** Takes telemetry of one signal. */
export interface Consumer<S extends Signal> {
  readonly capabilities: Capabilities;
  /** Takes ownership of `data`. Rejects with PermanentError when retrying cannot help, else the caller may retry. */
  consume(data: SignalData[S], context?: Context): Promise<void>;
}

/** The downstreams of a receiver, one per signal that has a pipeline. */
export type Consumers<S extends Signal> = { readonly [K in S]?: Consumer<K> };

/** A failure that retrying cannot mend: the data is lost where this is thrown. */
export class PermanentError extends Error {
  override readonly name: string = "PermanentError";
}

/** Takes anything and forgets it. */
export const discard: Consumer<Signal> = {
  capabilities: { mutatesData: false },
  async consume() {},
};
