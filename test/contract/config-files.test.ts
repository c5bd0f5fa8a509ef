// biome-ignore-all lint/suspicious/noTemplateCurlyInString: substitutions are part of what is tested.
// Every example in config/ and in the pages is one that works.
import { globSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { unexpandDeep } from "../../src/confmap/expanded.ts";
import { defaultProviders } from "../../src/confmap/providers.ts";
import { resolve } from "../../src/confmap/resolve.ts";
import { parseYaml } from "../../src/confmap/yaml.ts";
import { type AgentConfig, decodeConfig } from "../../src/service/config.ts";
import { encodeConfig } from "../../src/service/encode-config.ts";
import { buildGraph } from "../../src/service/graph.ts";
import { configurationSchema } from "../../src/service/json-schema.ts";
import { registry } from "../../src/service/registry.ts";
import { Counters } from "../../src/service/telemetry/counters.ts";
import { validateConfig } from "../../src/service/validate.ts";
import { LogRecorder } from "../support/component.ts";

const root = new URL("../../", import.meta.url);
const directory = fileURLToPath(new URL("config/", root));
const buildInfo = { command: "wattspan", description: "wattspan", version: "0" };

async function load(file: string, environment: NodeJS.ProcessEnv = {}): Promise<[AgentConfig, LogRecorder]> {
  return loadAll([`file:${directory}${file}`], environment);
}

async function loadAll(
  locations: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<[AgentConfig, LogRecorder]> {
  const logger = new LogRecorder();
  const raw = await resolve(locations, defaultProviders(environment), logger);
  return [await decodeConfig(raw, registry, logger), logger];
}

/** The configurations in a page, by the page and their number. */
function examplesIn(page: string): [string, string][] {
  const text = readFileSync(new URL(page, root), "utf8");
  const blocks = [...text.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, block = ""]) => block);
  return blocks.map((block, index) => [`${page}, ${index + 1}`, block]);
}

/** What an example of one section alone leaves out. */
const REST =
  "yaml:{receivers: {nop: }, exporters: {debug: }, service: {pipelines: {traces: {receivers: [nop], exporters: [debug]}}}}";

const isValid = new Ajv2020({ strict: false }).compile(await configurationSchema(registry));

/** What holds for every example, beside that it is one. */
async function expectSound(config: AgentConfig, yaml: string): Promise<void> {
  isValid(unexpandDeep(parseYaml(yaml)));
  expect(isValid.errors ?? []).toEqual([]);
  const printed = stringify(encodeConfig(config, true));
  const [again] = await loadAll([`yaml:${printed.replaceAll("$", "$$$$")}`], {});
  expect(encodeConfig(again, true)).toEqual(encodeConfig(config, true));
}

describe("the configuration in", () => {
  const pages = globSync(["README.md", "docs/*.md", "src/*/*/README.md"], { cwd: fileURLToPath(root) });
  it.each(pages.toSorted().flatMap(examplesIn))("%s is valid", async (_name, block) => {
    const whole = /^ +pipelines:/m.test(block);
    const [config, logger] = await loadAll([...(whole ? [] : [REST]), `yaml:${block}`], {});
    validateConfig(config);
    expect(logger.records).toEqual([]);
    await expectSound(config, block);
  });
});

describe.each(readdirSync(directory).filter((file) => file.endsWith(".yaml")))("config/%s", (file) => {
  it("is valid, builds, and gives no reason for a warning", async () => {
    const [config, logger] = await load(file);
    validateConfig(config);
    const { nodes } = buildGraph(config, { buildInfo, counters: new Counters(), logger: () => logger });
    expect(nodes).not.toEqual([]);
    expect(logger.records).toEqual([]);
    await expectSound(config, readFileSync(join(directory, file), "utf8"));
  });
});

describe("the JSON Schema of configurations", () => {
  it.each([
    [{ receivers: { nop: null, "nop/2": {}, " nop / x ": "${file:nop.yaml}" }, service: null }, true],
    [{ exporters: { otlp: { endpoint: "x" }, "otlp_grpc/2": { timeout: "5s" } } }, true],
    [{ service: { pipelines: { "traces/a": { receivers: ["nop"] } } } }, true],
    [{ exporters: "${file:exporters.yaml}" }, true],
    [{ reciever: {} }, false],
    [{ exporters: { otlp_gprc: null } }, false],
    [{ exporters: { "otlp/2": { endpoit: "x" } } }, false],
    [{ service: { pipelines: { trace: null } } }, false],
    [{ service: { telemetry: { logs: { level: "loud" } } } }, false],
  ])("of %j says %j", (configuration, verdict) => {
    expect(isValid(configuration)).toBe(verdict);
  });
});

describe("config/otlp.yaml", () => {
  it("sends to where the environment says", async () => {
    const endpointIn = async (environment: NodeJS.ProcessEnv) => {
      const [{ exporters }] = await load("otlp.yaml", environment);
      return (exporters.get("otlp_grpc")!.config as { endpoint: string }).endpoint;
    };
    expect(await endpointIn({})).toBe("localhost:4317");
    expect(await endpointIn({ OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4317" })).toBe("collector:4317");
  });
});
