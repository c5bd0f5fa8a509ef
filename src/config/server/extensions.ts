// The Collector's configauth and configmiddleware on a server: extensions that look at its requests.
import type { Host } from "../../component/index.ts";
import { list, type Schema, string, struct } from "../../confmap/schema.ts";

/** The user's `auth` block. */
export interface AuthConfig {
  /** The id of an extension. */
  readonly authenticator: string;
}

/** An entry of the user's `middlewares`. */
export interface MiddlewareConfig {
  readonly id: string;
}

export const authConfig: Schema<AuthConfig> = struct("configauth.Config", { authenticator: string() });

/** `auth` of an HTTP server. */
export const httpAuthConfig: Schema<AuthConfig & { readonly requestParams: readonly string[] }> = struct(
  "confighttp.AuthConfig",
  { authenticator: string(), request_params: list(string()) },
);

export const middlewares: Schema<readonly MiddlewareConfig[]> = list(
  struct("configmiddleware.Config", { id: string() }),
);

/**
 * Throws when a server is to be guarded by an extension: there is none that can, and to serve without the guard would
 * be worse than not to serve.
 */
export function refuseExtensions(
  host: Host,
  config: { readonly auth: AuthConfig | undefined; readonly middlewares: readonly MiddlewareConfig[] },
): void {
  if (config.auth) {
    const { authenticator } = config.auth;
    if (host.extension(authenticator))
      throw new Error("requested authenticator is not a server authenticator");
    throw new Error(
      `failed to resolve authenticator ${JSON.stringify(authenticator)}: authenticator not found`,
    );
  }
  for (const { id } of config.middlewares) {
    if (host.extension(id)) throw new Error("requested extension is not a server middleware");
    throw new Error(`failed to resolve middleware ${JSON.stringify(id)}: middleware not found`);
  }
}
