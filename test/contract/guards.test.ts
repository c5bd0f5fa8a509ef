// Whoever can be told to go through an extension that guards it does not start without that extension.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseConfig } from "../../src/confmap/decode.ts";
import { merge, type RawConfig } from "../../src/confmap/merge.ts";
import type { Node } from "../../src/confmap/node.ts";
import { discard } from "../../src/consumer/index.ts";
import { featureGates } from "../../src/featuregate/index.ts";
import { HostRecorder, settings } from "../support/component.ts";
import { exporters, extensions, receivers } from "./every-component.ts";
import { LEAST_SECTION } from "./sections.ts";

/** The paths of the blocks under which `auth` is a key. */
function guarded(node: Node, path: readonly string[] = []): readonly (readonly string[])[] {
  if (node.kind === "optional") return guarded(node.inner, path);
  if (node.kind !== "struct") return [];
  const below = Object.entries(node.fields).flatMap(([key, field]) => guarded(field, [...path, key]));
  return "auth" in node.fields && "middlewares" in node.fields ? [path, ...below] : below;
}

/** `value` under the keys of `path`. */
const under = (path: readonly string[], value: object): object =>
  path.reduceRight((inner, key) => ({ [key]: inner }), value);

const guards = { auth: { authenticator: "oidc" } };
const middlewares = { middlewares: [{ id: "limiter" }] };

interface Startable {
  start(host: HostRecorder): Promise<void>;
  shutdown(signal: AbortSignal): Promise<void>;
}

async function startError(created: Startable): Promise<string> {
  const error = await created.start(new HostRecorder()).then(
    () => expect.unreachable("it started unguarded"),
    (cause: Error) => cause.message,
  );
  await created.shutdown(AbortSignal.timeout(1000));
  return error;
}

const blocks = (
  await Promise.all(
    [...receivers, ...exporters, ...extensions].map(async ({ name, kind, entry }) => {
      const factory = await entry.load();
      return guarded(factory.config).map((path) => ({ name, kind, factory, path, at: path.join(".") }));
    }),
  )
).flat();

const V2 = "extension.healthcheck.useComponentStatus"; // Without it health_check has no `http` block.
beforeAll(() => featureGates.apply(V2));
afterAll(() => featureGates.apply(`-${V2}`));

it("finds what can be guarded", () => {
  expect(blocks.map(({ name, at }) => `${name} ${at}`.trim()).toSorted()).toEqual([
    "exporter otlp_grpc",
    "exporter otlp_http",
    "exporter prometheus",
    "extension health_check",
    "extension health_check http",
    "extension zpages",
    "receiver otlp protocols.grpc",
    "receiver otlp protocols.http",
  ]);
});

describe.each(blocks)("$name $at", ({ kind, factory, path }) => {
  const create = (addition: object): Startable => {
    const least = (LEAST_SECTION[factory.type] ?? {}) as RawConfig;
    const section = merge(least, under(path, addition) as RawConfig, false);
    const config = parseConfig(factory.config, section) as never;
    const given = settings(factory.type);
    if (kind === "receiver") return factory.create(given, config, { traces: discard } as never) as Startable;
    return factory.create(given, config, "metrics" as never) as Startable;
  };

  it("does not start without its authenticator", async () => {
    expect(await startError(create(guards))).toBe(
      'failed to resolve authenticator "oidc": authenticator not found',
    );
  });

  it("does not start without its middleware", async () => {
    expect(await startError(create(middlewares))).toMatch(
      /failed to resolve middleware "limiter": middleware not found$/,
    );
  });
});
