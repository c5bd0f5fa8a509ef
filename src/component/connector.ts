// Connectors: the exporter of some pipelines and the receiver of others.
import type { Consumer } from "../consumer/index.ts";
import type { Signal } from "../pdata/index.ts";
import type { Component, ComponentFactory, Settings, Stability } from "./index.ts";

/** Takes data to every pipeline a connector feeds, or to those it chooses. */
export interface Router<S extends Signal> extends Consumer<S> {
  readonly pipelineIds: readonly string[];
  /** What takes data to these pipelines alone. Throws when one of them is not fed by the connector. */
  consumer(...pipelineIds: readonly string[]): Consumer<S>;
}

export type Connector<S extends Signal> = Component & Consumer<S>;

/** How stable a connector is, by the signal of the pipelines it ends and then of those it begins. */
export type ConnectorStability = {
  readonly [From in Signal]?: { readonly [To in Signal]?: Stability };
};

export interface ConnectorFactory<C> extends ComponentFactory<C> {
  readonly stability: ConnectorStability;
  /** One instance for each pair of signals. */
  create<From extends Signal, To extends Signal>(
    settings: Settings,
    config: C,
    from: From,
    to: To,
    next: Router<To>,
  ): Connector<From>;
}
