// What holds for the configuration of every component.
import { describe, expect, it } from "vitest";
import { decode, parseConfig } from "../../src/confmap/decode.ts";
import { encode } from "../../src/confmap/encode.ts";
import type { Node, StructNode } from "../../src/confmap/node.ts";
import { everyComponent } from "./every-component.ts";
import { LEAST_SECTION } from "./sections.ts";

/** What components were called before, as the Collector has renamed them. */
const FORMER_NAMES: Readonly<Record<string, string>> = {
  "exporter otlp_grpc": "otlp",
  "exporter otlp_http": "otlphttp",
  "exporter prometheus_remote_write": "prometheusremotewrite",
  "processor k8s_attributes": "k8sattributes",
  "processor resource_detection": "resourcedetection",
  "processor metrics_transform": "metricstransform",
  "processor cumulative_to_delta": "cumulativetodelta",
  "processor delta_to_cumulative": "deltatocumulative",
  "connector span_metrics": "spanmetrics",
  "connector service_graph": "servicegraph",
  "receiver file_log": "filelog",
  "receiver host_metrics": "hostmetrics",
  "receiver kubelet_stats": "kubeletstats",
};

/** A key of a schema, by the keys that lead to it. */
interface Place {
  readonly keys: readonly string[];
  readonly node: Node;
}

/** Every place that is reached through sections and optional blocks. */
function places(node: Node, keys: readonly string[] = []): readonly Place[] {
  const inner = node.kind === "optional" ? node.inner : node;
  const below =
    inner.kind === "struct"
      ? Object.entries(inner.fields).flatMap(([key, field]) => places(field, [...keys, key]))
      : [];
  return [{ keys, node: inner }, ...below];
}

const isStruct = (place: Place): place is Place & { readonly node: StructNode } =>
  place.node.kind === "struct";
const nested = (keys: readonly string[], value: unknown) =>
  keys.reduceRight<unknown>((inside, key) => ({ [key]: inside }), value);
/** The Collector's errors name each key of a path, whether or not a block on the way decodes on its own. */
const missingFrom = (errors: readonly string[], keys: readonly string[]) =>
  keys.filter((key) => !errors.join("\n").includes(key));

describe.each(everyComponent)("the configuration of $name", ({ name, entry }) => {
  it("belongs to the component its index names", async () => {
    const factory = await entry.load();
    expect(factory.type).toBe(entry.type);
    expect(factory.aliases ?? []).toEqual(entry.aliases ?? []);
    expect(entry.aliases ?? []).toEqual(expect.arrayContaining([FORMER_NAMES[name] ?? []].flat()));
    expect(Object.keys(factory.stability)).not.toEqual([]);
  });

  it("has a default for every key", async () => {
    const { config } = await entry.load();
    expect(decode(config, null).errors).toEqual([]);
    expect(decode(config, {}).value).toEqual(decode(config, null).value);
    expect(() => parseConfig(config, LEAST_SECTION[entry.type])).not.toThrow();
  });

  it("means the same when it was printed with its defaults", async () => {
    const { config } = await entry.load();
    const { value } = decode(config, LEAST_SECTION[entry.type]);
    expect(decode(config, encode(config, value, true))).toEqual({ value, errors: [] });
  });

  it("writes its keys in snake_case, and those that are attributes as attributes", async () => {
    const { config } = await entry.load();
    const keys = places(config).flatMap((place) => place.keys);
    expect(keys.filter((key) => !/^[a-z][a-z0-9_.]*$/.test(key))).toEqual([]);
  });

  it("refuses an unknown key in each of its sections, with the path", async () => {
    const { config } = await entry.load();
    const sections = places(config).filter(isStruct);
    expect(sections.length).toBeGreaterThan(0);
    for (const { keys } of sections) {
      const { errors } = decode(config, nested(keys, { quux_frob: 1 }));
      expect(errors).toHaveLength(1);
      expect(errors[0]).toMatch(/' has invalid keys: quux_frob$/);
      expect(missingFrom(errors, keys)).toEqual([]);
    }
  });

  it("refuses a value of the wrong type under each of its keys, with the path", async () => {
    const { config } = await entry.load();
    const leaves = places(config).filter(({ keys, node }) => keys.length > 0 && node.kind !== "any");
    for (const { keys, node } of leaves) {
      const wrong = ["map", "struct"].includes(node.kind) ? 7 : { wrong: { type: true } };
      const { errors } = decode(config, nested(keys, wrong));
      expect(errors, keys.join("::")).toHaveLength(1);
      expect(missingFrom(errors, keys)).toEqual([]);
    }
  });
});
