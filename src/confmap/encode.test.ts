import { describe, expect, it } from "vitest";
import { defaultConfig, parseConfig } from "./decode.ts";
import { encode } from "./encode.ts";
import { any, bool, duration, enumOf, int, list, map, opaque, optional, string, struct } from "./schema.ts";

const tls = struct("configtls.Config", { cert_file: string(), key_pem: opaque() });
const config = struct("x.Config", {
  timeout: duration("1m30s"),
  verbosity: enumOf("metrics level", ["basic", "detailed"], "basic"),
  names: list(string()),
  delays: list(duration()),
  headers: map(opaque(), { pairs: true }),
  labels: map(int()),
  tls,
  cors: optional(tls),
  queue: optional(struct("x.Queue", { size: int(1000) }), { on: true }),
  own: optional(struct("x.Own", { enabled: bool(true) })),
  limit: optional(int(5)),
  extra: any(),
});

const given = {
  timeout: "5ns",
  verbosity: "Detailed",
  names: "b,a",
  delays: ["1s", 5],
  headers: { "x-key": "secret", accept: "y" },
  labels: { b: 2, a: 1 },
  tls: { key_pem: "k" },
  queue: { enabled: false },
  limit: 7,
  extra: { deep: [1] },
};

describe("encode", () => {
  it("writes what a user would have to write, sorted, without secrets", () => {
    const encoded = encode(config, parseConfig(config, given), false);
    expect(JSON.stringify(encoded, undefined, 1).replace(/\n\s*/g, " ")).toBe(
      JSON.stringify(
        {
          cors: { enabled: false },
          delays: ["1s", "5ns"],
          extra: { deep: [1] },
          headers: [
            { name: "accept", value: "[REDACTED]" },
            { name: "x-key", value: "[REDACTED]" },
          ],
          labels: { a: 1, b: 2 },
          limit: 7,
          names: ["b", "a"],
          queue: { enabled: false },
          timeout: "5ns",
          tls: { cert_file: "", key_pem: "[REDACTED]" },
          verbosity: "detailed",
        },
        undefined,
        1,
      ).replace(/\n\s*/g, " "),
    );
  });

  it.each([
    ["the defaults", defaultConfig(config)],
    ["what is given", parseConfig(config, given)],
    ["blocks that are on", parseConfig(config, { cors: null, own: null, queue: { size: 1 } })],
  ])("means %s when it is read again", (_what, value) => {
    expect(parseConfig(config, encode(config, value, true))).toEqual(value);
  });
});
