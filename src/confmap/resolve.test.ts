// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are what is tested.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { LogRecorder } from "../../test/support/component.ts";
import { mergeAppend } from "../featuregate/index.ts";
import { ConfigError } from "./decode.ts";
import { Double, Expanded, unexpandDeep } from "./expanded.ts";
import { locationOfSetting } from "./location.ts";
import { defaultProviders } from "./providers.ts";
import { resolve } from "./resolve.ts";

let directory: string;
let logger: LogRecorder;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "confmap-"));
});
afterAll(() => rmSync(directory, { recursive: true }));
beforeEach(() => {
  logger = new LogRecorder();
});

const environment = {
  PORT: "8080",
  OCTAL: "0123",
  EXPONENT: "1e3",
  LIST: "[a, b]",
  MAP: "{k: v}",
  EMPTY: "",
  INNER: "PORT",
  TEXT: "hello",
  LOOP: "${env:LOOP}",
  NESTED: "port ${env:PORT}",
  DOLLAR: "a$$b",
  QUOTED: '"8080"',
  NOT_YAML: "[a",
  NESTED_MAP: "{k: '${env:PORT}'}",
};
const raw = (...locations: string[]) => resolve(locations, defaultProviders(environment), logger);
const plain = async (...locations: string[]) => unexpandDeep(await raw(...locations));
/** The value of `v: <yaml>`. */
const value = async (yaml: string) => (await raw(`yaml:v: ${yaml}`)).v;
const file = (name: string, text: string) => {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
};

describe("locations", () => {
  it("merge in order: maps deeply, scalars and lists replaced", async () => {
    const base = file("base.yaml", "a: {x: 1, y: [1, 2], z: {p: 1}}\nb: 1");
    const over = file("over.yaml", "a: {y: [3], z: {q: 2}}\nb: {c: 2}");
    expect(await plain(base, `file:${over}`, "yaml:a::z::p: 5", locationOfSetting("d.e = f"))).toEqual({
      a: { x: 1, y: [3], z: { p: 5, q: 2 } },
      b: { c: 2 },
      d: { e: "f" },
    });
  });

  it("may be empty", async () => {
    expect(await plain(file("empty.yaml", "# nothing\n"))).toEqual({});
  });

  it("read the whole configuration from a variable", async () => {
    expect(await plain("env:MAP")).toEqual({ k: "v" });
  });

  it.each([
    [
      "nofile.yaml",
      "cannot retrieve the configuration: unable to read the file file:nofile.yaml: open nofile.yaml: no such file or directory",
    ],
    ["/", "cannot retrieve the configuration: unable to read the file file:/: read /: is a directory"],
    [
      "yaml:a: [b",
      "retrieved value (type=string) cannot be used as a Conf: assuming string type since contents are not valid YAML: yaml: line 1: did not find expected ',' or ']'",
    ],
    [
      "yaml:a: 1\nb: 2\na: 3",
      'retrieved value (type=string) cannot be used as a Conf: assuming string type since contents are not valid YAML: yaml: unmarshal errors:\n  line 3: mapping key "a" already defined at line 1',
    ],
    ["yaml:just text", "retrieved value (type=string) cannot be used as a Conf"],
    ["yaml:[1]", "retrieved value (type=[]interface {}) cannot be used as a Conf"],
  ])("that cannot be used say why: %s", async (location, message) => {
    await expect(raw(location)).rejects.toThrow(
      new ConfigError(`cannot resolve the configuration: ${message}`),
    );
  });

  it.each([
    ["ftp://x/y", 'unsupported scheme on URI "ftp://x/y"'],
    ["1x:y", 'invalid uri: "1x:y"'],
    [
      "C:/otel.yaml",
      "unable to read the file file:C:/otel.yaml: open C:/otel.yaml: no such file or directory",
    ],
  ])("may be misspelt: %s", async (location, message) => {
    await expect(raw("yaml:a: 1", location)).rejects.toThrow(message);
  });

  it("split keys at every depth", async () => {
    expect(await plain("yaml:{a: {b: 1}, c: {d::e: 2, d: {f: 3}}}", "yaml:a: {b::x: 4}")).toEqual({
      a: { b: { x: 4 } },
      c: { d: { e: 2, f: 3 } },
    });
  });

  it("replace lists of components, or with the gate add them up", async () => {
    const base =
      "yaml:{service: {extensions: [a], pipelines: {traces: {receivers: [x], processors: [p]}}}, receivers: [1]}";
    const over =
      "yaml:{service: {extensions: [b, a], pipelines: {traces: {receivers: [y], processors: [q]}}}, receivers: [2]}";
    const combined = async () => {
      const { service, receivers } = (await plain(base, over)) as { service: unknown; receivers: unknown };
      return { service, receivers };
    };
    expect(await combined()).toEqual({
      service: { extensions: ["b", "a"], pipelines: { traces: { receivers: ["y"], processors: ["q"] } } },
      receivers: [2],
    });
    mergeAppend.enabled = true;
    onTestFinished(() => {
      mergeAppend.enabled = false;
    });
    expect(await combined()).toEqual({
      service: {
        extensions: ["a", "b"],
        pipelines: { traces: { receivers: ["x", "y"], processors: ["q"] } },
      },
      receivers: [2],
    });
  });

  it("refuse --set without an equal sign", () => {
    expect(() => locationOfSetting("processors.batch")).toThrow("missing equal sign");
  });
});

