// The Collector's configauth and configmiddleware: extensions that look at the requests of a server or a client.
import { formatId, parseId } from "../component/id.ts";
import type { Host } from "../component/index.ts";
import { list, type Schema, string, struct, text } from "../confmap/schema.ts";

/** The user's `auth` block. */
export interface AuthConfig {
  /** The id of an extension. */
  readonly authenticator: string;
}

/** An entry of the user's `middlewares`. */
export interface MiddlewareConfig {
  readonly id: string;
}

/** What every server and client may have. */
export interface ExtensionsConfig {
  readonly auth: AuthConfig | undefined;
  readonly middlewares: readonly MiddlewareConfig[];
}

/** Who names the extensions; the Collector's words tell them apart. */
export type ExtensionUser = "gRPC server" | "HTTP server" | "gRPC client" | "HTTP client";

const extensionId = text((written) => formatId(parseId(written)));

export const authConfig: Schema<AuthConfig> = struct("configauth.Config", { authenticator: extensionId });

/** `auth` of an HTTP server. */
export const httpAuthConfig: Schema<AuthConfig & { readonly requestParams: readonly string[] }> = struct(
  "confighttp.AuthConfig",
  { authenticator: extensionId, request_params: list(string()) },
);

export const middlewares: Schema<readonly MiddlewareConfig[]> = list(
  struct("configmiddleware.Config", { id: extensionId }),
);

/**
 * Throws when a server or client is to go through an extension: there is none that can look at requests, and to do
 * without a guard or credentials would be worse than not to start. gRPC asks authenticators first, HTTP last.
 */
export function refuseExtensions(host: Host, user: ExtensionUser, config: ExtensionsConfig): void {
  const { auth, middlewares: named } = config;
  if (auth && user.startsWith("gRPC")) refuseAuthenticator(host, user, auth);
  for (const { id } of named) refuseMiddleware(host, user, id);
  if (auth) refuseAuthenticator(host, user, auth);
}

function refuseAuthenticator(host: Host, user: ExtensionUser, { authenticator }: AuthConfig): never {
  if (!host.extension(authenticator)) {
    throw new Error(
      `failed to resolve authenticator ${JSON.stringify(authenticator)}: authenticator not found`,
    );
  }
  throw new Error(
    `requested authenticator is not a ${user.endsWith("server") ? "server" : user} authenticator`,
  );
}

function refuseMiddleware(host: Host, user: ExtensionUser, id: string): never {
  const prefix = user.startsWith("gRPC") ? `failed to get ${user} options from middleware: ` : "";
  if (!host.extension(id)) {
    throw new Error(`${prefix}failed to resolve middleware ${JSON.stringify(id)}: middleware not found`);
  }
  throw new Error(
    `${prefix}requested extension is not a${user.startsWith("H") ? "n" : ""} ${user} middleware`,
  );
}
