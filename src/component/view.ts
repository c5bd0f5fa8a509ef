// The running service as extensions see it, at one moment.
import type { Signal } from "../pdata/index.ts";
import type { StatusEvent } from "./extension.ts";
import type { BuildInfo, Kind } from "./index.ts";

/** A component as it stands in a pipeline, or an extension. */
export interface ComponentView {
  readonly kind: Kind;
  readonly id: string;
  /** Undefined before its start. */
  readonly status: StatusEvent | undefined;
  /** Items of the pipeline's signal since its start: those that came, of these those refused, those that left. */
  readonly items: { readonly in?: number; readonly refused?: number; readonly out?: number };
}

export interface PipelineView {
  readonly id: string;
  readonly signal: Signal;
  /** Whether what enters is changed somewhere in it, so that it gets a copy where others take the same data. */
  readonly mutatesData: boolean;
  readonly receivers: readonly ComponentView[];
  readonly processors: readonly ComponentView[];
  readonly exporters: readonly ComponentView[];
}

export interface ServiceView {
  readonly buildInfo: BuildInfo;
  readonly startTime: Date;
  readonly pipelines: readonly PipelineView[];
  readonly extensions: readonly ComponentView[];
}