describe("substitution", () => {
  it.each([
    ["${env:PORT}", new Expanded(8080, "8080")],
    ["${PORT}", new Expanded(8080, "8080")],
    ["${env:OCTAL}", new Expanded(83, "0123")],
    ["${env:EXPONENT}", new Expanded(new Double(1000), "1e3")],
    ["${env:LIST}", new Expanded(["a", "b"], "[a, b]")],
    ["${env:MAP}", new Expanded({ k: "v" }, "{k: v}")],
    ["${env:NESTED_MAP}", new Expanded({ k: new Expanded(8080, "8080") }, "{k: '8080'}")],
    ["${env:QUOTED}", '"8080"'],
    ["${env:NOT_YAML}", "[a"],
    ["${env:UNSET:-7}", new Expanded(7, "7")],
    ["${env:UNSET:-}", ""],
    ["${yaml:[1, 2]}", new Expanded([1, 2], "[1, 2]")],
    ["x${env:LIST}", "x[a, b]"],
    ["${env:EMPTY:-7}", new Expanded(null, "")],
    ["${env:UNSET:-localhost:4317}", "localhost:4317"],
    ["${env:${env:INNER}}", new Expanded(8080, "8080")],
    ["${env:NESTED}", "port 8080"],
    ["host:${env:PORT}", "host:8080"],
    ["${env:TEXT}-${env:PORT}", "hello-8080"],
    ["${env:DOLLAR}", "a$b"],
    ["$${env:PORT}", "${env:PORT}"],
    ["$$${env:PORT}", "$8080"],
    ["$$$${env:PORT}", "$${env:PORT}"],
    ["a$$b$c", "a$b$c"],
    ["} ${", "} ${"],
  ])("of %s gives %j", async (text, expected) => {
    expect(await value(`'${text}'`)).toEqual(expected);
  });

  it.each([
    ["${1:x}", 'invalid uri: "1:x"'],
    ["${env:9X}", 'environment variable "9X" has invalid name: must match regex ^[a-zA-Z_][a-zA-Z0-9_]*$'],
    ["${env:LOOP}", "too many recursive expansions"],
    ["${nope:x}", 'scheme "nope" is not supported for uri "nope:x"'],
    [
      "${PORT:-1}",
      'scheme "PORT" is not supported for uri "PORT:-1" (write ${env:PORT:-1} for an environment variable with a default)',
    ],
    ["${env:A$B}", "the uri \"env:A$B\" contains unsupported characters ('$')"],
  ])("of %s fails and says why", async (text, message) => {
    await expect(value(`'${text}'`)).rejects.toThrow(
      new ConfigError(`cannot resolve the configuration: ${message}`),
    );
  });

  it("reads values from files", async () => {
    const path = file("part.yaml", "x: ${env:PORT}");
    expect(await plain(`yaml:v: $\{file:${path}}`)).toEqual({ v: { x: 8080 } });
  });

  it("says when a variable is unset or empty", async () => {
    await raw("yaml:{a: '${env:UNSET}', b: '${EMPTY}', c: '${env:UNSET:-x}'}");
    expect(logger.records).toEqual([
      {
        level: "warn",
        attributes: { name: "UNSET" },
        message: "Configuration references unset environment variable",
      },
      {
        level: "info",
        attributes: { name: "EMPTY" },
        message: "Configuration references empty environment variable",
      },
    ]);
  });
});

describe("YAML", () => {
  it("has merge keys and anchors", async () => {
    expect(await plain("yaml:a: &x {k: 1}\nb: {<<: *x, m: 2}")).toEqual({ a: { k: 1 }, b: { k: 1, m: 2 } });
  });

  it("finds duplicate keys at any depth, all of them", async () => {
    await expect(raw("yaml:a:\n  b: 1\n  b: 2\nc: {d: 1, d: 2}")).rejects.toThrow(
      '\n  line 3: mapping key "b" already defined at line 2\n  line 4: mapping key "d" already defined at line 4',
    );
  });

  it("refuses alias bombs", async () => {
    const bomb = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
    for (let i = 1; i < 9; i++)
      bomb.push(
        `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(", ")}]`,
      );
    await expect(raw(`yaml:${bomb.join("\n")}`)).rejects.toThrow("alias");
  });
});
