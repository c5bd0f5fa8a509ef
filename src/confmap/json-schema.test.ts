// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are what is tested.
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { decode } from "./decode.ts";
import { DEFINITIONS, jsonSchema } from "./json-schema.ts";
import {
  any,
  bool,
  duration,
  enumOf,
  float,
  int,
  list,
  map,
  opaque,
  optional,
  string,
  struct,
  uint,
} from "./schema.ts";

const tls = struct("configtls.Config", { insecure: bool(), cert_file: string() });
const config = struct("x.Config", {
  endpoint: string(),
  ratio: float(),
  size: uint(),
  offset: int(),
  timeout: duration("5s"),
  verbosity: enumOf("metrics level", ["basic", "not_so.basic"], "basic"),
  names: list(string()),
  sizes: list(int()),
  headers: map(opaque(), { pairs: true }),
  labels: map(int()),
  tls,
  cors: optional(tls),
  own: optional(struct("x.Own", { enabled: bool(true) })),
  limit: optional(int()),
  extra: any(),
});

const isValid = new Ajv2020({ allowUnionTypes: true }).compile({
  $schema: "https://json-schema.org/draft/2020-12/schema",
  $defs: DEFINITIONS,
  ...jsonSchema(config),
});

describe("the JSON Schema", () => {
  it.each([
    null,
    {},
    { endpoint: null, timeout: null, tls: null, cors: null, names: null, own: null, limit: null },
    { endpoint: "x", ratio: 0.5, size: 3, offset: -3, extra: { any: ["thing"] } },
    { timeout: "1h30m" },
    { timeout: "-1.5µs" },
    { timeout: 5 },
    { timeout: "${env:T}" },
    {
      size: "${env:SIZE:-5}",
      tls: "${file:tls.yaml}",
      names: "${env:NAMES}",
      cors: { enabled: "${env:ON}" },
    },
    { verbosity: "Basic" },
    { verbosity: "NOT_SO.basic" },
    { names: "a,b" },
    { names: ["a", "b"], sizes: [1, 2] },
    { headers: { a: "x" }, labels: { a: 1 } },
    { headers: [{ name: "a", value: "x" }] },
    { cors: { enabled: false, insecure: true }, own: { enabled: false }, limit: 3 },
  ])("accepts %j, as decoding does", (given) => {
    expect(isValid(given), JSON.stringify(isValid.errors)).toBe(true);
    const { errors } = decode(config, given);
    expect(errors.filter(() => !JSON.stringify(given).includes("${"))).toEqual([]);
  });

  it.each([
    [],
    "text",
    { endpoit: "x" },
    { endpoint: 4317 },
    { ratio: "much" },
    { size: -1 },
    { timeout: "5 parsecs" },
    { timeout: "5" },
    { timeout: true },
    { verbosity: "loud" },
    { verbosity: "not_soXbasic" },
    { names: { a: 1 } },
    { sizes: "1,2" },
    { headers: "no" },
    { labels: [{ name: "a", value: 1 }] },
    { labels: { a: "x" } },
    { tls: { zebra: 1 } },
    { tls: { enabled: false } },
    { cors: { enabled: "no" } },
    { cors: { insecur: true } },
  ])("refuses %j, as decoding does", (given) => {
    expect(isValid(given)).toBe(false);
    expect(decode(config, given).errors).not.toEqual([]);
  });

  it("tells editors the defaults", () => {
    expect(jsonSchema(duration("90s"))).toMatchObject({ default: "1m30s" });
    expect(jsonSchema(enumOf("x", ["a", "b"], "b"))).toMatchObject({ default: "b" });
  });
});
