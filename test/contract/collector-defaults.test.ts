// What a Collector prints of a configuration is what we print of it: the same defaults under the same keys.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { defaultProviders } from "../../src/confmap/providers.ts";
import { resolve } from "../../src/confmap/resolve.ts";
import { decodeConfig } from "../../src/service/config.ts";
import { encodeConfig } from "../../src/service/encode-config.ts";
import { registry } from "../../src/service/registry.ts";
import { validateConfig } from "../../src/service/validate.ts";
import { LogRecorder } from "../support/component.ts";

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Where we print something else, and why. */
const EXPECTED: Readonly<Record<string, readonly [theirs: unknown, ours: unknown]>> = {
  // The Collector has no text for its own sizers.
  "exporters.otlp_grpc/a.sending_queue.batch.sizer": [{}, ""],
  "exporters.otlp_grpc/a.sending_queue.sizer": [{}, "requests"],
  "exporters.otlp_http.sending_queue.sizer": [{}, "requests"],
  // Node.js sizes its own buffers.
  "exporters.otlp_http.write_buffer_size": [524288, 0],
  // Ours says which schema each resource has.
  "service.telemetry.resource.schema_url": ["https://opentelemetry.io/schemas/1.40.0", undefined],
};

type Tree = Readonly<Record<string, unknown>>;
const isTree = (value: unknown): value is Tree =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Null for a block that is off, however it is written; one case; null for a text that is empty. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (isTree(value) && value.enabled === false && Object.keys(value).length === 1) return null;
  if (!isTree(value)) return typeof value === "string" ? value.toLowerCase() || null : value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

function* differences(theirs: unknown, ours: unknown, path: readonly string[]): Iterable<[string, unknown]> {
  if (isTree(theirs) && isTree(ours)) {
    for (const [key, value] of Object.entries(theirs)) yield* differences(value, ours[key], [...path, key]);
  } else if (Array.isArray(theirs) && Array.isArray(ours) && theirs.length === ours.length) {
    for (const [index, item] of theirs.entries())
      yield* differences(item, ours[index], [...path, `${index}`]);
  } else if (JSON.stringify(plain(theirs)) !== JSON.stringify(plain(ours))) {
    yield [path.join("."), [theirs, ours]];
  }
}

it("prints what the Collector prints", async () => {
  const logger = new LogRecorder();
  const location = file("collector-defaults.input.yaml");
  const config = await decodeConfig(
    await resolve([location], defaultProviders({}), logger),
    registry,
    logger,
  );
  validateConfig(config);
  const theirs = parse(readFileSync(file("collector-defaults.yaml"), "utf8")) as Tree;
  const found = Object.fromEntries(differences(theirs, encodeConfig(config, false), []));
  expect(found).toEqual(EXPECTED);
});
