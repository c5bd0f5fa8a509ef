import type { BuildInfo, Labels, Logger } from "../../component/index.ts";
import type { Counters } from "../telemetry/counters.ts";
import type { Tracing } from "./traced.ts";

/** What every component of one agent shares. */
export interface GraphContext {
  readonly buildInfo: BuildInfo;
  readonly counters: Counters;
  /** Whether the agent traces itself. */
  readonly tracing?: Tracing | undefined;
  /** The logger of a component, by the attributes that tell it from others. */
  readonly logger: (attributes: Labels) => Logger;
}
