import { describe, expect, it } from "vitest";
import { ConfigError, decode, defaultConfig, failed, parseConfig } from "./decode.ts";
import { encode } from "./encode.ts";
import { Double, Expanded } from "./expanded.ts";
import {
  any,
  bool,
  duration,
  enumOf,
  float,
  type Infer,
  int,
  list,
  map,
  opaque,
  optional,
  type Schema,
  squash,
  string,
  struct,
  text,
  uint,
} from "./schema.ts";
import { parseYaml } from "./yaml.ts";

const tls = struct("configtls.ClientConfig", { insecure: bool(), cert_file: string() }, (config) =>
  config.certFile === "bad" ? [{ path: "cert_file", message: "is bad" }] : [],
);
const client = struct(
  "configgrpc.ClientConfig",
  { endpoint: string(), headers: map(opaque(), { pairs: true }), tls, keepalive: optional(tls) },
  (config) => (config.endpoint === "x" ? ["address x: missing port in address"] : []),
);
const exporter = squash(
  struct("otlpexporter.Config", {
    send_batch_size: uint(8192),
    offset: int(-1),
    ratio: float(0.5),
    check_interval: duration("1m30s"),
    delays: list(duration(), [1000]),
    verbosity: enumOf("metrics level", ["basic", "detailed"], "basic"),
    names: list(string()),
    queue: optional(struct("exporterhelper.QueueConfig", { size: int(1000) }), { on: true }),
    extra: any(),
  }),
  client,
);

interface Declared {
  readonly sendBatchSize: number;
  readonly checkIntervalMs: number;
  readonly delaysMs: readonly number[];
  readonly verbosity: "basic" | "detailed";
  readonly queue: { readonly size: number } | undefined;
}

const parse = (raw: unknown): Infer<typeof exporter> => parseConfig(exporter, raw);
const errors = (raw: unknown): readonly string[] => decode(exporter, raw).errors;

