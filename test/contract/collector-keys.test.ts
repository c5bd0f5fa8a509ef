// Every key of the Collector's is a key of ours, and the other way round.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { Node } from "../../src/confmap/node.ts";
import { registry } from "../../src/service/registry.ts";

/** Keys by the keys they are under; null for those that have none. */
interface Keys {
  readonly [key: string]: Keys | null;
}

const THEIRS = parse(readFileSync(new URL("collector-keys.yaml", import.meta.url), "utf8")) as Keys;

/** What every HTTP server's section has had for long, and still has. */
const httpServer = (path = "") =>
  ["dialer", "dialer.timeout", "idle_timeout", "keep_alives_enabled", "transport"]
    .map((key) => path + key)
    .join(" ");

/**
 * Where we differ. `lacks`: what we refuse, since nothing here would honour it. `adds`: keys of older and newer
 * Collectors, which their generated schemas leave out.
 */
const DIFFERENCES: Readonly<Record<string, { readonly lacks?: string; readonly adds?: string }>> = {
  "receivers/otlp": {
    adds: httpServer("protocols.http."),
  },
  "exporters/otlp_http": {
    adds: "disable_keep_alives idle_conn_timeout max_idle_conns max_idle_conns_per_host",
  },
  "extensions/health_check": {
    lacks: "grpc http.config http.config.enabled http.config.include_attributes http.config.path",
    adds: `${httpServer()} ${httpServer("http.")}`,
  },
  "processors/resource_detection": {
    adds: "container disable_keep_alives idle_conn_timeout max_idle_conns max_idle_conns_per_host",
  },
  "extensions/zpages": { adds: httpServer() },
  "exporters/prometheus": { adds: httpServer() },
};

/** `a`, `a.b`, … */
function paths(keys: Keys | null, above = ""): readonly string[] {
  return Object.entries(keys ?? {}).flatMap(([key, below]) => [
    above + key,
    ...paths(below, `${above}${key}.`),
  ]);
}

/** The keys that a schema names, those of the elements of lists included. */
function keysOf(node: Node): Keys | null {
  switch (node.kind) {
    case "struct":
      return Object.fromEntries(Object.entries(node.fields).map(([key, field]) => [key, keysOf(field)]));
    case "optional":
      return node.inner.kind === "struct" ? { enabled: null, ...keysOf(node.inner) } : keysOf(node.inner);
    case "list":
      return keysOf(node.element);
    case "map":
      return node.pairs ? { name: null, value: null } : null;
    default:
      return null;
  }
}

const without = (all: readonly string[], some: readonly string[]) =>
  all.filter((path) => !some.includes(path)).toSorted();
const words = (text = "") => (text === "" ? [] : text.split(" "));

const components = Object.entries(THEIRS).flatMap(([name, keys]) => {
  const [kind, type] = name.split("/") as [keyof typeof registry, string];
  const entry = registry[kind].find(type)?.entry;
  return entry ? [{ name, entry, theirs: paths(keys) }] : [];
});

describe.each(components)("the keys of $name", ({ name, entry, theirs }) => {
  it("are the Collector's but for what is listed", async () => {
    const ours = paths(keysOf((await entry.load()).config));
    const isSwitch = (path: string) => path.endsWith(".enabled"); // Optional blocks have it, in schemas or not.
    const { lacks, adds } = DIFFERENCES[name] ?? {};
    expect(without(theirs, [...ours, ...words(lacks)])).toEqual([]);
    expect(without(ours, [...theirs, ...words(adds)]).filter((path) => !isSwitch(path))).toEqual([]);
  });
});
