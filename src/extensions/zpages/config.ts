import { type HttpServerConfig, httpServerConfig } from "../../config/http-server/config.ts";
import { bool, type Schema, squash, struct } from "../../confmap/schema.ts";

/** The user's `zpages` section. */
export interface ZpagesConfig extends HttpServerConfig {
  /** Go's variables as JSON; here, what Node.js knows of itself. */
  readonly expvar: { readonly enabled: boolean };
}

export const zpagesConfig: Schema<ZpagesConfig> = squash(
  struct("zpagesextension.Config", { expvar: struct("zpagesextension.ExpvarConfig", { enabled: bool() }) }),
  httpServerConfig("localhost:55679"),
  ({ endpoint }) => (endpoint === "" ? ['"endpoint" is required when using the "zpages" extension'] : []),
);