describe("schema", () => {
  it("gives a typed object that an interface can name", () => {
    const declared: Schema<Declared> = exporter;
    expect(defaultConfig(declared).sendBatchSize).toBe(8192);
    // @ts-expect-error: a duration's key ends in Ms.
    const wrong: Schema<{ readonly checkInterval: number }> = exporter;
    expect(wrong).toBe(exporter);
  });

  it("fills in every default", () => {
    expect(parse(null)).toEqual({
      sendBatchSize: 8192,
      offset: -1,
      ratio: 0.5,
      checkIntervalMs: 90_000,
      delaysMs: [1000],
      verbosity: "basic",
      names: [],
      queue: { size: 1000 },
      extra: undefined,
      endpoint: "",
      headers: {},
      tls: { insecure: false, certFile: "" },
      keepalive: undefined,
    });
  });

  it("decodes what is given", () => {
    const config = parse({
      check_interval: 5,
      delays: ["1s", "2m"],
      verbosity: "Detailed",
      names: "a,b",
      queue: { size: 5 },
      headers: [{ name: "x-key", value: "v" }],
      tls: { insecure: true },
      extra: { deep: [new Expanded(1, "1")] },
    });
    expect(config).toMatchObject({
      checkIntervalMs: 5e-6,
      delaysMs: [1000, 120_000],
      verbosity: "detailed",
      names: ["a", "b"],
      queue: { size: 5 },
      headers: { "x-key": "v" },
      tls: { insecure: true, certFile: "" },
      extra: { deep: [1] },
    });
  });

  it("turns optional blocks on with null and off with enabled: false", () => {
    expect(parse({ keepalive: null }).keepalive).toEqual({ insecure: false, certFile: "" });
    expect(parse({ keepalive: { enabled: false, insecure: true } }).keepalive).toBeUndefined();
    expect(parse({ queue: { enabled: false } }).queue).toBeUndefined();
    expect(parse({ queue: null }).queue).toEqual({ size: 1000 });
    expect(errors({ queue: { enabled: "no" } })).toEqual([
      "'queue' decoding failed due to the following error(s):\n\n'enabled' expected type 'bool', got unconvertible type 'string'",
    ]);
  });

  it("gives a string field the text of a substituted value and others its meaning", () => {
    const config = parse({ endpoint: new Expanded(83, "0123"), send_batch_size: new Expanded(83, "0123") });
    expect(config).toMatchObject({ endpoint: "0123", sendBatchSize: 83 });
  });

  it("reports every error of a section, each with its path", () => {
    expect(
      errors({
        send_batch_size: "x",
        offset: -5,
        ratio: true,
        check_interval: "5 parsecs",
        verbosity: "loud",
        names: { a: 1 },
        headers: "no",
        tls: 7,
        endpoint: 4317,
        delays: ["1s", "soon"],
        endpoit: "y",
      }),
    ).toEqual([
      "'send_batch_size' expected type 'uint32', got unconvertible type 'string'",
      "'ratio' expected type 'float64', got unconvertible type 'bool'",
      '\'check_interval\' time: unknown unit " parsecs" in duration "5 parsecs"',
      "'delays[1]' time: invalid duration \"soon\"",
      "'verbosity' unknown metrics level \"loud\"",
      "'names' source data must be an array or slice, got map",
      "'endpoint' expected type 'string', got unconvertible type 'int'",
      "'headers' source data must be an array or slice, got string",
      "'tls' expected a map or struct, got \"int\"",
      "'otlpexporter.Config' has invalid keys: endpoit (did you mean \"endpoint\"?)",
    ]);
  });

  it("has blocks with a switch of their own decode with what is around them", () => {
    const retry = optional(struct("configretry.BackOffConfig", { initial: int(5) }), {
      on: true,
      switched: true,
    });
    const whole = struct("x.Config", { retry });
    expect(decode(whole, { retry: { enabled: 1, initial: "x", zebra: 1 } }).errors).toEqual([
      "'retry.enabled' expected type 'bool', got unconvertible type 'int'",
      "'retry.initial' expected type 'int', got unconvertible type 'string'",
      "'retry' has invalid keys: zebra",
    ]);
    expect(decode(whole, { retry: 5 }).errors).toEqual(["'retry' expected a map or struct, got \"int\""]);
    expect(parseConfig(whole, { retry: { enabled: false, initial: 1 } })).toEqual({ retry: undefined });
    expect(encode(whole, parseConfig(whole, {}), true)).toEqual({ retry: { enabled: true, initial: 5 } });
  });

  it("has sections that decode on their own say so", () => {
    const own = "decoding failed due to the following error(s):\n\n";
    expect(errors({ queue: 5 })).toEqual(["'queue' '' expected a map or struct, got \"int\""]);
    expect(errors({ headers: { a: 1, b: "x" } })).toEqual([
      `'headers' ${own}'[a]' expected type 'configopaque.String', got unconvertible type 'int'`,
    ]);
    expect(errors({ headers: [{ name: "a", valu: "x" }, 5] })).toEqual([
      "'headers[0]' has invalid keys: valu (did you mean \"value\"?)",
      "'headers[1]' expected a map or struct, got \"int\"",
    ]);
  });

  it("makes text canonical, as a value and as a key", () => {
    const upper = text((written) => {
      if (written === "") throw new Error("must not be empty");
      return written.toUpperCase();
    });
    const ids = struct("x.Config", { one: upper, many: list(upper), by: map(int(), { keys: upper }) });
    expect(parseConfig(ids, { one: "a", many: ["b"], by: { c: 1 } })).toEqual({
      one: "A",
      many: ["B"],
      by: { C: 1 },
    });
    expect(decode(ids, { one: "", many: "b,c", by: { "": 1, c: 2, C: "x" } }).errors).toEqual([
      "'one' must not be empty",
      "'many' source data must be an array or slice, got string",
      "'by' must not be empty",
      "'by' duplicate name \"C\" after unmarshaling C",
    ]);
  });

  it("keeps null where anything may stand", () => {
    const free = struct("x.Config", { by: map(any()), many: list(any()), one: any() });
    const given = { by: { a: null, b: new Expanded(null, "") }, many: [null, { c: null }], one: null };
    expect(parseConfig(free, given)).toEqual({
      by: { a: null, b: null },
      many: [null, { c: null }],
      one: undefined,
    });
  });

  it("tells whole doubles from integers where that is asked for, and nowhere else", () => {
    const yaml = "[1, 1.0, -2e3, .5e1, 1.5, 0x10, '1.0', 1.2.0]";
    const numbers = [1, 1, -2000, 5, 1.5, 16, "1.0", "1.2.0"];
    const schema = struct("x.Config", { plain: any(), typed: any({ doubles: true }), port: int() });
    const given = { plain: parseYaml(yaml), typed: parseYaml(yaml), port: parseYaml("4317.0") };
    const doubles = [1, new Double(1), new Double(-2000), new Double(5), 1.5, 16, "1.0", "1.2.0"];
    expect(parseConfig(schema, given)).toEqual({ plain: numbers, typed: doubles, port: 4317 });
    expect(JSON.stringify(doubles)).toBe(JSON.stringify(numbers));
  });

  it("names the nested section of an unknown key, and only hints when a key is close", () => {
    expect(errors({ tls: { zebra: 1, insecur: true } })).toEqual([
      "'tls' has invalid keys: insecur (did you mean \"insecure\"?), zebra",
    ]);
  });

  it("nests the errors of a block as the Collector does", () => {
    const grpc = struct("configgrpc.ServerConfig", { endpoint: string() });
    const protocols = struct("otlpreceiver.Protocols", { grpc: optional(grpc), http: optional(grpc) });
    const { errors: found } = decode(struct("otlpreceiver.Config", { protocols }), {
      protocols: { grpc: { endpoit: "127.0.0.1:24317" }, http: { zebra: 1, endpoint: [] } },
    });
    expect(failed(found)).toBe(`decoding failed due to the following error(s):

'protocols.grpc' decoding failed due to the following error(s):

'configgrpc.ServerConfig' has invalid keys: endpoit (did you mean "endpoint"?)
'protocols.http' decoding failed due to the following error(s):

'endpoint' expected type 'string', got unconvertible type '[]interface {}'
'configgrpc.ServerConfig' has invalid keys: zebra`);
  });

  it("takes an unset variable for the zero of its field, not for its default", () => {
    const unset = new Expanded(null, "");
    const config = parse({
      endpoint: unset,
      send_batch_size: unset,
      check_interval: unset,
      keepalive: unset,
    });
    expect(config).toMatchObject({
      endpoint: "",
      sendBatchSize: 0,
      checkIntervalMs: 0,
      keepalive: { insecure: false },
    });
  });

  it("refuses numbers that are none", () => {
    expect(
      errors({ send_batch_size: Number.POSITIVE_INFINITY, ratio: Number.NaN, check_interval: Number.NaN }),
    ).toEqual([
      "'send_batch_size' cannot parse value as 'uint32': Infinity",
      "'ratio' cannot parse value as 'float64': NaN",
      "'check_interval' expected type 'time.Duration', got unconvertible type 'float64'",
    ]);
  });

  it("refuses a negative unsigned number", () => {
    expect(errors({ send_batch_size: -1 })).toEqual([
      "'send_batch_size' cannot parse value as 'uint32': -1 overflows uint",
    ]);
  });

  it("is not fooled by keys that every object has", () => {
    expect(errors(JSON.parse('{"constructor": 1, "__proto__": 2}'))).toEqual([
      "'otlpexporter.Config' has invalid keys: __proto__, constructor",
    ]);
    const config = parse({ headers: JSON.parse('{"__proto__": "v"}') });
    expect(Object.entries(config.headers)).toEqual([["__proto__", "v"]]);
  });

  it("runs every validate hook with the path of what it is about", () => {
    expect(() =>
      parse({ endpoint: "x", tls: { cert_file: "bad" }, keepalive: { cert_file: "bad" } }),
    ).toThrow(
      expect.objectContaining<Partial<ConfigError>>({
        message: [
          "address x: missing port in address",
          "clientconfig::tls::cert_file: is bad",
          "clientconfig::keepalive::cert_file: is bad",
        ].join("\n"),
      }),
    );
  });

  it("lets a squashed section's whole be checked under its own name", () => {
    const whole = squash(
      struct("x.Config", { timeout: duration("5s") }),
      client,
      function* ({ endpoint, timeoutMs }) {
        if (endpoint === "" && timeoutMs === 5000) yield 'requires a non-empty "endpoint"';
      },
    );
    expect(() => parseConfig(whole, {})).toThrow(new ConfigError('requires a non-empty "endpoint"'));
    expect(() => parseConfig(whole, { endpoint: "x" })).toThrow("clientconfig: address x");
  });
});
