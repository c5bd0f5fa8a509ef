import { describe, expect, it } from "vitest";
import { settings } from "../../../test/support/component.ts";
import { data } from "../../../test/support/data.ts";
import { ConfigError, decode, parseConfig } from "../../confmap/decode.ts";
import { validate } from "../../confmap/validate.ts";
import { parseYaml } from "../../confmap/yaml.ts";
import type { Consumer, Context } from "../../consumer/index.ts";
import { toObject } from "../../pdata/decode/common.ts";
import { decodeLogs } from "../../pdata/decode/logs.ts";
import { decodeTraces } from "../../pdata/decode/traces.ts";
import {
  type AnyValue,
  attributeKey,
  dataFromBytes,
  editData,
  internKey,
  type Signal,
  type SignalData,
  SPAN_KIND,
  TracesBuilder,
} from "../../pdata/index.ts";
import { decodeJson } from "../../pdata/json/decode.ts";
import { resourceProcessorFactory } from "../resource/factory.ts";
import { attributesProcessorFactory } from "./factory.ts";

/** One item with these attributes, in a resource with those. */
function withAttributes<S extends Signal>(
  signal: S,
  attributes: Readonly<Record<string, AnyValue>>,
  ofResource: Readonly<Record<string, AnyValue>> = {},
): SignalData[S] {
  return editData(data(signal, 1), {
    resource(resource) {
      for (const [key, value] of Object.entries(ofResource))
        resource.attributes.set(attributeKey(key), value);
    },
    item(item) {
      for (const [key, value] of Object.entries(attributes)) item.attributes.set(attributeKey(key), value);
      return true;
    },
  });
}

class Taker<S extends Signal> implements Consumer<S> {
  readonly capabilities = { mutatesData: false };
  readonly taken: SignalData[S][] = [];
  context: Context | undefined;

  async consume(given: SignalData[S], context?: Context): Promise<void> {
    this.taken.push(given);
    this.context = context;
  }
}

async function act(raw: unknown, given: SignalData["traces"], context?: Context) {
  const next = new Taker<"traces">();
  const config = parseConfig(attributesProcessorFactory.config, raw);
  await attributesProcessorFactory
    .create(settings("attributes"), config, "traces", next)
    .consume(given, context);
  return decodeTraces(next.taken[0]!.bytes());
}

/** The attributes that one action makes of these. */
async function after(action: unknown, attributes: Readonly<Record<string, AnyValue>>, context?: Context) {
  const [group] = await act({ actions: [action] }, withAttributes("traces", attributes), context);
  return toObject(group!.scopes[0]!.items[0]!.attributes);
}

const CLIENT: Context = {
  client: { address: "10.0.0.7", metadata: new Map([["x-tenant", ["a", "b"]]]) },
};

