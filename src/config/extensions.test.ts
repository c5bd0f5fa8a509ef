import { expect, it } from "vitest";
import { HostRecorder } from "../../test/support/component.ts";
import { type ExtensionsConfig, type ExtensionUser, refuseExtensions } from "./extensions.ts";

const host = new HostRecorder(new Map([["zpages", { async start() {}, async shutdown() {} }]]));

const without: ExtensionsConfig = { auth: undefined, middlewares: [] };
const auth = (authenticator: string) => ({ ...without, auth: { authenticator } });
const middleware = (id: string) => ({ ...without, middlewares: [{ id }] });

/** Word for word as a Collector refuses the same, but for what it puts before all of them. */
it.each<[ExtensionUser, ExtensionsConfig, string]>([
  ["HTTP client", auth("zz"), 'failed to resolve authenticator "zz": authenticator not found'],
  ["gRPC client", auth("zz"), 'failed to resolve authenticator "zz": authenticator not found'],
  ["HTTP client", auth("zpages"), "requested authenticator is not a HTTP client authenticator"],
  ["gRPC client", auth("zpages"), "requested authenticator is not a gRPC client authenticator"],
  ["HTTP server", auth("zpages"), "requested authenticator is not a server authenticator"],
  ["gRPC server", auth("zpages"), "requested authenticator is not a server authenticator"],
  ["HTTP client", middleware("q"), 'failed to resolve middleware "q": middleware not found'],
  ["HTTP server", middleware("q"), 'failed to resolve middleware "q": middleware not found'],
  ["HTTP client", middleware("zpages"), "requested extension is not an HTTP client middleware"],
  [
    "gRPC client",
    middleware("q"),
    'failed to get gRPC client options from middleware: failed to resolve middleware "q": middleware not found',
  ],
  [
    "gRPC server",
    middleware("zpages"),
    "failed to get gRPC server options from middleware: requested extension is not a gRPC server middleware",
  ],
  [
    "HTTP client",
    { ...auth("a"), middlewares: [{ id: "m" }] },
    'failed to resolve middleware "m": middleware not found',
  ],
  [
    "gRPC client",
    { ...auth("a"), middlewares: [{ id: "m" }] },
    'failed to resolve authenticator "a": authenticator not found',
  ],
])("a %s with %j says what the Collector says", (user, config, message) => {
  expect(() => refuseExtensions(host, user, config)).toThrow(new Error(message));
});

it("has nothing against those who name none", () => {
  expect(() => refuseExtensions(host, "HTTP server", without)).not.toThrow();
});
