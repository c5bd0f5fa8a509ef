import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { defaultConfig, parseConfig } from "../../confmap/decode.ts";
import { ebpfHttpConfig } from "./config.ts";

test("has the documented defaults", () => {
  expect(defaultConfig(ebpfHttpConfig)).toEqual({
    collectionIntervalMs: 10_000,
    discovery: { include: [], exclude: [] },
    roles: ["server", "client"],
    spans: { ratio: 1, maxPerSecond: 1000, slowerThanMs: 500, errors: true },
    histogram: { boundaries: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] },
    capture: { bytes: 512, requestHeaders: [], responseHeaders: [] },
    routes: { patterns: [], unmatched: "shape", limit: 100 },
    metrics: { bodySize: false },
    replay: "",
    replaySpeed: "max",
  });
});

test("is documented with configurations that it takes, the first of them the defaults", () => {
  const page = readFileSync(new URL("../../../docs/ebpf_http.md", import.meta.url), "utf8");
  const sections = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(
    ([, yaml]) => parse(yaml!).receivers.ebpf_http,
  );
  const [first, ...others] = sections.map((section) => parseConfig(ebpfHttpConfig, section));
  expect(first).toEqual(defaultConfig(ebpfHttpConfig));
  expect(others).toHaveLength(1);
});

test("reads the entries of discovery, each with the keys that it has", () => {
  const { discovery } = parseConfig(ebpfHttpConfig, {
    discovery: { include: [{ port: 8080 }, { executable: "*/nginx" }, { pid: 4242 }, { cgroup: "/a" }] },
  });
  const none = { port: undefined, executable: undefined, pid: undefined, cgroup: undefined };
  expect(discovery.include).toEqual([
    { ...none, port: 8080 },
    { ...none, executable: "*/nginx" },
    { ...none, pid: 4242 },
    { ...none, cgroup: "/a" },
  ]);
});

test.each([
  [{ spans: { ratio: 1.5 } }, "ratio must be between 0 and 1"],
  [{ spans: { ratio: -0.1 } }, "ratio must be between 0 and 1"],
  [{ spans: { max_per_second: 0 } }, "max_per_second must be between 1 and 4294967295"],
  [{ spans: { slower_than: "-1s" } }, "slower_than must not be negative"],
  [{ histogram: { boundaries: [1, 1] } }, "boundaries must ascend"],
  [{ histogram: { boundaries: [0, 1] } }, "boundaries must be positive, in seconds"],
  [
    { histogram: { boundaries: Array.from({ length: 24 }, (_, i) => i + 1) } },
    "boundaries has 24 values, at most 23",
  ],
  [{ capture: { bytes: 513 } }, "bytes must be between 0 and 512"],
  [{ routes: { limit: 0 } }, "limit must be between 1 and 4096"],
  [{ routes: { patterns: ["a"] } }, 'pattern "a" must begin with /'],
  [{ discovery: { include: [{}] } }, "an entry needs at least one of port, executable, pid, cgroup"],
  [{ discovery: { exclude: [{ port: 70_000 }] } }, "port must be between 1 and 65535"],
  [{ discovery: { include: [{ executable: "" }] } }, "executable must not be empty"],
  [{ discovery: { include: Array(33).fill({ port: 1 }) } }, "include has 33 entries, at most 32"],
  [{ roles: [] }, "roles must name server, client or both"],
  [{ collection_interval: "1ms" }, "collection_interval must be at least 100ms"],
])("refuses %j", (section, problem) => {
  expect(() => parseConfig(ebpfHttpConfig, section)).toThrow(problem);
});

test("refuses keys it does not know", () => {
  expect(() => parseConfig(ebpfHttpConfig, { span: {} })).toThrow("span");
});