describe("the attributes processor's actions", () => {
  it.each<[string, unknown, Record<string, AnyValue>, Record<string, AnyValue>]>([
    ["insert adds", { key: "a", action: "insert", value: 1 }, {}, { a: 1n }],
    ["insert leaves what is there", { key: "a", action: "INSERT", value: 1 }, { a: "x" }, { a: "x" }],
    ["update changes", { key: "a", action: "update", value: 1.5 }, { a: "x" }, { a: 1.5 }],
    ["update adds nothing", { key: "a", action: "update", value: 1 }, {}, {}],
    ["upsert adds", { key: "a", action: "upsert", value: [1, "b"] }, {}, { a: [1n, "b"] }],
    [
      "upsert changes",
      { key: "a", action: "upsert", value: { k: true } },
      { a: 0n },
      { a: { entries: [{ key: "k", value: true }] } },
    ],
    ["from_attribute", { key: "a", action: "upsert", from_attribute: "b" }, { b: 7n }, { b: 7n, a: 7n }],
    ["from_attribute that is not there", { key: "a", action: "upsert", from_attribute: "b" }, {}, {}],
    [
      "default_value",
      { key: "a", action: "upsert", from_attribute: "b", default_value: "d" },
      {},
      { a: "d" },
    ],
    [
      "from_context metadata",
      { key: "a", action: "insert", from_context: "metadata.X-Tenant" },
      {},
      { a: "a;b" },
    ],
    [
      "from_context without prefix",
      { key: "a", action: "insert", from_context: "x-tenant" },
      {},
      { a: "a;b" },
    ],
    [
      "from_context client.address",
      { key: "a", action: "insert", from_context: "client.address" },
      {},
      { a: "10.0.0.7" },
    ],
    ["from_context that is not there", { key: "a", action: "insert", from_context: "metadata.none" }, {}, {}],
    ["delete by key", { key: "a", action: "delete" }, { a: 1n, ab: 2n }, { ab: 2n }],
    ["delete by pattern", { pattern: "^a", action: "delete" }, { a: 1n, ab: 2n, c: 3n }, { c: 3n }],
    ["delete by both", { key: "c", pattern: "b$", action: "delete" }, { a: 1n, ab: 2n, c: 3n }, { a: 1n }],
    // The digests are those of coreutils' sha256sum over the same bytes.
    [
      "hash of a string",
      { key: "a", action: "hash" },
      { a: "user" },
      { a: "04f8996da763b7a969b1028ee3007569eaf3a635486ddab211d512c85b9df8fb" },
    ],
    [
      "hash of a bool",
      { key: "a", action: "hash" },
      { a: true },
      { a: "4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a" },
    ],
    [
      "hash of an int",
      { key: "a", action: "hash" },
      { a: 1n },
      { a: "7c9fa136d4413fa6173637e883b6998d32e1d675f88cddff9dcbcf331820f4b8" },
    ],
    ["hash of a list", { key: "a", action: "hash" }, { a: ["x"] }, { a: "" }],
    ["hash by pattern", { pattern: "x", action: "hash" }, { ax: ["y"], b: "z" }, { ax: "", b: "z" }],
    [
      "extract",
      { key: "url", action: "extract", pattern: "^(?P<proto>.*)://(?P<host>[^/]*)" },
      { url: "http://h/p", host: "old" },
      { url: "http://h/p", host: "h", proto: "http" },
    ],
    [
      "extract that does not match",
      { key: "url", action: "extract", pattern: "^(?P<x>\\d+)$" },
      { url: "a" },
      { url: "a" },
    ],
    [
      "extract of what is no text",
      { key: "url", action: "extract", pattern: "(?P<x>.*)" },
      { url: 1n },
      { url: 1n },
    ],
    ["convert to int", { key: "a", action: "convert", converted_type: "int" }, { a: "-12" }, { a: -12n }],
    [
      "convert a double to int",
      { key: "a", action: "convert", converted_type: "int" },
      { a: 1.9 },
      { a: 1n },
    ],
    [
      "convert what is no int",
      { key: "a", action: "convert", converted_type: "int" },
      { a: "1.5" },
      { a: "1.5" },
    ],
    [
      "convert what overflows",
      { key: "a", action: "convert", converted_type: "int" },
      { a: "9223372036854775808" },
      { a: "9223372036854775808" },
    ],
    [
      "convert to double",
      { key: "a", action: "convert", converted_type: "double" },
      { a: "1e3" },
      { a: 1000 },
    ],
    [
      "convert a bool to double",
      { key: "a", action: "convert", converted_type: "double" },
      { a: true },
      { a: 1 },
    ],
    [
      "convert to string",
      { key: "a", action: "convert", converted_type: "string" },
      { a: [1n, "x"] },
      { a: '[1,"x"]' },
    ],
  ])("%s", async (_, action, before, expected) => {
    expect(await after(action, before, CLIENT)).toEqual(expected);
  });

  it("acts in order, and hands the context on", async () => {
    const next = new Taker<"traces">();
    const config = parseConfig(attributesProcessorFactory.config, {
      actions: [
        { key: "b", action: "insert", from_attribute: "a" },
        { key: "a", action: "delete" },
      ],
    });
    await attributesProcessorFactory
      .create(settings("attributes"), config, "traces", next)
      .consume(withAttributes("traces", { a: 1n }), CLIENT);
    const [group] = decodeTraces(next.taken[0]!.bytes());
    expect(toObject(group!.scopes[0]!.items[0]!.attributes)).toEqual({ b: 1n });
    expect(next.context).toBe(CLIENT);
  });

  it("changes logs and data points as well, and nothing of the resource", async () => {
    const raw = { actions: [{ key: "k", action: "upsert", value: "v" }] };
    const config = parseConfig(attributesProcessorFactory.config, raw);
    const logs = new Taker<"logs">();
    const metrics = new Taker<"metrics">();
    const create = attributesProcessorFactory.create;
    await create(settings("attributes"), config, "logs", logs).consume(
      withAttributes("logs", {}, { r: "1" }),
    );
    await create(settings("attributes"), config, "metrics", metrics).consume(data("metrics", 2));
    const [log] = decodeLogs(logs.taken[0]!.bytes());
    expect(toObject(log!.scopes[0]!.items[0]!.attributes)).toEqual({ k: "v" });
    expect(toObject(log!.resource.attributes)).toEqual({ r: "1" });
    const seen: AnyValue[] = [];
    editData(metrics.taken[0]!, {
      item: ({ attributes }) => seen.push(attributes.get(attributeKey("k"))) > 0,
    });
    expect(seen).toEqual(["v", "v"]);
  });

  it("gives lent memory back once what follows has taken the result, and not before", async () => {
    let given = 0;
    const lease = { release: () => given++ };
    const lent = dataFromBytes("traces", withAttributes("traces", { a: 1n }).bytes(), lease);
    const config = parseConfig(attributesProcessorFactory.config, {
      actions: [{ key: "a", action: "delete" }],
    });
    let refuse = true;
    const next: Consumer<"traces"> = {
      capabilities: { mutatesData: false },
      async consume() {
        if (refuse) throw new Error("not now");
      },
    };
    const processor = attributesProcessorFactory.create(settings("attributes"), config, "traces", next);
    await expect(processor.consume(lent)).rejects.toThrow("not now");
    expect(given).toBe(0);
    refuse = false;
    await processor.consume(lent);
    expect(given).toBe(1);
  });

  it("refuses bytes that are not OTLP for good", async () => {
    const broken = dataFromBytes("traces", Buffer.from([0x0a, 0x05, 0x12, 0x7f]));
    await expect(act({ actions: [{ key: "a", action: "delete" }] }, broken)).rejects.toThrow(
      "malformed protobuf",
    );
  });
});

