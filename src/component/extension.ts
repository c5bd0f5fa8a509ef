// Extensions: what the agent has beside its pipelines. Started before everything else, stopped after it.
import type { Component, ComponentFactory, Kind, Settings, Stability, Status } from "./index.ts";

/** Which component a status is about. */
export interface ComponentSource {
  readonly kind: Kind;
  readonly id: string;
  /** The pipelines it is part of; none for an extension. */
  readonly pipelineIds: readonly string[];
}

/** A status a component has got to. */
export interface StatusEvent {
  readonly status: Status;
  readonly cause: unknown;
  readonly time: Date;
}

/** A running extension; what it does not have of the optional methods it is not told. */
export interface Extension extends Component {
  /** Told the whole configuration, before the pipelines start and after each reload. */
  notifyConfig?(config: object): void | Promise<void>;
  /** Every receiver runs. */
  pipelineReady?(): void | Promise<void>;
  /** The receivers are about to stop. */
  pipelineNotReady?(): void | Promise<void>;
  componentStatusChanged?(source: ComponentSource, event: StatusEvent): void;
}

export interface ExtensionFactory<C> extends ComponentFactory<C> {
  readonly stability: Stability;
  create(settings: Settings, config: C): Extension;
}