it("takes a value for what YAML says it is", async () => {
  const raw = parseYaml(`
actions:
  - {key: int, action: insert, value: 1}
  - {key: double, action: insert, value: 1.0}
  - {key: list, action: insert, value: [2, 2.0]}
  - {key: text, action: insert, value: "1.0"}
  - {key: default, action: insert, from_attribute: none, default_value: 3.0}
`) as object;
  const [group] = await act(raw, data("traces", 1));
  expect(toObject(group!.scopes[0]!.items[0]!.attributes)).toMatchObject({
    int: 1n,
    double: 1,
    list: [2n, 2],
    text: "1.0",
    default: 3,
  });
});

describe("include and exclude", () => {
  function spans(): SignalData["traces"] {
    const builder = new TracesBuilder();
    for (const [service, name, kind] of [
      ["shop", "GET /", SPAN_KIND.server],
      ["shop", "query", SPAN_KIND.client],
      ["cart", "GET /cart", SPAN_KIND.server],
    ] as const) {
      builder.beginResource().strAttr(internKey("service.name"), service).beginScope("lib", "1");
      builder.beginSpan().name(name).kind(kind).intAttr(internKey("n"), 1).endSpan();
    }
    return builder.finish();
  }

  it.each([
    ["strict services", { include: { match_type: "strict", services: ["shop"] } }, ["GET /", "query"]],
    [
      "regexp span names",
      { include: { match_type: "regexp", span_names: ["^GET"] } },
      ["GET /", "GET /cart"],
    ],
    ["span kinds", { include: { match_type: "strict", span_kinds: ["SPAN_KIND_CLIENT"] } }, ["query"]],
    [
      "libraries",
      { include: { match_type: "strict", libraries: [{ name: "lib", version: "1" }] } },
      ["GET /", "query", "GET /cart"],
    ],
    [
      "another version",
      { include: { match_type: "strict", libraries: [{ name: "lib", version: "2" }] } },
      [],
    ],
    [
      "resources",
      { include: { match_type: "regexp", resources: [{ key: "service.name", value: "c.*" }] } },
      ["GET /cart"],
    ],
    [
      "attributes",
      { exclude: { match_type: "strict", attributes: [{ key: "n", value: 2 }] } },
      ["GET /", "query", "GET /cart"],
    ],
    ["an attribute of any value", { exclude: { match_type: "strict", attributes: [{ key: "n" }] } }, []],
    [
      "both",
      {
        include: { match_type: "strict", services: ["shop"] },
        exclude: { match_type: "strict", span_names: ["query"] },
      },
      ["GET /"],
    ],
  ])("%s", async (_, match, expected) => {
    const groups = await act({ ...match, actions: [{ key: "hit", action: "insert", value: true }] }, spans());
    const hit = groups.flatMap(({ scopes }) =>
      scopes.flatMap(({ items }) =>
        items.filter(({ attributes }) => "hit" in toObject(attributes)).map(({ name }) => name),
      ),
    );
    expect(hit).toEqual(expected);
  });

  /** The values at `key` of the items that an action under `match` acts on. */
  async function hits<S extends "logs" | "metrics">(
    signal: S,
    match: object,
    json: object,
    key: string,
  ): Promise<AnyValue[]> {
    const next = new Taker<S>();
    const actions = [{ key: "hit", action: "insert", value: true }];
    const config = parseConfig(attributesProcessorFactory.config, { ...match, actions });
    const given = decodeJson(signal, Buffer.from(JSON.stringify(json)));
    await attributesProcessorFactory.create(settings("attributes"), config, signal, next).consume(given);
    const found: AnyValue[] = [];
    editData<"logs" | "metrics">(next.taken[0]!, {
      item({ attributes }) {
        if (attributes.has(attributeKey("hit"))) found.push(attributes.get(attributeKey(key)));
        return false;
      },
    });
    return found;
  }

  const attribute = (value: string) => [{ key: "id", value: { stringValue: value } }];

  it.each([
    [{ include: { match_type: "strict", log_severity_texts: ["ERROR"] } }, ["c"]],
    [{ include: { match_type: "regexp", log_severity_texts: ["^(INFO|ERR)"] } }, ["b", "c"]],
    [{ include: { match_type: "regexp", log_bodies: ["time.*out"] } }, ["c"]],
    [{ exclude: { match_type: "strict", log_bodies: ["started"] } }, ["a", "c"]],
    [{ include: { match_type: "strict", log_severity_number: { min: 9 } } }, ["b", "c"]],
    [{ include: { match_type: "strict", log_severity_number: { min: 10 } } }, ["c"]],
    [
      { include: { match_type: "strict", log_severity_number: { min: 10, match_undefined: true } } },
      ["a", "c"],
    ],
    [{ include: { match_type: "strict", attributes: [{ key: "id", value: "b" }] } }, ["b"]],
  ])("of logs, by %j", async (match, expected) => {
    const logRecords = [
      { attributes: attribute("a"), body: { intValue: "7" } },
      {
        attributes: attribute("b"),
        severityNumber: 9,
        severityText: "INFO",
        body: { stringValue: "started" },
      },
      {
        attributes: attribute("c"),
        severityNumber: 17,
        severityText: "ERROR",
        body: { stringValue: "timed out: time is out" },
      },
    ];
    const json = { resourceLogs: [{ scopeLogs: [{ logRecords }] }] };
    expect(await hits("logs", match, json, "id")).toEqual(expected);
  });

  it.each([
    [{ include: { match_type: "strict", metric_names: ["http.requests"] } }, ["a"]],
    [{ include: { match_type: "regexp", metric_names: ["^http"] } }, ["a", "b"]],
    [{ exclude: { match_type: "regexp", metric_names: ["duration$"] } }, ["a", "c"]],
    [{ include: { match_type: "strict", resources: [{ key: "k", value: "other" }] } }, []],
  ])("of metrics, by %j", async (match, expected) => {
    const gauge = (name: string, id: string) => ({
      name,
      gauge: { dataPoints: [{ asInt: "1", attributes: attribute(id) }] },
    });
    const metrics = [gauge("http.requests", "a"), gauge("http.duration", "b"), gauge("cpu", "c")];
    const json = { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] };
    expect(await hits("metrics", match, json, "id")).toEqual(expected);
  });

  it.each([
    [
      "traces",
      { match_type: "strict", log_bodies: ["x"] },
      "log_bodies should not be specified for trace spans",
    ],
    [
      "traces",
      { match_type: "strict" },
      'at least one of "attributes", "libraries",  or "resources" field must be specified',
    ],
    [
      "traces",
      { match_type: "what", services: ["x"] },
      "unrecognized match_type: 'what', valid types are: [regexp strict]",
    ],
    ["traces", { match_type: "regexp", services: ["("] }, "error parsing regexp"],
    [
      "logs",
      { match_type: "strict", span_names: ["x"] },
      "services, span_names, span_kinds and metric_names are not valid for log records",
    ],
    ["metrics", { match_type: "strict", services: ["x"] }, "are not valid for metrics"],
  ] as const)("refuses for %s: %j", (signal, include, message) => {
    const config = parseConfig(attributesProcessorFactory.config, {
      include,
      actions: [{ key: "a", action: "delete" }],
    });
    const create = () =>
      attributesProcessorFactory.create(settings("attributes"), config, signal, new Taker());
    expect(create).toThrow(ConfigError);
    expect(create).toThrow(message);
  });
});

describe("the configuration", () => {
  function problems(actions: unknown[]): readonly string[] {
    const { value } = decode(attributesProcessorFactory.config, { actions });
    return validate(attributesProcessorFactory.config, value, "").map((problem) =>
      problem.replace(/^: /, ""),
    );
  }

  it.each([
    [[], 'missing required field "actions"'],
    [
      [{ action: "insert", value: 1 }],
      'error creating AttrProc due to missing required field "key" at the 0-th action',
    ],
    [
      [{ action: "delete" }],
      'error creating AttrProc due to missing required field (at least one of "key" and "pattern" have to be used) at the 0-th action',
    ],
    [
      [{ key: "k", action: "insert" }],
      'error with key "k" (0-th action): error creating AttrProc. Either field "value", "from_attribute", "from_context", or "default_value" must be specified',
    ],
    [
      [{ key: "k", action: "upsert", value: 1, from_attribute: "x" }],
      'error with key "k" (0-th action): error creating AttrProc due to multiple value sources being set',
    ],
    [
      [{ key: "k", action: "extract", pattern: "(a)(?P<b>c)" }],
      'error with key "k" (0-th action): error creating AttrProc. Field "pattern" contains at least one unnamed matcher group',
    ],
    [
      [{ key: "k", action: "convert", converted_type: "bool" }],
      'error with key "k" (0-th action): error creating AttrProc due to invalid value "bool" in field "converted_type" for action "convert"',
    ],
    [
      [{ key: "k", action: "drop" }],
      'error with key "k" (0-th action): error creating AttrProc due to unsupported action "drop"',
    ],
    [
      [{ key: "k", action: "hash", pattern: "(" }],
      'error with key "k" (0-th action): error creating AttrProc. Field "pattern" has invalid pattern: "("',
    ],
  ])("%j", (actions, message) => {
    expect(problems(actions)).toEqual([message]);
  });
});

describe("the resource processor", () => {
  it("changes resources and leaves items alone", async () => {
    const next = new Taker<"traces">();
    const config = parseConfig(resourceProcessorFactory.config, {
      attributes: [
        { key: "cloud.zone", action: "upsert", value: "z1" },
        { key: "secret", action: "delete" },
      ],
    });
    const given = withAttributes("traces", { secret: "mine" }, { secret: "theirs", kept: 1n });
    await resourceProcessorFactory.create(settings("resource"), config, "traces", next).consume(given);
    const [group] = decodeTraces(next.taken[0]!.bytes());
    expect(toObject(group!.resource.attributes)).toEqual({ kept: 1n, "cloud.zone": "z1" });
    expect(toObject(group!.scopes[0]!.items[0]!.attributes)).toEqual({ secret: "mine" });
  });
});
